//! One commit over the pair of files: everything is checked and written to temporary files under the
//! locks, then each temporary file replaces its target.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::contents::{FileContents, FileKind, token_of};
use super::filesystem::{StatStamp, check_size, read, target};
use super::lock::{FileLock, lock_target};
use super::splice;
use super::state::{FileState, GLANCE};
use super::temp_file::{ReplaceOutcome, TempFile};
use super::tracker::HESITATION;
use crate::domain::{Document, Entry, ResourceKey};
use crate::provider::{CALL_DEADLINE, Commit, Error, Lease, Op, Outcome, Result, ops};

/// How often a save is retried because an editor that takes no lock wrote in between.
const ATTEMPTS: usize = 4;

/// A file whose lock is held, with the operations on it.
struct LockedFile<'a> {
    kind: FileKind,
    /// Each with its index in the commit, and the name of its member.
    ops: Vec<(usize, &'a str, &'a Op)>,
    path: &'a Path,
    target: PathBuf,
    _lock: FileLock,
}

/// The new contents of a file, written to a temporary file beside it.
struct StagedFile {
    before: Option<(StatStamp, FileContents)>,
    after: FileContents,
    outcomes: Vec<(usize, Outcome)>,
    temporary: TempFile,
}

/// A file that a commit has replaced.
struct ReplacedFile {
    outcomes: Vec<(usize, Outcome)>,
    target: PathBuf,
    before: Option<FileContents>,
    after: FileContents,
}

/// The longest a commit may take: the locks, the waits for the receiver's debounce, and the I/O.
pub(super) fn deadline(debounce: Duration) -> Duration {
    lock_wait(debounce).saturating_add(debounce.saturating_mul(2)).saturating_add(CALL_DEADLINE * 2)
}

/// How long to wait for another process's save, which may itself be waiting for the receiver's debounce.
fn lock_wait(debounce: Duration) -> Duration {
    debounce.saturating_add(CALL_DEADLINE)
}

/// Rejects what files cannot store, before anything is written.
fn check(operations: &[Op]) -> Result<()> {
    for op in operations {
        let Op::Put { key, document, lease, .. } = op else { continue };
        if FileKind::locate(key).is_none() {
            return Err(Error::unsupported(
                format!("writing {key}"),
                "files hold the one namespace \"default\"; use default/ID, or an etcd store",
            ));
        }
        if matches!(lease, Lease::For(_) | Lease::Of(_)) {
            return Err(Error::unsupported(
                format!("a time to live for {key}"),
                "files know no leases; write it without one, or use an etcd store",
            ));
        }
        value_of(key, document)?;
    }
    Ok(())
}

/// The document as a member's value, without the white space around it.
fn value_of<'a>(key: &ResourceKey, document: &'a Document) -> Result<&'a str> {
    Ok(ops::check_json(key, document)?.trim_matches([' ', '\t', '\r', '\n']))
}

/// Applies a commit. Blocks on I/O, and for the receiver's debounce where both files change.
pub(super) fn run(shared: &FileState, operations: &[Op]) -> Result<Commit> {
    check(operations)?;
    let held = lock_files(shared, operations)?;
    // Both temporary files are complete before the first replaces its target: a full disk or a conflict
    // in the second file is found while nothing has changed.
    let drafts = held.iter().map(|held| held.stage(shared)).collect::<Result<Vec<_>>>()?;
    let mut saved = Vec::new();
    for (held, draft) in held.iter().zip(drafts) {
        match held.save(shared, draft) {
            Ok(file) => saved.push(file),
            Err(error) => {
                let known = !matches!(error, Error::OutcomeUnknown { .. });
                let error = if known { roll_back(shared, operations, saved, error) } else { error };
                shared.reload(true);
                return Err(error);
            }
        }
    }
    // Frees the texts before the reload reads both files again.
    let mut outcomes: Vec<_> = saved.into_iter().flat_map(|file| file.outcomes).collect();
    shared.reload(true);
    outcomes.sort_by_key(|(index, _)| *index);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    Ok(Commit { at: shared.feed.read(|picture| picture.at()), outcomes })
}

