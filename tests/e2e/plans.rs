//! Several documents as one reviewed commit: marks, deletes, copies, renames, over etcd and files.

use std::collections::BTreeSet;

use crate::store::{Etcd, Files};
use crate::terminal::Terminal;

/// An etcd with a few webhooks and a connection that two of them name.
fn store() -> Etcd {
    let store = Etcd::new();
    for id in ["alpha", "middle", "zulu"] {
        store.put(&format!("production/webhooks/{id}"), r#"{"module": "kafka", "connection": "k1", "n": 1}"#);
    }
    store.put("staging/webhooks/middle", r#"{"module": "log", "n": 7}"#);
    store.put("global/connections/k1", r#"{"type": "kafka"}"#);
    store
}

/// Marks these documents.
fn mark(terminal: &mut Terminal, addresses: &[&str]) {
    for (count, address) in (1..).zip(addresses) {
        terminal.go_to(address);
        terminal.keys("space");
        terminal.wait_for(&format!("{count} marked"));
    }
}

#[test]
fn marked_documents_are_deleted_in_one_revision() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    mark(&mut terminal, &["production/alpha", "production/zulu"]);
    let before = store.revision();
    terminal.keys("d");
    let screen = terminal.wait_for("DELETE  2 documents from lab");
    assert!(screen.has("2 operations of at most 128 at once, all or none"), "{}", screen.framed());
    assert!(screen.has("- production/alpha   only if still at r"), "{}", screen.framed());
    terminal.keys("f");
    terminal.wait_for("-   \"connection\": \"k1\"");
    terminal.delete_several(2);
    terminal.wait_gone("DELETE");
    assert_eq!(
        (store.value("production/webhooks/alpha"), store.value("production/webhooks/zulu")),
        (None, None)
    );
    assert!(store.value("production/webhooks/middle").is_some());
    assert_eq!(store.changes_since(before), [2], "one revision for both");
    terminal.wait_gone("marked");
}

#[test]
fn copies_to_another_namespace_are_one_commit_that_shows_what_it_replaces() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    mark(&mut terminal, &["production/alpha", "production/middle"]);
    terminal.keys("c");
    terminal.wait_for("clone 2 documents");
    terminal.type_text("staging/\n");
    let screen = terminal.wait_for("CLONE  2 documents to staging/ in lab");
    assert!(screen.has("+ staging/alpha    only if it does not exist"), "{}", screen.framed());
    assert!(screen.has("~ staging/middle   only if still at r"), "{}", screen.framed());
    assert!(screen.has("\"log\"  →  \"kafka\"") && screen.has("7  →  1"), "{}", screen.framed());
    terminal.answer("enter");
    terminal.wait_gone("CLONE");
    let source = store.value("production/webhooks/alpha");
    assert_eq!(
        [store.value("staging/webhooks/alpha"), store.value("staging/webhooks/middle")],
        [source.clone(), source]
    );
    let revisions: BTreeSet<_> =
        ["staging/webhooks/alpha", "staging/webhooks/middle"].map(|key| store.mod_revision(key)).into();
    assert_eq!(revisions.len(), 1, "one revision for all: {revisions:?}");
    terminal.wait_gone("marked");
}

#[test]
fn a_rename_is_one_revision_and_a_taken_name_is_refused() {
    let store = store();
    store.put_leased("production/webhooks/leased", r#"{"module": "log"}"#, 600);
    let lease = store.lease("production/webhooks/leased");
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.go_to("production/leased");
    terminal.keys("R");
    terminal.wait_for("rename production/leased");
    terminal.keys("ctrl-u");
    terminal.type_text("production/alpha\n");
    terminal.wait_for("production/alpha exists already");
    terminal.keys("ctrl-u");
    terminal.type_text("production/bound\n");
    let screen = terminal.wait_for("RENAME  production/leased to production/bound in lab");
    assert!(screen.has("callers of /webhook/production/leased"), "{}", screen.framed());
    let before = store.revision();
    terminal.answer("enter");
    terminal.wait_gone("RENAME");
    assert_eq!(store.value("production/webhooks/leased"), None);
    assert_eq!(store.value("production/webhooks/bound").unwrap(), r#"{"module": "log"}"#);
    assert_eq!(store.changes_since(before), [2], "one revision for both names");
    assert_ne!(lease, "0");
    assert_eq!(store.lease("production/webhooks/bound"), lease, "the lease goes with it");
    terminal.wait_for("/webhook/production/bound");
}

#[test]
fn a_conflict_in_the_middle_writes_nothing_and_the_plan_is_made_anew() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    mark(&mut terminal, &["production/alpha", "production/middle", "production/zulu"]);
    terminal.keys("d");
    terminal.wait_for("DELETE  3 documents");
    store.put("production/webhooks/middle", r#"{"module": "log", "by": "etcdctl"}"#);
    terminal.wait_for("it was changed meanwhile");
    let before = store.revision();
    terminal.delete_several(3);
    terminal.wait_for("CONFLICT: production/middle is at r");
    terminal.wait_for("nothing of it was written");
    assert!(store.changes_since(before).is_empty(), "nothing was written");
    let before = store.revision();
    terminal.keys("b");
    terminal.wait_gone("CONFLICT");
    terminal.wait_gone("meanwhile");
    terminal.delete_several(3);
    terminal.wait_gone("DELETE");
    for id in ["alpha", "middle", "zulu"] {
        assert_eq!(store.value(&format!("production/webhooks/{id}")), None, "{id}");
    }
    assert_eq!(store.changes_since(before), [3]);
}

#[test]
fn more_than_the_store_takes_at_once_is_said_before_and_not_sent() {
    let store = Etcd::new();
    store.put_all((0..130).map(|n| (format!("many/webhooks/w{n:03}"), r#"{"module": "log"}"#)));
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.go_to("many/w000");
    terminal.keys("*");
    terminal.wait_for("130 marked");
    terminal.keys("d");
    terminal.wait_for("130 operations, and this store applies at most 128 at once: nothing is sent");
    let before = store.revision();
    terminal.answer("enter");
    terminal.wait_until(|screen| screen.text().matches("✗ 130 operations").count() == 2);
    // One less than too many is one commit.
    terminal.keys("esc");
    terminal.keys("space");
    terminal.wait_for("129 marked");
    terminal.keys("space");
    terminal.wait_for("128 marked");
    terminal.keys("d");
    terminal.wait_for("128 operations of at most 128");
    terminal.delete_several(128);
    terminal.wait_gone("DELETE");
    assert_eq!(store.changes_since(before), [128], "the refused one wrote nothing");
}

#[test]
fn connections_that_are_used_say_who_would_be_left_without() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.go_to("connections/k1");
    terminal.keys("R");
    terminal.wait_for("rename connections/k1");
    terminal.type_text("-eu\n");
    terminal.wait_for("RENAME  connections/k1 to connections/k1-eu");
    terminal.wait_for("▲ 3 webhooks would name what is not there: production/alpha");
}

#[test]
fn in_a_protected_context_deleting_is_typed() {
    let store = store();
    let program = store.program(&["--protected"]);
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.wait_for("PROTECTED");
    terminal.unlock();
    terminal.go_to("production/alpha");
    terminal.keys("d");
    terminal.wait_for("\"production/alpha\" is asked to be typed");
    terminal.answer("enter");
    terminal.wait_for("protected: lab");
    terminal.paste("production/alpha");
    terminal.wait_for("a paste is not taken here");
    terminal.type_text("production/al\n");
    terminal.wait_for("type production/alpha to write it");
    assert!(store.value("production/webhooks/alpha").is_some());
    terminal.type_text("pha\n");
    terminal.wait_gone("DELETE");
    assert_eq!(store.value("production/webhooks/alpha"), None);

    // A write that leaves as many documents as before is only reviewed.
    terminal.go_to("production/middle");
    terminal.keys("c");
    terminal.wait_for("clone production/middle");
    terminal.keys("ctrl-u");
    terminal.type_text("staging/middle\n");
    terminal.wait_for("CLONE  production/middle to staging/middle");
    terminal.answer("enter");
    terminal.wait_gone("CLONE");
    assert_eq!(store.version("staging/webhooks/middle"), 2);
}

#[test]
fn the_review_of_an_edit_says_what_else_is_marked_and_who_takes_it() {
    let store = store();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    mark(&mut terminal, &["production/alpha"]);
    terminal.edit("production/middle");
    terminal.replace("\"n\": 1", "\"n\": 2");
    terminal.review();
    terminal.wait_for("1 other, not touched by this write: production/alpha");
    terminal.wait_for("takes it live in about a second");
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert_eq!(store.version("production/webhooks/alpha"), 1);
}

/// A namespace of 28 webhooks.
fn store_of_28() -> Etcd {
    let store = Etcd::new();
    store.put_all((0..28).map(|n| (format!("many/webhooks/w{n:02}"), r#"{"module": "log"}"#)));
    store
}

fn left(store: &Etcd) -> usize {
    (0..28).filter(|n| store.value(&format!("many/webhooks/w{n:02}")).is_some()).count()
}

#[test]
fn of_28_marked_with_one_in_sight_nobody_loses_27_without_typing_their_number() {
    let store = store_of_28();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.go_to("many/w00");
    terminal.keys("*");
    terminal.wait_for("28 marked");
    terminal.keys("/");
    terminal.type_text("w07\n");
    let screen = terminal.wait_for("28 marked, 27 not on the screen");
    assert!(screen.has("x drop unseen marks"), "{}", screen.framed());
    terminal.keys("d");
    let screen = terminal.wait_for("DELETE  28 documents");
    assert!(screen.has("27 of 28 are not on the screen"), "{}", screen.framed());
    let (_, first) = screen.find("- many/w00").expect("what is out of sight is listed first");
    assert!(first < 16 && !screen.has("- many/w07"), "{}", screen.framed());
    terminal.answer("enter");
    terminal.wait_for("type delete 28 to write this");
    terminal.type_text("yes\n");
    terminal.wait_for("type delete 28 to write it");
    assert_eq!(left(&store), 28);
    terminal.keys("esc");
    // The one in sight alone.
    terminal.keys("x");
    terminal.wait_for("DELETE  many/w07");
    terminal.answer("enter");
    terminal.wait_gone("DELETE");
    assert_eq!(left(&store), 27);
    terminal.wait_for("27 marked, 27 not on the screen");
    terminal.keys("x");
    terminal.wait_gone(" marked");
}

#[test]
fn a_mass_delete_half_recreated_by_others_is_undone_for_the_rest() {
    let store = store_of_28();
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.go_to("many/w00");
    terminal.keys("* d");
    terminal.wait_for("DELETE  28 documents");
    terminal.delete_several(28);
    terminal.wait_gone("DELETE");
    assert_eq!(left(&store), 0);
    for n in 0..14 {
        store.put(&format!("many/webhooks/w{n:02}"), r#"{"module": "log", "by": "etcdctl"}"#);
    }
    terminal.wait_for("  w13 ");
    terminal.keys("u");
    let screen = terminal.wait_for("14 of 28 cannot be; 14 can");
    assert!(screen.has("many/w00 exists again, now r") && screen.has("and 9 more"), "{}", screen.framed());
    let before = store.revision();
    terminal.answer("enter");
    terminal.wait_gone("UNDO");
    assert_eq!(left(&store), 28);
    assert_eq!(store.changes_since(before), [14], "one revision, and nobody's document was touched");
    assert!(store.value("many/webhooks/w00").unwrap().contains("etcdctl"));
    assert_eq!(store.value("many/webhooks/w27").unwrap(), r#"{"module": "log"}"#);
}

const FILE: &str = "{\n  \"one\": {\"module\": \"log\", \"n\": 1},\n  \"two\": {\"module\": \"kafka\"},\n  \"three\": {}\n}\n";

#[test]
fn files_take_a_plan_in_one_save_and_leave_every_other_byte() {
    let files = Files::new(FILE);
    let mut terminal = files.open(120, 40);
    mark(&mut terminal, &["default/one", "default/two"]);
    terminal.keys("c");
    terminal.wait_for("the namespace default is the only one here");
    terminal.keys("d");
    let screen = terminal.wait_for("DELETE  2 documents");
    assert!(screen.has("2 operations, all or none") && screen.has("debounce"), "{}", screen.framed());
    terminal.delete_several(2);
    terminal.wait_gone("DELETE");
    assert_eq!(files.text(), "{\n  \"three\": {}\n}\n");
}

#[test]
fn in_files_a_document_is_renamed_and_copied_onto_another() {
    let files = Files::new(FILE);
    let mut terminal = files.open(120, 40);
    terminal.go_to("default/two");
    terminal.keys("R");
    terminal.wait_for("rename default/two");
    terminal.type_text("-eu\n");
    terminal.wait_for("RENAME  default/two to default/two-eu");
    terminal.answer("enter");
    terminal.wait_gone("RENAME");
    assert!(
        files.text().contains("\"two-eu\": {\"module\": \"kafka\"}") && !files.text().contains("\"two\"")
    );
    terminal.wait_for("/webhook/two-eu");
    terminal.keys("c");
    terminal.wait_for("clone default/two-eu");
    terminal.keys("ctrl-u");
    terminal.type_text("default/one\n");
    let screen = terminal.wait_for("CLONE  default/two-eu to default/one");
    assert!(screen.has("\"log\"  →  \"kafka\"") && screen.has("- n"), "{}", screen.framed());
    terminal.answer("enter");
    terminal.wait_gone("CLONE");
    assert!(files.text().contains("\"one\": {\"module\": \"kafka\"}"), "{}", files.text());
}
