//! A write whose answer was lost: found out, reported, and never sent twice.

use super::*;
use crate::provider::CommitStatus;

/// A draft of `a/one` whose write has no known outcome, and the request to find it out.
fn lost() -> (TestConsole, RequestId, RequestId) {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    let reason = "the connection was closed".into();
    let error = Error::OutcomeUnknown { key: key("a/one"), reason };
    console.send(AppEvent::Answer(request, Answer::Commit(Err(error))));
    let asked = asked(&mut console).expect("it asks at once");
    (console, request, asked)
}

/// The request to find out about the commit, if it was made since the last call.
fn asked(console: &mut TestConsole) -> Option<RequestId> {
    let mut questions = console.effects.drain(..).filter_map(|effect| match effect {
        Effect::FindOut { request, ops, .. } => {
            assert_eq!(ops.len(), 1);
            Some(request)
        }
        Effect::Commit(..) => panic!("nothing is written while that is unknown"),
        _ => None,
    });
    questions.next()
}

fn answer(console: &mut TestConsole, asked: RequestId, found: CommitStatus) {
    console.send(AppEvent::Answer(asked, Answer::Found(Ok(found))));
}

fn unavailable() -> Answer {
    Answer::Found(Err(Error::unavailable("nobody answers")))
}

#[test]
fn a_write_that_was_done_ends_its_draft_as_any_other() {
    let (mut console, _, asked) = lost();
    assert_eq!(console.model.place(), Place::Review);
    let outcomes = vec![Outcome { before: Some(Token::counter(1)), after: Some(Token::counter(9)) }];
    answer(&mut console, asked, CommitStatus::Written(Commit { at: Revision(9), outcomes }));
    assert_eq!(console.model.place(), Place::Browse);
    assert_eq!(console.notice(), "found out: done: write a/one, now r9");
    assert!(console.model.pending_write.is_none() && console.model.unknown_outcome.is_none());
}

#[test]
fn a_write_that_was_not_done_leaves_the_draft_in_review() {
    let (mut console, _, asked) = lost();
    answer(&mut console, asked, CommitStatus::NotWritten);
    assert_eq!(console.model.place(), Place::Review);
    assert!(console.notice().contains("not done so far: write a/one"), "{}", console.notice());
    console.keys("enter");
    assert!(console.commit().is_none(), "a key that was on its way is no answer");
    console.wait(400).keys("enter");
    let (_, op) = console.commit().expect("the person may send it again");
    assert_eq!(op.expect(), Expect::Token(Token::counter(1)), "under the same condition");
}

#[test]
fn a_write_that_somebody_overtook_is_a_conflict_and_is_not_said_to_be_undone() {
    let (mut console, _, asked) = lost();
    let now = Some(Box::new(entry("a/one", r#"{"module":"theirs"}"#, 9)));
    answer(&mut console, asked, CommitStatus::Superseded { key: key("a/one"), now });
    assert!(console.model.edit.is_some() && console.model.place() != Place::Review);
    let said = console.notice();
    assert!(said.contains("someone else wrote a/one since") && said.contains("cannot be told"), "{said}");
}

/// What is stored now, at revision 9, is what the operation would have stored.
fn met(op: &Op) -> Option<Box<Entry>> {
    let Op::Put { key, document, .. } = op else { return None };
    Some(Box::new(entry(&key.to_string(), document.text().unwrap(), 9)))
}

#[test]
fn a_write_that_came_after_it_was_looked_for_is_met_as_ones_own() {
    let (mut console, _, asked) = lost();
    answer(&mut console, asked, CommitStatus::NotWritten);
    assert!(console.notice().contains("it may come yet"), "{}", console.notice());
    console.wait(400).keys("enter");
    let (request, op) = console.commit().unwrap();
    let conflict = Error::Conflict { key: key("a/one"), now: met(&op) };
    console.send(AppEvent::Answer(request, Answer::Commit(Err(conflict))));
    let said = console.notice();
    assert!(said.starts_with("a/one holds just what you wrote, now r9"), "{said}");
    assert!(said.contains("whose answer was lost") && said.contains("nothing was written now"), "{said}");
    assert_eq!(console.model.place(), Place::Browse, "there is nothing left to merge");
    assert!(console.model.edit.is_none() && console.model.pending_write.is_none());
}

#[test]
fn nothing_is_written_while_it_is_unknown_and_it_is_asked_until_somebody_answers() {
    let (mut console, _, first) = lost();
    console.wait(400).keys("enter esc esc j d").wait(400).keys("y");
    assert_eq!(asked(&mut console), None);
    assert!(console.notice().contains("under way"), "{}", console.notice());

    console.send(AppEvent::Answer(first, unavailable()));
    assert_eq!(asked(&mut console), None, "nobody is there: later");
    let again = console.model.unknown_outcome.as_ref().unwrap().next_query(&console.model.link).unwrap();
    assert!(again > console.now);
    console.now = again;
    console.send(AppEvent::Wake);
    let second = asked(&mut console).expect("again after a while");
    console.send(AppEvent::Answer(first, Answer::Found(Ok(CommitStatus::NotWritten))));
    assert!(console.model.unknown_outcome.is_some(), "an old answer is dropped");

    console.send(AppEvent::Answer(second, unavailable()));
    console.feed(WatchEvent::State(LinkState::Stale { reason: "gone".into(), retry_in: None }));
    assert_eq!(asked(&mut console), None);
    console.wait(10).feed(WatchEvent::State(LinkState::Synced));
    assert!(asked(&mut console).is_some(), "at once when the link is back");
}

#[test]
fn another_store_in_its_place_tells_nothing_about_it() {
    let (mut console, _, asked) = lost();
    console.load("another", 5, &[entry("a/one", r#"{"module":"log"}"#, 1)]);
    answer(&mut console, asked, CommitStatus::NotWritten);
    assert!(console.notice().contains("cannot be told: the store was replaced"), "{}", console.notice());
    assert!(console.model.edit.is_some() && console.model.pending_write.is_none());
}

#[test]
fn a_delete_is_found_out_as_well() {
    let mut console = TestConsole::loaded();
    console.keys("d").wait(400).keys("y");
    let (request, _) = console.commit().unwrap();
    let error = Error::OutcomeUnknown { key: key("a/one"), reason: "lost".into() };
    console.send(AppEvent::Answer(request, Answer::Commit(Err(error))));
    let asked = asked(&mut console).unwrap();
    let outcomes = vec![Outcome { before: Some(Token::counter(1)), after: None }];
    answer(&mut console, asked, CommitStatus::Written(Commit { at: Revision(9), outcomes }));
    assert_eq!(console.notice(), "found out: done: delete a/one");
}

#[test]
fn what_is_not_in_the_audit_is_said() {
    let mut console = TestConsole::loaded();
    console.send(AppEvent::Answer(RequestId(1), Answer::AuditFailed("disk full".into())));
    assert_eq!(console.notice(), "this is not in the audit: disk full");
}
