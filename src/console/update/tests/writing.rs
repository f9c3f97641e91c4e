//! Edits, creations and deletes, up to their writes.

use super::*;

#[test]
fn an_edit_becomes_one_conditional_write_in_the_stored_style() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text("X").keys("backspace ctrl-s");
    assert_eq!(console.notice(), "nothing is changed: there is nothing to write");
    console.keys("end").text(" ").keys("backspace backspace").text("s\"").keys("ctrl-s");
    assert_eq!(console.model.place(), Place::Review);
    console.keys("enter");
    assert!(console.commit().is_none(), "a key of the first 300 ms writes nothing");
    console.wait(400).keys("enter enter");
    let (request, op) = console.commit().expect("one write");
    assert_eq!(op.expect(), Expect::Token(Token::counter(1)));

    let at = Revision(9);
    let outcomes = vec![Outcome { before: Some(Token::counter(1)), after: Some(Token::counter(9)) }];
    console.send(AppEvent::Answer(request, Answer::Commit(Ok(Commit { at, outcomes }))));
    assert_eq!((console.model.place(), console.notice()), (Place::Browse, "done: write a/one, now r9"));
}

#[test]
fn a_conflict_keeps_the_draft_and_is_merged() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s");
    console.put("a/one", r#"{"module":"theirs"}"#, 9);
    assert_eq!(console.model.edit.as_ref().unwrap().upstream, Upstream::Changed);
    console.wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    let now = Some(Box::new(entry("a/one", r#"{"module":"theirs"}"#, 9)));
    console.send(AppEvent::Answer(request, Answer::Commit(Err(Error::Conflict { key: key("a/one"), now }))));
    assert_eq!(console.model.place(), Place::Merge);
    assert!(console.notice().contains("your draft is kept"));

    console.keys("enter");
    assert_eq!(console.model.place(), Place::Review);
    console.wait(400).keys("enter");
    let (_, op) = console.commit().unwrap();
    assert_eq!(op.expect(), Expect::Token(Token::counter(9)));
    assert!(matches!(op, Op::Put { document, .. } if document.text() == Ok(r#"{"module":"theirs","x":1}"#)));
}

#[test]
fn a_lost_answer_is_dropped_when_it_is_not_the_one_awaited() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    let old = RequestId(request.0 - 1);
    console.send(AppEvent::Answer(old, Answer::Commit(Err(Error::NotFound { key: key("a/one") }))));
    assert!(console.model.pending_write.is_some());
}

#[test]
fn bad_json_is_told_by_line_and_column_and_cannot_be_reviewed() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",");
    let flaw = console.model.edit.as_ref().unwrap().diagnostics.first_error().unwrap();
    assert_eq!(flaw.found.place, Some((2, 18)));
    console.keys("ctrl-s");
    assert!(matches!(console.model.edit.as_ref().unwrap().stage, DraftStage::Editing));
    assert!(console.notice().starts_with("line 2, column 18:"));
}

#[test]
fn a_left_draft_is_kept_and_ctrl_c_asks_once() {
    let mut console = TestConsole::loaded();
    console.keys("e").text("x").keys("esc");
    assert_eq!((console.model.place(), console.model.drafts.len()), (Place::Browse, 1));
    console.keys("e");
    assert!(console.model.edit.as_ref().unwrap().text().starts_with("x{"));
    console.keys("ctrl-c");
    assert_eq!(console.model.place(), Place::Confirm);
    assert!(!console.effects.iter().any(|effect| matches!(effect, Effect::Quit(_))));
    console.keys("ctrl-c");
    assert!(matches!(console.effects.as_slice(), [.., Effect::Quit(0)]));
}

#[test]
fn delete_names_its_target_and_is_conditional() {
    let mut console = TestConsole::loaded();
    console.keys("2 d");
    let Some(Overlay::Confirm(confirm)) = &console.model.overlay else { panic!("a question") };
    assert_eq!(confirm.question, "Delete connections/k1 from prod?");
    assert!(confirm.details.iter().any(|line| line == "2 webhooks name it: a/two, b/three"));
    console.keys("y");
    assert!(console.commit().is_none(), "too soon to be an answer");
    console.wait(400).keys("y");
    let (_, op) = console.commit().unwrap();
    assert!(matches!(op, Op::Delete { expect, .. } if expect == Expect::Token(Token::counter(4))));
}

#[test]
fn a_delete_is_not_carried_over_to_the_store_that_took_the_place_of_the_one_shown() {
    let mut console = TestConsole::loaded();
    console.keys("2 d");
    console.load("another", 5, &[entry("connections/k1", r#"{"type":"kafka"}"#, 4)]);
    console.wait(400).keys("y");
    assert!(console.commit().is_none());
    assert!(console.notice().starts_with("the store was replaced"), "{}", console.notice());
}

#[test]
fn a_locked_console_writes_nothing_until_the_name_is_typed() {
    let mut console = TestConsole::loaded();
    console.model.lock = WriteAccess::Locked;
    for keys in ["e", "n", "c", "d"] {
        console.keys(keys);
        assert_eq!((console.model.place(), console.notice()), (Place::Browse, "locked: type :unlock first"));
    }
    console.keys(":").text("unlock").keys("enter");
    console.send(AppEvent::Paste("prod".into()));
    console.keys("enter");
    assert!(console.effects.is_empty(), "a pasted name does not unlock");
    console.text("prod").keys("enter");
    let [Effect::Unlock(request)] = console.effects[..] else { panic!("unlock is an effect") };
    console.send(AppEvent::Answer(request, Answer::Unlocked));
    console.wait(599_000).keys("j");
    console.wait(599_000).send(AppEvent::Wake);
    assert!(console.model.may_write(), "a key keeps it open");
    console.effects.clear();
    console.wait(2_000).send(AppEvent::Wake);
    assert!(!console.model.may_write());
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Lock)));
}

#[test]
fn a_context_is_unlocked_by_its_name_as_a_terminal_of_ascii_shows_it() {
    let mut console = TestConsole::loaded();
    console.model.lock = WriteAccess::Locked;
    console.model.context.name = "caf\u{e9}".into();
    console.keys(":").text("unlock").keys("enter").text(r"caf\u{e9}").keys("enter");
    assert!(matches!(console.effects[..], [Effect::Unlock(_)]), "{:?}", console.effects.len());
}

#[test]
fn a_read_only_console_has_no_way_to_unlock() {
    let mut console = TestConsole::loaded();
    console.model.lock = WriteAccess::ReadOnly;
    console.keys("d :").text("unlock").keys("enter");
    assert!(console.model.overlay.is_none() && console.effects.is_empty());
    assert!(console.notice().contains("read-only"));
}

#[test]
fn new_documents_take_free_and_routable_names_only() {
    let mut console = TestConsole::loaded();
    for (name, reason) in [
        ("a/one", "exists already"),
        ("a/admin_x", "never route"),
        ("key:q", "ignore"),
        ("nonsense", "not an address"),
    ] {
        console.keys("n ctrl-u").text(name).keys("enter");
        let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("still asking") };
        assert!(prompt.error.as_ref().unwrap().contains(reason), "{name}: {:?}", prompt.error);
        console.keys("esc");
    }
    console.keys("n ctrl-u").text("new-ns/fresh").keys("enter enter ctrl-s");
    console.wait(400).keys("enter");
    let (request, op) = console.commit().unwrap();
    assert_eq!(op.expect(), Expect::Absent);

    // The answer may come before the watch event.
    let outcome = Outcome { before: None, after: Some(Token::counter(6)) };
    let commit = Commit { at: Revision(6), outcomes: vec![outcome] };
    console.send(AppEvent::Answer(request, Answer::Commit(Ok(commit))));
    console.put("a/other", "{}", 5);
    assert_eq!(console.selected(), "a/one");
    console.put("new-ns/fresh", "{}", 6);
    assert_eq!(console.selected(), "new-ns/fresh");
}

/// A console over a connection that the receiver starts with, opened in the editor with this in its place.
fn editing_a_connection(stored: &str, edited: &str) -> TestConsole {
    let mut console = TestConsole::new();
    console.load("s1", 5, &[entry("connections/redis", stored, 4), entry("a/one", r#"{"module":"log"}"#, 5)]);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.effects.clear();
    console.keys("2 e");
    let edit = console.model.edit.as_mut().unwrap();
    assert!(edit.buffer.set_text(edited));
    console.keys("ctrl-s");
    assert_eq!(console.model.place(), Place::Review, "{}", console.notice());
    console
}

const USABLE: &str = r#"{"type":"redis-rq","host":"redis","port":6379}"#;
const DARKENING: &str = r#"{"type":"redis-rq","host":"localhost","port":6379}"#;

fn preflight_of(console: &TestConsole) -> crate::check::PreflightVerdict {
    let DraftStage::Review(review) = &console.model.edit.as_ref().unwrap().stage else { panic!("no review") };
    review.preflight.as_ref().unwrap().verdict
}

#[test]
fn a_write_that_would_darken_the_receiver_is_stopped_until_its_name_is_typed() {
    let mut console = editing_a_connection(USABLE, DARKENING);
    console.wait(400).keys("enter");
    assert!(console.commit().is_none(), "the name is asked for");
    assert_eq!(console.model.place(), Place::Prompt);
    console.text("connections/red").keys("enter");
    assert!(console.commit().is_none(), "not the whole name");
    console.send(AppEvent::Paste("is".into()));
    console.keys("enter");
    assert!(console.commit().is_none(), "a paste is no typing");
    console.text("is").keys("enter");
    let (_, op) = console.commit().expect("forced");
    assert_eq!(*op.key(), key("connections/redis"));
    assert_eq!(op.expect(), Expect::Token(Token::counter(4)));
}

#[test]
fn a_stopped_write_is_left_with_its_draft() {
    let mut console = editing_a_connection(USABLE, DARKENING);
    console.wait(400).keys("enter esc");
    assert_eq!(console.model.place(), Place::Review);
    console.keys("esc");
    assert!(console.model.edit.as_ref().unwrap().text().contains("localhost"));
    assert!(console.commit().is_none());
}

#[test]
fn a_document_that_fails_already_is_written_with_a_warning_when_it_is_no_worse() {
    let mut console = editing_a_connection(r#"{"type":"redis-rq"}"#, DARKENING);
    assert_eq!(preflight_of(&console), crate::check::PreflightVerdict::NoWorse);
    console.wait(400).keys("enter");
    console.commit().expect("a repair is never stopped");
}

#[test]
fn a_write_is_judged_again_when_it_is_sent() {
    let mut console = editing_a_connection(USABLE, DARKENING);
    assert!(preflight_of(&console) == crate::check::PreflightVerdict::Worse);
    // Its receiver is found to allow it.
    let allowing = crate::check::ReceiverProfile { allows_localhost: Some(true), ..Default::default() };
    console.model.context.receiver = std::sync::Arc::new(allowing);
    console.wait(400).keys("enter");
    console.commit().expect("nothing stops it any more");
}

#[test]
fn what_is_accepted_is_what_was_shown() {
    let mut console = editing_a_connection(USABLE, r#"{"type":"redis-rq","host":"localhost","port":"x"}"#);
    let allowing = crate::check::ReceiverProfile { allows_localhost: Some(true), ..Default::default() };
    console.model.context.receiver = std::sync::Arc::new(allowing);
    console.wait(400).keys("enter");
    console.model.context.receiver = Default::default();
    console.text("connections/redis").keys("enter");
    assert!(console.commit().is_none(), "there is one more reason by now");
}
