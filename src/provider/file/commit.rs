//! One commit over the pair of files: check and prepare everything under the locks, then let the
//! prepared texts take their places, file by file.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::lock::Lock;
use super::reading::{Contents, Which, read, token_of};
use super::shared::Shared;
use super::slot::HESITATION;
use super::splice;
use super::system::{Stamp, fits, replaceable, target};
use super::temporary::{Placed, Temporary};
use crate::domain::json::walk;
use crate::domain::{Document, Entry, ResourceKey};
use crate::provider::{CALL_DEADLINE, Commit, Error, Lease, Op, Outcome, Result, ops};

/// How often a save begins anew because an editor that knows no lock wrote in between.
const ATTEMPTS: usize = 4;

/// How long to wait before a file in an editor's hands is looked at again.
const GLANCE: Duration = Duration::from_millis(10);

/// The operations on one file, each with its place in the commit.
struct Part<'a> {
    which: Which,
    ops: Vec<(usize, &'a str, &'a Op)>,
}

/// A part with the right to save its file.
struct Held<'a> {
    part: Part<'a>,
    path: &'a Path,
    target: PathBuf,
    _lock: Lock,
}

/// A file as a commit would leave it, written beside it.
struct Draft {
    before: Option<(Stamp, Contents)>,
    after: Contents,
    outcomes: Vec<(usize, Outcome)>,
    temporary: Temporary,
}

/// A file that a commit has replaced.
struct Saved {
    target: PathBuf,
    before: Option<Contents>,
    after: Contents,
}

/// The longest a commit may take: the locks, the pauses for the receiver, and the work itself.
pub(super) fn deadline(debounce: Duration) -> Duration {
    lock_wait(debounce).saturating_add(debounce.saturating_mul(2)).saturating_add(CALL_DEADLINE * 2)
}

/// How long to wait for another's save, which may itself be pausing for the receiver.
fn lock_wait(debounce: Duration) -> Duration {
    debounce.saturating_add(CALL_DEADLINE)
}

/// Refuses what files cannot hold, before anything is touched.
pub(super) fn check(operations: &[Op]) -> Result<()> {
    for op in operations {
        let Op::Put { key, document, lease, .. } = op else { continue };
        if Which::place(key).is_none() {
            return Err(Error::Unsupported {
                what: format!("writing {key}"),
                remedy: "files hold the one namespace \"default\"; use default/ID, or an etcd store".into(),
            });
        }
        if matches!(lease, Lease::For(_) | Lease::Of(_)) {
            return Err(Error::Unsupported {
                what: format!("a time to live for {key}"),
                remedy: "files know no leases; write it without one, or use an etcd store".into(),
            });
        }
        value_of(key, document)?;
    }
    Ok(())
}

/// The document as a member's value. White space around a value is not part of it.
fn value_of<'a>(key: &ResourceKey, document: &'a Document) -> Result<&'a str> {
    let invalid = |reason: String| Error::Invalid {
        reason: format!("{key}: {reason}; a file holds JSON values only, nothing was written"),
    };
    let text = document
        .text()
        .map_err(|error| invalid(format!("the document is not UTF-8 at byte {}", error.valid_up_to())))?;
    walk(text, |_| ()).map_err(|error| invalid(error.to_string()))?;
    Ok(text.trim_matches([' ', '\t', '\r', '\n']))
}

/// Applies a checked commit. Blocks on I/O, and for the receiver's debounce where both files change.
pub(super) fn run(shared: &Shared, operations: &[Op]) -> Result<Commit> {
    let held = hold(shared, parts(operations)?)?;
    // Both texts lie ready before the first takes its place: a full disk or a conflict in the second
    // file is met while nothing has changed.
    let drafts = held.iter().map(|held| held.draft(shared)).collect::<Result<Vec<_>>>()?;
    let mut outcomes = Vec::new();
    let mut saved = Vec::new();
    for (held, draft) in held.iter().zip(drafts) {
        match held.save(shared, draft) {
            Ok((done, file)) => {
                outcomes.extend(done);
                saved.push(file);
            }
            Err(error) => {
                let known = !matches!(error, Error::OutcomeUnknown { .. });
                let error = if known { take_back(shared, operations, saved, error) } else { error };
                shared.reload(true);
                return Err(error);
            }
        }
    }
    // Large texts, and the reload makes others.
    drop(saved);
    shared.reload(true);
    outcomes.sort_by_key(|(index, _)| *index);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    Ok(Commit { at: shared.feed.look(|picture| picture.at()), outcomes })
}

