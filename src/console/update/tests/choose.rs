//! The chooser of a new document, and the template it starts from.

use super::*;
use crate::console::overlays::chooser::Chooser;

fn chooser(console: &TestConsole) -> &Chooser {
    let Some(Overlay::Choose(chooser)) = &console.model.overlay else { panic!("a choice") };
    chooser
}

/// The word under the cursor.
fn at_cursor(console: &TestConsole) -> String {
    let edit = console.model.edit.as_ref().unwrap();
    let cursor = edit.buffer.cursor();
    edit.buffer.line(cursor.row)[cursor.at..].split('"').next().unwrap().to_owned()
}

#[test]
fn a_new_webhook_chooses_its_module_and_begins_where_it_has_to_be_edited() {
    let mut console = TestConsole::loaded();
    console.keys("n ctrl-u").text("a/fresh").keys("enter");
    assert_eq!((console.model.place(), chooser(&console).matches().len()), (Place::Choose, 20));
    console.text("kafka");
    assert_eq!(chooser(&console).choice().unwrap().name, "kafka");
    console.keys("enter");
    assert_eq!(console.model.place(), Place::Editor);
    let text = console.model.edit.as_ref().unwrap().text();
    assert!(text.contains("\"connection\": \"k1\""), "there is just one of that type: {text}");
    assert_eq!(at_cursor(&console), "EDIT-ME");
    console.keys("ctrl-s").wait(400).keys("enter");
    assert_eq!(console.commit().unwrap().1.expect(), Expect::Absent);
}

#[test]
fn a_new_connection_chooses_its_type_by_moving() {
    let mut console = TestConsole::loaded();
    console.keys("2 n").text("redis_eu").keys("enter down tab down");
    let third = chooser(&console).matches()[3].name.clone();
    console.keys("enter");
    let text = console.model.edit.as_ref().unwrap().text();
    assert!(text.contains(&format!("\"type\": \"{third}\"")), "{text}");
}

#[test]
fn what_matches_nothing_is_not_taken_and_escape_leaves_nothing_behind() {
    let mut console = TestConsole::loaded();
    console.keys("n ctrl-u").text("a/fresh").keys("enter").text("nothing like it").keys("down enter");
    assert_eq!((console.model.place(), chooser(&console).matches().len()), (Place::Choose, 0));
    console.keys("ctrl-u").text("zero").keys("down");
    assert_eq!(chooser(&console).choice().unwrap().name, "zeromq", "one is all there is");
    console.keys("esc");
    assert!(console.model.overlay.is_none() && console.model.edit.is_none());
}

#[test]
fn several_connections_of_a_type_are_for_the_user_to_choose() {
    let mut console = TestConsole::loaded();
    console.put("connections/k2", r#"{"type":"kafka"}"#, 6);
    console.keys("n ctrl-u").text("a/fresh").keys("enter").text("kafka").keys("enter");
    let text = console.model.edit.as_ref().unwrap().text();
    assert!(text.contains("\"connection\": \"EDIT-ME\""), "{text}");
}