/// Takes the locks of the files to write, connections first, so that no two processes deadlock and a
/// webhook never names a missing connection.
fn lock_files<'a>(shared: &'a FileState, operations: &'a [Op]) -> Result<Vec<LockedFile<'a>>> {
    let (mut connections, mut webhooks) = (Vec::new(), Vec::new());
    for (index, op) in operations.iter().enumerate() {
        let (kind, name) =
            FileKind::locate(op.key()).ok_or_else(|| Error::NotFound { key: op.key().clone() })?;
        let ops = if kind == FileKind::Connections { &mut connections } else { &mut webhooks };
        ops.push((index, name, op));
    }
    let parts = [(FileKind::Connections, connections), (FileKind::Webhooks, webhooks)];
    let deadline = Instant::now() + lock_wait(shared.debounce);
    let mut held: Vec<LockedFile<'a>> = Vec::new();
    for (kind, ops) in parts.into_iter().filter(|(_, ops)| !ops.is_empty()) {
        let path = shared.path(kind);
        let (target, lock) = lock_target(path, deadline, |end| {
            if held.iter().any(|other| other.target == end) {
                let reason = format!("webhooks and connections are both {}; name two files", end.display());
                return Err(Error::invalid(reason));
            }
            Ok(())
        })?;
        held.push(LockedFile { kind, ops, path, target, _lock: lock });
    }
    Ok(held)
}

impl LockedFile<'_> {
    /// Reads the file again, checks every condition against it, splices the new text and writes it
    /// to a temporary file.
    fn stage(&self, shared: &FileState) -> Result<StagedFile> {
        let before = self.read(shared)?;
        let mut after: Option<FileContents> = None;
        let mut outcomes = Vec::new();
        let empty = FileContents::of(self.path, splice::EMPTY.into())?;
        for (index, name, op) in &self.ops {
            let now = after.as_ref().or(before.as_ref().map(|(_, contents)| contents)).unwrap_or(&empty);
            let (next, outcome) = self.apply(shared, now, name, op)?;
            outcomes.push((*index, outcome));
            after = Some(next);
        }
        let after = after.unwrap_or(empty);
        let bytes = after.bytes();
        check_size(self.path, bytes.iter().map(|part| part.len() as u64).sum())?;
        let temporary = TempFile::prepare(&self.target, &bytes)?;
        Ok(StagedFile { before, after, outcomes, temporary })
    }

    /// Reads the file; waits for an editor that truncates or removes it before it writes.
    fn read(&self, shared: &FileState) -> Result<Option<(StatStamp, FileContents)>> {
        let patience = Instant::now() + HESITATION;
        loop {
            let there =
                read(&self.target)?.map(|(stamp, bytes)| Ok((stamp, FileContents::of(self.path, bytes)?)));
            let found = there.transpose();
            let in_the_making = match &found {
                Ok(Some(_)) => false,
                Ok(None) => shared.files.lock().of(self.kind).exists,
                Err(_) => true,
            };
            if !in_the_making || Instant::now() >= patience {
                return found.map_err(refused);
            }
            sleep(GLANCE);
        }
    }

    /// Applies one operation to the contents.
    fn apply(
        &self,
        shared: &FileState,
        now: &FileContents,
        name: &str,
        op: &Op,
    ) -> Result<(FileContents, Outcome)> {
        let there = now.root.member(name).map(|member| member.value.span.of(&now.text));
        let entry = there.map(|value| member_entry(shared, op.key(), value));
        ops::check_precondition(op, entry.as_ref())?;
        let (text, after) = match op {
            Op::Put { key, document, .. } => {
                let value = value_of(key, document)?;
                (splice::set(&now.text, &now.root, name, value), Some(token_of(value.as_bytes())))
            }
            Op::Delete { .. } => (splice::remove(&now.text, &now.root, name), None),
        };
        // Reading the result back before the file is touched proves that the next reader can parse it.
        let read = FileContents::of(self.path, text.into_bytes()).map_err(refused)?;
        let next = FileContents { has_bom: now.has_bom, ..read };
        Ok((next, Outcome { before: entry.map(|entry| entry.token), after }))
    }

    /// Replaces the file with the staged one; stages it again where an editor that takes no lock wrote.
    fn save(&self, shared: &FileState, mut draft: StagedFile) -> Result<ReplacedFile> {
        for _ in 0..ATTEMPTS {
            if shared.wait_for_debounce(self.kind) && !self.is_unchanged(draft.before.as_ref()) {
                drop(draft);
                draft = self.stage(shared)?;
            }
            if target(self.path)? != self.target {
                let reason = format!(
                    "{} was pointed elsewhere meanwhile; nothing was written. Save again",
                    self.path.display()
                );
                return Err(Error::unavailable(reason));
            }
            let StagedFile { before, after, outcomes, temporary } = draft;
            let of = before.as_ref().map(|(stamp, _)| *stamp);
            match temporary.replace(&self.target, of)? {
                ReplaceOutcome::TargetChanged => draft = self.stage(shared)?,
                ReplaceOutcome::Durable => {
                    shared.mark_saved(self.kind);
                    let before = before.map(|(_, contents)| contents);
                    return Ok(ReplacedFile { outcomes, target: self.target.clone(), before, after });
                }
                ReplaceOutcome::Uncertain(reason) => {
                    shared.mark_saved(self.kind);
                    return Err(self.unknown(reason));
                }
            }
        }
        let reason = format!(
            "another program keeps writing {}; nothing was written. Save again when it has ended",
            self.path.display()
        );
        Err(Error::unavailable(reason))
    }

    /// Compares bytes with what was staged from: after a wait, file times prove nothing.
    fn is_unchanged(&self, before: Option<&(StatStamp, FileContents)>) -> bool {
        match (read(&self.target), before) {
            (Ok(None), None) => true,
            (Ok(Some((_, bytes))), Some((_, contents))) => contents.is(&bytes),
            _ => false,
        }
    }

    fn unknown(&self, reason: String) -> Error {
        match self.ops.first() {
            Some((_, _, op)) => Error::OutcomeUnknown { key: op.key().clone(), reason },
            None => Error::unavailable(reason),
        }
    }
}

