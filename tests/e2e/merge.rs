//! Two people write one document: the second one meets the merge, and nothing of either is lost.

use crate::store::{Etcd, Files};
use crate::support::home::Home;
use crate::support::run::Program;
use crate::terminal::Terminal;

const KEY: &str = "production/webhooks/orders";
const SECRET: &str = "Pl4nted";

fn document(topic: &str, timeout: u16, more: &str) -> String {
    format!(
        "{{\n  \"module\": \"kafka\",\n  \"topic\": \"{topic}\",\n  \"timeout\": {timeout},\n  \
         \"authorization\": \"{SECRET}-1\"{more}\n}}\n"
    )
}

/// An etcd with one document, and a person's console with a draft of it.
fn drafting(columns: u16, rows: u16) -> (Etcd, Terminal) {
    let store = Etcd::new();
    store.put(KEY, &document("orders", 30, ""));
    let mut terminal = store.open(columns, rows);
    terminal.unlock();
    terminal.edit("production/orders");
    (store, terminal)
}

/// Writes what is reviewed.
#[track_caller]
fn write(terminal: &mut Terminal) {
    terminal.wait_for("REVIEW");
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
}

#[test]
fn two_consoles_on_one_etcd_keep_both_changes() {
    let (store, mut one) = drafting(120, 40);
    let mut other = store.open(80, 24);
    other.unlock();
    other.edit("production/orders");
    one.replace("\"orders\"", "\"orders-eu\"");
    other.replace("30,", "45,");

    one.keys("ctrl-s");
    write(&mut one);
    // Told while typing, and by the store where one writes all the same.
    other.wait_for("upstream CHANGED: ctrl-g merges");
    other.review();
    other.wait_for("writing will end in a conflict");
    other.wait_for("ctrl-g merges your draft with it first");
    other.answer("enter");
    other.wait_for("nothing was written, your draft is kept");
    let screen = other.wait_for("nothing clashes: enter review");
    assert!(screen.has("MERGE production/orders") && screen.has("\"orders-eu\""), "{}", screen.framed());
    assert_eq!(store.value(KEY).unwrap(), document("orders-eu", 30, ""), "nothing was written yet");
    // The way back is open.
    other.keys("esc");
    other.wait_for("EDIT production/orders");
    other.wait_for("45,");
    other.keys("ctrl-g enter");
    let screen = other.wait_for("REVIEW");
    assert!(!screen.has("orders-eu"), "only mine is left to write\n{}", screen.framed());
    write(&mut other);
    assert_eq!(store.value(KEY).unwrap(), document("orders-eu", 45, ""));
    one.wait_for("45,");
    assert!(!one.has_ever_written(SECRET) && !other.has_ever_written(SECRET));
}

#[test]
fn two_consoles_on_one_pair_of_files_keep_both_changes() {
    let stored = |topic: &str, timeout: u16| {
        format!(
            "{{\n  \"orders\": {{\"topic\": \"{topic}\", \"timeout\": {timeout},   \"odd\": 1.0}},\n  \"x\": {{}}\n}}\n"
        )
    };
    let files = Files::new(&stored("orders", 30));
    let mut one = files.open(120, 40);
    // A person of their own, in the same folder.
    let home = Home::new();
    let program = Program::confdeck::<&str>([]).at_home(&home).in_folder(files.home.work());
    let mut other = Terminal::open(program, 120, 40);
    other.wait_for("SYNCED");
    one.edit("default/orders");
    other.edit("default/orders");
    one.replace("\"orders\"", "\"orders-eu\"");
    other.replace("30,", "45,");
    one.keys("ctrl-s");
    write(&mut one);
    other.wait_for("upstream CHANGED: ctrl-g merges");
    other.keys("ctrl-g");
    other.wait_for("nothing clashes: enter review");
    other.keys("enter");
    write(&mut other);
    assert_eq!(files.text(), stored("orders-eu", 45));
}

/// A draft whose two values somebody else changes in another way, at the merge.
fn clashing(columns: u16, rows: u16) -> (Etcd, Terminal) {
    let (store, mut terminal) = drafting(columns, rows);
    terminal.replace("\"orders\"", "\"orders-eu\"");
    terminal.replace("30,", "45,");
    store.put(KEY, &document("orders-v2", 60, ",\n  \"by\": \"etcdctl\""));
    terminal.wait_for("upstream CHANGED");
    terminal.keys("ctrl-g");
    terminal.wait_for("2 clashes, 2 to choose");
    (store, terminal)
}

