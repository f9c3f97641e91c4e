//! Undo: each step on condition that nobody has written since.

use super::plans::{commits, done};
use super::*;

/// Deletes the selected document and is answered.
fn delete(console: &mut TestConsole, revision: u64) {
    console.keys("d").wait(400).keys("y");
    let (request, ops) = commits(console).unwrap();
    let address = ops[0].key().to_string();
    done(console, request, revision, &[None]);
    console.del(&address, revision);
}

/// Inserts a member before the others of the selected document, with the answer; the watch event comes later.
fn change(console: &mut TestConsole, text: &str, revision: u64) {
    console.keys("e down").text(text).keys("ctrl-s").wait(400).keys("enter");
    let (request, ops) = commits(console).unwrap();
    done(console, request, revision, &[Some(revision)]);
    let Op::Put { key, document, .. } = &ops[0] else { panic!("a put") };
    console.put(&key.to_string(), document.text().unwrap(), revision);
}

/// Undoes the last write; returns what was sent.
fn undo(console: &mut TestConsole) -> Option<(RequestId, Vec<Op>)> {
    console.keys("u").wait(400).keys("enter");
    commits(console)
}

fn stored(op: &Op) -> &str {
    let Op::Put { document, .. } = op else { panic!("a put") };
    document.text().unwrap()
}

