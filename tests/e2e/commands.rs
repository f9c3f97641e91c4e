//! Commands where a person sits: the question before a delete, and what a terminal may be shown.

use std::fs;

use crate::support::home::Home;
use crate::support::run::Program;
use crate::terminal::{Exit, Terminal};

fn delete(home: &Home) -> Terminal {
    let mut terminal = Terminal::open(Program::confdeck(["delete", "default/orders"]).at_home(home), 100, 24);
    terminal.wait_for("delete default/orders (token ");
    terminal
}

#[test]
fn a_delete_asks_and_removes_only_what_it_showed() {
    let home = Home::new();
    let file = home.write("work/webhooks.json", r#"{"orders": {"n": 1}}"#);
    let mut no = delete(&home);
    no.wait_for("from files webhooks.json? [y/N]");
    no.type_text("\n");
    assert_eq!(no.wait_exit(), Exit::Code(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), r#"{"orders": {"n": 1}}"#);

    // Somebody writes while the question stands.
    let mut late = delete(&home);
    fs::write(&file, r#"{"orders": {"n": 2}}"#).unwrap();
    late.type_text("y\n");
    assert_eq!(late.wait_exit(), Exit::Code(3));
    assert_eq!(fs::read_to_string(&file).unwrap(), r#"{"orders": {"n": 2}}"#);

    let mut yes = delete(&home);
    yes.type_text("y\n");
    assert_eq!(yes.wait_exit(), Exit::Code(0));
    assert!(!fs::read_to_string(&file).unwrap().contains("orders"));
}

#[test]
fn stored_escapes_are_visible_on_a_terminal_and_exact_in_a_pipe() {
    let home = Home::new();
    home.write("work/webhooks.json", "{\"x\": {\"a\": \"\u{202e}\u{9b}2J\"}}");
    let get = || Program::confdeck(["get", "default/x", "-o", "json"]).at_home(&home);
    let mut terminal = Terminal::open(get(), 100, 24);
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    assert!(terminal.has_ever_written("‹U+202E›"));
    assert!(!terminal.has_ever_written("\u{202e}") && !terminal.has_ever_written("\u{9b}"));
    assert_eq!(get().run().expect_code(0).out(), "{\"a\": \"\u{202e}\u{9b}2J\"}\n");
}

#[test]
fn a_put_without_a_document_does_not_wait_for_typing() {
    let mut terminal = Terminal::open(Program::confdeck(["put", "default/x"]), 100, 24);
    assert_eq!(terminal.wait_exit(), Exit::Code(2));
    assert!(terminal.screen().contains("there is no document"));
}
