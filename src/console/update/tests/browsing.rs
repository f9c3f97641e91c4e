//! Lists: selection, filter, order, namespaces.

use super::*;
use crate::domain::{Namespace, WebhookId};

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
fn the_selection_survives_a_filter_that_hides_it() {
    let mut console = TestConsole::new();
    let all: Vec<_> = (0..60).map(|n| entry(&format!("a/w{n:02}"), "{}", 1 + n)).collect();
    console.load("s1", 60, &all);
    let place = |console: &TestConsole| {
        let list = &console.model.webhooks.list;
        (console.selected(), list.cursor, list.cursor - list.offset)
    };
    console.keys("G k k k k k");
    let before = place(&console);
    assert_eq!(before.0, "a/w54");
    console.keys("/").text("w0").keys("esc");
    assert_eq!(place(&console), before, "given up while typing");
    console.keys("/").text("w0").keys("enter");
    assert_eq!(console.selected(), "a/w09", "something is selected meanwhile");
    console.put("a/w54", r#"{"connection":"w0"}"#, 61);
    assert_eq!(console.selected(), "a/w09", "nothing jumps because of somebody else's write");
    console.keys("esc");
    assert_eq!(place(&console), before, "removed later");
    console.keys("/").text("zzz").keys("enter esc");
    assert_eq!(place(&console), before, "after a filter that left nothing");
    for idle in ["j", "G", "pageup", "space", "d", "x"] {
        console.keys("/").text("zzz").keys("enter").keys(idle).keys("esc");
        assert_eq!(place(&console), before, "there was nothing to choose with {idle}");
    }
    console.keys("/").text("w0").keys("enter k esc");
    assert_eq!(console.selected(), "a/w09", "what was chosen among the matches stays");
    console.keys("/").text("w3").keys("enter space esc");
    assert!(console.selected().starts_with("a/w3"), "so does what was acted on: {}", console.selected());
}

#[test]
fn the_selection_survives_a_look_at_another_namespace() {
    let mut console = TestConsole::loaded();
    console.keys("G h j");
    assert_eq!(console.selected(), "a/one");
    console.keys("k");
    assert_eq!(console.selected(), "b/three");
    console.keys("j enter h k");
    assert_eq!(console.selected(), "a/one", "unless one went on from there");
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
    console.keys("l e");
    assert!(console.model.edit.is_none() && console.notice().contains("not edited"));
    console.keys("h esc");
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

#[test]
fn a_command_its_completion_and_a_filter_take_a_name_as_it_is_shown() {
    let mut console = TestConsole::new();
    let ids = ["caf\u{e9}", "cafe\u{301}", "orders", "orders ", "or\u{200b}ders"];
    let keys = ids.map(|id| ResourceKey::webhook(Namespace::new("a").unwrap(), WebhookId::new(id).unwrap()));
    let odd = ResourceKey::foreign(b"odd\xff".as_slice());
    let entries: Vec<_> =
        keys.iter().chain([&odd]).map(|key| Entry { key: key.clone(), ..entry("a/x", "{}", 1) }).collect();
    console.load("s1", 1, &entries);
    for key in keys.iter().chain([&odd]) {
        let shown = key.to_string();
        console.keys(":").text(&shown);
        let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("a command is typed") };
        assert!(prompt.candidates.contains(&shown), "{shown} {:?}", prompt.candidates);
        console.keys("enter");
        let browse = console.model.browse().unwrap();
        assert_eq!(browse.list.selected.as_ref(), Some(key), "{shown}");
    }
    for (word, found) in [(r"ers\x20", 1), (r"cafe\u{301}", 1), (r"\u{200b}", 1), ("orders", 2)] {
        console.keys(":").text("a/orders").keys("enter /").text(word);
        assert_eq!(console.model.webhooks.listing.len(&console.model.inventory), found, "{word}");
        console.keys("esc");
    }
}
