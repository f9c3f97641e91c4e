//! The folder of all drafts: one folder a session in it, one file a draft in that.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::saved::{Saved, Summary, Unsaved};
use super::session::{Session, has_ended, remove_if_empty};
use crate::domain::ResourceKey;

/// How many drafts the folder holds, of all sessions.
pub(super) const MOST: usize = 32;

/// How many bytes all of them may have.
pub(super) const MOST_BYTES: u64 = 32 << 20;

/// A larger file is no draft: text and base of 1 MiB, with every byte escaped.
const LARGEST: u64 = 14 << 20;

/// How many files are looked at, damaged ones included.
const MOST_FILES: usize = 256;

const ENDING: &str = "json";

/// Which file a draft is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SavedId {
    session: String,
    file: String,
}

/// A draft of a session that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which file.
    pub id: SavedId,
    /// What it is, or why it cannot be read.
    pub what: Result<Summary, String>,
}

/// Why something was not done with a draft. It holds a path and no part of the draft.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FolderError {
    /// It is not of a kind that is saved.
    #[error("{0}")]
    Refused(String),
    /// There is no room left by our own rules.
    #[error("{MOST} drafts of {} MiB in all are kept; throw some away with :drafts", MOST_BYTES >> 20)]
    Full,
    /// The system refused.
    #[error("{path}: {kind}; {remedy}")]
    System {
        /// What was to be written or read.
        path: String,
        /// What the system said.
        kind: ErrorKind,
        /// What to do.
        remedy: &'static str,
    },
    /// Another console took it, or threw it away.
    #[error("another console took this draft, or threw it away")]
    Gone,
}

/// The drafts in one state folder, as one process sees them.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    own: Option<Session>,
    /// Of each own draft the last text that was JSON.
    known: HashMap<String, String>,
}

impl Folder {
    /// Nothing is made before the first draft is saved.
    pub fn new(root: PathBuf) -> Self {
        Self { root, own: None, known: HashMap::new() }
    }

    /// Saves a draft in the place of its earlier text; says how many secrets were left out. Without
    /// `durable` it is safe from the end of this process, and soon from a power cut.
    ///
    /// # Errors
    /// [`FolderError`]; an earlier text is still there then.
    pub fn save(&mut self, unsaved: &Unsaved, durable: bool) -> Result<usize, FolderError> {
        let name = file_name(&unsaved.key);
        let known = self.known.get(&name).map_or("", String::as_str);
        let saved = unsaved.shelve(known).map_err(FolderError::Refused)?;
        let bytes = saved.to_bytes().map_err(|error| FolderError::Refused(error.to_string()))?;
        let folder = self.own()?;
        let path = folder.join(&name);
        self.has_room(&path, bytes.len() as u64)?;
        place(&folder, &name, &bytes, durable).map_err(|error| refused(&path, &error))?;
        if saved.is_json() {
            self.known.insert(name, saved.text);
        }
        Ok(saved.withheld)
    }

