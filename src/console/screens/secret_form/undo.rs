//! The result of a write of a secret, also where its answer was lost, and the undo of the last one: the version
//! before it is read and written again, unless the secret has been written since.

use super::state::SecretReview;
use crate::console::effect::{Effect, RequestId};
use crate::console::model::{Model, Tone};
use crate::console::screens::plan::own_secrets;
use crate::console::screens::secrets::actions;
use crate::console::screens::secrets::actions::{
    PendingSecretWrite, SecretUndoEntry, SecretUndoReview, SecretWriteKind,
};
use crate::console::screens::stale_dependents;
use crate::console::screens::stale_dependents::ChangedSecret;
use crate::console::secret_jobs::{RestoreRequest, SecretJob, SecretWriteOutcome};
use crate::console::words;
use crate::domain::{Presence, SecretPath, SecretVersion};
use crate::provider::Error;
use crate::text::grouped;

/// Shows how the last write of a secret would be undone.
pub(crate) fn open(model: &mut Model, path: &SecretPath, presence: &Presence) {
    let Some(done) = model.secret_actions.undo_log.of(path).cloned() else {
        return model.notify(Tone::Plain, format!("no write of {path} in this session is left to take back"));
    };
    let newest = presence.version();
    if newest != Some(done.after) {
        let now = newest.map_or("something else is there".to_owned(), |version| format!("now {version}"));
        let after = done.after;
        let words = format!("{path} was changed since your {after} ({now}): it is not taken back");
        return model.notify(Tone::Bad, words);
    }
    let opened = model.now.mono;
    let holders = model.secret_dependents(path, done.fields.as_ref());
    model.secret_actions.undo = Some(Box::new(SecretUndoReview {
        path: path.clone(),
        entry: done,
        review: SecretReview { opened, scroll: 0 },
        conflict: None,
        dependents: holders,
        sent: None,
    }));
}

/// Writes the undo.
pub(crate) fn write(model: &mut Model) -> Vec<Effect> {
    let Some(undo) = &model.secret_actions.undo else { return Vec::new() };
    if model.now.is_too_soon_after(undo.review.opened) || undo.conflict.is_some() || model.is_secret_busy() {
        return Vec::new();
    }
    let request = model.next_request();
    let Some(undo) = &mut model.secret_actions.undo else { return Vec::new() };
    undo.sent = Some(request);
    let (path, newest) = (undo.path.clone(), undo.entry.after);
    let (job, kind) = match undo.entry.before {
        Some(from) => {
            let restore = RestoreRequest { path: path.clone(), from, newest };
            (SecretJob::Restore(restore), SecretWriteKind::Restore)
        }
        None => (SecretJob::Delete(path.clone(), newest), SecretWriteKind::End),
    };
    model.secret_actions.writing = Some(PendingSecretWrite {
        request,
        path,
        description: format!("undo of {}", undo.entry.description),
        before: Some(newest),
        kind,
        fields: undo.entry.fields.clone(),
        unknown: false,
    });
    vec![Effect::Secret(request, job)]
}

/// The result of a write.
pub(crate) fn on_written(model: &mut Model, request: RequestId, outcome: SecretWriteOutcome) -> Vec<Effect> {
    let SecretWriteOutcome { result, values_read: read, unchanged } = outcome;
    model.secret_actions.reads += read as u64;
    let Some(writing) = model.secret_actions.writing.take_if(|writing| writing.request == request) else {
        return Vec::new();
    };
    match result {
        Ok(_) if unchanged => {
            drop_undo(model, &writing);
            let PendingSecretWrite { description: what, path, .. } = &writing;
            let words = format!("nothing to do: {what}; {path} was so already, and nothing was sent");
            model.notify(Tone::Plain, words);
        }
        Ok(version) => {
            let (kind, path) = (writing.kind, writing.path.clone());
            on_done(model, writing, version, read);
            if kind == SecretWriteKind::Copy {
                return own_secrets::on_copied(model, request, &path, true);
            }
        }
        Err(_) if writing.kind == SecretWriteKind::Copy => {
            own_secrets::on_copied(model, request, &writing.path, false);
            return on_failed(model, writing, result);
        }
        result => return on_failed(model, writing, result),
    }
    Vec::new()
}

fn on_failed(
    model: &mut Model,
    writing: PendingSecretWrite,
    result: Result<Option<SecretVersion>, Error>,
) -> Vec<Effect> {
    match result {
        Ok(_) => {}
        Err(Error::SecretUnknown { .. }) => return on_unknown(model, writing),
        Err(Error::SecretConflict { path, now }) => on_conflict(model, &writing, &path, now),
        Err(error) => on_refused(model, &writing, &error),
    }
    Vec::new()
}

