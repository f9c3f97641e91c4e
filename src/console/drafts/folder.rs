//! The folder of drafts: a subfolder per session, a file per draft.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::saved_draft::{DraftSummary, SavedDraft, UnsavedDraft};
use crate::domain::ResourceKey;
use crate::private_file::{SessionFolder, has_ended, io_reason, open, remove_if_empty, replace};

/// The most drafts in the folder, across all sessions.
pub(super) const MOST: usize = 32;

/// The most bytes of all drafts together.
pub(super) const MOST_BYTES: u64 = 32 << 20;

/// The largest file: text and base of 1 MiB each, with every byte escaped.
const LARGEST: u64 = 14 << 20;

/// The most files that are listed, damaged ones included.
const MOST_FILES: usize = 256;

const ENDING: &str = "json";

/// The file of a draft.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DraftId {
    session: String,
    file: String,
}

/// A draft of a session that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftEntry {
    pub id: DraftId,
    /// The draft, or why it cannot be read.
    pub summary: Result<DraftSummary, String>,
}

/// Why an operation on a draft failed. Contains at most a path, never a part of the draft.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DraftFolderError {
    /// The draft cannot be saved or resumed.
    #[error("{0}")]
    Refused(String),
    /// Our own limits are reached.
    #[error("{MOST} drafts of {} MiB in all are kept; throw some away with :drafts", MOST_BYTES >> 20)]
    Full,
    /// An I/O error.
    #[error("{path}: {reason}{remedy}")]
    System { path: String, reason: String, remedy: &'static str },
    /// Another console resumed or deleted it.
    #[error("another console took this draft, or threw it away")]
    Gone,
}

/// The drafts in one state folder, as seen by one process.
#[derive(Debug)]
pub struct DraftFolder {
    root: PathBuf,
    own: Option<SessionFolder>,
    /// The drafts of this session, by file name.
    saved: HashMap<String, OwnDraft>,
}

/// What is remembered of a saved draft of this session.
#[derive(Debug)]
struct OwnDraft {
    key: ResourceKey,
    /// When it was typed.
    at: SystemTime,
    /// Its last text that was valid JSON; empty if none was.
    last_json: String,
}

/// What a save did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftSave {
    /// How many secrets were left out.
    pub withheld: usize,
    /// The older drafts of this session that are not on disk any more, because there was no room for all.
    pub displaced: Vec<ResourceKey>,
}

impl DraftFolder {
    /// Creates nothing on disk until the first draft is saved.
    pub fn new(root: PathBuf) -> Self {
        Self { root, own: None, saved: HashMap::new() }
    }

    /// Saves a draft, replacing its earlier text. Without `durable` it survives the end of this process at
    /// once, but a power failure only a little later. What was typed last has room: older drafts of this
    /// session, which are still open here, make it.
    ///
    /// # Errors
    /// [`DraftFolderError`]; the earlier text is then still there.
    pub fn save(&mut self, unsaved: &UnsavedDraft, durable: bool) -> Result<DraftSave, DraftFolderError> {
        let name = file_name(&unsaved.key);
        let known = self.saved.get(&name).map_or("", |own| own.last_json.as_str());
        let saved = unsaved.to_saved(known).map_err(DraftFolderError::Refused)?;
        let bytes = saved.to_bytes().map_err(|error| DraftFolderError::Refused(error.to_string()))?;
        let folder = self.own()?;
        let path = folder.join(&name);
        let in_excess = self.in_excess(&path, bytes.len() as u64)?;
        replace(&path, &bytes, durable).map_err(|error| refused(&path, &error))?;
        let withheld = saved.withheld;
        self.remember(name, saved);
        // Only now, so that nothing is gone if the new text could not be saved.
        let gone = in_excess.into_iter().filter(|name| fs::remove_file(folder.join(name)).is_ok());
        let displaced = gone.filter_map(|name| Some(self.saved.remove(&name)?.key)).collect();
        Ok(DraftSave { withheld, displaced })
    }

    fn remember(&mut self, name: String, draft: SavedDraft) {
        let is_json = draft.is_json();
        let SavedDraft { key, at, text, .. } = draft;
        let own = self.saved.entry(name).or_insert_with(|| OwnDraft { key, at, last_json: String::new() });
        own.at = at;
        if is_json {
            own.last_json = text;
        }
    }