fn refused(error: Error) -> Error {
    match error {
        Error::Invalid { reason } => {
            Error::invalid(format!("{reason}; nothing was written. Repair the file first"))
        }
        other => other,
    }
}

/// A member as the entry reported in a conflict.
fn member_entry(shared: &FileState, key: &ResourceKey, value: &str) -> Entry {
    let token = token_of(value.as_bytes());
    let revision = shared.feed.read(|picture| {
        let known = picture.entries().get(key).filter(|entry| entry.token == token);
        known.map_or(picture.at().next(), |entry| entry.revision)
    });
    let document = Document::from(value);
    Entry { key: key.clone(), document, revision, created: None, version: None, token, lease: None }
}

/// Restores the first file when the second could not be written, so that a failed commit changes
/// nothing; where that is not possible, the outcome is unknown.
fn roll_back(shared: &FileState, operations: &[Op], saved: Vec<ReplacedFile>, error: Error) -> Error {
    for ReplacedFile { target, before, after, .. } in saved {
        let now = read(&target).ok().flatten().filter(|(_, bytes)| after.is(bytes)).map(|(stamp, _)| stamp);
        let back = match (now, before) {
            (None, _) => false,
            (now, Some(before)) => {
                let again = TempFile::prepare(&target, &before.bytes());
                again.and_then(|again| again.replace(&target, now)) == Ok(ReplaceOutcome::Durable)
            }
            (_, None) => std::fs::remove_file(&target).is_ok(),
        };
        shared.mark_saved(FileKind::Connections);
        if !back && let Some(op) = operations.first() {
            let reason = format!("{} is written, the other file is not: {error}", target.display());
            return Error::OutcomeUnknown { key: op.key().clone(), reason };
        }
    }
    error
}
