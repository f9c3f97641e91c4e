//! Replaces a file so that no reader ever sees half of it, and so that the receiver notices
//! (domain.md section 8): lock, temporary file, sync, rename, sync, then the modification time alone.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::reading::{failed, folder};
use crate::provider::{Error, Result};

/// A file that did not exist is created for its owner alone; documents hold secrets.
const NEW_FILE_MODE: u32 = 0o600;

/// How long to wait between two attempts at a lock that another holds.
const LOCK_RETRY: Duration = Duration::from_millis(10);

/// Tells the temporary files of this process apart.
static SAVES: AtomicU64 = AtomicU64::new(0);

/// The right to replace one file, held against every other confdeck until it is dropped.
///
/// It is a lock on a file of its own, `.NAME.lock` beside the target: a lock on the target would
/// stay with the old inode when the target is replaced. It ends with its process, so that a crash
/// blocks nobody, and the file is removed with it.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Waits for the right to replace `target`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when another program still holds it at the deadline, or the file
    /// system knows no locks; [`Error::Denied`] where no file can be made.
    pub(super) fn take(target: &Path, deadline: Instant) -> Result<Self> {
        let path = beside(target, ".lock");
        loop {
            let file = open_lock(&path, target).map_err(|error| unsaved("create", &path, &error))?;
            match file.try_lock() {
                // The holder before removes the file: a lock on a removed one guards nothing.
                Ok(()) if is_still(&path, &file) => return Ok(Self { path, file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(Error::Unavailable {
                        reason: format!(
                            "another program is saving {} and holds {}; nothing was changed. Save again",
                            target.display(),
                            path.display()
                        ),
                        retry_in: None,
                    });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_RETRY),
                Err(TryLockError::Error(error)) => return Err(unsaved("lock", &path, &error)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while still held; a failure leaves an empty file that the next save takes over.
        if is_still(&self.path, &self.file) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn open_lock(path: &Path, target: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false).mode(NEW_FILE_MODE).open(path)?;
    // Whoever may write the target may wait for its lock; on a lock of another user's this fails,
    // and that user has done it.
    if let Ok(like) = std::fs::metadata(target) {
        let _ = resemble(&file, &like);
    }
    Ok(file)
}

/// Whether the path still leads to this file.
fn is_still(path: &Path, file: &File) -> bool {
    let identity = |file: Metadata| (file.dev(), file.ino());
    let there = std::fs::metadata(path).map(identity);
    there.is_ok_and(|there| file.metadata().map(identity).is_ok_and(|ours| ours == there))
}

/// An I/O error before the target was touched.
fn unsaved(what: &str, path: &Path, error: &io::Error) -> Error {
    match failed(what, path, error) {
        Error::Unavailable { reason, retry_in } => {
            Error::Unavailable { reason: format!("{reason}; nothing was written"), retry_in }
        }
        denied => denied,
    }
}

/// Replaces `target` by `bytes`, with the mode and, as far as this user may, the owner it had.
///
/// # Errors
/// [`Error::Denied`] or [`Error::Unavailable`] while nothing has changed yet.
/// `Ok(Err(reason))` when the new text is in place, but it is not certain that it survives a
/// power cut or that the receiver noticed.
pub(super) fn replace(target: &Path, bytes: &[u8]) -> Result<std::result::Result<(), String>> {
    let mut temporary = Temporary::create(target)?;
    let file = temporary.fill(target, bytes).map_err(|error| unsaved("write", &temporary.path, &error))?;
    std::fs::rename(&temporary.path, target).map_err(|error| unsaved("replace", target, &error))?;
    temporary.kept = true;
    let settle = || {
        File::open(folder(target))?.sync_all()?;
        announce(&file)
    };
    Ok(settle().map_err(|error| format!("{} was replaced, then: {}", target.display(), error.kind())))
}

/// Sets the modification time alone, which is what the receiver's file watcher reacts to.
fn announce(file: &File) -> io::Result<()> {
    file.set_modified(SystemTime::now())
}

/// A file beside the target, removed unless it took the target's place.
struct Temporary {
    path: PathBuf,
    file: Option<File>,
    kept: bool,
}

impl Temporary {
    fn create(target: &Path) -> Result<Self> {
        let number = SAVES.fetch_add(1, Ordering::Relaxed);
        let path = beside(target, &format!(".{}-{number}.tmp", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).mode(NEW_FILE_MODE).open(&path);
        let file = file.map_err(|error| unsaved("create", &path, &error))?;
        Ok(Self { path, file: Some(file), kept: false })
    }

    fn fill(&mut self, target: &Path, bytes: &[u8]) -> io::Result<File> {
        let mut file = self.file.take().ok_or(ErrorKind::NotFound)?;
        file.write_all(bytes)?;
        match std::fs::metadata(target) {
            Ok(like) => resemble(&file, &like)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        file.sync_all()?;
        Ok(file)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Gives `file` the mode of another and, where this user may, its owner and group. The owner comes
/// first: changing it clears bits of the mode.
fn resemble(file: &File, like: &Metadata) -> io::Result<()> {
    let owned = fchown(file, Some(like.uid()), Some(like.gid()));
    if owned.is_err() {
        // An ordinary user may at least give a file to a group of theirs; failing that, it stays
        // theirs with the same mode, as with any editor that saves by renaming.
        let _ = fchown(file, None, Some(like.gid()));
    }
    file.set_permissions(Permissions::from_mode(like.mode() & 0o7777))
}

/// `.NAME` with `ending`, in the folder of `target`.
fn beside(target: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(ending);
    folder(target).join(name)
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(50)
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
    fn a_lock_holds_others_off_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        let held = Lock::take(&target, soon()).unwrap();
        let refused = Lock::take(&target, soon()).unwrap_err();
        assert!(matches!(refused, Error::Unavailable { .. }), "{refused}");
        drop(held);
        drop(Lock::take(&target, soon()).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_file_left_by_a_crash_blocks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        std::fs::write(beside(&target, ".lock"), "").unwrap();
        Lock::take(&target, soon()).unwrap();
    }

    #[test]
    fn a_save_that_fails_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        std::fs::create_dir(&target).unwrap();
        assert!(replace(&target, b"{}").is_err(), "a folder is in the way");
        assert!(target.is_dir());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
