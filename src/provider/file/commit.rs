//! One commit over the pair of files: check everything under the locks, then save file by file.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::reading::{Contents, Which, read, target, token_of};
use super::save::{Lock, replace};
use super::shared::Shared;
use super::splice;
use crate::domain::json::walk;
use crate::domain::{Document, Entry, ResourceKey};
use crate::provider::{CALL_DEADLINE, Commit, Error, Lease, Op, Outcome, Result, ops};

/// The operations on one file, each with its place in the commit.
struct Part<'a> {
    which: Which,
    ops: Vec<(usize, &'a str, &'a Op)>,
}

/// A file as a commit would leave it.
struct Draft {
    target: PathBuf,
    before: Option<Vec<u8>>,
    after: Vec<u8>,
    outcomes: Vec<(usize, Outcome)>,
}

/// A file that a commit has replaced.
struct Saved {
    target: PathBuf,
    before: Option<Vec<u8>>,
    after: Vec<u8>,
}

/// The longest a commit may take: two locks, the pause for the receiver, and the work itself.
pub(super) fn deadline(debounce: Duration) -> Duration {
    lock_wait(debounce).saturating_mul(2).saturating_add(debounce).saturating_add(CALL_DEADLINE)
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
        if matches!(lease, Lease::For(_)) {
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
    let parts = parts(operations)?;
    let mut locks = Vec::new();
    for part in &parts {
        let target = target(shared.path(part.which))?;
        locks.push(Lock::take(&target, Instant::now() + lock_wait(shared.debounce))?);
    }
    if parts.len() > 1 {
        for part in &parts {
            draft(shared, part)?;
        }
    }
    let mut outcomes = Vec::new();
    let mut saved = Vec::new();
    for part in &parts {
        match save(shared, part) {
            Ok((done, file)) => {
                outcomes.extend(done);
                saved.push(file);
            }
            Err(error @ Error::OutcomeUnknown { .. }) => {
                shared.reload(true);
                return Err(error);
            }
            Err(error) => {
                let undone = take_back(shared, operations, saved, error);
                shared.reload(true);
                return Err(undone);
            }
        }
    }
    shared.reload(true);
    outcomes.sort_by_key(|(index, _)| *index);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    Ok(Commit { at: shared.feed.look(|picture| picture.at()), outcomes })
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

/// Reads a file again, holds every condition against it, and splices the new text.
fn draft(shared: &Shared, part: &Part<'_>) -> Result<Draft> {
    let path = shared.path(part.which);
    let target = target(path)?;
    let before = read(&target)?.map(|(_, bytes)| bytes);
    let bytes = before.clone().unwrap_or_else(|| splice::EMPTY.into());
    let mut contents = Contents::of(path, bytes).map_err(refused)?;
    let mut outcomes = Vec::new();
    for (index, name, op) in &part.ops {
        let now = contents.root.member(name).map(|member| member.value.span.of(&contents.text));
        let entry = now.map(|now| stored(shared, op.key(), now));
        ops::allow(op, entry.as_ref())?;
        let (text, after) = match op {
            Op::Put { key, document, .. } => {
                let value = value_of(key, document)?;
                let text = splice::set(&contents.text, &contents.root, name, value);
                (text, Some(token_of(value.as_bytes())))
            }
            Op::Delete { .. } => (splice::remove(&contents.text, &contents.root, name), None),
        };
        outcomes.push((*index, Outcome { before: entry.map(|entry| entry.token), after }));
        // Reading the result back proves that the next reader can, before the file is touched.
        contents = Contents::of(path, contents.bytes(&text)).map_err(refused)?;
    }
    let after = contents.bytes(&contents.text);
    Ok(Draft { target, before, after, outcomes })
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

fn save(shared: &Shared, part: &Part<'_>) -> Result<(Vec<(usize, Outcome)>, Saved)> {
    std::thread::sleep(shared.pause_before(part.which));
    // Editors that ignore the lock may have written since the first look.
    let Draft { target, before, after, outcomes } = draft(shared, part)?;
    let settled = replace(&target, &after)?;
    shared.saved(part.which);
    match (settled, part.ops.first()) {
        (Err(reason), Some((_, _, op))) => Err(Error::OutcomeUnknown { key: op.key().clone(), reason }),
        _ => Ok((outcomes, Saved { target, before, after })),
    }
}

/// Puts back what the first file held when the second could not be written, so that a commit that
/// failed has changed nothing; where that is not possible, says so.
fn take_back(shared: &Shared, operations: &[Op], saved: Vec<Saved>, error: Error) -> Error {
    for Saved { target, before, after } in saved {
        let ours = matches!(read(&target), Ok(Some((_, bytes))) if bytes == after);
        let back = match before {
            _ if !ours => false,
            Some(before) => matches!(replace(&target, &before), Ok(Ok(()))),
            None => std::fs::remove_file(&target).is_ok(),
        };
        if !back && let Some(op) = operations.first() {
            let reason = format!("{} is written, the other file is not: {error}", target.display());
            return Error::OutcomeUnknown { key: op.key().clone(), reason };
        }
    }
    shared.saved(Which::Connections);
    error
}
