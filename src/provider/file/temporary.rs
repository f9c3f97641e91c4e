//! The new text of a file, whole and synced beside it, before it takes its place.
//!
//! A process that dies leaves `.NAME.PID-N.tmp` behind. Its lock has died with it, so the next save
//! of that file, which holds the right to be the only one, finds it unlocked and removes it.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::likeness::{NEW_FILE_MODE, Old, writable};
use super::system::{Stamp, folder, unsaved, without_following, without_waiting};
use crate::provider::Result;

/// Tells the temporary files of this process apart.
static SAVES: AtomicU64 = AtomicU64::new(0);

/// How many names are tried: another machine's process may have the same number.
const NAMES: usize = 100;

/// What became of a text that was to take a file's place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// It is there, and stays there.
    Settled,
    /// It is there; whether it survives a power cut, or the receiver noticed, is not certain.
    Unsettled(String),
    /// The file is another than the one it was made from; nothing was changed.
    Overtaken,
}

/// A file beside the target, removed unless it took the target's place.
#[derive(Debug)]
pub(super) struct Temporary {
    path: PathBuf,
    file: File,
    placed: bool,
}

impl Temporary {
    /// Writes a text beside `target` and syncs it, with the owner, mode, access list and user
    /// attributes of the target. Whoever calls this holds the target's lock.
    ///
    /// # Errors
    /// [`Error::Denied`] or [`Error::Unavailable`]; nothing is left of it.
    pub(super) fn prepare(target: &Path, bytes: &[&[u8]]) -> Result<Self> {
        sweep(target);
        writable(target)?;
        let mut temporary = Self::create(target)?;
        let old = match OpenOptions::new().read(true).custom_flags(without_waiting()).open(target) {
            Ok(old) => Some(Old::new(old).map_err(|error| unsaved("read", target, &error))?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unsaved("read", target, &error)),
        };
        if let Some(old) = old {
            old.lend(target, &temporary.file)?;
        }
        temporary.fill(bytes).map_err(|error| unsaved("write", target, &error))?;
        Ok(temporary)
    }

