//! Writes of this session are taken back, one after the other, unless somebody has written since.

use crate::store::{Etcd, Files};
use crate::terminal::Terminal;

/// Changes a number in a document and writes it.
fn change(terminal: &mut Terminal, address: &str, from: &str, to: &str) {
    terminal.edit(address);
    terminal.replace(from, to);
    terminal.review();
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
}

/// Takes the last write back, which is this one.
fn undo(terminal: &mut Terminal, what: &str) {
    terminal.keys("u");
    terminal.wait_for(&format!("UNDO  {what}"));
    terminal.answer("enter");
    terminal.wait_gone("UNDO");
}

#[test]
fn three_writes_of_one_document_are_taken_back_and_a_foreign_one_is_not() {
    let store = Etcd::new();
    let key = "production/webhooks/orders";
    let stored = r#"{"module": "log", "n": 501}"#;
    store.put(key, stored);
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    change(&mut terminal, "production/orders", "501", "502");
    change(&mut terminal, "production/orders", "502", "503");
    terminal.go_to("production/orders");
    terminal.keys("d");
    terminal.wait_for("Delete production/orders from lab?");
    terminal.answer("y");
    terminal.wait_for("done: delete production/orders");
    assert_eq!(store.value(key), None);

    terminal.keys("u");
    let screen = terminal.wait_for("UNDO  delete production/orders of ");
    assert!(
        screen.has("1 of 3 of this session") && screen.has("only if it does not exist"),
        "{}",
        screen.framed()
    );
    terminal.answer("enter");
    terminal.wait_gone("UNDO");
    assert_eq!(store.value(key).unwrap(), stored.replace("501", "503"));
    terminal.keys("u");
    let screen = terminal.wait_for("UNDO  write production/orders of ");
    assert!(screen.has("503  →  502"), "{}", screen.framed());
    terminal.answer("enter");
    terminal.wait_gone("UNDO");
    undo(&mut terminal, "write production/orders");
    assert_eq!(store.value(key).unwrap(), stored);
    terminal.keys("u");
    terminal.wait_for("no write of this session is left to take back");

    // Somebody else writes after us: theirs stays.
    change(&mut terminal, "production/orders", "501", "504");
    store.put(key, r#"{"module": "log", "by": "etcdctl"}"#);
    terminal.wait_for("etcdctl");
    terminal.keys("u");
    terminal.wait_for("changed since: r");
    terminal.answer("enter");
    terminal.wait_for("✗ production/orders was changed since");
    assert_eq!(store.value(key).unwrap(), r#"{"module": "log", "by": "etcdctl"}"#);
}

#[test]
fn a_commit_of_several_is_taken_back_in_one_revision() {
    let store = Etcd::new();
    let text = |n: usize| format!("{{\"module\": \"log\", \"n\": {n}}}");
    for (n, id) in ["alpha", "beta", "gamma"].iter().enumerate() {
        store.put(&format!("production/webhooks/{id}"), &text(n));
    }
    let mut terminal = store.open(80, 24);
    terminal.unlock();
    terminal.go_to("production/alpha");
    terminal.keys("* d");
    terminal.wait_for("DELETE  3 documents");
    terminal.delete_several(3);
    terminal.wait_gone("DELETE");
    let before = store.revision();
    undo(&mut terminal, "delete 3 documents");
    for (n, id) in ["alpha", "beta", "gamma"].iter().enumerate() {
        assert_eq!(store.value(&format!("production/webhooks/{id}")).unwrap(), text(n));
    }
    assert_eq!(store.changes_since(before), [3]);
}

#[test]
fn in_files_edits_and_renames_are_taken_back_byte_for_byte() {
    const STORED: &str =
        "{\n  \"one\": {\"module\": \"log\", \"n\": 501},\n  \"two\": {\"module\": \"log\"}\n}\n";
    let files = Files::new(STORED);
    let mut terminal = files.open(120, 40);
    change(&mut terminal, "default/one", "501", "502");
    terminal.go_to("default/one");
    terminal.keys("R");
    terminal.wait_for("rename default/one");
    terminal.type_text("-eu\n");
    terminal.wait_for("RENAME");
    terminal.answer("enter");
    terminal.wait_gone("RENAME");
    assert!(files.text().contains("\"one-eu\": {\"module\": \"log\", \"n\": 502}"), "{}", files.text());
    undo(&mut terminal, "rename default/one to default/one-eu");
    assert!(files.text().contains("\"one\": {\"module\": \"log\", \"n\": 502}"), "{}", files.text());
    assert!(!files.text().contains("one-eu"));
    undo(&mut terminal, "write default/one");
    assert!(files.text().contains("\"one\": {\"module\": \"log\", \"n\": 501}"), "{}", files.text());
}
