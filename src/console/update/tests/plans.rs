//! Plans: several writes reviewed as one, sent as one, and rebuilt after a conflict.

use super::*;
use crate::console::overlays::PromptPurpose;
use crate::console::screens::plan::{PlanKind, StepDiffs};
use crate::provider::Lease;

pub(super) fn commits(console: &mut TestConsole) -> Option<(RequestId, Vec<Op>)> {
    let mut commits = console.effects.drain(..).filter_map(|effect| match effect {
        Effect::Commit(request, ops) => Some((request, ops)),
        _ => None,
    });
    let first = commits.next();
    assert!(commits.next().is_none(), "one write at a time");
    first
}

pub(super) fn done(console: &mut TestConsole, request: RequestId, at: u64, after: &[Option<u64>]) {
    let outcome = |after: &Option<u64>| Outcome { before: None, after: after.map(Token::counter) };
    let outcomes = after.iter().map(outcome).collect();
    console.send(AppEvent::Answer(request, Answer::Commit(Ok(Commit { at: Revision(at), outcomes }))));
}

fn refused(console: &mut TestConsole, request: RequestId, error: Error) {
    console.send(AppEvent::Answer(request, Answer::Commit(Err(error))));
}

fn conditions(ops: &[Op]) -> Vec<(String, Expect)> {
    ops.iter().map(|op| (op.key().to_string(), op.expect())).collect()
}

fn at(token: u64) -> Expect {
    Expect::Token(Token::counter(token))
}

#[test]
fn marked_documents_are_deleted_in_one_commit_each_at_what_was_shown() {
    let mut console = TestConsole::loaded();
    console.keys("space space d");
    assert_eq!(console.model.place(), Place::Plan);
    console.keys("enter");
    assert!(commits(&mut console).is_none(), "a key of the first 300 ms writes nothing");
    console.wait(400).keys("enter").text("delete 2").keys("enter enter");
    let (request, ops) = commits(&mut console).expect("one write");
    assert_eq!(conditions(&ops), [("a/one".into(), at(1)), ("a/two".into(), at(2))]);
    assert!(ops.iter().all(|op| matches!(op, Op::Delete { .. })));
    done(&mut console, request, 9, &[None, None]);
    assert_eq!((console.model.place(), console.notice()), (Place::Browse, "done: delete 2 documents"));
    assert!(console.model.webhooks.marks.is_empty());
}

#[test]
fn one_document_is_asked_about_and_a_locked_console_plans_nothing() {
    let mut console = TestConsole::loaded();
    console.keys("d").wait(400).keys("y");
    let (_, ops) = commits(&mut console).unwrap();
    assert_eq!(conditions(&ops), [("a/one".into(), at(1))]);

    let mut console = TestConsole::loaded();
    console.model.lock = WriteAccess::Locked;
    for key in ["d", "c", "R", "u"] {
        console.keys("* ").keys(key);
        assert_eq!(console.notice(), "locked: type :unlock first", "{key}");
        assert_eq!(console.model.place(), Place::Browse, "{key}");
    }
    // A plan opened before writing was locked does not write either.
    console.model.lock = WriteAccess::Open(None);
    console.keys("d");
    console.model.lock = WriteAccess::Locked;
    console.wait(400).keys("enter");
    assert!(commits(&mut console).is_none());
}

#[test]
fn in_a_protected_context_the_name_is_typed_and_not_pasted() {
    let mut console = TestConsole::loaded();
    console.model.context.protected = true;
    console.keys("d").wait(400).keys("enter");
    assert_eq!(console.model.place(), Place::Prompt);
    console.send(AppEvent::Paste("a/one".into()));
    console.keys("enter");
    assert!(commits(&mut console).is_none());
    console.text("a/two").keys("enter");
    assert!(commits(&mut console).is_none(), "another name deletes nothing");
    console.keys("ctrl-u").text("a/one").keys("enter");
    assert_eq!(conditions(&commits(&mut console).unwrap().1), [("a/one".into(), at(1))]);

    let mut console = TestConsole::loaded();
    console.model.context.protected = true;
    console.keys("space space d").wait(400).keys("enter").text("delete 2");
    console.model.lock = WriteAccess::Locked;
    console.keys("enter");
    assert!(commits(&mut console).is_none(), "the gate closed meanwhile");
    console.model.lock = WriteAccess::Open(None);
    console.keys("enter").text("delete 2").keys("enter");
    assert_eq!(commits(&mut console).unwrap().1.len(), 2);
}