/// Takes the locks, connections first as everybody does.
fn hold<'a>(shared: &'a Shared, parts: Vec<Part<'a>>) -> Result<Vec<Held<'a>>> {
    let deadline = Instant::now() + lock_wait(shared.debounce);
    let mut held: Vec<Held<'a>> = Vec::new();
    for part in parts {
        let path = shared.path(part.which);
        let (target, lock) = loop {
            let end = target(path)?;
            if held.iter().any(|other| other.target == end) {
                let reason = format!("webhooks and connections are both {}; name two files", end.display());
                return Err(Error::Invalid { reason });
            }
            replaceable(&end)?;
            let lock = Lock::take(&end, deadline)?;
            // A link may have been pointed elsewhere while the lock was waited for.
            if target(path)? == end {
                break (end, lock);
            }
        };
        held.push(Held { part, path, target, _lock: lock });
    }
    Ok(held)
}

/// The operations by file: connections first, so that a webhook never names one that is not there.
fn parts(operations: &[Op]) -> Result<Vec<Part<'_>>> {
    let mut parts = [Which::Connections, Which::Webhooks].map(|which| Part { which, ops: Vec::new() });
    for (index, op) in operations.iter().enumerate() {
        let (which, name) =
            Which::place(op.key()).ok_or_else(|| Error::NotFound { key: op.key().clone() })?;
        if let Some(part) = parts.iter_mut().find(|part| part.which == which) {
            part.ops.push((index, name, op));
        }
    }
    Ok(parts.into_iter().filter(|part| !part.ops.is_empty()).collect())
}

