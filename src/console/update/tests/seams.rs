//! Interactions of saved drafts, merges, external editors and pending writes.

use super::*;
use crate::console::drafts::{DraftEntry, DraftId, DraftJob, DraftSummary};
use crate::console::external_editor::EditorEvent;
use crate::domain::SecretNames;

fn done(revision: u64) -> Answer {
    let outcome = Outcome { before: None, after: Some(Token::counter(revision)) };
    Answer::Commit(Ok(Commit { at: Revision(revision), outcomes: vec![outcome] }))
}

/// The texts and base tokens that were saved since the last call.
fn saves(console: &mut TestConsole) -> Vec<(String, Option<Token>)> {
    console.wait(3_000).send(AppEvent::Wake);
    let (mut saves, mut asked) = (Vec::new(), Vec::new());
    for effect in console.effects.drain(..) {
        if let Effect::Draft(DraftJob::Save(request, unsaved)) = effect {
            let token = match &unsaved.base {
                crate::console::screens::editor::Base::Stored(entry) => Some(entry.token),
                crate::console::screens::editor::Base::Absent { .. } => None,
            };
            saves.push((unsaved.text, token));
            asked.push(request);
        }
    }
    for request in asked {
        console.send(AppEvent::Answer(request, Answer::DraftSaved(Ok(Default::default()))));
    }
    saves
}

#[test]
fn a_merged_draft_is_saved_as_it_is_now() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1");
    assert_eq!(saves(&mut console).len(), 1);
    console.put("a/one", r#"{"module":"theirs"}"#, 9);
    console.keys("ctrl-g enter");
    assert_eq!(console.model.place(), Place::Review);
    let [(text, token)] = saves(&mut console).try_into().unwrap_or_else(|saves| panic!("{saves:?}"));
    assert!(text.contains("theirs") && text.contains("\"x\""), "{text}");
    assert_eq!(token, Some(Token::counter(9)));
    assert_eq!(saves(&mut console), [], "once");
}

#[test]
fn what_is_left_of_a_written_draft_is_saved_on_its_new_base() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    console.keys("esc").text(",\"y\":2");
    saves(&mut console);
    console.send(AppEvent::Answer(request, done(9)));
    let [(_, token)] = saves(&mut console).try_into().unwrap_or_else(|saves| panic!("{saves:?}"));
    assert_eq!(token, Some(Token::counter(9)));
}