#[test]
fn a_copy_onto_an_existing_document_shows_it_and_replaces_it_at_its_token() {
    let mut console = TestConsole::loaded();
    console.keys("c ctrl-u").text("b/three").keys("enter");
    assert_eq!(console.model.place(), Place::Plan);
    let plan = console.model.plan.as_ref().unwrap();
    let StepDiffs::Ready(looks) = &plan.diffs else { panic!("small plans are compared at once") };
    let paths: Vec<_> = looks[0].diff.changes.iter().map(|change| change.path.to_string()).collect();
    assert_eq!(paths, ["module", "connection"]);
    console.wait(400).keys("enter");
    let (_, ops) = commits(&mut console).unwrap();
    assert_eq!(conditions(&ops), [("b/three".into(), at(3))]);
    assert!(matches!(&ops[0], Op::Put { lease: Lease::Keep, .. }), "the target keeps its own lease");
}

#[test]
fn a_copy_to_a_free_name_is_a_draft_and_to_its_own_name_nothing() {
    let mut console = TestConsole::loaded();
    console.keys("c ctrl-u").text("b/new").keys("enter");
    assert_eq!(console.model.place(), Place::Editor);

    let mut console = TestConsole::loaded();
    console.keys("c enter");
    assert!(prompt_error(&console).contains("type another name"), "{}", prompt_error(&console));
    console.keys("ctrl-u").text("connections/k9").keys("enter");
    assert!(prompt_error(&console).contains("of the same kind"), "{}", prompt_error(&console));
}

fn prompt_error(console: &TestConsole) -> String {
    let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("a prompt") };
    prompt.error.clone().unwrap_or_default()
}

