//! What is offered at the cursor, by keys.

use super::*;

const LOG: &str = "{\n  \"module\": \"kafka\"\n}";

/// A draft with the cursor at the end of its second line, beside two connections.
fn at_end_of_module() -> TestConsole {
    let mut console = TestConsole::new();
    let connections = [
        entry("connections/kafka_main", r#"{"type": "kafka"}"#, 2),
        entry("connections/pg", r#"{"type": "postgresql"}"#, 3),
    ];
    console.load("s1", 5, &[&[entry("a/one", LOG, 1)], connections.as_slice()].concat());
    console.keys("e").press(KeyCode::Down).press(KeyCode::End);
    console
}

#[test]
fn a_document_is_completed_by_names_of_the_schema_and_of_the_inventory() {
    let mut console = at_end_of_module();
    console.keys("enter");
    assert_eq!(console.model.place(), Place::Editor, "nobody asked");
    console.keys("ctrl-n");
    assert_eq!(console.model.place(), Place::Completion);
    // What the module needs comes first.
    console.keys("enter");
    assert_eq!(console.edit().text(), "{\n  \"module\": \"kafka\",\n  \"connection\": \"\"\n}");
    assert_eq!(console.model.place(), Place::Completion, "the names that it can have are next");
    console.keys("tab");
    assert_eq!(console.line(2), "  \"connection\": \"kafka_main\"");
    console.keys("enter ctrl-n down").text("conf");
    assert_eq!(console.model.place(), Place::Completion);
    console.keys("enter");
    assert_eq!(console.line(2), "  \"connection\": \"kafka_main\",");
    assert_eq!(console.line(3), "  \"module-config\": {}");
    assert_eq!(console.cursor(), (3, 20));
    console.text("\"to").keys("tab").text("orders");
    assert_eq!(console.line(3), "  \"module-config\": {\"topic\": \"orders\"}");
    assert!(console.edit().diagnostics.first_error().is_none());
    for _ in 0..2 {
        console.keys("ctrl-u");
    }
    assert_eq!(console.line(3), "  \"module-config\": {\"to}", "what was taken is one step");
}

#[test]
fn a_value_with_a_default_is_typed_over() {
    let mut console = at_end_of_module();
    console.text(",").keys("enter").text("\"rate").keys("tab").text("\"max").keys("tab");
    assert_eq!(console.line(2), "  \"rate_limit\": {\"max_requests\": 100}");
    console.text("5");
    assert_eq!(console.line(2), "  \"rate_limit\": {\"max_requests\": 5}");
}

#[test]
fn a_list_that_nobody_asked_for_takes_no_enter_and_does_not_come_back_once_closed() {
    let mut console = at_end_of_module();
    console.text(",").keys("enter").text("\"da");
    assert_eq!(console.model.place(), Place::Completion);
    console.keys("enter");
    assert_eq!((console.line(2), console.model.place()), ("  \"da", Place::Editor), "a new line");
    console.keys("ctrl-u").text("t");
    assert_eq!((console.line(2), console.model.place()), ("  \"dat", Place::Editor));
    for _ in 0..4 {
        console.keys("backspace");
    }
    console.text("\"da");
    assert_eq!(console.model.place(), Place::Completion, "in another string");
    console.keys("esc").text("t");
    assert_eq!((console.line(2), console.model.place()), ("  \"dat", Place::Editor));
    console.keys("ctrl-n");
    assert_eq!(console.model.place(), Place::Completion, "unless somebody asks");
    console.keys("esc esc");
    assert!(console.model.edit.is_none(), "the second one leaves the editor");
}

#[test]
fn other_keys_do_what_they_do_in_the_editor_and_close_the_list() {
    for keys in ["ctrl-u", "ctrl-f", "ctrl-s"] {
        let mut console = at_end_of_module();
        console.text(",").keys("enter").text("\"");
        assert_eq!(console.model.place(), Place::Completion);
        console.keys(keys);
        assert_ne!(console.model.place(), Place::Completion, "{keys}");
    }
    let mut console = at_end_of_module();
    console.text(",").keys("enter").text("\"d").keys("ctrl-c");
    assert_eq!((console.line(2), console.model.place()), ("  \"d", Place::Editor));
    let mut console = at_end_of_module();
    console.text(",").keys("enter").text("\"d").press(KeyCode::Home);
    assert_eq!(console.model.place(), Place::Editor, "the cursor is elsewhere");
}

#[test]
fn of_a_large_draft_something_is_offered_only_where_somebody_asks() {
    let mut console = opened(&large().replace("{\n", "{\n  \"module\": \"log\",\n"));
    console.press(KeyCode::Down).press(KeyCode::End);
    console.keys("enter").text("\"conn");
    assert_eq!(console.model.place(), Place::Editor);
    console.keys("ctrl-n");
    assert_eq!(console.model.place(), Place::Completion);
    console.keys("tab");
    assert!(console.line(2).starts_with("  \"connection\": \""), "{}", console.line(2));
}

#[test]
fn keys_at_once_offer_what_they_offer_one_by_one() {
    for text in ["\"", "\"mod", "\"data_type\": \"", "\"data_type\": \"j", "\"data_type\"", "\"x\": \"y"] {
        let (mut one_by_one, mut at_once) = (at_end_of_module(), at_end_of_module());
        for console in [&mut one_by_one, &mut at_once] {
            console.text(",").keys("enter");
        }
        one_by_one.text(text);
        at_once.send(AppEvent::Typed(text.into()));
        assert_eq!(at_once.model.place(), one_by_one.model.place(), "{text}");
        assert_eq!(at_once.line(2), one_by_one.line(2), "{text}");
    }
}

#[test]
fn where_nothing_is_known_the_key_says_so() {
    let mut console = opened("{\n  \"unknown\": \"\"\n}");
    console.press(KeyCode::Down).press(KeyCode::End);
    console.keys("ctrl-n");
    assert_eq!(console.notice(), "nothing is known that could be written here");
    assert_eq!(console.model.place(), Place::Editor);
}
