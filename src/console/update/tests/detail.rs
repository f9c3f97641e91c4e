//! The detail: wrapped or scrolled sideways, laid out or as stored, and looked through.

use super::*;
use crate::console::screens::editor::MatchCount;
use crate::console::shell;
use crate::console::theme::{ColorDepth, Glyphs, Theme};
use crate::text::DocumentLayout;

/// A document with lines longer than the pane, in the layout that a file has inside another object.
fn long() -> String {
    let note = "word ".repeat(80);
    format!(
        "{{\n      \"module\": \"log\",\n      \"note\": \"{note}end\",\n      \
         \"topic\": \"needle one needle\"\n    }}"
    )
}

fn opened() -> TestConsole {
    let mut console = TestConsole::loaded();
    console.put("a/one", &long(), 6);
    console.keys("l");
    assert_eq!(console.model.place(), Place::Detail);
    console
}

fn pane(console: &TestConsole) -> &crate::console::screens::browse::DetailPane {
    &console.model.webhooks.detail
}

fn first_lines(console: &TestConsole) -> Vec<String> {
    let text = pane(console).shown.as_ref().unwrap().text.as_ref().unwrap();
    text.masked.lines(0..3).map(|line| line.to_string().chars().take(20).collect()).collect()
}

#[test]
fn a_document_is_laid_out_for_the_eye_and_one_key_shows_it_as_it_is_stored() {
    let mut console = opened();
    assert_eq!(first_lines(&console)[1], "  \"module\": \"log\",");
    console.keys("f");
    assert_eq!(first_lines(&console)[1], "      \"module\": \"log");
    assert_eq!(pane(&console).shown.as_ref().unwrap().text.as_ref().unwrap().layout, DocumentLayout::Stored);
    console.put("a/one", "{\"module\": \"log\" ", 7);
    console.keys("f");
    let layout = pane(&console).shown.as_ref().unwrap().text.as_ref().unwrap().layout;
    assert_eq!(layout, DocumentLayout::Stored, "what is not JSON cannot be laid out");
}

#[test]
fn long_lines_are_wrapped_or_scrolled_sideways_before_the_focus_moves() {
    let mut console = opened();
    console.keys("w l l");
    assert!(!pane(&console).wraps);
    let aside = pane(&console).aside;
    assert!(aside > 0);
    console.keys("l l l l l l l l l l l l l l l l l l l l l l l l l");
    let most = pane(&console).aside;
    assert!(most > aside && console.model.webhooks.focus == Pane::Detail);
    while pane(&console).aside > 0 {
        let before = pane(&console).aside;
        console.keys("h");
        assert!(pane(&console).aside < before);
    }
    console.keys("h");
    assert_eq!(console.model.webhooks.focus, Pane::Items);
    console.keys("l w");
    assert!(pane(&console).wraps);
    console.keys("h");
    assert_eq!(console.model.webhooks.focus, Pane::Items);
}

#[test]
fn a_text_is_looked_for_in_the_detail_and_the_filter_is_left_alone() {
    let mut console = opened();
    console.keys("/").text("needle");
    assert_eq!(console.model.place(), Place::Filter);
    console.keys("enter");
    let count = |console: &TestConsole| pane(console).search.match_count.unwrap();
    assert_eq!(count(&console), MatchCount { number: 1, total: 2, more: false });
    console.keys("n");
    assert_eq!(count(&console).number, 2);
    console.keys("n");
    assert_eq!(count(&console).number, 1, "round and round");
    console.keys("N");
    assert_eq!(count(&console).number, 2);
    assert!(console.model.webhooks.list.filter.text().is_empty());
    console.keys("/").text("nothing like it").keys("esc");
    assert_eq!(pane(&console).search.input.text(), "needle");
    console.keys("esc");
    assert_eq!((pane(&console).search.input.text(), console.model.webhooks.focus), ("", Pane::Detail));
    console.keys("n");
    assert!(console.notice().contains("nothing is looked for"), "{}", console.notice());
    console.keys("esc n");
    assert_eq!(console.model.place(), Place::Prompt, "in the list it makes a document");
}

#[test]
fn what_is_masked_cannot_be_looked_for() {
    let mut console = opened();
    console.put("a/one", "{\"authorization\": \"Bearer Hunter2Hunter\"}", 7);
    console.keys("/").text("unter2").keys("enter");
    assert_eq!(pane(&console).search.match_count.unwrap().total, 0);
    console.keys("/").text("bearer").keys("enter");
    assert_eq!(pane(&console).search.match_count.unwrap().total, 1, "the scheme is shown");
}

#[test]
fn the_text_stays_where_it_is_while_it_changes_elsewhere() {
    let mut console = opened();
    console.send(AppEvent::Resize(Size { cols: 120, rows: 14 }));
    console.keys("G");
    let there = pane(&console).scroll;
    assert!(there.item > 0);
    console.put("a/two", "{}", 8);
    assert_eq!(pane(&console).scroll, there);
    console.keys("g");
    assert_eq!(pane(&console).scroll.item, 0);
}

/// The list and the detail as they are drawn.
fn drawn(console: &TestConsole) -> String {
    let theme = Theme::named("default", ColorDepth::None, Glyphs::Unicode).unwrap();
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(160, 40)).unwrap();
    terminal.draw(|frame| shell::draw(&console.model, &theme, frame)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn list_and_detail_say_what_a_request_without_credentials_gets_and_by_which_check() {
    let mut console = TestConsole::loaded();
    console.model.size.cols = 160;
    for (at, (text, row, told)) in (6..).zip([
        (r#"{"module": "log", "authorization": ["Bearer x"]}"#, "open", "none: open to anyone"),
        (r#"{"module": "log", "jwt": {}}"#, "open", "ignored: jwt, it is an empty object: open"),
        (r#"{"module": "log", "ip_whitelist": ["10.0.0.0/8"]}"#, "✗ 401", "always refused: 401 by ip"),
        (r#"{"module": "log", "recaptcha": null}"#, "✗ 500", "broken: 500 by recaptcha"),
        (
            r#"{"module": "log", "header_auth": {"api_key": "x"}, "hmac": {"secret": "x"}}"#,
            "hmac",
            "401 by hmac, then header",
        ),
        (r#"{"module": "kafkXX"}"#, "open", "broken: 501 by module"),
    ]) {
        console.put("a/one", text, at);
        let shown = drawn(&console);
        assert!(shown.contains(told), "{told}: {shown}");
        let line = shown.lines().find(|line| line.contains(" one ")).unwrap_or_default();
        assert!(line.contains(row), "{row}: {line}");
    }
}