#[test]
fn a_review_prepared_against_what_was_stored_before_a_write_is_not_shown() {
    let mut console = TestConsole::new();
    let long = "y".repeat(200_000);
    console.load("s1", 5, &[entry("a/one", &format!(r#"{{"module":"log","long":"{long}"}}"#), 1)]);
    console.feed(WatchEvent::State(LinkState::Synced));
    // The text of a large selected document is prepared as well.
    console.effects.clear();
    let prepared = |console: &mut TestConsole| {
        let found = console.effects.drain(..).find_map(|effect| match effect {
            Effect::Compute(request, job) => Some((request, job.run())),
            _ => None,
        });
        let (request, review) = found.expect("a review is being made");
        AppEvent::Answer(request, Answer::Computed(review))
    };
    console.keys("e down end").text("\"x\":1,").keys("ctrl-s");
    let answer = prepared(&mut console);
    console.send(answer);
    console.wait(400).keys("enter");
    let (request, _) = console.commit().expect("one write");
    console.keys("esc").text("\"y\":2,").keys("ctrl-s");
    let late = prepared(&mut console);
    console.send(AppEvent::Answer(request, done(9)));
    console.send(late);
    assert_eq!(console.model.place(), Place::Editor, "it would show as new what is stored already");
    console.keys("ctrl-s");
    let answer = prepared(&mut console);
    console.send(answer);
    let DraftStage::Review(review) = &console.model.edit.as_ref().unwrap().stage else { panic!("a review") };
    assert_eq!(review.diff.changes.len(), 1);
}

#[test]
fn a_draft_in_another_program_outlives_the_write_of_it() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    console.keys("esc ctrl-e");
    let outside = console.model.external_edit.as_ref().expect("it is in another program").request;
    console.effects.clear();
    console.send(AppEvent::Answer(request, done(9)));
    assert!(!console.effects.iter().any(|effect| matches!(effect, Effect::StopExternalEditor(_))));
    let text = console.model.edit.as_ref().expect("what is typed there has a place").text();
    let saved = text.replace("\"x\":1", "\"x\":2");
    console.send(AppEvent::Answer(outside, Answer::ExternalEditor(EditorEvent::Saved(saved))));
    console.send(AppEvent::Answer(
        outside,
        Answer::ExternalEditor(EditorEvent::Ended { failure: None, detached: false }),
    ));
    assert_eq!(console.model.place(), Place::Review);
}

#[test]
fn placeholders_in_another_program_never_stand_for_other_secrets() {
    let mut console = TestConsole::new();
    console.load("s1", 5, &[entry("a/one", r#"{"n":1,"jwt":{"secret":"first"}}"#, 1)]);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.keys("e down end").text("\"x\":1,").keys("ctrl-e");
    let outside = console.model.external_edit.as_ref().unwrap().request;
    let there = console.model.edit.as_ref().unwrap().text();
    console.send(AppEvent::Answer(
        outside,
        Answer::ExternalEditor(EditorEvent::Ended { failure: None, detached: true }),
    ));
    // Another secret precedes the one that `‹kept:1›` stands for there.
    console.put("a/one", r#"{"hmac":{"secret":"other"},"n":1,"jwt":{"secret":"first"}}"#, 9);
    console.keys("ctrl-g enter");
    console.send(AppEvent::Answer(
        outside,
        Answer::ExternalEditor(EditorEvent::Saved(there.replace("\"x\":1", "\"x\":2"))),
    ));
    let edit = console.model.edit.as_ref().unwrap();
    let document = edit.review_input().document().unwrap();
    let text = document.text().unwrap();
    assert!(
        !text.replace(' ', "").contains("\"jwt\":{\"secret\":\"other\"}"),
        "a secret in the place of another"
    );
    assert!(console.notice().contains("another program"), "{}", console.notice());
}

fn offer() -> DraftEntry {
    let summary = DraftSummary {
        context: "prod".into(),
        store: Some(StoreId::new("s1")),
        key: key("a/one"),
        token: Some(Token::counter(1)),
        lines: 1,
        changed: 1,
        withheld: 0,
        at: SystemTime::UNIX_EPOCH,
    };
    DraftEntry { id: DraftId::sample("draft.json"), summary: Ok(summary) }
}

fn take_ups(console: &TestConsole) -> usize {
    console.effects.iter().filter(|effect| matches!(effect, Effect::Draft(DraftJob::Resume(..)))).count()
}

#[test]
fn a_draft_is_taken_up_once_however_often_the_key_is_pressed() {
    let mut console = TestConsole::loaded();
    console.send(AppEvent::Wake);
    let asked = console.model.saved_drafts.asked.unwrap();
    console.send(AppEvent::Answer(asked, Answer::Drafts(vec![offer()])));
    assert_eq!(console.model.place(), Place::Drafts);
    console.wait(400).keys("enter enter");
    assert_eq!(take_ups(&console), 1, "the answer to the first would be dropped");
}

#[test]
fn a_draft_is_not_taken_up_before_its_secrets_are_loaded() {
    let mut console = TestConsole::new();
    console.send(AppEvent::Wake);
    let asked = console.model.saved_drafts.asked.unwrap();
    console.send(AppEvent::Answer(asked, Answer::Drafts(vec![offer()])));
    console.keys(":").text("drafts").keys("enter");
    assert_eq!(console.model.place(), Place::Drafts);
    console.wait(400).keys("enter");
    assert_eq!(take_ups(&console), 0);
    assert!(console.notice().contains("nothing is loaded yet"), "{}", console.notice());
}

#[test]
fn no_other_draft_of_a_document_is_begun_while_one_is_on_its_way() {
    let mut console = TestConsole::loaded();
    console.send(AppEvent::Wake);
    let asked = console.model.saved_drafts.asked.unwrap();
    console.send(AppEvent::Answer(asked, Answer::Drafts(vec![offer()])));
    console.wait(400).keys("enter esc e");
    assert!(console.model.edit.is_none(), "one of the two would take the file of the other");
}

#[test]
fn a_saved_cursor_that_is_nowhere_in_the_text_is_no_trouble() {
    let mut console = TestConsole::loaded();
    console.keys("e").text("ü\u{301}x").wait(400);
    let unsaved = console.model.edit.as_ref().unwrap().unsaved("prod", SystemTime::UNIX_EPOCH);
    let mut saved = unsaved.to_saved("").unwrap();
    for cursor in [(usize::MAX, usize::MAX), (0, 1), (0, 2), (usize::MAX, 0)] {
        saved.cursor = cursor;
        let mut edit = crate::console::screens::editor::Draft::resume(
            saved.clone(),
            &console.model.inventory,
            &SecretNames::default(),
        );
        edit.buffer.type_char('y');
        assert_eq!(edit.text().chars().filter(|c| *c == 'y').count(), 1);
    }
}

#[test]
fn a_revealed_or_moved_secret_is_not_written_to_disk_after_a_merge() {
    let mut console = TestConsole::new();
    let stored = r#"{"n":1,"note":"-","jwt":{"secret":"first-secret"}}"#;
    console.load("s1", 5, &[entry("a/one", stored, 1)]);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.keys("e ctrl-t down end").text("\"x\":1,");
    console.put("a/one", r#"{"n":2,"note":"-","jwt":{"secret":"rotated-secret"}}"#, 9);
    for step in ["", "ctrl-g", "enter", "esc", "ctrl-t"] {
        console.keys(step);
        let Some(edit) = &console.model.edit else { panic!("{step}") };
        let saved = edit.unsaved("prod", SystemTime::UNIX_EPOCH).to_saved("").unwrap();
        let bytes = String::from_utf8(saved.to_bytes().unwrap()).unwrap();
        assert!(!bytes.contains("-secret"), "{step}: {bytes}");
        assert!(!format!("{:?}", console.effects).contains("-secret"), "{step}");
    }
}

#[test]
fn a_draft_of_before_the_write_of_it_merges_to_nothing_after_a_restart() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let _ = console.commit().unwrap();
    let unsaved = console.model.edit.as_ref().unwrap().unsaved("prod", SystemTime::UNIX_EPOCH);
    let saved = unsaved.to_saved("").unwrap();

    let mut next = TestConsole::loaded();
    next.put("a/one", r#"{"module":"log","x":1}"#, 9);
    next.send(AppEvent::Wake);
    let asked = next.model.saved_drafts.asked.unwrap();
    next.send(AppEvent::Answer(
        asked,
        Answer::Drafts(vec![DraftEntry { id: DraftId::sample("draft.json"), summary: Ok(saved.summary()) }]),
    ));
    next.wait(400).keys("enter");
    let request = next.model.saved_drafts.pending.0.as_ref().unwrap().0;
    next.send(AppEvent::Answer(request, Answer::DraftResumed(Ok(Box::new(saved)))));
    assert_eq!(next.model.edit.as_ref().unwrap().upstream, Upstream::Changed);
    next.keys("ctrl-g enter");
    assert!(next.notice().starts_with("nothing is changed"), "{}", next.notice());
}

#[test]
fn leaving_with_a_write_under_way_asks_and_says_so() {
    let mut console = TestConsole::loaded();
    console.keys("d").wait(400).keys("y");
    let (request, _) = console.commit().expect("a delete");
    console.keys("q");
    let Some(Overlay::Confirm(confirm)) = &console.model.overlay else { panic!("a question") };
    assert_eq!(confirm.details, ["delete a/one has no answer yet"]);
    console.keys("ctrl-c");
    let said = console.effects.iter().find_map(|effect| match effect {
        Effect::PrintOnExit(words) => Some(words.as_str()),
        _ => None,
    });
    assert_eq!(said, Some("delete a/one had no answer yet: look what is stored"));
    console.effects.clear();
    console.send(AppEvent::Answer(request, done(9)));
    console.keys("esc q");
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Quit(0))), "and asks no more");
}

#[test]
fn no_form_for_debugging_repeats_what_was_typed() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"password\":'hunter-two'").keys("ctrl-f").text("hunter-two");
    let edit = console.model.edit.as_ref().unwrap();
    let all = format!("{:?} {:?} {:?}", edit.diagnostics, edit.find, console.effects);
    assert!(!all.contains("hunter-two"), "{all}");
    let problems = crate::domain::json::problems(&edit.text(), 9);
    assert!(!format!("{problems:?}").contains("hunter-two"), "{problems:?}");
}
