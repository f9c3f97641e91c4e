//! A hidden value is never less than what was typed, pasted or generated.

use super::*;
use crate::terminal_input::NotTaken;

fn error(console: &TestConsole) -> &str {
    match &console.model.overlay {
        Some(Overlay::Value(entry)) => entry.0.error.as_deref().unwrap_or_default(),
        _ => "no value is asked for",
    }
}

#[test]
fn a_hidden_value_that_lacks_text_is_refused_until_it_is_begun_anew() {
    let mut console = console();
    console.keys("s").told(true).keys("enter").text("caf");
    console.send(AppEvent::LostText(NotTaken::NotUtf8));
    assert!(
        error(&console).contains("not UTF-8") && error(&console).contains("--file"),
        "{}",
        error(&console)
    );
    console.text("s").keys("backspace enter ctrl-s");
    assert_eq!(console.model.place(), Place::Value, "{}", error(&console));
    assert!(error(&console).contains("ctrl-u begins anew"), "{}", error(&console));
    console.keys("ctrl-u").text("new").keys("enter").text("ne");
    console.send(AppEvent::LostText(NotTaken::CutShort));
    console.text("w").keys("enter");
    assert_eq!(console.model.place(), Place::Value, "nor the second time");
    console.keys("ctrl-u").text("new").keys("ctrl-s");
    assert_eq!(console.model.place(), Place::SecretReview);
}

#[test]
fn text_that_is_lost_where_it_would_be_seen_is_told() {
    let mut console = console();
    console.send(AppEvent::LostText(NotTaken::CutShort));
    assert_eq!(console.notice(), "", "a report of the terminal");
    console.send(AppEvent::LostText(NotTaken::PasteTooLong));
    assert_eq!(console.notice(), "a paste of more than 2 MiB was not taken");
}

#[test]
fn a_generated_value_is_lost_only_to_text_that_takes_its_place() {
    let generated = |console: &TestConsole| match &console.model.overlay {
        Some(Overlay::Value(entry)) => entry.0.new.generated.is_some(),
        _ => false,
    };
    let mut console = console();
    console.keys("s").told(true).keys("enter ctrl-g enter down end").told(true);
    assert_eq!(error(&console), "");
    console.keys("down end tab");
    console.send(AppEvent::Paste("\u{1b}[A".into()));
    assert!(generated(&console) && error(&console).contains("control characters"), "{}", error(&console));
    console.text("x");
    assert!(!generated(&console));
    console.keys("enter").text("x").keys("ctrl-s").wait(400).keys("enter");
    let text = console.writes()[0].set.0.get("bearer-token").unwrap().as_text().unwrap();
    assert_eq!(text.expose(), "x", "and nothing of what was generated");
    let mut kept = super::console();
    kept.keys("s")
        .told(true)
        .keys("enter ctrl-g enter")
        .told(true)
        .keys("down ctrl-s")
        .wait(400)
        .keys("enter");
    let text = kept.writes()[0].set.0.get("bearer-token").unwrap().as_text().unwrap();
    assert_eq!(text.expose(), PLANTED);
}
