//! The private file that the external editor works on.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::domain::json::BYTE_ORDER_MARK;
use crate::domain::{MAX_EDITABLE, ResourceKey};
use crate::private_file::{SessionFolder, create_new, open};

/// The longest file name, in bytes; file systems accept 255.
const NAME: usize = 100;

/// A private file in a folder of this process. Dropping it removes both.
#[derive(Debug)]
pub(super) struct EditFile {
    session: SessionFolder,
    path: PathBuf,
    /// Whether a final newline was added to the text.
    newline_added: bool,
    last_seen: Option<EditFileStamp>,
    /// A change that may still be in progress.
    settling: Option<EditFileStamp>,
    /// Why the last save was rejected.
    rejected: Option<&'static str>,
}

/// Inode, size and modification time: at least one changes when the file is written or replaced.
type EditFileStamp = (u64, u64, i64, i64);

/// The result of a poll.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EditFileState {
    Unchanged,
    Saved(String),
    /// Saved, but unusable, with the reason.
    Refused(&'static str),
}

impl EditFile {
    /// Creates the file, after removing the leftovers of ended processes.
    pub(super) fn create(root: &Path, key: &ResourceKey, text: &str) -> io::Result<Self> {
        remove_leftovers(root);
        let session = SessionFolder::begin(root)?;
        let path = session.path().join(name(key));
        let mut file = create_new(&path)?;
        file.write_all(text.as_bytes())?;
        let ended = !text.ends_with('\n');
        if ended {
            file.write_all(b"\n")?;
        }
        drop(file);
        let seen = stamp(&path);
        Ok(Self { session, path, newline_added: ended, last_seen: seen, settling: None, rejected: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Checks whether the file was saved. Unless this is the `last` poll, a save counts only once nothing has
    /// changed between two polls, since most programs truncate a file before they write it.
    pub(super) fn poll(&mut self, last: bool) -> EditFileState {
        let now = stamp(&self.path);
        if now.is_none() || now == self.last_seen {
            self.settling = None;
            return self.rejected.filter(|_| last).map_or(EditFileState::Unchanged, EditFileState::Refused);
        }
        if !last && self.settling != now {
            self.settling = now;
            return EditFileState::Unchanged;
        }
        (self.last_seen, self.settling) = (now, None);
        let look = self.read().unwrap_or(EditFileState::Refused("it cannot be read"));
        self.rejected = if let EditFileState::Refused(why) = &look { Some(*why) } else { None };
        look
    }

    fn read(&self) -> io::Result<EditFileState> {
        let mut bytes = Vec::new();
        let file = match open(&self.path) {
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                return Ok(EditFileState::Refused("it is not a file any more"));
            }
            file => file?,
        };
        file.take(MAX_EDITABLE as u64 + 2).read_to_end(&mut bytes)?;
        if bytes.len() > MAX_EDITABLE + 1 {
            return Ok(EditFileState::Refused("it is larger than 1 MiB"));
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return Ok(EditFileState::Refused("it is not UTF-8 text"));
        };
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text).replace("\r\n", "\n");
        let text = if self.newline_added { text.strip_suffix('\n').unwrap_or(&text) } else { &text };
        Ok(EditFileState::Saved(text.to_owned()))
    }

    /// Moves a rejected file to where it will not be removed; returns its new path.
    pub(super) fn preserve(&self) -> io::Result<PathBuf> {
        let root = self.session.path().parent().unwrap_or(Path::new("."));
        let session = self.session.path().file_name().unwrap_or_default().to_string_lossy();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let kept = root.join(format!("refused-{session}-{name}"));
        fs::rename(&self.path, &kept)?;
        Ok(kept)
    }
}

impl Drop for EditFile {
    fn drop(&mut self) {
        remove(self.session.path());
    }
}

/// Removes the leftovers of ended processes. Their drafts are also in the folder of drafts.
pub(crate) fn remove_leftovers(root: &Path) {
    SessionFolder::ended(root).unwrap_or_default().iter().for_each(|left| remove(left));
}

/// Removes a file's folder, including what an editor left next to the file.
pub(super) fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

fn stamp(path: &Path) -> Option<EditFileStamp> {
    let found = fs::metadata(path).ok()?;
    Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

/// A readable file name derived from the key.
fn name(key: &ResourceKey) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = key.to_string().replace('/', "-").chars().map(plain).take(NAME).collect();
    format!("{}.json", name.trim_start_matches(['.', '-']))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::domain::Address;

    fn create(root: &Path, text: &str) -> EditFile {
        let Address(key) = "production/orders".parse().unwrap();
        EditFile::create(root, &key, text).unwrap()
    }

    #[test]
    fn it_is_private_says_its_key_and_goes_away() {
        let root = tempfile::tempdir().unwrap();
        let file = create(root.path(), "{}");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(file.path().file_name().unwrap(), "production-orders.json");
        assert_eq!((mode(file.path()), mode(file.session.path())), (0o600, 0o700));
        let folder = file.session.path().to_owned();
        drop(file);
        assert!(!folder.exists());
    }

    #[test]
    fn a_save_counts_once_it_has_settled() {
        let root = tempfile::tempdir().unwrap();
        let mut file = create(root.path(), "{}");
        assert_eq!(file.poll(false), EditFileState::Unchanged);
        fs::write(file.path(), "{\r\n \"a\": 1}\r\n").unwrap();
        assert_eq!(file.poll(false), EditFileState::Unchanged);
        assert_eq!(file.poll(false), EditFileState::Saved("{\n \"a\": 1}".into()));
        assert_eq!(file.poll(true), EditFileState::Unchanged);
        // Replaced by renaming, as many editors do.
        let beside = file.path().with_extension("new");
        fs::write(&beside, "{}\n").unwrap();
        fs::rename(&beside, file.path()).unwrap();
        assert_eq!(file.poll(true), EditFileState::Saved("{}".into()));
    }

    #[test]
    fn what_cannot_be_taken_stays_where_it_is_found() {
        let root = tempfile::tempdir().unwrap();
        let mut file = create(root.path(), "{}");
        fs::write(file.path(), [0xff, 0xfe, b'{']).unwrap();
        assert_eq!(file.poll(true), EditFileState::Refused("it is not UTF-8 text"));
        fs::write(file.path(), vec![b' '; MAX_EDITABLE + 2]).unwrap();
        assert_eq!(file.poll(true), EditFileState::Refused("it is larger than 1 MiB"));
        let kept = file.preserve().unwrap();
        drop(file);
        assert!(kept.exists());
        drop(create(root.path(), "{}"));
        assert!(kept.exists(), "leftovers of others are removed, this is not one");
    }

    #[test]
    fn a_pipe_that_an_editor_left_in_its_place_is_not_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let mut file = create(root.path(), "{}");
        fs::remove_file(file.path()).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, file.path(), rustix::fs::Mode::RWXU).unwrap();
        assert_eq!(file.poll(true), EditFileState::Refused("it is not a file any more"));
    }

    #[test]
    fn what_a_crash_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let file = create(root.path(), "{}");
        let folder = file.session.path().to_owned();
        let lock = folder.join("lock");
        // As an ended process leaves it: the folder exists and its lock is free.
        std::mem::forget(file);
        fs::remove_file(lock).unwrap();
        drop(create(root.path(), "{}"));
        assert!(!folder.exists());
    }
}
