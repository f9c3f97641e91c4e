//! The file that another program edits.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::console::drafts::Session;
use crate::domain::json::BYTE_ORDER_MARK;
use crate::domain::{MAX_EDITABLE, ResourceKey};

/// The longest name; file systems take 255 bytes.
const NAME: usize = 100;

/// A private file in a folder of this process's own. Dropping it removes both.
#[derive(Debug)]
pub(super) struct DraftFile {
    session: Session,
    path: PathBuf,
    /// Whether a line end was added to the text.
    ended: bool,
    seen: Option<Stamp>,
    /// What changed it may still be writing.
    settling: Option<Stamp>,
    /// Why its last save cannot be taken.
    bad: Option<&'static str>,
}

/// What changes when a file is written or replaced.
type Stamp = (u64, u64, i64, i64);

/// What a look at it told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing new.
    Same,
    /// It was saved with this text.
    Saved(String),
    /// It was saved, and cannot be taken.
    Refused(&'static str),
}

impl DraftFile {
    /// Writes a text; removes what ended processes left.
    pub(super) fn create(root: &Path, key: &ResourceKey, text: &str) -> io::Result<Self> {
        sweep(root);
        let session = Session::begin(root)?;
        let path = session.path().join(name(key));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        let ended = !text.ends_with('\n');
        if ended {
            file.write_all(b"\n")?;
        }
        drop(file);
        let seen = stamp(&path);
        Ok(Self { session, path, ended, seen, settling: None, bad: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks whether it was saved. Unless this is the `last` look, a save counts once nothing has
    /// changed between two looks, since most programs empty a file before they write it.
    pub(super) fn look(&mut self, last: bool) -> Look {
        let now = stamp(&self.path);
        if now.is_none() || now == self.seen {
            self.settling = None;
            return self.bad.filter(|_| last).map_or(Look::Same, Look::Refused);
        }
        if !last && self.settling != now {
            self.settling = now;
            return Look::Same;
        }
        (self.seen, self.settling) = (now, None);
        let look = self.read().unwrap_or(Look::Refused("it cannot be read"));
        self.bad = if let Look::Refused(why) = &look { Some(*why) } else { None };
        look
    }

    fn read(&self) -> io::Result<Look> {
        let mut bytes = Vec::new();
        File::open(&self.path)?.take(MAX_EDITABLE as u64 + 2).read_to_end(&mut bytes)?;
        if bytes.len() > MAX_EDITABLE + 1 {
            return Ok(Look::Refused("it is larger than 1 MiB"));
        }
        let Ok(text) = String::from_utf8(bytes) else { return Ok(Look::Refused("it is not UTF-8 text")) };
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text).replace("\r\n", "\n");
        let text = if self.ended { text.strip_suffix('\n').unwrap_or(&text) } else { &text };
        Ok(Look::Saved(text.to_owned()))
    }

    /// Puts a file that cannot be taken where it stays, and names the place.
    pub(super) fn keep(&self) -> io::Result<PathBuf> {
        let root = self.session.path().parent().unwrap_or(Path::new("."));
        let session = self.session.path().file_name().unwrap_or_default().to_string_lossy();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let kept = root.join(format!("refused-{session}-{name}"));
        fs::rename(&self.path, &kept)?;
        Ok(kept)
    }
}

impl Drop for DraftFile {
    fn drop(&mut self) {
        remove(self.session.path());
    }
}

/// Removes what ended processes left. No draft is in it that is not in the folder of drafts.
pub(in crate::console) fn sweep(root: &Path) {
    Session::ended(root).unwrap_or_default().iter().for_each(|left| remove(left));
}

/// Removes the folder of such a file, with what an editor left beside it.
pub(super) fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = fs::metadata(path).ok()?;
    Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

/// A name that says the key.
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

    fn create(root: &Path, text: &str) -> DraftFile {
        let Address(key) = "production/orders".parse().unwrap();
        DraftFile::create(root, &key, text).unwrap()
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
        assert_eq!(file.look(false), Look::Same);
        fs::write(file.path(), "{\r\n \"a\": 1}\r\n").unwrap();
        assert_eq!(file.look(false), Look::Same);
        assert_eq!(file.look(false), Look::Saved("{\n \"a\": 1}".into()));
        assert_eq!(file.look(true), Look::Same);
        // Replaced, as many editors do it.
        let beside = file.path().with_extension("new");
        fs::write(&beside, "{}\n").unwrap();
        fs::rename(&beside, file.path()).unwrap();
        assert_eq!(file.look(true), Look::Saved("{}".into()));
    }

    #[test]
    fn what_cannot_be_taken_stays_where_it_is_found() {
        let root = tempfile::tempdir().unwrap();
        let mut file = create(root.path(), "{}");
        fs::write(file.path(), [0xff, 0xfe, b'{']).unwrap();
        assert_eq!(file.look(true), Look::Refused("it is not UTF-8 text"));
        fs::write(file.path(), vec![b' '; MAX_EDITABLE + 2]).unwrap();
        assert_eq!(file.look(true), Look::Refused("it is larger than 1 MiB"));
        let kept = file.keep().unwrap();
        drop(file);
        assert!(kept.exists());
        drop(create(root.path(), "{}"));
        assert!(kept.exists(), "leftovers of others are removed, this is not one");
    }

    #[test]
    fn what_a_crash_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let file = create(root.path(), "{}");
        let folder = file.session.path().to_owned();
        let lock = folder.join("lock");
        // As a process that ended leaves it: the folder is there, its lock is free.
        std::mem::forget(file);
        fs::remove_file(lock).unwrap();
        drop(create(root.path(), "{}"));
        assert!(!folder.exists());
    }
}