    /// Removes an own draft, if it is saved.
    pub fn remove(&mut self, key: &ResourceKey) {
        let name = file_name(key);
        self.known.remove(&name);
        if let Some(own) = &self.own
            && let Err(error) = fs::remove_file(own.path().join(name))
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(kind = %error.kind(), "a saved draft was not removed");
        }
    }

    /// The drafts of sessions that have ended, the newest first; what cannot be read comes last.
    pub fn list(&self) -> Vec<Listed> {
        let mut listed = Vec::new();
        for folder in self.ended() {
            let files = drafts_in(&folder);
            if files.is_empty() {
                sweep(&folder);
            }
            for path in files.into_iter().take(MOST_FILES - listed.len().min(MOST_FILES)) {
                let Some(id) = SavedId::of(&path) else { continue };
                let what = read(&path).map(|saved| saved.summary());
                if let Err(reason) = &what {
                    tracing::warn!(path = %path.display(), reason, "a saved draft cannot be read; it is left alone");
                }
                listed.push(Listed { id, what });
            }
        }
        listed.sort_by_key(|one| std::cmp::Reverse(one.what.as_ref().ok().map(|summary| summary.at)));
        listed
    }

    /// Makes a draft of an ended session one of this session.
    ///
    /// # Errors
    /// [`FolderError::Gone`] where another was faster; whatever else, the file is left alone.
    pub fn take_up(&mut self, id: &SavedId) -> Result<Saved, FolderError> {
        let (path, name) = (self.path(id)?, id.file.clone());
        let saved = read(&path).map_err(FolderError::Refused)?;
        let own = self.own()?;
        if own.join(&name).exists() {
            return Err(FolderError::Refused("a draft of the same document is open here".into()));
        }
        // Of two that rename one file, one finds it gone.
        fs::rename(&path, own.join(&name)).map_err(|error| gone_or(&path, &error))?;
        path.parent().map(remove_if_empty);
        if saved.is_json() {
            self.known.insert(name, saved.text.clone());
        }
        Ok(saved)
    }

    /// Removes a draft of an ended session.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn throw_away(&self, id: &SavedId) -> Result<(), FolderError> {
        let path = self.path(id)?;
        fs::remove_file(&path).map_err(|error| gone_or(&path, &error))?;
        path.parent().map(remove_if_empty);
        Ok(())
    }

    /// The path of a draft that nobody holds.
    fn path(&self, id: &SavedId) -> Result<PathBuf, FolderError> {
        let folder = self.root.join(&id.session);
        if folder.is_dir() && has_ended(&folder) { Ok(folder.join(&id.file)) } else { Err(FolderError::Gone) }
    }

    fn ended(&self) -> Vec<PathBuf> {
        Session::ended(&self.root).unwrap_or_else(|error| {
            tracing::warn!(path = %self.root.display(), kind = %error.kind(), "saved drafts cannot be looked for");
            Vec::new()
        })
    }

    fn own(&mut self) -> Result<PathBuf, FolderError> {
        if let Some(own) = &self.own {
            // Somebody may have tidied up.
            if own.path().is_dir() {
                return Ok(own.path().to_owned());
            }
        }
        let own = Session::begin(&self.root).map_err(|error| refused(&self.root, &error))?;
        Ok(self.own.insert(own).path().to_owned())
    }

    /// Whether the folder stays within its bounds with a file of so many bytes at `path`.
    fn has_room(&self, path: &Path, bytes: u64) -> Result<(), FolderError> {
        let (mut count, mut total) = (1, bytes);
        let folders = fs::read_dir(&self.root).into_iter().flatten().flatten();
        for other in folders.flat_map(|folder| drafts_in(&folder.path())).filter(|other| other != path) {
            count += 1;
            total += other.metadata().map_or(0, |found| found.len());
        }
        if count > MOST || total > MOST_BYTES { Err(FolderError::Full) } else { Ok(()) }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(own) = &self.own {
            remove_if_empty(own.path());
        }
    }
}

impl SavedId {
    fn of(path: &Path) -> Option<Self> {
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
        Some(Self { session: name(path.parent()?)?, file: name(path)? })
    }

    /// Some file, for tests.
    #[cfg(test)]
    pub(in crate::console) fn sample() -> Self {
        Self { session: "one".into(), file: "draft.json".into() }
    }

    /// The path below the folder of drafts, for people.
    pub fn name(&self) -> String {
        format!("{}/{}", self.session, self.file)
    }
}

/// A name of its own for every key, whatever characters the key has.
fn file_name(key: &ResourceKey) -> String {
    let digest = Sha256::digest(key.to_string().as_bytes());
    let mut name = String::new();
    for byte in digest.iter().take(16) {
        let _ = write!(name, "{byte:02x}");
    }
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

/// Removes what a crash left of a session without drafts.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            let _ = fs::remove_file(entry.path());
        }
    }
    remove_if_empty(folder);
}

fn read(path: &Path) -> Result<Saved, String> {
    let unread = |error: io::Error| format!("it cannot be read: {}", error.kind());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unread)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > LARGEST {
        return Err("it is too large".into());
    }
    Saved::from_bytes(&bytes)
}

/// Puts a whole file in its place, or leaves what is there.
fn place(folder: &Path, name: &str, bytes: &[u8], durable: bool) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}.tmp"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| if durable { file.sync_all() } else { Ok(()) });
    let placed = written.and_then(|()| fs::rename(&temporary, folder.join(name)));
    if placed.is_err() {
        let _ = fs::remove_file(&temporary);
        return placed;
    }
    if !durable {
        file.sync_all()?;
    }
    File::open(folder)?.sync_all()
}

fn refused(path: &Path, error: &io::Error) -> FolderError {
    let remedy = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => "make room there",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "make it writable for you",
        _ => "look at that folder",
    };
    FolderError::System { path: path.display().to_string(), kind: error.kind(), remedy }
}

fn gone_or(path: &Path, error: &io::Error) -> FolderError {
    if error.kind() == ErrorKind::NotFound { FolderError::Gone } else { refused(path, error) }
}

#[cfg(test)]
mod tests;
