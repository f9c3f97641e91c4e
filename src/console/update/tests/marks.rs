//! Marks: stored by key, and what delete and copy act on.

use super::*;
use crate::console::screens::browse::marks::MAX_MARKS;

fn marked(console: &TestConsole) -> Vec<String> {
    console.model.webhooks.marks.iter().map(ToString::to_string).collect()
}

#[test]
fn space_marks_and_goes_on_and_marks_stay_with_their_documents() {
    let mut console = TestConsole::loaded();
    console.keys("space");
    assert_eq!((marked(&console), console.selected()), (vec!["a/one".into()], "a/two".into()));
    console.put("a/aaa", "{}", 6);
    console.put("a/one", r#"{"module":"mqtt"}"#, 7);
    console.keys("o o o space");
    assert_eq!(marked(&console), ["a/one", "a/two"], "whatever moves around them");
    console.del("a/one", 8);
    assert_eq!(marked(&console), ["a/two"], "what is deleted is marked no more");
    console.keys("2 space 1");
    assert_eq!(marked(&console), ["a/two"], "each tab has its own");
    assert_eq!(console.model.connections.marks.len(), 1);
    let selected = console.model.selected().cloned();
    console.keys("g");
    while console.selected() != "a/two" {
        console.keys("down");
    }
    console.keys("space");
    assert!(marked(&console).is_empty(), "again takes it away; it was at {selected:?}");
}

#[test]
fn star_marks_what_the_filter_shows_and_escape_clears_last() {
    let mut console = TestConsole::loaded();
    console.keys("/").text("conn:k1").keys("enter *");
    assert_eq!(marked(&console), ["a/two", "b/three"]);
    console.keys("esc");
    assert_eq!(marked(&console).len(), 2, "the filter goes first");
    console.keys("*");
    assert_eq!(marked(&console).len(), 3);
    console.keys("*");
    assert!(marked(&console).is_empty(), "all of them had one");
    console.keys("* esc esc");
    assert_eq!((marked(&console).len(), console.model.webhooks.focus), (0, Pane::Namespaces));
}

#[test]
fn there_is_a_most_that_can_be_marked() {
    let mut console = TestConsole::new();
    let all: Vec<_> = (0..=MAX_MARKS).map(|n| entry(&format!("a/w{n:05}"), "{}", 1 + n as u64)).collect();
    console.load("s1", 20_000, &all);
    console.keys("*");
    assert!(marked(&console).is_empty());
    assert_eq!(console.notice(), "at most 10,000 can be marked: narrow the list with / first");
    console.keys("/").text("!w00000").keys("enter *");
    assert_eq!(marked(&console).len(), MAX_MARKS);
    console.keys("esc g space");
    assert_eq!(marked(&console).len(), MAX_MARKS, "not one more");
}
