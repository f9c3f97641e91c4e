//! Progress of listing the mounts.

use std::collections::HashSet;
use std::time::Duration;

use crate::console::request::RequestId;
use crate::domain::{Mount, SecretFolder, SecretPath};
use crate::provider::{Error, SecretListItem};

/// The names in one folder, or a part of them.
#[derive(Debug)]
pub struct FolderPage {
    pub folder: SecretFolder,
    /// The names, or why the folder could not be listed.
    pub names: Result<Vec<SecretListItem>, Error>,
    /// Whether this is the last part of the folder.
    pub is_last: bool,
}

/// Why the listing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingEnd {
    /// Every permitted folder was listed.
    Complete,
    /// There were more names than [`MAX_NAMES_LISTED`].
    TooManyNames,
    /// There were more folders than [`MAX_FOLDERS`]; this many were not listed.
    TooManyFolders(usize),
    /// The store stopped answering.
    Failed(String),
}

/// The most names that are collected, and the most folders that are listed.
pub const MAX_NAMES_LISTED: usize = 20_000;
/// See [`MAX_NAMES_LISTED`].
pub const MAX_FOLDERS: usize = 2_000;

/// How long after a failure the listing is retried.
pub(crate) const AGAIN: Duration = Duration::from_secs(30);

/// The most folders reported as forbidden.
const MOST_REFUSED: usize = 20;

/// The listing of the mounts: its progress, and the folders it could not list.
#[derive(Debug, Default)]
pub struct ListingProgress {
    /// The pending request.
    pub asked: Option<RequestId>,
    pub mounts: Vec<Mount>,
    pub folders: usize,
    /// Names that are not valid paths.
    pub invalid_names: usize,
    /// Folders that could not be listed, each with the reason.
    pub refused: Vec<(SecretFolder, String)>,
    /// The total number of these folders.
    pub refusals: usize,
    /// The secrets found so far.
    pub found: HashSet<SecretPath>,
    pub ended: Option<ListingEnd>,
    /// When the listing is retried, after the store stopped answering.
    pub retry_at: Option<Duration>,
}

impl ListingProgress {
    /// Records a page of a folder; returns the secrets in it.
    pub(crate) fn record_folder(&mut self, listed: FolderPage) -> Vec<SecretPath> {
        self.folders += usize::from(listed.is_last);
        let mut found = Vec::new();
        match listed.names {
            Ok(names) => {
                for name in names {
                    match name {
                        SecretListItem::Secret(path) => found.push(path),
                        SecretListItem::Folder(_) => {}
                        SecretListItem::Invalid(_) => self.invalid_names += 1,
                    }
                }
            }
            Err(error) => {
                self.refusals += 1;
                if self.refused.len() < MOST_REFUSED {
                    let why = match error {
                        Error::Denied { permission, .. } => format!("{permission} is missing"),
                        error => error.to_string(),
                    };
                    self.refused.push((listed.folder, why));
                }
            }
        }
        self.found.extend(found.iter().cloned());
        found
    }

    /// Whether every folder was listed. Only then does a secret that was not found certainly not exist.
    pub fn is_complete(&self) -> bool {
        self.ended == Some(ListingEnd::Complete) && self.refusals == 0
    }
}