impl Held<'_> {
    /// Reads the file again, holds every condition against it, splices the new text and writes it
    /// beside the file.
    fn draft(&self, shared: &Shared) -> Result<Draft> {
        let before = self.read(shared)?;
        let mut after: Option<Contents> = None;
        let mut outcomes = Vec::new();
        let empty = Contents::of(self.path, splice::EMPTY.into())?;
        for (index, name, op) in &self.part.ops {
            let now = after.as_ref().or(before.as_ref().map(|(_, contents)| contents)).unwrap_or(&empty);
            let (next, outcome) = self.apply(shared, now, name, op)?;
            outcomes.push((*index, outcome));
            after = Some(next);
        }
        let after = after.unwrap_or(empty);
        let bytes = after.bytes();
        fits(self.path, bytes.iter().map(|part| part.len() as u64).sum())?;
        let temporary = Temporary::prepare(&self.target, &bytes)?;
        Ok(Draft { before, after, outcomes, temporary })
    }

    /// What the file holds, once an editor that empties or removes it before it writes has done so.
    fn read(&self, shared: &Shared) -> Result<Option<(Stamp, Contents)>> {
        let patience = Instant::now() + HESITATION;
        loop {
            let found = match read(&self.target)? {
                Some((stamp, bytes)) => {
                    Contents::of(self.path, bytes).map(|contents| Some((stamp, contents)))
                }
                None => Ok(None),
            };
            let in_the_making = match &found {
                Ok(Some(_)) => false,
                Ok(None) => shared.was_there(self.part.which),
                Err(_) => true,
            };
            if !in_the_making || Instant::now() >= patience {
                return found.map_err(refused);
            }
            sleep(GLANCE);
        }
    }

    /// One operation on a text.
    fn apply(&self, shared: &Shared, now: &Contents, name: &str, op: &Op) -> Result<(Contents, Outcome)> {
        let there = now.root.member(name).map(|member| member.value.span.of(&now.text));
        let entry = there.map(|value| stored(shared, op.key(), value));
        ops::allow(op, entry.as_ref())?;
        let (text, after) = match op {
            Op::Put { key, document, .. } => {
                let value = value_of(key, document)?;
                (splice::set(&now.text, &now.root, name, value), Some(token_of(value.as_bytes())))
            }
            Op::Delete { .. } => (splice::remove(&now.text, &now.root, name), None),
        };
        // Reading the result back proves that the next reader can, before the file is touched.
        let next = now.with(self.path, text).map_err(refused)?;
        Ok((next, Outcome { before: entry.map(|entry| entry.token), after }))
    }

    /// Lets the draft take the file's place, or a new one where editors that know no lock wrote.
    fn save(&self, shared: &Shared, mut draft: Draft) -> Result<(Vec<(usize, Outcome)>, Saved)> {
        for _ in 0..ATTEMPTS {
            if shared.pause(self.part.which) && !self.still(draft.before.as_ref()) {
                drop(draft);
                draft = self.draft(shared)?;
            }
            if target(self.path)? != self.target {
                let reason = format!(
                    "{} was pointed elsewhere meanwhile; nothing was written. Save again",
                    self.path.display()
                );
                return Err(Error::Unavailable { reason, retry_in: None });
            }
            let Draft { before, after, outcomes, temporary } = draft;
            let of = before.as_ref().map(|(stamp, _)| *stamp);
            match temporary.take_place(&self.target, of)? {
                Placed::Overtaken => draft = self.draft(shared)?,
                Placed::Settled => {
                    shared.saved(self.part.which);
                    let before = before.map(|(_, contents)| contents);
                    return Ok((outcomes, Saved { target: self.target.clone(), before, after }));
                }
                Placed::Unsettled(reason) => {
                    shared.saved(self.part.which);
                    return Err(self.unknown(reason));
                }
            }
        }
        let reason = format!(
            "another program keeps writing {}; nothing was written. Save again when it has ended",
            self.path.display()
        );
        Err(Error::Unavailable { reason, retry_in: None })
    }

    /// Whether the file still holds what a draft was made from: over a pause, its times prove nothing.
    fn still(&self, before: Option<&(Stamp, Contents)>) -> bool {
        match (read(&self.target), before) {
            (Ok(None), None) => true,
            (Ok(Some((_, bytes))), Some((_, contents))) => contents.is(&bytes),
            _ => false,
        }
    }

    fn unknown(&self, reason: String) -> Error {
        match self.part.ops.first() {
            Some((_, _, op)) => Error::OutcomeUnknown { key: op.key().clone(), reason },
            None => Error::Unavailable { reason, retry_in: None },
        }
    }
}

fn refused(error: Error) -> Error {
    match error {
        Error::Invalid { reason } => {
            Error::Invalid { reason: format!("{reason}; nothing was written. Repair the file first") }
        }
        other => other,
    }
}

/// A member as the entry that a conflict shows.
fn stored(shared: &Shared, key: &ResourceKey, value: &str) -> Entry {
    let token = token_of(value.as_bytes());
    let revision = shared.feed.look(|picture| {
        let known = picture.entries().get(key).filter(|entry| entry.token == token);
        known.map_or(picture.at().next(), |entry| entry.revision)
    });
    let document = Document::from(value);
    Entry { key: key.clone(), document, revision, created: None, version: None, token, lease: None }
}

/// Puts back what the first file held when the second could not be written, so that a commit that
/// failed has changed nothing; where that is not possible, says so.
fn take_back(shared: &Shared, operations: &[Op], saved: Vec<Saved>, error: Error) -> Error {
    for Saved { target, before, after } in saved {
        let now = read(&target).ok().flatten().filter(|(_, bytes)| after.is(bytes)).map(|(stamp, _)| stamp);
        let back = match (now, before) {
            (None, _) => false,
            (now, Some(before)) => {
                let again = Temporary::prepare(&target, &before.bytes());
                again.and_then(|again| again.take_place(&target, now)) == Ok(Placed::Settled)
            }
            (_, None) => std::fs::remove_file(&target).is_ok(),
        };
        shared.saved(Which::Connections);
        if !back && let Some(op) = operations.first() {
            let reason = format!("{} is written, the other file is not: {error}", target.display());
            return Error::OutcomeUnknown { key: op.key().clone(), reason };
        }
    }
    error
}