    /// Removes the file of a draft of this session, if there is one.
    pub fn remove(&mut self, key: &ResourceKey) {
        let name = file_name(key);
        self.saved.remove(&name);
        if let Some(own) = &self.own
            && let Err(error) = fs::remove_file(own.path().join(name))
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(reason = %io_reason(&error), "a saved draft was not removed");
        }
    }

    /// The drafts of ended sessions, newest first; unreadable ones last.
    pub fn list(&self) -> Vec<DraftEntry> {
        let mut listed = Vec::new();
        for folder in self.ended() {
            let files = drafts_in(&folder);
            if files.is_empty() {
                remove_leftovers(&folder);
            }
            for path in files.into_iter().take(MOST_FILES - listed.len().min(MOST_FILES)) {
                let Some(id) = DraftId::of(&path) else { continue };
                let what = read(&path).map(|saved| saved.summary());
                if let Err(reason) = &what {
                    let path = path.display();
                    tracing::warn!(%path, %reason, "a saved draft cannot be read; it is left alone");
                }
                listed.push(DraftEntry { id, summary: what });
            }
        }
        listed.sort_by_key(|one| std::cmp::Reverse(one.summary.as_ref().ok().map(|summary| summary.at)));
        listed
    }

    /// Moves a draft of an ended session into this session.
    ///
    /// # Errors
    /// [`DraftFolderError::Gone`] if another console was faster; on any other error the file is left alone.
    pub fn resume(&mut self, id: &DraftId) -> Result<SavedDraft, DraftFolderError> {
        let (path, name) = (self.path(id)?, id.file.clone());
        let saved = read(&path).map_err(DraftFolderError::Refused)?;
        let own = self.own()?;
        if own.join(&name).exists() {
            return Err(DraftFolderError::Refused("a draft of the same document is open here".into()));
        }
        // If two processes rename the same file, one of them finds it gone.
        fs::rename(&path, own.join(&name)).map_err(|error| gone_or(&path, &error))?;
        path.parent().map(remove_if_empty);
        // Whoever resumes it goes on with it now.
        self.remember(name, SavedDraft { at: SystemTime::now(), ..saved.clone() });
        Ok(saved)
    }

    /// # Errors
    /// [`DraftFolderError`].
    pub fn delete(&self, id: &DraftId) -> Result<(), DraftFolderError> {
        let path = self.path(id)?;
        fs::remove_file(&path).map_err(|error| gone_or(&path, &error))?;
        path.parent().map(remove_if_empty);
        Ok(())
    }

    /// The path of a draft whose session has ended.
    fn path(&self, id: &DraftId) -> Result<PathBuf, DraftFolderError> {
        let folder = self.root.join(&id.session);
        let ended = folder.is_dir() && has_ended(&folder);
        ended.then(|| folder.join(&id.file)).ok_or(DraftFolderError::Gone)
    }

    fn ended(&self) -> Vec<PathBuf> {
        SessionFolder::ended(&self.root).unwrap_or_else(|error| {
            let (path, reason) = (self.root.display(), io_reason(&error));
            tracing::warn!(%path, %reason, "saved drafts cannot be looked for");
            Vec::new()
        })
    }

    fn own(&mut self) -> Result<PathBuf, DraftFolderError> {
        // The folder may have been removed meanwhile.
        if let Some(own) = self.own.as_ref().filter(|own| own.path().is_dir()) {
            return Ok(own.path().to_owned());
        }
        let own = SessionFolder::begin(&self.root).map_err(|error| refused(&self.root, &error))?;
        Ok(self.own.insert(own).path().to_owned())
    }

    /// The files of this session that have to go, oldest first, so that the folder stays within its limits with
    /// a file of `bytes` bytes at `path`.
    fn in_excess(&self, path: &Path, bytes: u64) -> Result<Vec<String>, DraftFolderError> {
        let folders = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let others = folders.flat_map(|folder| drafts_in(&folder.path())).filter(|other| other != path);
        let with_size = |other: PathBuf| {
            let size = other.metadata().map_or(0, |found| found.len());
            (other, size)
        };
        let sizes: HashMap<_, _> = others.map(with_size).collect();
        let (mut count, mut total) = (1 + sizes.len(), bytes + sizes.values().sum::<u64>());
        let mut own: Vec<_> = self.saved.iter().map(|(name, own)| (own.at, name)).collect();
        own.sort();
        let mut own = own.into_iter().map(|(_, name)| name);
        let mut in_excess = Vec::new();
        while count > MOST || total > MOST_BYTES {
            let name = own.next().ok_or(DraftFolderError::Full)?;
            if let Some(size) = sizes.get(&path.with_file_name(name)) {
                (count, total) = (count - 1, total - size);
                in_excess.push(name.clone());
            }
        }
        Ok(in_excess)
    }
}

impl Drop for DraftFolder {
    fn drop(&mut self) {
        if let Some(own) = &self.own {
            remove_if_empty(own.path());
        }
    }
}

impl DraftId {
    fn of(path: &Path) -> Option<Self> {
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
        Some(Self { session: name(path.parent()?)?, file: name(path)? })
    }

    /// An arbitrary file, for tests.
    #[cfg(test)]
    pub(crate) fn sample(file: &str) -> Self {
        Self { session: "one".into(), file: file.into() }
    }

    /// The path below the folder of drafts, for display.
    pub fn name(&self) -> String {
        format!("{}/{}", self.session, self.file)
    }
}

/// A unique file name for every key, whatever characters the key has.
fn file_name(key: &ResourceKey) -> String {
    let digest = Sha256::digest(key.to_string().as_bytes());
    let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    name + "." + ENDING
}

fn drafts_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_draft = |path: &PathBuf| {
        path.extension().is_some_and(|ending| ending == ENDING)
            && !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
    };
    let mut found: Vec<_> = entries.filter(is_draft).take(MOST_FILES).collect();
    found.sort();
    found
}

/// Removes temporary files, and the folder of a session without drafts.
fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            let _ = fs::remove_file(entry.path());
        }
    }
    remove_if_empty(folder);
}

fn read(path: &Path) -> Result<SavedDraft, String> {
    let unread = |error: io::Error| format!("it cannot be read: {}", io_reason(&error));
    let mut bytes = Vec::new();
    let file = open(path).map_err(unread)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > LARGEST {
        return Err("it is too large".into());
    }
    SavedDraft::from_bytes(&bytes)
}

fn refused(path: &Path, error: &io::Error) -> DraftFolderError {
    let remedy = match error.kind() {
        // Our own words say what to do.
        _ if error.get_ref().is_some() => "",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => "; make room there",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "; make it writable for you",
        _ => "; look at that folder",
    };
    DraftFolderError::System { path: path.display().to_string(), reason: io_reason(error), remedy }
}

fn gone_or(path: &Path, error: &io::Error) -> DraftFolderError {
    if error.kind() == ErrorKind::NotFound { DraftFolderError::Gone } else { refused(path, error) }
}

#[cfg(test)]
mod tests;
