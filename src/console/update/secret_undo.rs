//! What came of a write of a secret, and how the last one is taken back: the version before it is read
//! and written again, unless somebody wrote since.

use super::super::effect::{Effect, Request};
use super::super::model::{
    Changed, Model, SecretDone, SecretReview, SecretUndo, SecretWriting, Tone, WriteKind,
};
use super::super::secret_jobs::{Outcome, SecretJob};
use super::browse::Step;
use super::{edit, reread, secret_acts};
use crate::domain::{Contents, Presence, SecretPath, SecretVersion};
use crate::provider::Error;
use crate::text::grouped;

/// Shows how the last write of a secret would be taken back.
pub(super) fn open(model: &mut Model, path: &SecretPath, presence: &Presence) {
    let Some(done) = model.hands.done.of(path).cloned() else {
        return model.say(Tone::Plain, format!("no write of {path} in this session is left to take back"));
    };
    let newest = newest(presence);
    if newest != Some(done.after) {
        let now = newest.map_or("something else is there".to_owned(), |version| format!("now {version}"));
        let after = done.after;
        let words = format!("{path} was changed since your {after} ({now}): it is not taken back");
        return model.say(Tone::Bad, words);
    }
    let opened = model.now.mono;
    let holders = model.holders(path, done.fields.as_ref());
    let path = path.clone();
    let undo = SecretUndo { path, done, opened, scroll: 0, clash: None, holders, sent: None };
    model.hands.undo = Some(Box::new(undo));
}

/// The newest version, whatever became of it.
fn newest(presence: &Presence) -> Option<SecretVersion> {
    match presence {
        Presence::Present(Contents { version, .. }) => *version,
        Presence::Deleted { version, .. } | Presence::Destroyed { version } => Some(*version),
        _ => None,
    }
}

/// Takes it back.
pub(super) fn write(model: &mut Model) -> Vec<Effect> {
    let Some(undo) = &model.hands.undo else { return Vec::new() };
    if edit::too_soon(undo.opened, model.now.mono) || undo.clash.is_some() || secret_acts::is_busy(model) {
        return Vec::new();
    }
    let request = model.next_request();
    let Some(undo) = &mut model.hands.undo else { return Vec::new() };
    undo.sent = Some(request);
    let (path, newest) = (undo.path.clone(), undo.done.after);
    let (job, kind) = match undo.restore() {
        Some(restore) => (SecretJob::Restore(restore), WriteKind::Restore),
        None => (SecretJob::Delete(path.clone(), newest), WriteKind::End),
    };
    let fields = undo.done.fields.clone();
    let what = format!("undo of {}", undo.done.what);
    model.hands.writing =
        Some(SecretWriting { request, path, what, before: Some(newest), kind, fields, unknown: false });
    vec![Effect::Secret(request, job)]
}

/// Scrolls its review.
pub(super) fn scroll(model: &mut Model, step: Step) {
    let page = usize::from(model.frame().body.height);
    let rows = super::super::view::secret_review_height(model);
    if let Some(undo) = &mut model.hands.undo {
        undo.scroll = step.from(undo.scroll, rows.saturating_sub(page) + 1, page);
    }
}

/// Takes in what came of a write.
pub(super) fn written(model: &mut Model, request: Request, outcome: Outcome) -> Vec<Effect> {
    let Outcome { result, read } = outcome;
    model.hands.reads += read as u64;
    let Some(writing) = model.hands.writing.take_if(|writing| writing.request == request) else {
        return Vec::new();
    };
    match result {
        Ok(version) => done(model, writing, version, read),
        Err(Error::SecretUnknown { .. }) => return unknown(model, writing),
        Err(Error::SecretConflict { path, now }) => conflict(model, &writing, &path, now),
        Err(error) => refused(model, &writing, &error),
    }
    Vec::new()
}

fn done(model: &mut Model, writing: SecretWriting, version: Option<SecretVersion>, read: usize) {
    let SecretWriting { request, path, what, before, kind, fields, .. } = writing;
    let now = version.map(|version| format!(", now {version}")).unwrap_or_default();
    let also = match read {
        0 => String::new(),
        1 => "; 1 value was read for it".into(),
        read => format!("; {} values were read for it", grouped(read)),
    };
    let when = model.now.wall;
    model.sight.doubt(&path);
    match (kind, version) {
        (WriteKind::Form { returns }, Some(after)) => {
            let before = before.filter(|_| returns);
            let done = SecretDone { before, after, what: what.clone(), when, fields: fields.clone() };
            model.hands.done.take(path.clone(), done);
        }
        (WriteKind::Restore, Some(after)) => {
            let done = SecretDone { before, after, what: what.clone(), when, fields: fields.clone() };
            model.hands.done.take(path.clone(), done);
        }
        _ => model.hands.done.forget(&path),
    }
    model.hands.form.take_if(|form| form.sent == Some(request));
    model.hands.undo.take_if(|undo| undo.sent == Some(request));
    let then = match kind {
        // What was changed before still has to be read again, and is not planned while it is not there.
        WriteKind::End => None,
        _ => reread::changed(model, Changed::new(path, what.clone(), (version, when), fields)),
    };
    model.say(Tone::Good, format!("done: {what}{now}{also}{}", then.unwrap_or_default()));
}