fn on_done(model: &mut Model, writing: PendingSecretWrite, version: Option<SecretVersion>, read: usize) {
    let PendingSecretWrite { request, path, description: what, before, kind, fields, .. } = writing;
    let now = version.map(|version| format!(", now {version}")).unwrap_or_default();
    let also = match read {
        0 => String::new(),
        1 => "; 1 value was read for it".into(),
        read => format!("; {} values were read for it", grouped(read)),
    };
    let when = model.now.wall;
    model.presence_cache.invalidate(&path);
    match (kind, version) {
        (SecretWriteKind::Form { .. } | SecretWriteKind::Restore | SecretWriteKind::Copy, Some(after)) => {
            let before = before.filter(|_| kind != SecretWriteKind::Form { undoable: false });
            let (description, fields) = (what.clone(), fields.clone());
            let done = SecretUndoEntry { before, after, description, fields };
            model.secret_actions.undo_log.record(path.clone(), done);
        }
        _ => model.secret_actions.undo_log.forget(&path),
    }
    model.secret_actions.form.take_if(|form| form.sent == Some(request));
    model.secret_actions.undo.take_if(|undo| undo.sent == Some(request));
    let then = match kind {
        // The document that is to have it is still to be written.
        SecretWriteKind::Copy => None,
        // Earlier changes still leave stale dependents; their rewrite is not planned while the secret is
        // gone.
        SecretWriteKind::End => None,
        _ => stale_dependents::on_secret_changed(
            model,
            ChangedSecret::new(path, what.clone(), (version, when), fields),
        ),
    };
    model.notify(Tone::Good, format!("done: {what}{now}{also}{}", then.unwrap_or_default()));
}

/// A conflict: the form shows what is stored now; the values typed are kept.
fn on_conflict(
    model: &mut Model,
    writing: &PendingSecretWrite,
    path: &SecretPath,
    now: Option<SecretVersion>,
) {
    let is = now
        .map_or("changed by someone else".to_owned(), |now| format!("{now} by now, written by someone else"));
    if let Some(form) = model.secret_actions.sent_form(writing.request) {
        form.conflict = Some(now);
        return model
            .notify(Tone::Bad, format!("{path} is {is}: nothing was written, what you typed is kept"));
    }
    if let Some(undo) = model.secret_actions.sent_undo(writing.request) {
        undo.conflict = Some(is.clone());
        model.secret_actions.undo_log.forget(path);
    }
    model.notify(Tone::Bad, format!("{path} is {is}: nothing was written"));
}

/// What the screen says of the secret is what made this write look possible, or is older than it.
fn drop_undo(model: &mut Model, writing: &PendingSecretWrite) {
    model.presence_cache.invalidate(&writing.path);
    model.secret_actions.undo_log.forget(&writing.path);
    model.secret_actions.undo.take_if(|undo| undo.sent == Some(writing.request));
}

/// If single fields may not be patched, the other way to write is offered, in a review of its own.
fn on_refused(model: &mut Model, writing: &PendingSecretWrite, error: &Error) {
    let opened = model.now.mono;
    let form = model.secret_actions.sent_form(writing.request);
    if let Some(form) = form
        && form.write_mode() == crate::console::secret_jobs::SecretWriteMode::Patch
        && matches!(error, Error::Denied { .. } | Error::Unsupported { .. })
        && !matches!(model.lock, crate::console::model::WriteAccess::Locked)
    {
        form.patch_refused = true;
        form.review = Some(SecretReview { opened, scroll: 0 });
        let words = format!(
            "single fields may not be changed here ({error}); look at the other way before you take it"
        );
        return model.notify(Tone::Bad, words);
    }
    if matches!(
        error,
        Error::NoSuchSecret { .. } | Error::SecretUnverified { .. } | Error::SecretNotDone { .. }
    ) {
        drop_undo(model, writing);
    }
    model.notify(Tone::Bad, error.to_string());
}

/// It may or may not be stored: it is not sent again, and the versions are queried.
fn on_unknown(model: &mut Model, writing: PendingSecretWrite) -> Vec<Effect> {
    let request = model.next_request();
    let path = writing.path.clone();
    let words = format!(
        "no answer to {}: it may or may not be stored; looking which version is there",
        writing.description
    );
    model.notify(Tone::Bad, words);
    if let Some(form) = model.secret_actions.sent_form(writing.request) {
        form.sent = Some(request);
    }
    if let Some(undo) = model.secret_actions.sent_undo(writing.request) {
        undo.sent = Some(request);
    }
    model.secret_actions.writing = Some(PendingSecretWrite { request, unknown: true, ..writing });
    vec![Effect::Secret(request, SecretJob::FindOut(path))]
}

/// Reports what the versions reveal about a write without an answer: either that it was certainly not done,
/// or only that some write was done.
pub(crate) fn on_found(model: &mut Model, request: RequestId, presence: Result<Presence, Error>) {
    let Some(writing) = model.secret_actions.writing.take_if(|writing| writing.request == request) else {
        return;
    };
    let PendingSecretWrite { path, description: what, before, .. } = &writing;
    let presence = match presence {
        Ok(presence) => presence,
        Err(error) => {
            let words =
                format!("what became of {what} is not known ({error}); look at {path} before you repeat it");
            return model.notify(Tone::Bad, words);
        }
    };
    let now = presence.version();
    let makes_version = !matches!(writing.kind, SecretWriteKind::Undelete | SecretWriteKind::End);
    let untouched = now == *before && (before.is_some() || presence == Presence::Missing) && makes_version;
    if untouched {
        return model.notify(Tone::Bad, words::not_done_so_far(what));
    }
    if let Some(form) = model.secret_actions.sent_form(request) {
        form.conflict = Some(now);
    }
    if !makes_version {
        // The state of one version is visible; who wrote a new version is not.
        let is = actions::absence_reason(path, &presence).unwrap_or_else(|| {
            now.map_or_else(|| format!("{path} is there"), |now| format!("{path} is at {now}"))
        });
        let words = format!("found out: {is}; look at its versions before you repeat it: {what}");
        return model.notify(Tone::Bad, words);
    }
    let there = now.map_or("nothing that can be told".to_owned(), |now| now.to_string());
    let words =
        format!("{path} holds {there} now: that is your write or someone else's, only its values would tell");
    model.notify(Tone::Bad, words);
}
