//! The editor by keys: problems and their fixes, searches, large drafts, revealed values.

use super::*;
use crate::console::effect::AuditNote;
use crate::console::request::AT_ONCE;
use crate::console::screens::editor::{BufferDiagnostic, Draft};

mod completion;
mod rules;

fn opened(text: &str) -> TestConsole {
    let mut console = TestConsole::new();
    console.load("s1", 5, &[entry("a/one", text, 1)]);
    console.keys("e");
    console
}

impl TestConsole {
    fn edit(&self) -> &Draft {
        self.model.edit.as_ref().unwrap()
    }

    fn press(&mut self, code: KeyCode) -> &mut Self {
        self.send(AppEvent::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        self
    }

    fn cursor(&self) -> (usize, usize) {
        let cursor = self.edit().buffer.cursor();
        (cursor.row, cursor.at)
    }

    fn line(&self, row: usize) -> &str {
        self.edit().buffer.line(row)
    }
}

/// Larger than what is checked at each key.
fn large() -> String {
    let members: Vec<_> = (0..AT_ONCE / 20).map(|n| format!("  \"member_{n}\": \"value {n}\"")).collect();
    format!("{{\n{}\n}}", members.join(",\n"))
}

#[test]
fn problems_are_gone_to_and_mended_each_as_one_step() {
    let mut console = opened("{\n  \"a\": 1\n  \"b\": True,\n  c: 3\n}");
    console.press(KeyCode::F(8));
    assert_eq!(console.cursor(), (2, 2));
    console.press(KeyCode::F(2));
    assert_eq!(console.line(1), "  \"a\": 1,");
    console.press(KeyCode::F(8)).press(KeyCode::F(2)).press(KeyCode::F(8)).press(KeyCode::F(2));
    assert_eq!(console.edit().text(), "{\n  \"a\": 1,\n  \"b\": true,\n  \"c\": 3\n}");
    assert!(console.edit().diagnostics.list().is_empty());
    console.keys("ctrl-u ctrl-u ctrl-u");
    let of_text = |flaw: &&BufferDiagnostic| flaw.is_of_text;
    assert_eq!(console.edit().diagnostics.list().iter().filter(of_text).count(), 3);
    assert!(!console.edit().is_changed());
}

#[test]
fn a_byte_order_mark_is_told_and_can_be_left_out() {
    let mut console = opened("\u{feff}{\"module\": \"log\"}");
    assert!(!console.edit().is_changed());
    assert!(console.edit().diagnostics.first_error().is_none());
    let told = &console.edit().diagnostics.list()[0];
    assert!(told.found.message.contains("byte order mark") && told.found.place == Some((1, 1)));
    console.press(KeyCode::F(2));
    assert!(console.edit().is_changed() && console.edit().diagnostics.list().is_empty());
    console.keys("ctrl-s").wait(400).keys("enter");
    let (_, Op::Put { document, .. }) = console.commit().unwrap() else { panic!("a put") };
    assert_eq!(document.text().unwrap(), "{\"module\": \"log\"}");

    let mut console = opened("\u{feff}{\"module\": \"log\"}");
    console.press(KeyCode::F(2));
    console.keys("ctrl-u");
    assert!(!console.edit().is_changed());
    console.keys("end enter").text("\"x\": 1,").keys("ctrl-s").wait(400).keys("enter");
    let (_, Op::Put { document, .. }) = console.commit().unwrap() else { panic!("a put") };
    assert!(document.text().unwrap().starts_with("\u{feff}{\"x\": 1,"), "a mark that was not left out stays");
}

#[test]
fn what_is_looked_for_is_found_as_one_types() {
    let mut console = opened("{\n  \"one\": 1,\n  \"two\": 2,\n  \"Twofold\": 3\n}");
    console.keys("ctrl-f").text("two");
    assert_eq!((console.model.place(), console.cursor()), (Place::Find, (2, 3)));
    assert_eq!(console.edit().find.match_count.to_string(), "1 of 2");
    console.keys("enter");
    assert_eq!(console.cursor(), (3, 3));
    console.keys("down");
    assert_eq!(console.cursor(), (2, 3));
    console.text("x");
    assert_eq!(console.edit().find.match_count.to_string(), "not found");
    console.keys("backspace esc");
    assert_eq!((console.model.place(), console.cursor()), (Place::Editor, (2, 3)));
    console.press(KeyCode::F(3));
    assert_eq!((console.cursor(), console.notice()), ((3, 3), "2 of 2"));
    assert!(!console.edit().is_changed());
}

#[test]
fn the_next_place_is_offered_for_what_was_typed_since_it_was_looked_for() {
    use crate::console::action::Action;
    let offers = |console: &TestConsole| {
        crate::console::screens::front(&console.model).is_possible(&console.model, Action::FindNext)
    };
    let mut console = opened("{\n  \"one\": 1\n}");
    assert!(!offers(&console), "nothing was looked for");
    console.keys("ctrl-f").text("two");
    assert!(!offers(&console), "while it is typed, its places are counted");
    console.keys("esc").text("two");
    assert!(offers(&console));
    console.press(KeyCode::F(3));
    assert_eq!(console.notice(), "1 of 1");
}

#[test]
fn a_large_draft_is_checked_outside_when_typing_pauses() {
    let mut console = opened(&large());
    console.effects.clear();
    console.send(AppEvent::Wake);
    let Some(Effect::Compute(first, check)) = console.effects.drain(..).next() else { panic!("a check") };
    console.keys("end").text("x");
    assert!(console.effects.is_empty(), "not at a key");
    assert_eq!(console.model.edit.as_ref().unwrap().diagnostics.check_at(), None, "one at a time");
    console.send(AppEvent::Answer(first, Answer::Computed(check.run())));
    assert!(console.edit().diagnostics.is_behind(&console.edit().buffer), "it is of a text that is no more");
    console.wait(300).send(AppEvent::Wake);
    let Some(Effect::Compute(second, check)) = console.effects.drain(..).next() else { panic!("a check") };
    console.send(AppEvent::Answer(second, Answer::Computed(check.run())));
    assert_eq!(console.edit().diagnostics.list().len(), 1);
    assert!(!console.edit().diagnostics.is_behind(&console.edit().buffer));
}

#[test]
fn the_review_of_a_large_draft_is_made_outside_and_can_be_left() {
    let mut console = opened(&large());
    console.keys("end enter").text("\"x\": 1,");
    console.effects.clear();
    let asked = |console: &mut TestConsole| {
        console.keys("ctrl-s");
        let Some(Effect::Compute(request, finish)) = console.effects.pop() else { panic!("a review") };
        (request, finish)
    };
    let (old, finish) = asked(&mut console);
    assert!(matches!(console.edit().stage, DraftStage::Editing) && console.edit().preparing.is_pending());
    console.keys("esc");
    assert_eq!(console.model.place(), Place::Editor, "the draft is still open");
    console.send(AppEvent::Answer(old, Answer::Computed(finish.run())));
    assert!(matches!(console.edit().stage, DraftStage::Editing), "nobody waits for it");

    let (request, finish) = asked(&mut console);
    console.send(AppEvent::Answer(request, Answer::Computed(finish.run())));
    let DraftStage::Review(review) = &console.edit().stage else { panic!("a review") };
    assert_eq!(review.diff.changes.len(), 1);
    assert_eq!(review.opened, console.now, "its patience begins when it is seen");
    console.keys("esc");

    let (request, finish) = asked(&mut console);
    console.text("y");
    console.send(AppEvent::Answer(request, Answer::Computed(finish.run())));
    assert!(matches!(console.edit().stage, DraftStage::Editing), "it is of a text that is no more");
}

#[test]
fn values_are_revealed_by_one_key_counted_and_hidden_again() {
    let stored = r#"{"module":"log","password":"first","jwt":{"secret":12},"token":"t","n":1}"#;
    let mut console = opened(stored);
    let hidden = console.edit().text();
    assert!(hidden.contains("‹kept:1›") && !hidden.contains("first"));
    console.effects.clear();
    console.keys("ctrl-t");
    let text = console.edit().text();
    assert!(text.contains("\"password\": \"first\"") && text.contains("\"secret\": 12"), "{text}");
    let note = AuditNote::Revealed { key: key("a/one"), count: 3 };
    assert!(matches!(console.effects.as_slice(), [Effect::RecordAudit(told)] if *told == note));
    assert_eq!(console.edit().revealed(), 3);
    assert!(!console.edit().is_changed(), "looking is no change");
    console.keys("ctrl-s");
    assert!(console.notice().starts_with("nothing is changed"));
    console.keys("ctrl-u");
    assert_eq!(console.edit().text(), hidden);
    console.keys("end enter").text("\"x\": 1,").keys("ctrl-s").wait(400).keys("enter");
    let (_, Op::Put { document, .. }) = console.commit().unwrap() else { panic!("a put") };
    let written = document.text().unwrap();
    assert!(written.contains("\"password\":\"first\"") && written.contains("\"secret\":12"), "{written}");
}

#[test]
fn where_nothing_is_kept_there_is_nothing_to_reveal() {
    let mut console = opened(r#"{"module":"log"}"#);
    console.effects.clear();
    console.keys("ctrl-t");
    assert!(console.effects.is_empty() && console.edit().revealed() == 0);
    assert!(console.notice().starts_with("nothing to reveal"));
}

#[test]
fn a_damaged_placeholder_has_its_own_words() {
    let mut console = opened(r#"{"module":"log","password":"first"}"#);
    console.keys("down down end backspace backspace");
    let told = console.edit().diagnostics.first_error().unwrap();
    assert!(told.found.message.contains("closing quote"), "{}", told.found);
    console.text("\"");
    let told = console.edit().diagnostics.first_error().unwrap();
    assert!(told.found.message.starts_with("this placeholder is damaged"), "{}", told.found);
    console.keys("ctrl-s");
    assert!(console.notice().contains("this placeholder is damaged"));
    assert_eq!(console.cursor(), (2, 15));
}