    fn create(target: &Path) -> Result<Self> {
        let mut refused = ErrorKind::AlreadyExists.into();
        for _ in 0..NAMES {
            let number = SAVES.fetch_add(1, Ordering::Relaxed);
            let path = beside(target, &format!(".{}-{number}.tmp", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).mode(NEW_FILE_MODE).open(&path) {
                Ok(file) => {
                    // Held while it is in use, against a sweep; the target's own lock is the
                    // guard, this one helps where somebody removed that.
                    let _ = file.try_lock();
                    return Ok(Self { path, file, placed: false });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => refused = error,
                Err(error) => return Err(unsaved("create", &path, &error)),
            }
        }
        Err(unsaved("create", &beside(target, ".tmp"), &refused))
    }

    fn fill(&mut self, bytes: &[&[u8]]) -> io::Result<()> {
        for part in bytes {
            self.file.write_all(part)?;
        }
        self.file.sync_all()
    }

    /// Takes the place of `target`, if that is still the file with this stamp, or still missing.
    ///
    /// # Errors
    /// [`Error::Denied`] or [`Error::Unavailable`] while nothing has changed.
    pub(super) fn take_place(mut self, target: &Path, of: Option<Stamp>) -> Result<Placed> {
        // Opened before, so that what can be refused is refused before.
        let folder = File::open(folder(target)).ok();
        if Stamp::at(target) != of {
            return Ok(Placed::Overtaken);
        }
        std::fs::rename(&self.path, target).map_err(|error| unsaved("replace", target, &error))?;
        self.placed = true;
        let settled = self.settle(folder.as_ref());
        Ok(settled.map_or_else(
            |error| Placed::Unsettled(format!("{} was replaced, then: {}", target.display(), error.kind())),
            |()| Placed::Settled,
        ))
    }

    fn settle(&self, folder: Option<&File>) -> io::Result<()> {
        announce(&self.file)?;
        match folder.map(File::sync_all) {
            Some(Ok(())) => Ok(()),
            // A folder that may not be read, or a file system that knows no sync of folders: to
            // sync the file again takes its new name along.
            None => self.file.sync_all(),
            Some(Err(error)) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
                self.file.sync_all()
            }
            Some(Err(error)) => Err(error),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.placed {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Sets the modification time alone, which is what the receiver's file watcher reacts to.
fn announce(file: &File) -> io::Result<()> {
    file.set_modified(SystemTime::now())
}

/// Removes what saves of this target left behind that did not come to their end. What cannot be
/// looked at or removed stays: it stands in nobody's way.
fn sweep(target: &Path) {
    let Ok(entries) = std::fs::read_dir(folder(target)) else { return };
    for entry in entries.flatten() {
        if !is_temporary(&entry.file_name(), target) {
            continue;
        }
        let path = entry.path();
        let file = OpenOptions::new().read(true).custom_flags(without_following()).open(&path);
        if file.is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = std::fs::remove_file(&path);
        }
    }
}

/// Whether a name is one that [`Temporary`] gives beside this target.
fn is_temporary(name: &OsStr, target: &Path) -> bool {
    let target = target.file_name().unwrap_or_default().as_bytes();
    let number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let middle = name
        .as_bytes()
        .strip_prefix(b".")
        .and_then(|rest| rest.strip_prefix(target))
        .and_then(|rest| rest.strip_prefix(b"."))
        .and_then(|rest| rest.strip_suffix(b".tmp"));
    middle.is_some_and(|middle| {
        let mut parts = middle.split(|&byte| byte == b'-');
        parts.next().is_some_and(number) && parts.next().is_some_and(number) && parts.next().is_none()
    })
}

/// `.NAME` with `ending`, in the folder of `target`.
pub(super) fn beside(target: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(ending);
    folder(target).join(name)
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use super::*;

    fn replace(target: &Path, text: &str) -> Result<Placed> {
        let of = Stamp::at(target);
        Temporary::prepare(target, &[text.as_bytes()])?.take_place(target, of)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_announcement_leaves_the_access_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("w.json")).unwrap();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        file.set_times(FileTimes::new().set_accessed(old).set_modified(old)).unwrap();
        announce(&file).unwrap();
        let after = file.metadata().unwrap();
        assert_eq!(after.accessed().unwrap(), old);
        assert!(after.modified().unwrap() > old);
    }

    #[test]
    fn a_save_that_fails_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        std::fs::create_dir(&target).unwrap();
        assert!(replace(&target, "{}").is_err(), "a folder is in the way");
        assert!(target.is_dir());
        assert_eq!(names(folder.path()), ["w.json"]);
    }

    #[test]
    fn what_others_wrote_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        std::fs::write(&target, "1").unwrap();
        let of = Stamp::at(&target);
        let temporary = Temporary::prepare(&target, &[b"2"]).unwrap();
        std::fs::write(&target, "theirs").unwrap();
        assert_eq!(temporary.take_place(&target, of), Ok(Placed::Overtaken));
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "theirs");
        assert_eq!(names(folder.path()), ["w.json"]);
    }

    #[test]
    fn what_the_dead_left_is_removed_and_what_lives_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        let at = |name: &str| folder.path().join(name);
        let kept =
            [".w.json.7-a.tmp", ".w.json.tmp", ".x.json.7-0.tmp", "w.json.7-0.tmp", ".w.json.7-0-1.tmp"];
        for name in [".w.json.7-0.tmp", ".w.json.1-12.tmp"].into_iter().chain(kept) {
            std::fs::write(at(name), "half of a te").unwrap();
        }
        symlink("w.json.7-0.tmp", at(".w.json.8-0.tmp")).unwrap();
        let living = File::create(at(".w.json.9-0.tmp")).unwrap();
        living.lock().unwrap();
        assert_eq!(replace(&target, "{}"), Ok(Placed::Settled));
        let mut left = [&kept[..], &["w.json", ".w.json.8-0.tmp", ".w.json.9-0.tmp"]].concat();
        left.sort_unstable();
        assert_eq!(names(folder.path()), left);
    }

    #[test]
    fn a_name_that_is_taken_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        let next = SAVES.load(Ordering::Relaxed);
        for number in next..next + 20 {
            let taken = beside(&target, &format!(".{}-{number}.tmp", std::process::id()));
            // A folder is nothing that a sweep removes.
            std::fs::create_dir(taken).unwrap();
        }
        assert_eq!(replace(&target, "{}"), Ok(Placed::Settled));
    }
}
