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
fn from_a_red_count_in_the_header_to_the_mended_document_in_under_ten_keys() {
    let mut terminal = demo(120, 40);
    let screen = terminal.wait_until(|screen| screen.line(0).contains("5✗ "));
    let place = screen.line(0).find("5✗").unwrap();
    assert!(place > 0, "{}", screen.framed());
    let mut pressed = 0;
    let mut press = |terminal: &mut Terminal, key: &str| {
        terminal.keys(key);
        pressed += 1;
    };
    press(&mut terminal, "4");
    let selected = |line: &String| line.contains('▌') && line.contains("team-a/empty_value");
    terminal.wait_until(|screen| screen.lines().iter().any(selected));
    press(&mut terminal, "enter");
    terminal.wait_for("EDIT team-a/empty_value");
    press(&mut terminal, "{");
    press(&mut terminal, "}");
    terminal.wait_for("✓ a JSON object");
    press(&mut terminal, "ctrl-s");
    terminal.wait_for("REVIEW");
    terminal.answer("enter");
    pressed += 1;
    terminal.wait_for("done: write team-a/empty_value");
    terminal.wait_until(|screen| screen.line(0).contains("4✗ "));
    assert!(pressed < 10, "{pressed}");
    let screen = terminal.screen_now();
    let is_listed = |line: &String| line.contains("L29") && line.contains("team-a/empty_value");
    assert!(screen.has("PROBLEM") && !screen.lines().iter().any(is_listed), "{}", screen.framed());
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
        terminal.wait_for("\"authorization\": \"Bearer");
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
    terminal.wait_until(|screen| screen.line(0).contains("5✗"));
    terminal.keys("4");
    terminal.wait_for("team-a/not_object");
    terminal.keys("/");
    terminal.type_text("problem:dang");
    terminal.keys("tab enter");
    let screen = terminal.wait_for("/problem:dangling-connection");
    assert!(
        screen.has("staging/dangling") && screen.has("problem:dangling-connection"),
        "{}",
        screen.framed()
    );
    terminal.keys("tab");
    terminal.wait_for("connection kafka_old does not exist");
    terminal.wait_for("dangling-connection");
    terminal.keys("enter");
    terminal.wait_for("EDIT staging/dangling");
}

#[test]
fn what_nobody_can_write_is_shown_and_what_others_mend_leaves_the_list() {
    let etcd = Etcd::new();
    etcd.put("a/webhooks/broken", "{");
    etcd.put("a/webhooks/good", r#"{"module": "log", "jwt": {"secret": "{$JWT}"}}"#);
    let mut terminal = etcd.open(120, 40);
    terminal.wait_until(|screen| screen.line(0).contains("1✗"));
    terminal.keys("4");
    terminal.wait_for("a/broken");
    terminal.keys("enter");
    terminal.wait_for("locked: type :unlock first");
    terminal.wait_for("POST /webhook/a/broken");
    terminal.keys("4");
    terminal.wait_for("in 2");
    etcd.put("a/webhooks/broken", r#"{"module": "log", "jwt": {"secret": "{$JWT}"}}"#);
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