#[test]
fn marked_documents_are_copied_to_a_namespace_in_one_commit() {
    let mut console = TestConsole::loaded();
    console.put("b/two", r#"{"module":"log","n":1}"#, 6);
    console.keys("space space c").text("a").keys("enter");
    assert!(prompt_error(&console).contains("a/one is in a already"), "{}", prompt_error(&console));
    console.keys("ctrl-u").text("b/").keys("enter").wait(400).keys("enter");
    let (request, ops) = commits(&mut console).expect("one write");
    assert_eq!(conditions(&ops), [("b/one".into(), Expect::Absent), ("b/two".into(), at(6))]);
    assert!(matches!(&ops[0], Op::Put { lease: Lease::Never, .. }), "a copy has no lease");
    done(&mut console, request, 9, &[Some(9), Some(9)]);
    assert!(console.model.webhooks.marks.is_empty(), "what was copied is marked no more");
}

#[test]
fn copies_that_would_meet_under_one_name_are_refused() {
    let mut console = TestConsole::loaded();
    console.put("b/one", "{}", 6);
    console.keys("* c").text("c").keys("enter");
    assert!(prompt_error(&console).contains("a/one and b/one would both become c/one"));
    console.keys("esc").keys("2 space c esc");
    console.put("connections/k2", "{}", 7);
    console.keys("* c");
    assert!(console.notice().contains("connections live in no namespace"), "{}", console.notice());
}

#[test]
fn what_is_the_same_already_is_left_out_and_said() {
    let mut console = TestConsole::loaded();
    console.put("b/one", r#"{"module":"log"}"#, 6);
    console.keys("space space c").text("b").keys("enter");
    let plan = console.model.plan.as_ref().unwrap();
    assert_eq!((plan.steps.len(), plan.unchanged), (1, 1));
    console.keys("esc esc esc esc c ctrl-u").text("b/one").keys("enter");
    console.keys("esc");
}

#[test]
fn a_rename_is_one_commit_that_keeps_the_lease() {
    let mut console = TestConsole::loaded();
    let mut leased = entry("a/leased", "{}", 6);
    leased.lease = Some(crate::domain::LeaseId(77));
    let change = Change { revision: Revision(6), kind: ChangeKind::Put { entry: leased } };
    console.feed(WatchEvent::Batch { at: Revision(6), changes: vec![change] });
    console.keys("g R ctrl-u").text("b/three").keys("enter");
    assert!(prompt_error(&console).contains("b/three exists already, at 3"), "{}", prompt_error(&console));
    console.keys("ctrl-u").text("b/moved").keys("enter").wait(400).keys("enter");
    let (request, ops) = commits(&mut console).unwrap();
    assert_eq!(conditions(&ops), [("b/moved".into(), Expect::Absent), ("a/leased".into(), at(6))]);
    assert!(matches!(&ops[0], Op::Put { lease: Lease::Of(crate::domain::LeaseId(77)), .. }));
    done(&mut console, request, 9, &[Some(9), None]);
    assert_eq!(console.notice(), "done: rename a/leased to b/moved");
    console.put("b/moved", "{}", 9);
    assert_eq!(console.selected(), "b/moved", "the selection goes with it");
}

#[test]
fn a_store_that_writes_one_at_a_time_renames_nothing() {
    let mut console = TestConsole::loaded();
    console.model.context.capabilities.atomic_max = 1;
    console.keys("R").text("x").keys("enter");
    assert!(prompt_error(&console).contains("half done"), "{}", prompt_error(&console));
    console.keys("esc space space d").wait(400).keys("enter");
    assert!(console.notice().contains("2 operations, and this store applies at most 1 at once"));
    assert!(commits(&mut console).is_none(), "nothing is split silently");
}

#[test]
fn a_conflict_names_the_key_and_the_plan_is_made_anew() {
    let mut console = TestConsole::loaded();
    console.keys("space space d").wait(400).keys("enter").text("delete 2").keys("enter");
    let (request, _) = commits(&mut console).unwrap();
    let now = Some(Box::new(entry("a/two", "{}", 9)));
    refused(&mut console, request, Error::Conflict { key: key("a/two"), now });
    assert_eq!(console.notice(), "a/two changed meanwhile: nothing was written");
    assert_eq!(console.model.place(), Place::Plan);
    console.wait(400).keys("enter");
    assert!(commits(&mut console).is_none(), "it is not sent again as it is");
    // The inventory does not show the other write yet: what the store reported counts.
    console.keys("b").wait(400).keys("enter").text("delete 2").keys("enter");
    let (request, ops) = commits(&mut console).unwrap();
    assert_eq!(conditions(&ops), [("a/one".into(), at(1)), ("a/two".into(), at(9))]);
    refused(&mut console, request, Error::NotFound { key: key("a/one") });
    assert!(console.notice().starts_with("a/one is deleted already"), "{}", console.notice());
    console.put("a/two", "{}", 9);
    console.keys("b").wait(400).keys("enter");
    let (_, ops) = commits(&mut console).unwrap();
    assert_eq!(conditions(&ops), [("a/two".into(), at(9))], "what is gone is deleted already");
}

#[test]
fn a_plan_of_a_replaced_store_is_made_anew_before_it_is_written() {
    let mut console = TestConsole::loaded();
    console.keys("space space d");
    console.load("s2", 3, &[entry("a/one", "{}", 1), entry("a/two", "{}", 2)]);
    console.wait(400).keys("enter");
    assert!(commits(&mut console).is_none());
    assert!(console.notice().starts_with("the store was replaced while you looked"));
    console.keys("b").wait(400).keys("enter").text("delete 2").keys("enter");
    assert_eq!(commits(&mut console).unwrap().1.len(), 2);
}

#[test]
fn what_was_typed_deletes_no_other_number_than_the_one_shown() {
    let mut console = TestConsole::loaded();
    console.keys("* d").wait(400).keys("enter").text("delete 3");
    let plan = console.model.plan.as_mut().unwrap();
    plan.left_out.insert(key("a/one"));
    console.keys("enter");
    assert!(commits(&mut console).is_none(), "it would be another plan than the one that was read");
    assert!(console.notice().contains("changed meanwhile"), "{}", console.notice());
}

#[test]
fn steps_are_left_out_one_by_one_but_not_half_of_a_rename() {
    let mut console = TestConsole::loaded();
    console.keys("* d space").wait(400);
    assert_eq!(console.model.plan.as_ref().unwrap().selected, 1, "and goes on to the next");
    console.keys("enter").text("delete 2").keys("enter");
    let (request, ops) = commits(&mut console).unwrap();
    assert_eq!(conditions(&ops), [("a/two".into(), at(2)), ("b/three".into(), at(3))]);
    done(&mut console, request, 9, &[None, None]);
    assert_eq!(console.notice(), "done: delete 2 documents");
    assert_eq!(console.model.webhooks.marks.len(), 1);

    let mut console = TestConsole::loaded();
    console.keys("* d space space space").wait(400).keys("enter");
    assert!(console.notice().starts_with("nothing is left to write"), "{}", console.notice());

    let mut console = TestConsole::loaded();
    console.keys("R ctrl-u").text("b/moved").keys("enter space").wait(400);
    assert!(console.notice().starts_with("a document moves whole"), "{}", console.notice());
    console.keys("enter");
    assert_eq!(commits(&mut console).unwrap().1.len(), 2);
}

#[test]
fn what_is_too_large_for_one_commit_is_said_and_not_sent() {
    let mut console = TestConsole::loaded();
    console.model.context.capabilities.max_document = 40;
    console.keys("space space c").text("c").keys("enter").wait(400).keys("enter");
    assert!(commits(&mut console).is_none());
    assert!(console.notice().contains("at most 40 in one commit: nothing is sent"), "{}", console.notice());
}

#[test]
fn large_plans_are_compared_off_the_loop_before_they_can_be_written() {
    let mut console = TestConsole::loaded();
    let large = format!(r#"{{"module":"log","note":"{}"}}"#, "x".repeat(70_000));
    console.put("a/one", &large, 6);
    console.effects.clear();
    console.keys("c ctrl-u").text("a/two").keys("enter");
    let Some(Effect::Compute(request, job)) = console.effects.pop() else { panic!("a comparison") };
    console.wait(400).keys("enter");
    assert!(console.notice().contains("still being compared"));
    console.send(AppEvent::Answer(request, Answer::Computed(job.run())));
    console.keys("enter");
    assert_eq!(conditions(&commits(&mut console).unwrap().1), [("a/two".into(), at(2))]);
}

#[test]
fn a_plan_covers_the_commands_that_would_leave_it() {
    let mut console = TestConsole::loaded();
    console.keys("space space d :").text("health").keys("enter");
    assert_eq!(console.notice(), "leave the plan first: esc");
    console.keys("esc");
    assert!(console.model.plan.is_none() && console.model.webhooks.marks.len() == 2, "the marks stay");
    console.keys("d ctrl-c");
    assert!(console.model.plan.is_none());
    assert!(!matches!(console.effects.last(), Some(Effect::Quit(_))));
}

#[test]
fn foreign_keys_can_be_deleted_with_others_and_nothing_else() {
    let mut console = TestConsole::loaded();
    console.keys("h j j j l space c");
    assert!(console.notice().contains("not copied"), "{}", console.notice());
    console.keys("R");
    assert!(console.notice().contains("not renamed"), "{}", console.notice());
    console.put("key:other", "?", 7);
    console.keys("* d");
    let plan = console.model.plan.as_ref().unwrap();
    assert!(matches!(&plan.kind, PlanKind::Delete(keys) if keys.len() == 2));
}

/// The receiver validates the documents of one namespace when it starts.
#[test]
fn a_move_that_would_darken_the_receiver_is_written_only_once_its_new_name_is_typed() {
    let mut console = TestConsole::new();
    console.load("s1", 5, &[entry("a/one", r#"{"module":"of-another-version"}"#, 4)]);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.effects.clear();
    console.keys("R ctrl-u").text("default/one").keys("enter").wait(400).keys("enter");
    assert!(commits(&mut console).is_none(), "the name is asked for");
    let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("{}", console.notice()) };
    let PromptPurpose::Force(forced) = &prompt.purpose else { panic!("{:?}", prompt.purpose) };
    assert_eq!(forced.name, "default/one");
    assert!(forced.reasons[0].starts_with("default/one: line 1, column 11: module names"), "{forced:?}");
    console.text("default/one").keys("enter");
    let (_, ops) = commits(&mut console).expect("forced");
    assert_eq!(conditions(&ops).len(), 2);

    let mut console = TestConsole::new();
    console.load("s1", 5, &[entry("a/one", r#"{"module":"of-another-version"}"#, 4)]);
    console.feed(WatchEvent::State(LinkState::Synced));
    console.effects.clear();
    console.keys("R ctrl-u").text("b/one").keys("enter").wait(400).keys("enter");
    commits(&mut console).expect("elsewhere it is not validated");
}
