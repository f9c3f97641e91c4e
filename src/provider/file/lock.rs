//! Inter-process lock on one file, against every other confdeck.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::filesystem::{check_replaceable, folder, open_nofollow, save_error, target};
use super::metadata;
use super::temp_file::sibling;
use crate::private_file::{create_new, io_reason, is_same, lock_until};
use crate::provider::{Error, Result};

/// How long to wait between two attempts to open the lock file.
const REOPEN: Duration = Duration::from_millis(10);

/// How long a lock file may be inaccessible: its creator changes its owner and mode right after
/// creating it.
const HANDED_OVER: Duration = Duration::from_millis(200);

const REMOVE_IT: &str = "it belongs to another user: remove it if no confdeck is saving";

/// A lock on a separate file, `.NAME.lock` beside the target: a lock on the target itself would stay
/// with the old inode when the target is replaced. The kernel releases it when its process ends, so a
/// crash blocks no other process; dropping it removes the file.
#[derive(Debug)]
pub(super) struct FileLock {
    path: PathBuf,
    file: File,
}

impl FileLock {
    /// Waits for the lock of `target`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if another program still holds it at the deadline, or the file system does not
    /// support locks; [`Error::Denied`] if the lock file cannot be created.
    pub(super) fn acquire(target: &Path, deadline: Instant) -> Result<Self> {
        let path = sibling(target, ".lock");
        let patience = deadline.min(Instant::now() + HANDED_OVER);
        loop {
            let file = match open(&path, target) {
                Ok(file) => file,
                Err(error)
                    if error.kind() == ErrorKind::PermissionDenied
                        && path.exists()
                        && Instant::now() < patience =>
                {
                    std::thread::sleep(REOPEN);
                    continue;
                }
                Err(error) => return Err(open_error(&path, target, &error)),
            };
            // Reopened from time to time: the file being waited for may be gone.
            match lock_until(&file, deadline.min(Instant::now() + REOPEN)) {
                // The previous holder removes the file: a lock on a removed one protects nothing.
                Ok(true) if is_still(&path, &file) => return Ok(Self { path, file }),
                Ok(false) if Instant::now() >= deadline => return Err(lock_busy(&path, target)),
                Ok(_) => {}
                Err(error) => return Err(save_error("lock", &path, &error)),
            }
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Removed while still locked; on failure an empty file remains, which the next save reuses.
        if is_still(&self.path, &self.file) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The file that a save of `path` replaces, locked. `check` may refuse it before its lock is waited for.
///
/// # Errors
/// Those of [`FileLock::acquire`] and of `check`, and [`Error::Unavailable`] for what is no file.
pub(super) fn lock_target(
    path: &Path,
    deadline: Instant,
    check: impl Fn(&Path) -> Result<()>,
) -> Result<(PathBuf, FileLock)> {
    loop {
        let end = target(path)?;
        check(&end)?;
        check_replaceable(&end)?;
        let lock = FileLock::acquire(&end, deadline)?;
        // The link may have been changed while we waited for the lock.
        if target(path)? == end {
            return Ok((end, lock));
        }
    }
}

/// Opens the lock file, or creates it. In a shared folder a symbolic link under its name could lead
/// anywhere: it is not followed, and only a file created here gets the target's owner and mode.
fn open(path: &Path, target: &Path) -> io::Result<File> {
    let found = match open_nofollow(path, true) {
        // It belongs to another user; a lock needs no write permission.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => open_nofollow(path, false),
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
    match create_new(path) {
        Ok(file) => {
            if let Ok(like) = std::fs::metadata(target) {
                metadata::copy_access(&file, &like);
            }
            Ok(file)
        }
        // Another process was faster: open its file.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => open_nofollow(path, false),
        Err(error) => Err(error),
    }
}

/// Whether the path still refers to this file (device and inode).
fn is_still(path: &Path, file: &File) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|there| is_same(file, &there))
}

fn lock_busy(path: &Path, target: &Path) -> Error {
    Error::unavailable(format!(
        "another program is saving {} and holds {}; nothing was changed. Save again",
        target.display(),
        path.display()
    ))
}

fn open_error(path: &Path, target: &Path, error: &io::Error) -> Error {
    let there = path.symlink_metadata();
    match error.kind() {
        ErrorKind::PermissionDenied if there.is_ok() => Error::Denied {
            permission: format!("to open {}; nothing was written", path.display()),
            remedy: REMOVE_IT,
        },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Error::denied(format!(
            "to create files in {} ({}), as a save of {} does; nothing was written",
            folder(target).display(),
            io_reason(error),
            target.display()
        )),
        _ if there.is_ok_and(|there| !there.is_file()) => Error::unavailable(format!(
            "{} is not a lock file, nor any file; nothing was written. Remove it",
            path.display()
        )),
        _ => save_error("create", path, error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(50)
    }

    #[test]
    fn a_lock_holds_others_off_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        let held = FileLock::acquire(&target, soon()).unwrap();
        let refused = FileLock::acquire(&target, soon()).unwrap_err();
        assert!(matches!(refused, Error::Unavailable { .. }), "{refused}");
        assert!(refused.to_string().contains("/.w.json.lock"), "{refused}");
        drop(held);
        drop(FileLock::acquire(&target, soon()).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_file_left_by_a_crash_blocks_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        std::fs::write(sibling(&target, ".lock"), "").unwrap();
        drop(FileLock::acquire(&target, soon()).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_that_was_removed_guards_nothing_and_is_not_removed_twice() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        let first = FileLock::acquire(&target, soon()).unwrap();
        std::fs::remove_file(sibling(&target, ".lock")).unwrap();
        let second = FileLock::acquire(&target, soon()).unwrap();
        drop(first);
        assert!(FileLock::acquire(&target, soon()).is_err(), "the second still holds");
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
        let path = sibling(&target, ".lock");
        symlink(&victim, &path).unwrap();
        let refused = FileLock::acquire(&target, soon()).unwrap_err();
        assert!(refused.to_string().contains("Remove it"), "{refused}");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(FileLock::acquire(&target, soon()).is_err());
        std::fs::remove_dir(&path).unwrap();
        std::fs::hard_link(&victim, &path).unwrap();
        drop(FileLock::acquire(&target, soon()).unwrap());
        assert_eq!(victim.metadata().unwrap().mode() & 0o777, 0o600, "not given to the users of w.json");
    }
}