#[test]
fn a_chain_of_writes_is_taken_back_one_after_the_other() {
    let mut console = TestConsole::loaded();
    let first = r#"{"module":"log"}"#;
    change(&mut console, "\"x\":1,", 10);
    change(&mut console, "\"y\":2,", 11);
    delete(&mut console, 12);
    assert_eq!(console.model.undo_log.len(), 3);

    let (request, ops) = undo(&mut console).expect("the deleted document comes back");
    assert_eq!(ops[0].expect(), Expect::Absent);
    assert!(stored(&ops[0]).contains("\"y\""));
    done(&mut console, request, 13, &[Some(13)]);
    // The next one is undone before the watch reports our own write.
    let (request, ops) = undo(&mut console).expect("then the second change");
    assert_eq!(ops[0].expect(), Expect::Token(Token::counter(13)), "of what taking back left");
    assert!(!stored(&ops[0]).contains("\"y\"") && stored(&ops[0]).contains("\"x\""));
    done(&mut console, request, 14, &[Some(14)]);
    console.put("a/one", r#"{"x":1}"#, 14);
    let (request, ops) = undo(&mut console).expect("then the first");
    assert_eq!((ops[0].expect(), stored(&ops[0])), (Expect::Token(Token::counter(14)), first));
    done(&mut console, request, 15, &[Some(15)]);
    assert!(console.model.undo_log.is_empty());
    console.keys("u");
    assert_eq!(console.notice(), "no write of this session is left to take back");
}

#[test]
fn nothing_is_taken_back_where_somebody_wrote_since() {
    let mut console = TestConsole::loaded();
    change(&mut console, "\"x\":1,", 10);
    console.put("a/one", "{}", 20);
    assert!(undo(&mut console).is_none());
    assert_eq!(console.notice(), "a/one was changed since, now r20: nothing of this write is taken back");
    console.keys("esc");
    console.del("a/one", 21);
    assert!(undo(&mut console).is_none());
    assert!(console.notice().contains("was deleted since"), "{}", console.notice());
    assert_eq!(console.model.undo_log.len(), 1, "it stays on the list");
}

#[test]
fn what_the_picture_does_not_show_yet_the_store_refuses() {
    let mut console = TestConsole::loaded();
    change(&mut console, "\"x\":1,", 10);
    let (request, _) = undo(&mut console).unwrap();
    let now = Some(Box::new(entry("a/one", "{}", 20)));
    console.send(AppEvent::Answer(request, Answer::Commit(Err(Error::Conflict { key: key("a/one"), now }))));
    assert_eq!(console.model.place(), Place::Plan);
    console.keys("enter");
    assert!(commits(&mut console).is_none());
    assert!(console.notice().contains("it cannot be taken back"), "{}", console.notice());
}

#[test]
fn the_ones_before_are_reached_by_the_same_key() {
    let mut console = TestConsole::loaded();
    change(&mut console, "\"x\":1,", 10);
    console.keys("j");
    change(&mut console, "\"y\":1,", 11);
    console.keys("u u").wait(400).keys("enter");
    let (request, ops) = commits(&mut console).expect("the older one");
    assert_eq!(ops[0].key(), &key("a/one"));
    done(&mut console, request, 12, &[Some(12)]);
    console.put("a/one", "{}", 12);
    let (_, ops) = undo(&mut console).expect("the other is still there");
    assert_eq!(ops[0].key(), &key("a/two"));
}

#[test]
fn a_created_document_is_taken_back_by_deleting_it_and_typed_where_protected() {
    let mut console = TestConsole::loaded();
    console.keys("c ctrl-u").text("a/new").keys("enter ctrl-s").wait(400).keys("enter");
    let (request, _) = commits(&mut console).unwrap();
    done(&mut console, request, 10, &[Some(10)]);
    console.put("a/new", r#"{"module":"log"}"#, 10);
    console.model.context.protected = true;
    assert!(undo(&mut console).is_none(), "it has to be typed");
    console.text("a/new").keys("enter");
    let (_, ops) = commits(&mut console).unwrap();
    assert!(
        matches!(&ops[0], Op::Delete { expect: Expect::Token(token), .. } if *token == Token::counter(10))
    );
}

#[test]
fn a_rename_and_a_delete_of_several_are_taken_back_whole() {
    let mut console = TestConsole::loaded();
    console.keys("R ctrl-u").text("b/moved").keys("enter").wait(400).keys("enter");
    let (request, _) = commits(&mut console).unwrap();
    done(&mut console, request, 10, &[Some(10), None]);
    console.del("a/one", 10);
    console.put("b/moved", r#"{"module":"log"}"#, 10);
    let (request, ops) = undo(&mut console).unwrap();
    let said: Vec<_> = ops.iter().map(|op| (op.key().to_string(), op.expect())).collect();
    assert_eq!(
        said,
        [("b/moved".into(), Expect::Token(Token::counter(10))), ("a/one".into(), Expect::Absent)]
    );
    done(&mut console, request, 11, &[None, Some(11)]);
    console.del("b/moved", 11);
    console.put("a/one", r#"{"module":"log"}"#, 11);

    console.keys("g * d").wait(400).keys("enter").text("delete 3").keys("enter");
    let (request, ops) = commits(&mut console).unwrap();
    done(&mut console, request, 12, &vec![None; ops.len()]);
    for op in &ops {
        console.del(&op.key().to_string(), 12);
    }
    let (_, ops) = undo(&mut console).unwrap();
    assert_eq!(ops.len(), 3);
}

/// Deletes all webhooks of the fleet at once.
fn delete_all(console: &mut TestConsole, revision: u64) {
    console.keys("* d").wait(400).keys("enter").text("delete 3").keys("enter");
    let (request, ops) = commits(console).unwrap();
    done(console, request, revision, &[None; 3]);
    for op in &ops {
        console.del(&op.key().to_string(), revision);
    }
}

fn addresses(ops: &[Op]) -> Vec<String> {
    ops.iter().map(|op| op.key().to_string()).collect()
}

#[test]
fn a_mass_delete_half_recreated_by_others_is_taken_back_for_the_rest() {
    let mut console = TestConsole::loaded();
    delete_all(&mut console, 10);
    console.put("a/two", r#"{"module":"theirs"}"#, 11);
    let (request, ops) = undo(&mut console).expect("the other two");
    assert_eq!(addresses(&ops), ["a/one", "b/three"]);
    assert!(ops.iter().all(|op| op.expect() == Expect::Absent));
    done(&mut console, request, 12, &[Some(12), Some(12)]);
    console.put("a/one", r#"{"module":"log"}"#, 12);
    console.put("b/three", r#"{"module":"kafka","connection":"k1"}"#, 12);
    assert_eq!(console.notice(), "done: undo of 2 documents");

    // The rest of the write is still there, and says why it cannot be taken back.
    assert!(undo(&mut console).is_none());
    assert_eq!(console.notice(), "a/two exists again, now r11: nothing of this write is taken back");
    console.keys("esc");
    console.del("a/two", 13);
    let (request, ops) = undo(&mut console).expect("it is gone again");
    assert_eq!(addresses(&ops), ["a/two"]);
    done(&mut console, request, 14, &[Some(14)]);
    assert!(console.model.undo_log.is_empty());
}

#[test]
fn what_the_store_alone_knows_leaves_the_rest_of_an_undo() {
    let mut console = TestConsole::loaded();
    delete_all(&mut console, 10);
    let (mut request, _) = undo(&mut console).unwrap();
    for (address, left) in [("a/two", 2), ("a/one", 1)] {
        let now = Some(Box::new(entry(address, "{}", 20)));
        let error = Error::Conflict { key: key(address), now };
        console.send(AppEvent::Answer(request, Answer::Commit(Err(error))));
        assert!(console.notice().ends_with("the rest can still be taken back"), "{}", console.notice());
        console.keys("enter");
        assert!(commits(&mut console).is_none(), "nobody could read that yet");
        console.wait(400).keys("enter");
        let ops;
        (request, ops) = commits(&mut console).expect("the rest");
        assert_eq!(ops.len(), left);
    }
}

#[test]
fn steps_of_an_undo_are_left_out_and_stay_for_later() {
    let mut console = TestConsole::loaded();
    delete_all(&mut console, 10);
    console.keys("u space").wait(400).keys("enter");
    let (request, ops) = commits(&mut console).unwrap();
    assert_eq!(addresses(&ops), ["a/two", "b/three"]);
    done(&mut console, request, 11, &[Some(11), Some(11)]);
    let (_, ops) = undo(&mut console).unwrap();
    assert_eq!(addresses(&ops), ["a/one"]);
}

#[test]
fn half_of_a_rename_is_not_taken_back() {
    let mut console = TestConsole::loaded();
    console.keys("R ctrl-u").text("b/moved").keys("enter").wait(400).keys("enter");
    let (request, _) = commits(&mut console).unwrap();
    done(&mut console, request, 10, &[Some(10), None]);
    console.del("a/one", 10);
    console.put("b/moved", r#"{"module":"theirs"}"#, 11);
    assert!(undo(&mut console).is_none(), "a/one alone would be there twice");
    assert!(console.notice().starts_with("b/moved was changed since"), "{}", console.notice());
}

#[test]
fn an_undo_that_deletes_several_asks_for_their_number() {
    let mut console = TestConsole::loaded();
    console.keys("space space c").text("c").keys("enter").wait(400).keys("enter");
    let (request, ops) = commits(&mut console).unwrap();
    done(&mut console, request, 10, &[Some(10), Some(10)]);
    for op in &ops {
        console.put(&op.key().to_string(), stored(op), 10);
    }
    assert!(undo(&mut console).is_none());
    console.text("delete 2").keys("enter");
    let (request, ops) = commits(&mut console).unwrap();
    assert_eq!(ops.len(), 2);
    console.keys("esc");
    done(&mut console, request, 11, &[None, None]);
    console.del("c/one", 11);
    console.del("c/two", 11);
    assert_eq!(news(&console), None, "an undo of one's own is no news");
}

/// What is told of others.
fn news(console: &TestConsole) -> Option<&str> {
    console.model.notices.news().map(|notice| notice.text.as_str())
}

#[test]
fn what_was_deleted_here_is_no_news_however_late_the_watch_tells_it() {
    let mut console = TestConsole::loaded();
    console.keys("p");
    for (keys, address, revision) in [("g d", "a/one", 10), ("g j d", "a/two", 11)] {
        console.keys(keys).wait(400).keys("y");
        let (request, _) = commits(&mut console).unwrap();
        done(&mut console, request, revision, &[None]);
        console.del(address, revision);
    }
    console.put("b/three", r#"{"module":"theirs"}"#, 12);
    console.keys("p");
    assert_eq!(news(&console), None);
    console.put("a/one", "{}", 13);
    console.del("a/one", 14);
    assert_eq!(news(&console), Some("a/one was deleted"), "and then by somebody else");
}

#[test]
fn what_others_delete_from_a_store_that_was_restored_is_told() {
    let mut console = TestConsole::loaded();
    delete(&mut console, 10);
    console.load("s2", 3, &[entry("a/one", "{}", 1), entry("a/other", "{}", 2)]);
    console.keys("g j");
    console.del("a/one", 4);
    assert_eq!(news(&console), Some("a/one was deleted"), "r4 of this store is not before r10 of the other");
    let told = |console: &TestConsole| console.model.notices.news().map(|notice| notice.number);
    let others = told(&console);
    console.put("a/one", "{}", 5);
    console.keys("g");
    delete(&mut console, 6);
    assert_eq!(told(&console), others, "what is deleted from it here is no news");
}

#[test]
fn writes_to_a_store_that_was_replaced_are_not_taken_back() {
    let mut console = TestConsole::loaded();
    change(&mut console, "\"x\":1,", 10);
    console.load("s2", 3, &[entry("a/one", "{}", 1)]);
    console.keys("u");
    assert_eq!(console.notice(), "the store was replaced since: write a/one cannot be taken back");
    assert!(console.model.plan.is_none());
}

#[test]
fn nothing_is_taken_back_before_the_last_write_is_answered() {
    let mut console = TestConsole::loaded();
    change(&mut console, "\"x\":1,", 10);
    console.keys("d").wait(400).keys("y");
    let (request, _) = commits(&mut console).unwrap();
    console.del("a/one", 11);
    console.keys("u");
    assert!(console.model.plan.is_none() && console.notice().contains("under way"), "{}", console.notice());
    done(&mut console, request, 11, &[None]);
    assert_eq!(
        console.notice(),
        "done: delete a/one",
        "what we did ourselves is not told as another's doing"
    );
    let (_, ops) = undo(&mut console).unwrap();
    assert_eq!(ops[0].expect(), Expect::Absent);
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut console = TestConsole::loaded();
    for revision in 10..115 {
        change(&mut console, "\"x\":1,", revision);
    }
    assert_eq!(console.model.undo_log.len(), 100);
}
