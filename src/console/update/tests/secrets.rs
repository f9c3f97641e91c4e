//! Actions on secrets: nothing is read without a reason, nothing stays on the screen, nothing typed is lost to a
//! conflict, nothing is sent twice.

mod destroying;
mod ends;
mod lost_text;

use zeroize::Zeroizing;

use super::super::super::secret_jobs::{
    Inspection, RevealDestination, RevealOutcome, RevealReport, SecretJob, SecretJobResult, SecretWrite,
    SecretWriteMode, SecretWriteOutcome as SecretOutcome,
};
use super::*;
use crate::check::{OwnPathTemplate, OwnSecrets, SecretLookup};
use crate::console::screens::secrets::actions::SecretWriteKind;
use crate::domain::{
    FieldName, FieldState, MissingRights, Mount, Opaque, Presence, SecretContents, SecretMetadata,
    SecretPath, SecretRight, SecretText, SecretVersion, VersionInfo, VersionState,
};
use crate::provider::{SecretCapabilities, SecretExpect};

/// Stands for every value that is revealed or generated.
const PLANTED: &str = "Planted2Planted";

pub(super) fn places() -> SecretLookup {
    let mount = |name| Mount::new(name).unwrap();
    let kept = OwnSecrets::Kv { mount: mount("webhooks"), template: OwnPathTemplate::default() };
    SecretLookup {
        references: Some(mount("secret")),
        own: kept.clone(),
        stored: kept,
        can_read_kv: true,
        ..SecretLookup::default()
    }
}

const CAN: SecretCapabilities = SecretCapabilities { versions: true, patch: true, write: true };

fn holds(version: u64) -> Presence {
    let field = |name: &str| (FieldName::new(name), FieldState::Present);
    let fields = vec![field("bearer-token"), field("hmac-secret")];
    Presence::Present(SecretContents { fields, version: Some(SecretVersion(version)), written: None })
}

fn inspection(presence: Presence) -> SecretJobResult {
    SecretJobResult::Inspected(Box::new(Inspection {
        capabilities: CAN,
        presence: Ok(presence),
        lacking: MissingRights::default(),
        versions: None,
    }))
}

fn value() -> SecretText {
    SecretText::new(PLANTED.into())
}

fn written(result: Result<Option<SecretVersion>, Error>, values_read: usize) -> SecretJobResult {
    SecretJobResult::Written(SecretOutcome { result, values_read, unchanged: false })
}

fn conflict(path: &SecretPath) -> Error {
    Error::SecretConflict { path: path.clone(), now: Some(SecretVersion(9)) }
}

/// Whether a question about a secret is pending.
pub(super) fn is_asked(console: &TestConsole) -> bool {
    let hands = &console.model.secret_actions;
    if !matters(console) {
        return false;
    }
    let made = matches!(&console.model.overlay, Some(Overlay::Value(entry)) if entry.0.awaited.is_some());
    hands.pending.is_pending() || hands.reading.is_pending() || hands.writing.is_some() || made
}

/// Answers the last question about a secret.
pub(super) fn answer(console: &mut TestConsole, well: bool) {
    let jobs = console.effects.iter().rev().filter_map(|effect| match effect {
        Effect::Secret(request, job) => Some((*request, job)),
        _ => None,
    });
    let Some((request, job)) = jobs.take(1).next() else { return };
    let told = match job {
        SecretJob::Inspect(_) | SecretJob::Versions(_) => {
            inspection(if well { holds(3) } else { Presence::Missing })
        }
        SecretJob::Generate(_) => SecretJobResult::Generated(Ok(Opaque(value()))),
        SecretJob::Reveal(order) => {
            let version = Some(SecretVersion(3));
            let found = match (well, order.destination) {
                (true, RevealDestination::Screen) => RevealOutcome::Value(Opaque(value()), version),
                (true, RevealDestination::Clipboard) => RevealOutcome::Copied(version),
                (false, _) => RevealOutcome::NoField,
            };
            SecretJobResult::Revealed(Box::new(RevealReport { result: Ok(found), values_read: 2 }))
        }
        SecretJob::Write(write) => {
            let result = if well { Ok(Some(SecretVersion(4))) } else { Err(conflict(&write.path)) };
            written(result, 0)
        }
        SecretJob::Restore(restore) => {
            let result = if well { Ok(Some(SecretVersion(5))) } else { Err(conflict(&restore.path)) };
            written(result, 2)
        }
        SecretJob::Copy(copy) => {
            let result = if well { Ok(Some(SecretVersion(1))) } else { Err(conflict(&copy.to)) };
            written(result, 2)
        }
        SecretJob::Delete(path, _)
        | SecretJob::Undelete(path, _)
        | SecretJob::Destroy(path, _)
        | SecretJob::DestroyAll(path) => {
            let lost = Error::SecretUnknown { path: path.clone(), reason: "lost".into() };
            written(if well { Ok(None) } else { Err(lost) }, 0)
        }
        SecretJob::FindOut(_) => SecretJobResult::Found(Ok(holds(if well { 4 } else { 3 }))),
    };
    console.send(AppEvent::Answer(request, Answer::Secret(told)));
}

