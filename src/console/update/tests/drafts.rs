//! Drafts of the session: none is lost, none reverts what others changed.

use super::*;

fn done(revision: u64) -> Answer {
    let outcome = Outcome { before: None, after: Some(Token::counter(revision)) };
    Answer::Commit(Ok(Commit { at: Revision(revision), outcomes: vec![outcome] }))
}

fn put_text(op: &Op) -> String {
    let Op::Put { document, .. } = op else { panic!("a put") };
    document.text().unwrap().to_owned()
}

#[test]
fn what_is_typed_while_a_write_is_under_way_outlives_its_answer() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    console.keys("esc").text(",\"y\":2");
    console.send(AppEvent::Answer(request, done(9)));
    assert_eq!(console.model.place(), Place::Editor);
    assert!(console.notice().starts_with("done: write a/one, now r9"));
    console.put("a/one", r#"{"module":"log","x":1}"#, 9);
    assert_eq!(console.model.edit.as_ref().unwrap().upstream, Upstream::Unchanged, "it is our own write");

    console.keys("ctrl-s").wait(400).keys("enter");
    let (_, op) = console.commit().expect("the rest is written after it");
    assert_eq!(op.expect(), Expect::Token(Token::counter(9)));
    assert!(put_text(&op).contains("\"y\""));
}

#[test]
fn a_draft_left_while_it_is_written_is_none_any_more() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    console.keys("esc esc");
    assert_eq!(console.model.drafts.len(), 1);
    console.send(AppEvent::Answer(request, done(9)));
    assert!(console.model.drafts.is_empty(), "what it says is stored");
}

#[test]
fn a_draft_without_a_row_can_be_taken_up_again() {
    let mut console = TestConsole::loaded();
    console.keys("n ctrl-u").text("a/fresh").keys("enter enter").text("x").keys("esc");
    assert_eq!(console.model.drafts.len(), 1);
    assert_eq!(console.notice(), "draft of a/fresh kept: :a/fresh takes it up again");
    console.keys(":").text("a/fresh").keys("enter");
    assert!(console.model.edit.as_ref().unwrap().text().starts_with("x{"));

    console.keys("esc n ctrl-u").text("a/fresh").keys("enter");
    assert!(console.model.edit.as_ref().unwrap().text().starts_with("x{"));
    assert!(console.model.drafts.is_empty());
}

#[test]
fn a_draft_whose_document_was_deleted_can_be_taken_up_again() {
    let mut console = TestConsole::loaded();
    console.keys("e").text("x").keys("esc");
    console.del("a/one", 9);
    console.model.lock = WriteAccess::Locked;
    console.keys(":").text("a/one").keys("enter");
    assert!(console.model.edit.is_none(), "a locked console edits nothing");
    console.keys("esc");
    console.model.lock = WriteAccess::Open(None);
    console.keys(":").text("a/one").keys("enter");
    assert_eq!(console.model.edit.as_ref().unwrap().upstream, Upstream::Deleted);
}

#[test]
fn a_merged_draft_keeps_the_secrets_that_are_stored_now() {
    let mut console = TestConsole::new();
    let stored = r#"{"module":"log","authorization":"Bearer first","jwt":{"secret":"same"}}"#;
    let theirs = r#"{"authorization":"Bearer rotated","jwt":{"secret":"same"},"module":"log","hmac":{"secret":"new"}}"#;
    console.load("s1", 5, &[entry("a/one", stored, 1)]);
    console.keys("e down end").text("\"x\":1,").keys("ctrl-s");
    console.put("a/one", theirs, 9);
    console.wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    let now = Some(Box::new(entry("a/one", theirs, 9)));
    console.send(AppEvent::Answer(request, Answer::Commit(Err(Error::Conflict { key: key("a/one"), now }))));
    console.keys("enter").wait(400).keys("enter");
    let (_, op) = console.commit().unwrap();
    let text = put_text(&op);
    assert!(text.contains("Bearer rotated") && text.contains("\"new\"") && !text.contains("first"), "{text}");
    assert!(text.contains("\"same\"") && text.contains("\"x\":"), "{text}");
}

#[test]
fn a_conflict_does_not_turn_typing_into_commands() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    console.keys("esc");
    let now = Some(Box::new(entry("a/one", "{}", 9)));
    console.send(AppEvent::Answer(request, Answer::Commit(Err(Error::Conflict { key: key("a/one"), now }))));
    assert_eq!(console.model.place(), Place::Editor);
    console.text("m");
    assert!(console.model.edit.as_ref().unwrap().text().contains("1m"));
}

#[test]
fn a_draft_of_a_replaced_store_is_merged_before_it_is_written() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s");
    // A backup was restored elsewhere: another store, where the token happens to be the same.
    console.load("s2", 3, &[entry("a/one", r#"{"module":"log"}"#, 1)]);
    console.wait(400).keys("enter");
    assert!(console.commit().is_none(), "nothing is written to a store one has not looked at");
    assert_eq!(console.model.place(), Place::Merge);
    assert!(console.notice().contains("the store was replaced"), "{}", console.notice());

    console.keys("enter").wait(400).keys("enter");
    let (_, op) = console.commit().expect("the draft, merged");
    assert_eq!(op.expect(), Expect::Token(Token::counter(1)));
}

#[test]
fn what_the_store_cannot_hold_is_not_sent() {
    let mut console = TestConsole::loaded();
    console.model.context.capabilities.max_document = 40;
    console
        .keys("e down end")
        .text(",\"x\":\"far too long for that\"")
        .keys("ctrl-s")
        .wait(400)
        .keys("enter");
    assert!(console.commit().is_none());
    assert!(console.notice().contains("at most 40 bytes"), "{}", console.notice());
    assert_eq!(console.model.place(), Place::Review, "the draft is where it was");
}

#[test]
fn nothing_is_written_to_a_store_that_came_while_paused() {
    let mut console = TestConsole::loaded();
    console.keys("p e down end").text(",\"x\":1").keys("ctrl-s");
    // Paused: the picture shows the old store, where the token is the same.
    console.load("s2", 3, &[entry("a/one", r#"{"module":"theirs"}"#, 1)]);
    console.wait(400).keys("enter");
    assert!(console.commit().is_none());
    assert!(console.notice().contains("replaced while you paused"), "{}", console.notice());

    console.keys("esc esc p e ctrl-s").wait(400).keys("enter");
    assert!(console.commit().is_none());
    assert_eq!(console.model.place(), Place::Merge, "and then it is merged as ever");
}
