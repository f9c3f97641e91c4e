//! On a real etcd: what others do is seen, what is done here is read back by `etcdctl`.

use crate::screen::Screen;
use crate::store::Etcd;
use crate::terminal::Terminal;

/// An etcd with a few webhooks.
fn store() -> Etcd {
    let store = Etcd::new();
    for id in ["alpha", "middle", "zulu"] {
        store.put(&format!("production/webhooks/{id}"), r#"{"module": "log", "n": 1}"#);
    }
    store
}

/// Changes the open draft of one of them.
fn change(terminal: &mut Terminal) {
    terminal.replace("\"n\": 1", "\"n\": 2");
}

/// On which line of the list a webhook stands.
fn row_of(screen: &Screen, id: &str) -> Option<u16> {
    screen.find(&format!(" {id}  ")).map(|(_, row)| row)
}

/// Whether the selection bar stands before it.
fn is_selected(screen: &Screen, id: &str) -> bool {
    screen.line_with(&format!(" {id}  ")).is_some_and(|line| line.contains("│▌"))
}

#[test]
fn changes_from_outside_appear_without_a_key_and_the_selection_stays() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.go_to("production/middle");
    let before = row_of(&terminal.wait_until(|screen| is_selected(screen, "middle")), "middle").unwrap();

    store.put("production/webhooks/beta", r#"{"module": "kafka"}"#);
    let screen = terminal.wait_for("3 of 4");
    assert!(row_of(&screen, "beta").is_some() && is_selected(&screen, "middle"), "{}", screen.framed());
    assert_eq!(row_of(&screen, "middle"), Some(before + 1));

    store.put("production/webhooks/middle", r#"{"module": "log", "n": 2}"#);
    terminal.wait_for("\"n\": 2");

    store.delete("production/webhooks/alpha");
    terminal.wait_for("production/alpha was deleted");
    let screen = terminal.wait_for("2 of 3");
    assert!(row_of(&screen, "alpha").is_none() && is_selected(&screen, "middle"), "{}", screen.framed());
    assert_eq!(row_of(&screen, "middle"), Some(before));

    // The selected one itself.
    store.delete("production/webhooks/middle");
    terminal.wait_for("production/middle, which was selected, is gone");
}

#[test]
fn an_edit_is_read_back_byte_for_byte_in_the_stored_style() {
    // Numbers that no revision on the screen will have.
    let store = Etcd::new();
    let styles = [
        ("compact", r#"{"module":"log","n":987654,"e":1.0e2}"#),
        ("spaced", r#"{"module": "log", "n": 987654, "a": [1, 2]}"#),
        ("odd", "{ \"n\" : 987654 ,\"u\":\"\\u00e4\" }\n\n"),
        ("indented", "{\n  \"module\": \"log\",\n  \"n\": 987654\n}\n"),
        ("wide", "{\n    \"module\": \"log\",\n    \"n\": 987654\n}"),
        ("dos", "{\r\n  \"module\": \"log\",\r\n  \"n\": 987654\r\n}\r\n"),
        ("marked", "\u{feff}{\"n\":987654}"),
    ];
    store.put_all(styles.map(|(id, text)| (format!("lab/webhooks/{id}"), text)));
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    for (id, text) in styles {
        terminal.edit(&format!("lab/{id}"));
        terminal.replace("987654", "1832000");
        terminal.review();
        terminal.wait_for("987654  →  1832000");
        terminal.answer("enter");
        terminal.wait_gone("REVIEW");
        assert_eq!(
            store.value(&format!("lab/webhooks/{id}")).unwrap(),
            text.replace("987654", "1832000"),
            "{id}"
        );
    }
    terminal.wait_for("done: write");

    // Nothing changed, nothing written.
    terminal.edit("lab/compact");
    terminal.keys("ctrl-s");
    terminal.wait_for("nothing is changed");
}

#[test]
fn a_key_that_was_on_its_way_when_the_review_came_up_writes_nothing() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.edit("production/middle");
    change(&mut terminal);
    terminal.keys("ctrl-s enter");
    // What comes after those keys is handled after them.
    terminal.keys("f");
    terminal.wait_for("+   \"n\": 2");
    assert!(terminal.screen_now().has("REVIEW"));
    assert!(store.value("production/webhooks/middle").unwrap().contains("1"));
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert!(store.value("production/webhooks/middle").unwrap().contains("2"));
}

#[test]
fn a_conflict_keeps_the_draft_and_what_others_wrote_until_they_are_merged() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.edit("production/middle");
    change(&mut terminal);
    let theirs = r#"{"module": "log", "n": 1, "by": "etcdctl"}"#;
    store.put("production/webhooks/middle", theirs);
    terminal.wait_for("upstream CHANGED");
    terminal.review();
    terminal.wait_for("writing will end in a conflict");
    terminal.answer("enter");
    terminal.wait_for("MERGE");
    terminal.wait_for("nothing was written, your draft is kept");
    terminal.wait_for("\"etcdctl\"");
    assert_eq!(store.value("production/webhooks/middle").unwrap(), theirs);

    terminal.wait_for("nothing clashes: enter review");
    terminal.keys("enter");
    terminal.wait_for("REVIEW");
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert_eq!(
        store.value("production/webhooks/middle").unwrap(),
        r#"{"module": "log", "n": 2, "by": "etcdctl"}"#
    );
}

#[test]
fn a_draft_of_what_others_delete_meets_a_conflict_too() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.edit("production/middle");
    change(&mut terminal);
    store.delete("production/webhooks/middle");
    terminal.wait_for("upstream DELETED");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("someone deleted it");
    assert_eq!(store.value("production/webhooks/middle"), None);
    terminal.keys("enter");
    terminal.wait_for("1 clash has no choice yet");
    terminal.keys("m enter");
    terminal.wait_for("only if it does not exist");
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert_eq!(store.value("production/webhooks/middle").unwrap(), r#"{"module": "log", "n": 2}"#);
}

#[test]
fn documents_are_made_copied_and_deleted() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.go_to("production/middle");
    terminal.keys("n");
    terminal.wait_for("production/");
    terminal.type_text("fresh\n");
    terminal.wait_for("module of production/fresh");
    terminal.type_text("log\n");
    terminal.wait_for("NEW production/fresh");
    terminal.replace("log", "kafka");
    terminal.review();
    terminal.wait_for("create production/fresh in lab, only if it does not exist");
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    let fresh = "{\n  \"data_type\": \"json\",\n  \"module\": \"kafka\"\n}\n";
    assert_eq!(store.value("production/webhooks/fresh").unwrap(), fresh);

    // Selected as soon as the watch brings it.
    terminal.wait_until(|screen| is_selected(screen, "fresh"));
    terminal.keys("c");
    terminal.wait_for("clone production/fresh");
    terminal.type_text("-2\n");
    terminal.wait_for("NEW production/fresh-2");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert_eq!(store.value("production/webhooks/fresh-2").unwrap(), fresh);

    terminal.wait_until(|screen| is_selected(screen, "fresh-2"));
    terminal.keys("d");
    terminal.wait_for("Delete production/fresh-2 from lab?");
    terminal.keys("n");
    terminal.wait_gone("Delete production");
    assert!(store.value("production/webhooks/fresh-2").is_some());
    terminal.keys("d");
    terminal.wait_for("Delete production/fresh-2 from lab?");
    terminal.answer("y");
    terminal.wait_until(|screen| row_of(screen, "fresh-2").is_none());
    assert_eq!(store.value("production/webhooks/fresh-2"), None);
}

#[test]
fn what_came_of_an_act_stays_beside_what_others_do_and_both_are_listed() {
    let store = store();
    let mut terminal = store.open(80, 24);
    terminal.unlock();
    terminal.go_to("production/alpha");
    terminal.keys("d");
    terminal.wait_for("Delete production/alpha from lab?");
    terminal.answer("y");
    terminal.wait_for("✓ done: delete production/alpha");
    store.delete("production/webhooks/zulu");
    let both = |screen: &Screen| {
        screen.line_with("✓ done: delete production/alpha").is_some_and(|line| line.contains("~ production"))
    };
    terminal.wait_until(both);
    terminal.keys("j k 6");
    terminal.wait_for("picture");
    terminal.keys("1");
    terminal.wait_for("› all");
    assert!(both(&terminal.screen_now()), "{}", terminal.screen_now().framed());
    terminal.keys("f4");
    terminal.wait_until(|screen| {
        screen.has("~ production/zulu was deleted") && screen.has("✓ writing is allowed")
    });
    terminal.keys("/");
    terminal.type_text("zulu");
    terminal.wait_gone("writing is allowed");
    assert!(terminal.screen_now().has("~ production/zulu was deleted"));
    terminal.keys("enter esc");
    terminal.wait_gone("done: delete");
}

#[test]
fn a_delete_that_others_got_ahead_of_deletes_nothing() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.go_to("production/middle");
    terminal.keys("d");
    terminal.wait_for("Delete production/middle from lab?");
    store.put("production/webhooks/middle", r#"{"module": "log", "n": 5}"#);
    terminal.wait_for("· v2 ·");
    terminal.answer("y");
    terminal.wait_for("changed");
    assert_eq!(store.value("production/webhooks/middle").unwrap(), r#"{"module": "log", "n": 5}"#);
}

#[test]
fn a_locked_console_writes_nothing_until_the_name_is_typed() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.wait_for("LOCKED");
    for key in ["e", "E", "n", "c", "R", "d", "u"] {
        terminal.keys("esc esc esc");
        terminal.go_to("production/middle");
        terminal.keys(key);
        terminal.wait_for("locked: type :unlock first");
    }
    terminal.command("unlock");
    terminal.wait_for("unlock lab");
    terminal.paste("lab");
    terminal.wait_for("a paste is not taken here");
    terminal.type_text("prod\n");
    terminal.wait_for("type the context's name, lab");
    assert!(terminal.screen_now().has("LOCKED"));
    terminal.keys("esc");
    terminal.unlock();
    terminal.command("lock");
    terminal.wait_for("LOCKED");
    terminal.keys("e");
    terminal.wait_for("locked: type :unlock first");
}

#[test]
fn a_read_only_console_cannot_be_unlocked() {
    let store = store();
    let mut terminal = Terminal::open(store.program(&["--read-only"]), 120, 40);
    terminal.wait_for("SYNCED");
    terminal.wait_for("READ ONLY");
    terminal.go_to("production/middle");
    for key in ["e", "E", "n", "c", "R", "d", "u"] {
        terminal.keys("esc esc esc");
        terminal.go_to("production/middle");
        terminal.keys(key);
        terminal.wait_for("read-only: this console was started without a writer");
    }
    terminal.keys("?");
    let help = terminal.wait_for("Lists and details · keys");
    for absent in ["edit the selected", "$EDITOR", "new document", "another name", "last write", ":unlock"] {
        assert!(!help.has(absent), "{absent}");
    }
    terminal.keys("esc");
    terminal.command("unlock");
    terminal.wait_for("read-only: this console was started without a writer");
    assert!(!terminal.screen_now().has("unlock lab"));
}