/// Whether pending work on secrets decides anything here.
fn matters(console: &TestConsole) -> bool {
    matches!(
        console.model.place(),
        Place::Browse | Place::Secrets | Place::SecretForm | Place::SecretReview | Place::Value
    ) && console.model.pending_write.is_none()
        && console.model.unknown_outcome.is_none()
}

/// What distinguishes states, as far as secrets are concerned.
pub(super) fn face(console: &TestConsole) -> String {
    if !matters(console) {
        return String::new();
    }
    let hands = &console.model.secret_actions;
    let form =
        hands.form.as_ref().map(|form| (form.review.is_some(), form.conflict.is_some(), form.is_changed()));
    let entry = match &console.model.overlay {
        Some(Overlay::Value(entry)) => Some((entry.0.repeated.is_some(), entry.0.new.value.is_empty())),
        _ => None,
    };
    let asking = hands.pending.0.as_ref().map(|(_, (act, _))| *act);
    let writing =
        hands.writing.as_ref().map(|writing| (writing.unknown, writing.kind == SecretWriteKind::End));
    format!(
        "{form:?} {entry:?} {asking:?} {} {writing:?} {}",
        hands.reading.is_pending(),
        hands.undo.is_some()
    )
}

fn console() -> TestConsole {
    let mut console = TestConsole::loaded();
    console.model.context.secrets = Some(places());
    console
}

impl TestConsole {
    fn told(&mut self, well: bool) -> &mut Self {
        answer(self, well);
        self
    }

    fn says(&mut self, told: SecretJobResult) -> &mut Self {
        let request = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Secret(request, _) => Some(*request),
            _ => None,
        });
        self.send(AppEvent::Answer(request.expect("a question"), Answer::Secret(told)));
        self
    }

    fn shows_value(&self) -> bool {
        matches!(self.model.overlay, Some(Overlay::RevealedValue(_)))
    }

    fn revealed(&mut self) -> &mut Self {
        self.keys("r").told(true).wait(400).keys("enter").text("INC-42").keys("enter").told(true)
    }

    /// Sets the first field by typing, up to the review.
    fn typed(&mut self, first: &str, again: &str) -> &mut Self {
        self.keys("s").told(true).keys("enter").text(first).keys("enter").text(again).keys("enter")
    }

    fn writes(&self) -> Vec<&SecretWrite> {
        let jobs = self.effects.iter().filter_map(|effect| match effect {
            Effect::Secret(_, SecretJob::Write(write)) => Some(&**write),
            _ => None,
        });
        jobs.collect()
    }
}

#[test]
fn nothing_is_read_without_a_reason_and_what_is_read_is_counted() {
    let mut console = console();
    console.keys("r").told(true);
    assert_eq!(console.model.place(), Place::PickSecret);
    console.wait(400).keys("enter enter");
    assert_eq!(console.model.place(), Place::Prompt, "no reason, no read");
    console.text("   ").keys("enter");
    assert!(!console.effects.iter().any(|effect| matches!(effect, Effect::Secret(_, SecretJob::Reveal(_)))));
    console.text("INC-42").keys("enter");
    let asked = console.effects.iter().find_map(|effect| match effect {
        Effect::Secret(_, SecretJob::Reveal(order)) => Some(order.clone()),
        _ => None,
    });
    let order = asked.expect("a read");
    assert_eq!((order.reason.as_str(), order.field.as_str()), ("INC-42", "bearer-token"));
    assert_eq!(order.path.to_string(), "webhooks/a/one/secrets");
    assert!(!format!("{:?}", console.effects).contains(PLANTED));
    console.told(true);
    assert!(console.shows_value());
    assert_eq!(console.model.secret_actions.reads, 2, "all values of the version reached confdeck");
    assert!(!format!("{:?}", console.model.overlay).contains(PLANTED));
}

