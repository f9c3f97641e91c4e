//! The audit: who wrote what, when, and what came of it; never a value.
//!
//! One line of JSON for each operation of a commit, in `audit.jsonl` of the state folder, from the first
//! write on. The file is for its owner alone, is written to its end only, and is on the disk before a
//! write is told to be done. What fails here never holds a write back: it is said instead.
//!
//! What can be trusted: the user id and the process id come from the kernel, the name from the system's
//! list of users. `sudo_user`, the host's name where the kernel tells none, and the name of a user whom
//! that list does not know come from variables, which whoever starts confdeck may set. The file belongs
//! to that user too: this is a memory for people who work together, not evidence against them.

mod file;
mod read;
mod record;
mod secret;
mod who;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use thiserror::Error;

use self::file::AuditFile;
pub use self::file::FILE;
pub use self::read::{Line, Lines, read};
pub use self::record::{Action, Outcome, Record};
pub use self::secret::Deed;
use self::who::Who;
use crate::domain::ResourceKey;
use crate::provider::{Commit, Error as StoreError, Found, Op};

/// Why something was not audited.
#[derive(Debug, Error)]
pub enum AuditError {
    /// There is no folder to keep it in.
    #[error("there is no state folder: set HOME, or XDG_STATE_HOME")]
    NoFolder,
    /// Another process has held the lock all the time.
    #[error("another confdeck holds {}", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// What the system says.
    #[error("{}: {kind}", path.display())]
    System {
        /// Of which file.
        path: PathBuf,
        /// What it says.
        kind: std::io::ErrorKind,
    },
}

/// The audit of one run of the program, on one store.
#[derive(Debug)]
pub struct Audit {
    place: Place,
    who: Who,
    context: String,
    store: String,
    /// Likewise of the store of secrets.
    secrets: String,
    /// What this run's commits are numbered after.
    run: String,
}

#[derive(Debug)]
enum Place {
    /// Nothing is kept, on purpose: the store is made up.
    Off,
    /// It should be kept, and there is nowhere to.
    Nowhere,
    File(AuditFile),
}

impl Audit {
    /// An audit in this folder; does no I/O but to find out who this is. `store` names the store for
    /// people: kind and address.
    pub fn new(folder: Option<&Path>, context: impl Into<String>, store: impl Into<String>) -> Self {
        let place = folder.map_or(Place::Nowhere, |folder| Place::File(AuditFile::new(folder)));
        Self::at(place, context.into(), store.into())
    }

    /// None, for stores that are made up.
    pub fn off() -> Self {
        Self::at(Place::Off, String::new(), String::new())
    }

    fn at(place: Place, context: String, store: String) -> Self {
        let who = Who::this();
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let run = format!("{:x}-{:x}", since.as_millis(), who.pid);
        Self { place, who, context, store, secrets: String::new(), run }
    }

    /// A commit is about to be sent: its `number` is its own within this run. Until more is known, its
    /// outcome is unknown; that is what is kept if nobody lives to tell more.
    pub fn begin(self: &Arc<Self>, number: u64, ops: &[Op]) -> Pending {
        let records = ops.iter().map(|op| {
            let (action, key, before) = record::of(op);
            let key = record::bounded(&key.to_string());
            Record { action, key, before, commit: format!("{}-{number}", self.run), ..self.blank() }
        });
        Pending { records: records.collect(), audit: Arc::clone(self), kept: false }
    }

    /// Keeps that this many values of a document were shown. Blocks on I/O.
    ///
    /// # Errors
    /// [`AuditError`] if it could not be kept.
    pub fn revealed(&self, key: &ResourceKey, count: usize) -> Result<(), AuditError> {
        let mut record = self.blank();
        record.action = Action::Reveal;
        record.key = record::bounded(&key.to_string());
        record.outcome = Outcome::Done;
        record.count = Some(count);
        self.keep(&[record])
    }

    fn blank(&self) -> Record {
        Record {
            at: SystemTime::now(),
            user: self.who.user.clone(),
            uid: self.who.uid,
            sudo_user: self.who.sudo_user.clone(),
            host: self.who.host.clone(),
            pid: self.who.pid,
            context: self.context.clone(),
            store: self.store.clone(),
            commit: String::new(),
            action: Action::Write,
            key: String::new(),
            before: None,
            after: None,
            outcome: Outcome::Unknown,
            count: None,
            fields: Vec::new(),
            reason: None,
        }
    }

    fn keep(&self, records: &[Record]) -> Result<(), AuditError> {
        match &self.place {
            Place::Off => Ok(()),
            Place::Nowhere => Err(AuditError::NoFolder),
            Place::File(file) => file.append(records),
        }
    }
}

/// The records of a commit that has no outcome yet. Dropped, it keeps them as they are.
#[derive(Debug)]
pub struct Pending {
    audit: Arc<Audit>,
    records: Vec<Record>,
    kept: bool,
}

impl Pending {
    /// What the store answered.
    pub fn answered(&mut self, result: &Result<Commit, StoreError>) {
        match result {
            Ok(commit) => {
                self.outcome(Outcome::Done);
                for (record, outcome) in self.records.iter_mut().zip(&commit.outcomes) {
                    record.before = outcome.before.map(|token| token.to_string());
                    record.after = outcome.after.map(|token| token.to_string());
                }
            }
            Err(error) => self.outcome(Outcome::of(error)),
        }
    }

    /// It never left: the console is locked or read-only.
    pub fn refused(&mut self) {
        self.outcome(Outcome::Refused);
    }

    /// What was found by reading again.
    pub fn found(&mut self, found: &Found) {
        match found {
            Found::Written(commit) => {
                self.answered(&Ok(commit.clone()));
                self.outcome(Outcome::FoundDone);
            }
            Found::NotWritten => self.outcome(Outcome::FoundNotDone),
            Found::Overtaken { .. } => self.outcome(Outcome::FoundOther),
            Found::Partly => self.outcome(Outcome::FoundPartly),
        }
    }

    fn outcome(&mut self, outcome: Outcome) {
        let at = SystemTime::now();
        for record in &mut self.records {
            record.at = at;
            record.outcome = outcome;
        }
    }

    /// Keeps it. Blocks on I/O.
    ///
    /// # Errors
    /// [`AuditError`] if it could not be kept.
    pub fn keep(mut self) -> Result<(), AuditError> {
        self.kept = true;
        self.audit.keep(&self.records)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.kept {
            // Whoever could be told is gone.
            let _ = self.audit.keep(&self.records);
        }
    }
}

#[cfg(test)]
mod tests;
