//! The right to replace one file, held against every other confdeck.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::likeness::{self, NEW_FILE_MODE};
use super::system::{folder, unsaved, without_following};
use super::temporary::beside;
use crate::provider::{ASK_FOR_IT, Error, Result};

/// How long to wait between two attempts at a lock that another holds.
const LOCK_RETRY: Duration = Duration::from_millis(10);

/// How long a lock file may be out of reach: whoever makes one gives it to the users of the target
/// right away.
const HANDED_OVER: Duration = Duration::from_millis(200);

/// What to do about a lock file that this user may not open.
const REMOVE_IT: &str = "it belongs to another user: remove it if no confdeck is saving";

/// A lock on a file of its own, `.NAME.lock` beside the target: a lock on the target would stay with
/// the old inode when the target is replaced. It ends with its process, so that a crash blocks
/// nobody, and the file is removed with it.
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
        let patience = deadline.min(Instant::now() + HANDED_OVER);
        loop {
            let file = match open(&path, target) {
                Ok(file) => file,
                Err(error)
                    if error.kind() == ErrorKind::PermissionDenied
                        && path.exists()
                        && Instant::now() < patience =>
                {
                    std::thread::sleep(LOCK_RETRY);
                    continue;
                }
                Err(error) => return Err(refused(&path, target, &error)),
            };
            match file.try_lock() {
                // The holder before removes the file: a lock on a removed one guards nothing.
                Ok(()) if is_still(&path, &file) => return Ok(Self { path, file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(held(&path, target));
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

/// Opens the lock file, or makes it. In a folder that others write too, a link under its name could
/// lead anywhere: it is not followed, and only a file made here is given to the target's users.
fn open(path: &Path, target: &Path) -> io::Result<File> {
    let existing = |options: &mut OpenOptions| options.custom_flags(without_following()).open(path);
    let found = match existing(OpenOptions::new().read(true).write(true)) {
        // Another user's; a lock asks for no right to write.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => existing(OpenOptions::new().read(true)),
        found => found,
    };
    match found {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Ok(_) => Err(ErrorKind::InvalidInput.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => create(path, target),
        Err(error) => Err(error),
    }
}

fn create(path: &Path, target: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    match options.read(true).write(true).create_new(true).mode(NEW_FILE_MODE).open(path) {
        Ok(file) => {
            if let Ok(like) = std::fs::metadata(target) {
                likeness::share(&file, &like);
            }
            Ok(file)
        }
        // Another was faster: theirs is opened at the next attempt.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).custom_flags(without_following()).open(path)
        }
        Err(error) => Err(error),
    }
}

/// Whether the path still leads to this file.
fn is_still(path: &Path, file: &File) -> bool {
    let identity = |file: Metadata| (file.dev(), file.ino());
    let there = std::fs::symlink_metadata(path).map(identity);
    there.is_ok_and(|there| file.metadata().map(identity).is_ok_and(|ours| ours == there))
}

fn held(path: &Path, target: &Path) -> Error {
    Error::Unavailable {
        reason: format!(
            "another program is saving {} and holds {}; nothing was changed. Save again",
            target.display(),
            path.display()
        ),
        retry_in: None,
    }
}

fn refused(path: &Path, target: &Path, error: &io::Error) -> Error {
    let there = path.symlink_metadata();
    match error.kind() {
        ErrorKind::PermissionDenied if there.is_ok() => Error::Denied {
            permission: format!("to open {}; nothing was written", path.display()),
            remedy: REMOVE_IT,
        },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Error::Denied {
            permission: format!(
                "to create files in {} ({}), as a save of {} does; nothing was written",
                folder(target).display(),
                error.kind(),
                target.display()
            ),
            remedy: ASK_FOR_IT,
        },
        _ if there.is_ok_and(|there| !there.is_file()) => Error::Unavailable {
            reason: format!(
                "{} is not a lock file, nor any file; nothing was written. Remove it",
                path.display()
            ),
            retry_in: None,
        },
        _ => unsaved("create", path, error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(50)
    }

    #[test]
    fn a_lock_holds_others_off_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        let held = Lock::take(&target, soon()).unwrap();
        let refused = Lock::take(&target, soon()).unwrap_err();
        assert!(matches!(refused, Error::Unavailable { .. }), "{refused}");
        assert!(refused.to_string().contains("/.w.json.lock"), "{refused}");
        drop(held);
        drop(Lock::take(&target, soon()).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_file_left_by_a_crash_blocks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        std::fs::write(beside(&target, ".lock"), "").unwrap();
        drop(Lock::take(&target, soon()).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_that_was_removed_guards_nothing_and_is_not_removed_twice() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        let first = Lock::take(&target, soon()).unwrap();
        std::fs::remove_file(beside(&target, ".lock")).unwrap();
        let second = Lock::take(&target, soon()).unwrap();
        drop(first);
        assert!(Lock::take(&target, soon()).is_err(), "the second still holds");
        drop(second);
    }

    #[test]
    fn what_is_planted_under_its_name_is_neither_followed_nor_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, victim) = (folder.path().join("w.json"), folder.path().join("victim"));
        std::fs::write(&target, "{}").unwrap();
        std::fs::set_permissions(&target, PermissionsExt::from_mode(0o666)).unwrap();
        std::fs::write(&victim, "").unwrap();
        std::fs::set_permissions(&victim, PermissionsExt::from_mode(0o600)).unwrap();
        let path = beside(&target, ".lock");
        symlink(&victim, &path).unwrap();
        let refused = Lock::take(&target, soon()).unwrap_err();
        assert!(refused.to_string().contains("Remove it"), "{refused}");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(Lock::take(&target, soon()).is_err());
        std::fs::remove_dir(&path).unwrap();
        std::fs::hard_link(&victim, &path).unwrap();
        drop(Lock::take(&target, soon()).unwrap());
        assert_eq!(victim.metadata().unwrap().mode() & 0o777, 0o600, "not given to the users of w.json");
    }
}