#[test]
fn a_value_goes_by_esc_by_time_and_with_whatever_could_leave_it_to_others() {
    type HideTrigger = fn(&mut TestConsole);
    let goes: [(&str, HideTrigger); 6] = [
        ("esc", |console| {
            console.keys("esc");
        }),
        ("time", |console| {
            console.wait(15_000).send(AppEvent::Wake);
        }),
        ("suspend", |console| {
            console.keys("ctrl-z");
        }),
        ("resumed", |console| console.send(AppEvent::Resumed)),
        ("terminate", |console| console.send(AppEvent::Terminate)),
        ("lock", |console| {
            console.model.lock = WriteAccess::Open(Some(console.now));
            console.wait(1).send(AppEvent::Wake);
        }),
    ];
    for (why, goes) in goes {
        let mut console = console();
        console.revealed();
        assert!(console.shows_value(), "{why}");
        assert!(console.model.next_wake() <= console.model.hides_at());
        goes(&mut console);
        assert!(!console.shows_value(), "{why}");
    }
}

#[test]
fn a_value_that_comes_after_the_console_was_left_alone_is_counted_and_not_shown() {
    let mut console = console();
    console.keys("r").told(true).wait(400).keys("enter").text("INC-42").keys("enter");
    console.keys("ctrl-z").told(true);
    assert!(!console.shows_value() && console.model.secret_actions.reads == 2);
    assert!(console.notice().contains("came too late"), "{}", console.notice());
}

#[test]
fn a_rotation_is_one_conditional_patch_of_what_was_typed_twice() {
    let mut console = console();
    console.typed("new one", "new two");
    assert_eq!(console.model.place(), Place::Value, "the two were not the same");
    console.text("new one").keys("enter").text("new one").keys("ctrl-s");
    assert_eq!(console.model.place(), Place::SecretReview);
    console.keys("enter");
    assert!(console.writes().is_empty(), "a key of the first 300 ms writes nothing");
    console.wait(400).keys("enter enter");
    let writes = console.writes();
    let [write] = writes.as_slice() else { panic!("one write") };
    assert_eq!((write.mode, write.expect), (SecretWriteMode::Patch, SecretExpect::Version(SecretVersion(3))));
    assert_eq!(write.set.0.get("bearer-token").unwrap().as_text().unwrap().expose(), "new one");
    assert_eq!((write.set.0.len(), write.remove.len()), (1, 0));
    assert!(!format!("{:?}", console.effects).contains("new one"));
    console.told(true);
    let said = "done: set bearer-token of webhooks/a/one/secrets, now v4; 1 document must be read again";
    assert_eq!(console.notice(), said);
    assert_eq!(console.model.place(), Place::StaleDependents);
    console.keys("esc");
    assert_eq!(console.model.place(), Place::Browse);
}

#[test]
fn a_generated_value_and_a_paste_need_no_second_time() {
    let mut generated = console();
    generated.keys("s").told(true).keys("enter ctrl-g enter").told(true).keys("ctrl-s");
    assert_eq!(generated.model.place(), Place::SecretReview);
    let mut pasted = console();
    pasted.keys("s").told(true).keys("enter");
    pasted.send(AppEvent::Paste("line one\rline two\r".into()));
    pasted.keys("ctrl-s").wait(400).keys("enter");
    let text = pasted.writes()[0].set.0.get("bearer-token").unwrap().as_text().unwrap();
    assert_eq!(text.expose(), "line one\nline two");
}

#[test]
fn the_loser_of_a_race_keeps_what_was_typed_and_rebases_on_purpose() {
    let mut console = console();
    console.typed("mine", "mine").keys("ctrl-s").wait(400).keys("enter").told(false);
    assert!(
        console.notice().contains("v9 by now") && console.notice().contains("is kept"),
        "{}",
        console.notice()
    );
    console.wait(400).keys("enter");
    assert_eq!(console.writes().len(), 1, "nothing is sent again by itself");
    console.keys("b").says(inspection(holds(9)));
    console.keys("enter");
    assert_eq!(console.writes().len(), 1, "it is read first");
    console.wait(400).keys("enter");
    let writes = console.writes();
    assert_eq!(writes[1].expect, SecretExpect::Version(SecretVersion(9)));
    assert_eq!(writes[1].set.0.get("bearer-token").unwrap().as_text().unwrap().expose(), "mine");
}

