//! The Problems tab: from a count in the header to the mended document, and what follows changes.

use crate::store::{Etcd, Files};
use crate::support::run::Program;
use crate::terminal::Terminal;

fn demo(columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::open(Program::confdeck(["--demo"]), columns, rows);
    terminal.wait_for("SYNCED");
    terminal
}

#[test]
fn from_a_red_count_to_the_document_that_the_fix_key_mended_in_five_keys() {
    for (columns, rows) in [(120, 40), (80, 24)] {
        let files = Files::new(
            "{\n  \"one\": {\"module\": \"log\", \"authorisation\": \"Bearer abc\"},\n  \"two\": {\"module\": \"log\"}\n}\n",
        );
        let mut terminal = files.open(columns, rows);
        terminal.wait_until(|screen| screen.line(0).contains("1✗"));
        terminal.keys("4");
        terminal.wait_for("default/one");
        terminal.keys("enter");
        terminal.wait_for("EDIT default/one");
        // All rules speak in the editor, at the place that was gone to.
        let screen = terminal.wait_for("✗ L09 the receiver ignores authorisation");
        assert!(
            screen.has("the receiver ignores authorisation") && screen.has("F2 rename it"),
            "{}",
            screen.framed()
        );
        terminal.keys("f2");
        terminal.wait_for("\"authorization\": \"Bearer ‹kept:1›\"");
        terminal.wait_gone("L09");
        terminal.keys("ctrl-s");
        terminal.wait_for("REVIEW");
        terminal.answer("enter");
        terminal.wait_for("done: write default/one");
        terminal.wait_until(|screen| !screen.line(0).contains('✗'));
        assert!(
            files.text().contains("{\"module\": \"log\", \"authorization\": \"Bearer abc\"}"),
            "{}",
            files.text()
        );
    }
}

#[test]
fn on_a_small_terminal_the_way_is_the_same() {
    let mut terminal = demo(80, 24);
    terminal.wait_until(|screen| screen.line(0).contains("✗"));
    terminal.keys("4");
    terminal.wait_for("team-a/not_object");
    terminal.wait_gone("checked ");
    terminal.keys("/");
    terminal.type_text("problem:connection");
    terminal.keys("enter");
    terminal.wait_until(|screen| {
        screen.has("/problem:connection") && screen.has("staging/dangling") && screen.has("L15")
    });
    terminal.keys("tab");
    terminal.wait_for("connection kafka_old does not exist");
    terminal.wait_for("error L15 connection");
    terminal.keys("enter");
    terminal.wait_for("EDIT staging/dangling");
}

#[test]
fn what_nobody_can_write_is_shown_and_what_others_mend_leaves_the_list() {
    let etcd = Etcd::new();
    etcd.put("a/webhooks/broken", "{");
    etcd.put("a/webhooks/good", r#"{"module": "log", "ip_whitelist": ["203.0.113.7"]}"#);
    let mut terminal = etcd.open(120, 40);
    terminal.wait_until(|screen| screen.line(0).contains("1✗"));
    terminal.keys("4");
    terminal.wait_for("a/broken");
    terminal.keys("enter");
    terminal.wait_for("locked: type :unlock first");
    terminal.wait_for("POST /webhook/a/broken");
    terminal.keys("4");
    terminal.wait_for("in 2");
    etcd.put("a/webhooks/broken", r#"{"module": "log", "ip_whitelist": ["203.0.113.7"]}"#);
    let screen = terminal.wait_for("✓ no problem found in 2 documents");
    assert!(!screen.line(0).contains('✗'), "{}", screen.framed());
}

#[test]
fn a_word_that_a_filter_does_not_know_is_told_where_it_is_typed() {
    let files = Files::new("{\n  \"one\": {\"module\": \"log\"},\n  \"bad\": []\n}\n");
    let mut terminal = files.open(120, 40);
    terminal.keys("/");
    terminal.type_text("is:");
    terminal.wait_for("is:broken is:open");
    terminal.type_text("brokn");
    terminal.wait_for("is:brokn is not known; is: takes broken, open");
    terminal.keys("backspace tab enter");
    terminal.wait_until(|screen| screen.has("/is:broken") && screen.has("bad") && !screen.has("  one  "));
}
