//! What listing the mounts has told so far.

use std::time::Duration;

use crate::console::effect::Request;
use crate::domain::{Mount, SecretFolder, SecretPath};
use crate::provider::{Error, SecretName};

/// What one folder holds, or a part of it.
#[derive(Debug)]
pub struct Listed {
    /// Which.
    pub folder: SecretFolder,
    /// Its names, or why it could not be listed.
    pub names: Result<Vec<SecretName>, Error>,
    /// Folders that are known and were not listed yet.
    pub waiting: usize,
    /// Whether no further part of this folder follows.
    pub ends: bool,
}

/// Why listing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Everything was listed that may be.
    Whole,
    /// There were more names than are kept.
    Names,
    /// There were more folders than are asked for; so many were not.
    Folders(usize),
    /// The store as a whole stopped answering.
    Failed(String),
}

/// The most names that are taken in, and the most folders that are asked for.
pub const MOST_NAMES: usize = 20_000;
/// See [`MOST_NAMES`].
pub const MOST_FOLDERS: usize = 2_000;

/// How long after a failure it is tried again.
pub(super) const AGAIN: Duration = Duration::from_secs(30);

/// The most folders without permission that are named.
const MOST_REFUSED: usize = 20;

/// Listing the mounts: where it stands and what it may not see.
#[derive(Debug, Default)]
pub struct Walk {
    /// The question under way.
    pub asked: Option<Request>,
    /// The mounts that are listed.
    pub mounts: Vec<Mount>,
    /// Folders listed.
    pub folders: usize,
    /// Folders that wait.
    pub waiting: usize,
    /// Secrets found.
    pub names: usize,
    /// Names that no path of ours can hold.
    pub odd: usize,
    /// Folders that may not be listed, each with the reason.
    pub refused: Vec<(SecretFolder, String)>,
    /// How many these are in all.
    pub refusals: usize,
    /// How it ended, once it has.
    pub ended: Option<Ended>,
    /// When it is tried again, because the store stopped answering.
    pub again: Option<Duration>,
}

impl Walk {
    /// A walk that begins now.
    pub(super) fn begin(request: Request, mounts: Vec<Mount>) -> Self {
        Self { asked: Some(request), mounts, ..Self::default() }
    }

    /// Takes a folder in; answers the secrets in it.
    pub(super) fn take(&mut self, listed: Listed) -> Vec<SecretPath> {
        self.folders += usize::from(listed.ends);
        self.waiting = listed.waiting;
        let mut found = Vec::new();
        match listed.names {
            Ok(names) => {
                for name in names {
                    match name {
                        SecretName::Secret(path) => found.push(path),
                        SecretName::Folder(_) => {}
                        SecretName::Odd(_) => self.odd += 1,
                    }
                }
            }
            Err(Error::Denied { permission, .. }) => {
                self.refuse(listed.folder, format!("{permission} is missing"));
            }
            Err(error) => self.refuse(listed.folder, error.to_string()),
        }
        self.names += found.len();
        found
    }

    fn refuse(&mut self, folder: SecretFolder, why: String) {
        self.refusals += 1;
        if self.refused.len() < MOST_REFUSED {
            self.refused.push((folder, why));
        }
    }

    /// Whether what is stored is known as far as anybody asked: a path that was not found may still be
    /// in a folder that was not listed.
    pub fn is_whole(&self) -> bool {
        self.ended == Some(Ended::Whole) && self.refusals == 0
    }
}