#[test]
fn clashes_are_chosen_mine_theirs_or_typed() {
    let (store, mut terminal) = clashing(120, 40);
    terminal.keys("m enter");
    terminal.wait_for("1 clash has no choice yet");
    terminal.keys("t");
    terminal.wait_for("each chosen: enter review");
    terminal.keys("enter");
    write(&mut terminal);
    assert_eq!(store.value(KEY).unwrap(), document("orders-eu", 60, ",\n  \"by\": \"etcdctl\""));

    let (store, mut terminal) = clashing(80, 24);
    terminal.keys("t down e");
    terminal.wait_for("another value");
    terminal.keys("ctrl-u");
    terminal.type_text("5 0");
    terminal.keys("enter");
    terminal.wait_for("nothing may follow the end of the value");
    terminal.keys("ctrl-u");
    terminal.paste("50");
    terminal.keys("enter");
    terminal.wait_for("● edited 50");
    terminal.keys("f");
    terminal.wait_for("+   \"timeout\": 50");
    terminal.keys("f enter");
    terminal.wait_for("REVIEW");
    // The merged draft is what the editor shows then.
    terminal.keys("esc");
    terminal.wait_for("‹kept:1›");
    terminal.keys("ctrl-s");
    write(&mut terminal);
    assert_eq!(store.value(KEY).unwrap(), document("orders-v2", 50, ",\n  \"by\": \"etcdctl\""));
    assert!(!terminal.has_ever_written(SECRET));
}

#[test]
fn theirs_may_change_again_while_one_decides() {
    let (store, mut terminal) = clashing(120, 40);
    terminal.keys("m down m");
    terminal.wait_for("each chosen");
    store.put(KEY, &document("orders-v2", 61, ""));
    terminal.wait_for("merged anew, 1 choice kept");
    terminal.wait_for("2 clashes, 1 to choose");
    terminal.keys("t enter");
    write(&mut terminal);
    assert_eq!(store.value(KEY).unwrap(), document("orders-eu", 61, ""));
}

#[test]
fn a_secret_that_others_changed_is_theirs_and_never_shown() {
    let (store, mut terminal) = drafting(120, 40);
    terminal.replace("30,", "45,");
    let theirs = document("orders", 30, "").replace("Pl4nted-1", "Pl4nted-2");
    store.put(KEY, &theirs);
    terminal.wait_for("upstream CHANGED");
    terminal.keys("ctrl-g");
    let screen = terminal.wait_for("(value hidden)");
    assert!(screen.line_with("authorization").unwrap().contains("theirs"), "{}", screen.framed());
    terminal.keys("enter");
    write(&mut terminal);
    assert_eq!(store.value(KEY).unwrap(), theirs.replace("30,", "45,"));
    assert!(!terminal.has_ever_written(SECRET));
}

#[test]
fn what_was_deleted_meanwhile_is_written_again_or_let_go() {
    for (choice, stored) in [("m", Some(document("orders", 45, ""))), ("t", None)] {
        let (store, mut terminal) = drafting(120, 40);
        terminal.replace("30,", "45,");
        store.delete(KEY);
        terminal.wait_for("upstream DELETED: ctrl-g merges");
        terminal.keys("ctrl-g");
        terminal.wait_for("someone deleted it");
        terminal.keys(choice);
        terminal.wait_for("each chosen");
        terminal.keys("enter");
        if stored.is_some() {
            terminal.wait_for("only if it does not exist");
            write(&mut terminal);
        } else {
            terminal.wait_for("stays deleted, and the draft of it is let go");
        }
        assert_eq!(store.value(KEY), stored);
    }
}

#[test]
fn what_two_people_create_at_once_is_merged() {
    let store = Etcd::new();
    store.put(KEY, &document("orders", 30, ""));
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.go_to("production/orders");
    terminal.keys("n");
    terminal.wait_for("production/");
    terminal.type_text("fresh\n");
    terminal.wait_for("NEW production/fresh");
    store.put(
        "production/webhooks/fresh",
        "{\"data_type\": \"json\", \"module\": \"kafka\", \"topic\": \"x\"}",
    );
    terminal.wait_for("upstream CHANGED: ctrl-g merges");
    terminal.keys("ctrl-g");
    let screen = terminal.wait_for("1 clash, 1 to choose");
    assert!(screen.has("both new"), "{}", screen.framed());
    terminal.keys("m enter");
    write(&mut terminal);
    let stored = "{\"data_type\": \"json\", \"module\": \"log\", \"topic\": \"x\"}";
    assert_eq!(store.value("production/webhooks/fresh").unwrap(), stored);
}

#[test]
fn a_draft_that_is_no_json_is_mended_before_it_is_merged() {
    let (store, mut terminal) = drafting(120, 40);
    terminal.replace("30,", "45");
    store.put(KEY, &document("orders-v2", 30, ""));
    terminal.wait_for("upstream CHANGED");
    terminal.keys("ctrl-g");
    terminal.wait_for("what is no JSON cannot be merged by path: mend it first");
    terminal.type_text(",");
    terminal.wait_for("✓ a JSON object");
    terminal.keys("ctrl-g");
    terminal.wait_for("nothing clashes");
    terminal.keys("enter");
    write(&mut terminal);
    assert_eq!(store.value(KEY).unwrap(), document("orders-v2", 45, ""));
}
