//! Audit log: who wrote what, when, and with what outcome; never a value.
//!
//! One line of JSON for each operation of a commit, in `audit.jsonl` in the state folder. The file is
//! private, append-only, and synced before a write is reported as done. An audit failure never blocks a
//! write: it is reported instead.
//!
//! What can be trusted: the user id and the process id come from the kernel, the user name from
//! `/etc/passwd`. `sudo_user`, and the fallbacks for the host name and the user name, come from environment
//! variables, which whoever starts confdeck can set. The file also belongs to that user: this is a log for
//! people who work together, not tamper-proof evidence.

mod file;
mod identity;
mod read;
mod record;
mod secret;
mod setting;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use thiserror::Error;

use self::file::AuditFile;
pub use self::file::FILE;
pub use self::read::{AuditLine, AuditLines, read};
pub use self::record::{AuditAction, AuditOutcome, AuditRecord, recorded_name};
pub use self::secret::SecretEvent;
pub use self::setting::SettingEvent;
use crate::domain::ResourceKey;
use crate::private_file::done_within;
use crate::provider::{Commit, CommitStatus, Error as StoreError, Expect, Op};

/// How long the end of the process may be delayed by a record.
const LAST_RECORD: Duration = Duration::from_millis(100);

/// Why something could not be audited.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditError {
    /// There is no state folder.
    #[error("there is no state folder: set HOME, or XDG_STATE_HOME")]
    NoFolder,
    /// Another process held the lock until the timeout.
    #[error("another confdeck holds {}", path.display())]
    Busy { path: PathBuf },
    /// An I/O error.
    #[error("{}: {reason}", path.display())]
    System { path: PathBuf, reason: String },
}

/// The audit of one process on one store.
#[derive(Debug)]
pub struct Audit {
    sink: AuditSink,
    blank: AuditRecord,
    /// The secret store, as kind and address.
    secrets: String,
    /// The prefix of this process's commit numbers.
    run: String,
}

#[derive(Debug)]
enum AuditSink {
    /// Nothing is recorded, on purpose: demo stores.
    Off,
    /// There is no state folder to write to.
    Nowhere,
    File(AuditFile),
}

impl Audit {
    /// An audit in this folder; does no I/O except to identify the user. `store` is the kind and address of
    /// the store, as text for people.
    pub fn new(folder: Option<&Path>, context: impl Into<String>, store: impl Into<String>) -> Self {
        let file = folder.map(|folder| AuditFile { folder: folder.to_owned(), limit: file::LIMIT });
        Self::at(file.map_or(AuditSink::Nowhere, AuditSink::File), context.into(), store.into())
    }

    /// An audit that records nothing, for demo stores.
    pub fn off() -> Self {
        Self::at(AuditSink::Off, String::new(), String::new())
    }

    fn at(sink: AuditSink, context: String, store: String) -> Self {
        let blank = identity::blank_record(context, store);
        let since = blank.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let run = format!("{:x}-{:x}", since.as_millis(), blank.pid);
        Self { sink, blank, secrets: String::new(), run }
    }

    /// Starts the records of a commit that is about to be sent; `number` is unique within this process. Until
    /// a result is set, the outcome is unknown, and that is what is recorded if the records are dropped.
    pub fn begin(self: &Arc<Self>, number: u64, ops: &[Op]) -> PendingRecords {
        let records = ops.iter().map(|op| AuditRecord {
            action: match op {
                Op::Put { expect: Expect::Absent, .. } => AuditAction::Create,
                Op::Put { .. } => AuditAction::Write,
                Op::Delete { .. } => AuditAction::Delete,
            },
            key: recorded_name(&op.key().to_string()),
            before: match op.expect() {
                Expect::Token(token) => Some(token.to_string()),
                Expect::Absent | Expect::Anything => None,
            },
            commit: format!("{}-{number}", self.run),
            ..self.blank()
        });
        PendingRecords { records: records.collect(), audit: Arc::clone(self), appended: false }
    }

    /// Records that `count` values of a document were shown. Blocks on I/O.
    ///
    /// # Errors
    /// [`AuditError`] if it could not be recorded.
    pub fn record_reveal(&self, key: &ResourceKey, count: usize) -> Result<(), AuditError> {
        self.append(&[AuditRecord {
            action: AuditAction::Reveal,
            key: recorded_name(&key.to_string()),
            outcome: AuditOutcome::Done,
            count: Some(count),
            ..self.blank()
        }])
    }

    fn blank(&self) -> AuditRecord {
        AuditRecord { at: SystemTime::now(), ..self.blank.clone() }
    }

    fn append(&self, records: &[AuditRecord]) -> Result<(), AuditError> {
        match &self.sink {
            AuditSink::Off => Ok(()),
            AuditSink::Nowhere => Err(AuditError::NoFolder),
            AuditSink::File(file) => file.append(records),
        }
    }
}

/// The records of a commit that are not written yet. They are written on drop, as they are.
#[derive(Debug)]
pub struct PendingRecords {
    audit: Arc<Audit>,
    records: Vec<AuditRecord>,
    appended: bool,
}

impl PendingRecords {
    /// Sets the outcome from the store's answer.
    pub fn answered(&mut self, result: &Result<Commit, StoreError>) {
        for (record, outcome) in self.records.iter_mut().zip(result.iter().flat_map(|it| &it.outcomes)) {
            record.before = outcome.before.map(|token| token.to_string());
            record.after = outcome.after.map(|token| token.to_string());
        }
        self.done(result);
    }

    /// Sets the outcome of any other request.
    pub fn done<T>(&mut self, result: &Result<T, StoreError>) {
        self.set_outcome(result.as_ref().map_or_else(AuditOutcome::of, |_| AuditOutcome::Done));
    }

    /// Sets the outcome of a commit that was not sent because the console is locked or read-only.
    pub fn refused(&mut self) {
        self.set_outcome(AuditOutcome::Refused);
    }

    /// Sets the outcome that was found by reading the store again.
    pub fn found(&mut self, found: &CommitStatus) {
        match found {
            CommitStatus::Written(commit) => {
                self.answered(&Ok(commit.clone()));
                self.set_outcome(AuditOutcome::FoundDone);
            }
            CommitStatus::NotWritten => self.set_outcome(AuditOutcome::FoundNotDone),
            CommitStatus::Superseded { .. } => self.set_outcome(AuditOutcome::FoundOther),
            CommitStatus::Partial => self.set_outcome(AuditOutcome::FoundPartly),
        }
    }

    fn set_outcome(&mut self, outcome: AuditOutcome) {
        let at = SystemTime::now();
        for record in &mut self.records {
            record.at = at;
            record.outcome = outcome;
        }
    }

    /// Writes the records. Blocks on I/O.
    ///
    /// # Errors
    /// [`AuditError`] if it could not be recorded.
    pub fn append(mut self) -> Result<(), AuditError> {
        self.appended = true;
        self.audit.append(&self.records)
    }
}

impl Drop for PendingRecords {
    fn drop(&mut self) {
        if !self.appended {
            let (audit, records) = (Arc::clone(&self.audit), std::mem::take(&mut self.records));
            // There is no caller left to report an error to, and the process is about to end.
            let _ = done_within(LAST_RECORD, move || audit.append(&records));
        }
    }
}

#[cfg(test)]
mod tests;
