//! A folder of this process, locked for as long as the process lives, so that two consoles can share one
//! state folder.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::{check_owner, create_new, make_folder, open};

const LOCK: &str = "lock";

/// The prefix of a folder's name until its lock is held.
const UNFINISHED: &str = ".new-";

/// An unfinished folder older than this is abandoned.
const ABANDONED: Duration = Duration::from_secs(3_600);

/// Distinguishes the sessions of one process; tests have several.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A locked folder. The lock ends with the process, whatever ends it.
#[derive(Debug)]
pub(crate) struct SessionFolder {
    path: PathBuf,
    /// Locked while open.
    _lock: File,
}

impl SessionFolder {
    /// Creates a private folder below `root`, and `root` itself. Other processes see it only once it is
    /// locked.
    ///
    /// # Errors
    /// I/O errors.
    pub(crate) fn begin(root: &Path) -> io::Result<Self> {
        make_folder(root)?;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:x}-{}-{count}", since.as_nanos(), std::process::id());
        let unfinished = root.join(format!("{UNFINISHED}{name}"));
        make_folder(&unfinished)?;
        let lock = create_new(&unfinished.join(LOCK))?;
        lock.try_lock()?;
        let path = root.join(name);
        fs::rename(&unfinished, &path)?;
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folders below `root` whose processes have ended; abandoned unfinished ones are removed.
    ///
    /// # Errors
    /// I/O errors on `root`; where it does not exist there are no folders.
    pub(crate) fn ended(root: &Path) -> io::Result<Vec<PathBuf>> {
        check_owner(root)?;
        let mut ended = Vec::new();
        let entries = match fs::read_dir(root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ended),
            Err(error) => return Err(error),
        };
        for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            let path = entry.path();
            match entry.file_name().to_str() {
                Some(name) if name.starts_with(UNFINISHED) => {
                    let modified = entry.metadata().and_then(|found| found.modified()).ok();
                    if modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > ABANDONED) {
                        remove_if_empty(&path);
                    }
                }
                Some(name) if !name.starts_with('.') && has_ended(&path) => ended.push(path),
                _ => {}
            }
        }
        ended.sort();
        Ok(ended)
    }
}

/// Removes a session's folder if it holds only the lock.
pub(crate) fn remove_if_empty(folder: &Path) {
    let is_lock = |entry: &fs::DirEntry| entry.file_name() == LOCK;
    let Ok(entries) = fs::read_dir(folder) else { return };
    if entries.flatten().all(|entry| is_lock(&entry)) {
        let _ = fs::remove_file(folder.join(LOCK));
        // Fails where a file was added in between.
        let _ = fs::remove_dir(folder);
    }
}

/// Whether no process holds the folder. Tested with a shared lock, so that two processes testing at the
/// same time do not mistake each other for the owner.
pub(crate) fn has_ended(folder: &Path) -> bool {
    match open(&folder.join(LOCK)) {
        Ok(lock) => !matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_session_is_seen_once_it_has_ended() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("drafts");
        assert_eq!(SessionFolder::ended(&root).unwrap(), Vec::<PathBuf>::new());
        let (one, two) = (SessionFolder::begin(&root).unwrap(), SessionFolder::begin(&root).unwrap());
        assert_ne!(one.path(), two.path());
        assert_eq!(SessionFolder::ended(&root).unwrap().len(), 0);
        let (path, mode) =
            (one.path().to_owned(), |path: &Path| path.metadata().unwrap().permissions().mode());
        assert_eq!((mode(&root) & 0o777, mode(&path) & 0o777), (0o700, 0o700));
        assert_eq!(mode(&path.join(LOCK)) & 0o777, 0o600);
        drop(one);
        assert_eq!(SessionFolder::ended(&root).unwrap(), std::slice::from_ref(&path));
        remove_if_empty(&path);
        assert!(!path.exists() && two.path().exists());
    }
}
