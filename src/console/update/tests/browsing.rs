//! Lists: selection, filter, order, namespaces.

use super::*;

#[test]
fn the_selection_stays_on_its_item_while_rows_change_around_it() {
    let mut console = TestConsole::loaded();
    console.keys("j");
    assert_eq!(console.selected(), "a/two");
    console.put("a/added", "{}", 6);
    assert_eq!((console.selected().as_str(), console.model.webhooks.list.cursor), ("a/two", 2));
    console.put("a/two", r#"{"module":"mqtt"}"#, 7);
    assert_eq!(console.selected(), "a/two");
    console.del("a/two", 8);
    assert_eq!(console.selected(), "b/three", "the next one takes its place");
    assert_eq!(console.notice(), "a/two, which was selected, is gone");
}

#[test]
fn a_filter_narrows_as_one_types_and_comes_back_on_escape() {
    let mut console = TestConsole::loaded();
    console.keys("/").text("conn:k1 !b");
    assert_eq!(console.model.place(), Place::Filter);
    let shown = |console: &TestConsole| console.model.webhooks.listing.len(&console.model.inventory);
    assert_eq!((shown(&console), console.selected()), (1, "a/two".into()));
    console.put("a/late", r#"{"module":"log","connection":"k1"}"#, 6);
    assert_eq!(shown(&console), 2, "a change that passes appears");
    console.put("a/late", r#"{"module":"log"}"#, 7);
    assert_eq!(shown(&console), 1, "and goes when it passes no more");
    console.keys("enter 2 1");
    assert_eq!(console.model.webhooks.list.filter.text(), "conn:k1 !b", "kept when the tab is left");
    console.keys("esc");
    assert_eq!(shown(&console), 4);
}

#[test]
fn sorting_goes_round_and_keeps_the_selection() {
    let mut console = TestConsole::loaded();
    console.keys("j o o o");
    assert_eq!(console.model.webhooks.listing.sort(), Sort::Newest);
    assert_eq!((console.selected().as_str(), console.model.webhooks.list.cursor), ("a/two", 1));
    console.put("a/one", "{}", 9);
    assert_eq!(console.model.webhooks.list.cursor, 2, "the newest row goes to the top");
    console.keys("g");
    assert_eq!(console.selected(), "a/one");
}

#[test]
fn namespaces_lead_to_their_items_and_back() {
    let mut console = TestConsole::loaded();
    console.keys("h j j");
    assert_eq!(*console.model.webhooks.listing.scope(), Scope::Namespace("b".parse().unwrap()));
    assert_eq!(console.selected(), "b/three");
    console.keys("j");
    assert_eq!(console.selected(), "key:x/y/z/w", "unrecognised keys are a range of their own");
    console.keys("e");
    assert!(console.model.edit.is_none() && console.notice().contains("not edited"));
    console.keys("esc");
    assert_eq!(*console.model.webhooks.listing.scope(), Scope::AllWebhooks);
    console.keys("l l");
    assert_eq!(console.model.webhooks.focus, Pane::Detail);
}

#[test]
fn a_paste_outside_an_input_runs_no_keys() {
    let mut console = TestConsole::loaded();
    console.send(AppEvent::Paste("dy\nq".into()));
    assert!(console.model.overlay.is_none() && console.effects.is_empty());
    assert!(console.notice().contains("paste"));
}