/// The loser sees what is there now; what was typed is kept.
fn conflict(model: &mut Model, writing: &SecretWriting, path: &SecretPath, now: Option<SecretVersion>) {
    let is = now
        .map_or("changed by someone else".to_owned(), |now| format!("{now} by now, written by someone else"));
    if let Some(form) = model.hands.form.as_mut().filter(|form| form.sent == Some(writing.request)) {
        form.clash = Some(now);
        return model.say(Tone::Bad, format!("{path} is {is}: nothing was written, what you typed is kept"));
    }
    if let Some(undo) = model.hands.undo.as_mut().filter(|undo| undo.sent == Some(writing.request)) {
        undo.clash = Some(is.clone());
        model.hands.done.forget(path);
    }
    model.say(Tone::Bad, format!("{path} is {is}: nothing was written"));
}

/// Where single fields may not be changed, the other way is offered, in a review of its own.
fn refused(model: &mut Model, writing: &SecretWriting, error: &Error) {
    let opened = model.now.mono;
    let form = model.hands.form.as_mut().filter(|form| form.sent == Some(writing.request));
    if let Some(form) = form
        && form.how() == super::super::secret_jobs::How::Patch
        && matches!(error, Error::Denied { .. } | Error::Unsupported { .. })
        && !matches!(model.lock, super::super::model::Lock::Locked)
    {
        form.patch_refused = true;
        form.review = Some(SecretReview { opened, scroll: 0 });
        let words = format!(
            "single fields may not be changed here ({error}); look at the other way before you take it"
        );
        return model.say(Tone::Bad, words);
    }
    model.say(Tone::Bad, error.to_string());
}

/// It may or may not be stored: it is not sent again, and the versions are asked for.
fn unknown(model: &mut Model, writing: SecretWriting) -> Vec<Effect> {
    let request = model.next_request();
    let path = writing.path.clone();
    let words =
        format!("no answer to {}: it may or may not be stored; looking which version is there", writing.what);
    model.say(Tone::Bad, words);
    if let Some(form) = model.hands.form.as_mut().filter(|form| form.sent == Some(writing.request)) {
        form.sent = Some(request);
    }
    if let Some(undo) = model.hands.undo.as_mut().filter(|undo| undo.sent == Some(writing.request)) {
        undo.sent = Some(request);
    }
    model.hands.writing = Some(SecretWriting { request, unknown: true, ..writing });
    vec![Effect::Secret(request, SecretJob::FindOut(path))]
}

/// Tells what the versions say of a write without an answer: that it was not done for certain, and else
/// only that something was.
pub(super) fn found(model: &mut Model, request: Request, presence: Result<Presence, Error>) {
    let Some(writing) = model.hands.writing.take_if(|writing| writing.request == request) else { return };
    let SecretWriting { path, what, before, .. } = &writing;
    let presence = match presence {
        Ok(presence) => presence,
        Err(error) => {
            let words =
                format!("what became of {what} is not known ({error}); look at {path} before you repeat it");
            return model.say(Tone::Bad, words);
        }
    };
    let now = newest(&presence);
    let untouched =
        now == *before && (before.is_some() || presence == Presence::Missing) && !writing.kind.makes_none();
    if untouched {
        return model.say(
            Tone::Bad,
            format!("found out: not done so far: {what}; sent again, it cannot be done twice"),
        );
    }
    if let Some(form) = model.hands.form.as_mut().filter(|form| form.sent == Some(request)) {
        form.clash = Some(now);
    }
    if writing.kind.makes_none() {
        // What became of one version can be seen, other than whose a new version is.
        let is = secret_acts::absent(path, &presence).unwrap_or_else(|| {
            now.map_or_else(|| format!("{path} is there"), |now| format!("{path} is at {now}"))
        });
        let words = format!("found out: {is}; look at its versions before you repeat it: {what}");
        return model.say(Tone::Bad, words);
    }
    let there = now.map_or("nothing that can be told".to_owned(), |now| now.to_string());
    let words =
        format!("{path} holds {there} now: that is your write or someone else's, only its values would tell");
    model.say(Tone::Bad, words);
}
