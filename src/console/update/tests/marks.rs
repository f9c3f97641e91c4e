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

/// 28 documents, all of them marked, and a filter that leaves one.
fn one_of_28_in_sight() -> TestConsole {
    let mut console = TestConsole::new();
    let all: Vec<_> = (0..28).map(|n| entry(&format!("a/w{n:02}"), "{}", 1 + n)).collect();
    console.load("s1", 28, &all);
    console.keys("* /").text("w07").keys("enter");
    console
}

#[test]
fn nobody_deletes_27_documents_out_of_sight_without_typing_their_number() {
    let mut console = one_of_28_in_sight();
    console.keys("d").wait(400).keys("enter");
    assert!(super::plans::commits(&mut console).is_none());
    assert_eq!(console.model.place(), Place::Prompt);
    for other in ["yes", "delete 1", "delete 27", ""] {
        console.keys("ctrl-u").text(other).keys("enter");
        assert!(super::plans::commits(&mut console).is_none(), "{other}");
    }
    console.send(AppEvent::Paste("delete 28".into()));
    console.keys("enter");
    assert!(super::plans::commits(&mut console).is_none(), "it is typed, not pasted");
    console.keys("ctrl-u").text("delete 28").keys("enter");
    assert_eq!(super::plans::commits(&mut console).unwrap().1.len(), 28);
}

#[test]
fn a_plan_lists_what_is_out_of_sight_first_and_one_key_leaves_it_out() {
    let mut console = one_of_28_in_sight();
    console.keys("d");
    let plan = console.model.plan.as_ref().unwrap();
    assert_eq!((plan.steps.len(), plan.unseen.len()), (28, 27));
    assert_eq!(plan.steps.last().map(|step| step.key.to_string()).as_deref(), Some("a/w07"));
    console.keys("x");
    let plan = console.model.plan.as_ref().unwrap();
    assert_eq!(plan.describe(&console.model.inventory), "delete a/w07");
    console.keys("x x").wait(400).keys("enter");
    let (request, ops) = super::plans::commits(&mut console).expect("a single one is not typed");
    assert_eq!(ops.iter().map(|op| op.key().to_string()).collect::<Vec<_>>(), ["a/w07"]);
    super::plans::done(&mut console, request, 40, &[None]);
    assert_eq!(marked(&console).len(), 27, "what was left out stays marked");
}

#[test]
fn one_key_drops_the_marks_that_are_out_of_sight() {
    let mut console = one_of_28_in_sight();
    console.keys("x");
    assert_eq!(marked(&console), ["a/w07"]);
    assert_eq!(console.notice(), "unmarked 27 that were not on the screen");
    console.keys("x");
    assert_eq!(console.notice(), "no mark is out of sight");
    // What is scrolled away is as unseen as what is filtered out.
    console.model.size.rows = 12;
    console.keys("esc esc esc l g *");
    let shown = console.model.webhooks.list.height;
    assert!((1..28).contains(&shown), "{shown}");
    console.keys("x");
    assert_eq!(marked(&console).len(), shown);
}

#[test]
fn copies_of_what_is_out_of_sight_come_first_too() {
    let mut console = one_of_28_in_sight();
    console.keys("c").text("b").keys("enter");
    let plan = console.model.plan.as_ref().unwrap();
    assert_eq!(plan.unseen.len(), 27);
    assert_eq!(plan.steps.last().map(|step| step.key.to_string()).as_deref(), Some("b/w07"));
}

#[test]
fn a_key_acts_on_what_has_the_focus_or_says_why_not() {
    for key in ["d", "c", "R", "e", "E", "y", "space"] {
        let mut console = TestConsole::loaded();
        console.keys("h").keys(key);
        assert_eq!(console.model.place(), Place::Browse, "{key}");
        assert!(console.notice().starts_with("a namespace has the focus"), "{key} {}", console.notice());
        assert!(marked(&console).is_empty() && console.effects.is_empty(), "{key}");
    }
    let mut console = TestConsole::loaded();
    console.keys("h *");
    assert_eq!(console.notice(), "all are marked in the list: go there first");
    // In the detail it is the document being read, whatever is marked.
    console.keys("l * g l d").wait(400).keys("y");
    let (_, ops) = super::plans::commits(&mut console).unwrap();
    assert_eq!(ops.iter().map(|op| op.key().to_string()).collect::<Vec<_>>(), ["a/one"]);
}

#[test]
fn a_key_for_documents_says_on_other_tabs_where_it_works() {
    let mut console = TestConsole::loaded();
    console.model.context.secrets = Some(super::secrets::places());
    for (tab, keys) in [("3", ["space", "*", "x", "e", "c", "R"]), ("6", ["space", "d", "e", "c", "R", "s"])]
    {
        for key in keys {
            console.keys(tab).keys("esc").keys(tab).keys(key);
            let notice = console.notice();
            assert!(notice.ends_with("is done in a list of documents: 1 and 2 go there"), "{key}: {notice}");
        }
    }
    console.keys("1 j");
    assert!(console.model.webhooks.marks.is_empty());
}

#[test]
fn a_key_for_writing_is_sent_nowhere_by_a_console_that_only_reads() {
    for key in ["d", "e", "c", "R"] {
        let mut console = TestConsole::loaded();
        console.model.lock = WriteAccess::ReadOnly;
        console.keys("6").keys(key);
        assert_eq!(console.notice(), "", "{key}");
    }
}