#[test]
fn a_lost_answer_is_looked_up_and_never_sent_twice() {
    let mut console = console();
    console.typed("mine", "mine").keys("ctrl-s").wait(400).keys("enter");
    let path = console.writes()[0].path.clone();
    let lost = Error::SecretUnknown { path, reason: "lost".into() };
    console.says(written(Err(lost), 0));
    assert!(matches!(console.effects.last(), Some(Effect::Secret(_, SecretJob::FindOut(_)))));
    console.wait(400).keys("enter");
    assert_eq!(console.writes().len(), 1);
    console.says(SecretJobResult::Found(Ok(holds(4))));
    assert!(console.notice().contains("your write or someone else's"), "{}", console.notice());
    console.wait(400).keys("enter");
    assert_eq!(console.writes().len(), 1);
}

#[test]
fn where_single_fields_may_not_be_changed_the_read_is_told_before_it_is_done() {
    let mut console = console();
    console.typed("mine", "mine").keys("ctrl-s").wait(400).keys("enter");
    let denied = Error::Denied { permission: "patch on webhooks/data/a/one/secrets".into(), remedy: "ask" };
    console.says(written(Err(denied), 0));
    assert_eq!(console.model.place(), Place::SecretReview);
    console.keys("enter");
    assert_eq!(console.writes().len(), 1, "the other way is looked at first");
    console.wait(400).keys("enter");
    assert_eq!(console.writes()[1].mode, SecretWriteMode::ReadModifyWrite);
}

#[test]
fn a_missing_right_is_named_and_nothing_is_read() {
    let mut console = console();
    console.keys("r");
    let permission = "read on webhooks/data/a/one/secrets".to_owned();
    let lacking: MissingRights = [(SecretRight::Reveal, permission)].into_iter().collect();
    console.says(SecretJobResult::Inspected(Box::new(Inspection {
        capabilities: CAN,
        presence: Ok(holds(3)),
        lacking,
        versions: None,
    })));
    assert!(console.notice().contains("read on webhooks/data/a/one/secrets is missing"));
    assert!(console.model.overlay.is_none());
}

#[test]
fn the_last_write_is_taken_back_unless_somebody_wrote_since() {
    let mut console = console();
    console.typed("mine", "mine").keys("ctrl-s").wait(400).keys("enter").told(true);
    console.keys(":").text("undo-secret").keys("enter").says(inspection(holds(5)));
    assert!(console.notice().contains("changed since your v4 (now v5)"), "{}", console.notice());
    console.keys(":").text("undo-secret").keys("enter").says(inspection(holds(4)));
    assert_eq!(console.model.place(), Place::SecretReview);
    console.wait(400).keys("enter");
    let Some(Effect::Secret(_, SecretJob::Restore(restore))) = console.effects.last() else {
        panic!("a write")
    };
    assert_eq!((restore.from, restore.newest), (SecretVersion(3), SecretVersion(4)));
    console.told(true);
    assert_eq!(console.model.secret_actions.reads, 2, "the version that was read is counted");
    assert!(console.notice().contains("now v5; 2 values were read for it"), "{}", console.notice());
}

#[test]
fn what_is_typed_is_wiped_when_the_form_is_left() {
    let mut console = console();
    console.typed("mine", "mine").keys("ctrl-s esc esc");
    assert!(console.model.secret_actions.form.is_none());
    let text = Zeroizing::new(console.notice().to_owned());
    assert_eq!(*text, "left; what was typed is forgotten");
}

impl TestConsole {
    /// Types a command.
    fn command(&mut self, name: &str) -> &mut Self {
        self.keys(":").text(name).keys("enter")
    }

    fn jobs(&self) -> Vec<String> {
        let jobs = self.effects.iter().filter_map(|effect| match effect {
            Effect::Secret(_, job) => Some(format!("{job:?}")),
            _ => None,
        });
        jobs.collect()
    }
}

fn version(number: u64, state: VersionState) -> VersionInfo {
    VersionInfo { version: SecretVersion(number), written: None, state }
}
