//! A folder that is this process's own for as long as it lives, so that two consoles over one state
//! folder do not tread on each other.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::logging::make_private_folder;

/// The file that is locked.
const LOCK: &str = "lock";

/// What the name of a folder begins with until its lock is held.
const UNFINISHED: &str = ".new-";

/// After this time nobody is about to finish such a folder.
const ABANDONED: Duration = Duration::from_secs(3_600);

/// Tells the sessions of one process apart; tests have several.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// A folder with a lock on it. The lock ends with the process, whatever ends it.
#[derive(Debug)]
pub struct Session {
    path: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

impl Session {
    /// Makes a private folder below `root`, which is made too. Nobody sees it before it is locked.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(root: &Path) -> io::Result<Self> {
        make_private_folder(root)?;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{:x}-{}-{count}", since.as_nanos(), std::process::id());
        let unfinished = root.join(format!("{UNFINISHED}{name}"));
        make_private_folder(&unfinished)?;
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(unfinished.join(LOCK))?;
        lock.try_lock()?;
        let path = root.join(name);
        fs::rename(&unfinished, &path)?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folders below `root` whose processes have ended; those of unfinished ones are removed.
    ///
    /// # Errors
    /// What the system says of `root`; where it does not exist there are none.
    pub fn ended(root: &Path) -> io::Result<Vec<PathBuf>> {
        let mut ended = Vec::new();
        let entries = match fs::read_dir(root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ended),
            Err(error) => return Err(error),
        };
        for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            let path = entry.path();
            match entry.file_name().to_str() {
                Some(name) if name.starts_with(UNFINISHED) => forget_abandoned(&path),
                Some(name) if !name.starts_with('.') && has_ended(&path) => ended.push(path),
                _ => {}
            }
        }
        ended.sort();
        Ok(ended)
    }
}

/// Removes the folder of a session with its lock, if there is nothing else in it.
pub(in crate::console) fn remove_if_empty(folder: &Path) {
    let is_lock = |entry: &fs::DirEntry| entry.file_name() == LOCK;
    let Ok(entries) = fs::read_dir(folder) else { return };
    if entries.flatten().all(|entry| is_lock(&entry)) {
        let _ = fs::remove_file(folder.join(LOCK));
        // Refused where something came in between.
        let _ = fs::remove_dir(folder);
    }
}

/// Whether no process holds the folder. Asked with a shared lock, so that two who ask at once do not
/// take each other for its owner.
pub(in crate::console) fn has_ended(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => !matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn forget_abandoned(folder: &Path) {
    let age = folder.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
    if age.is_some_and(|age| age > ABANDONED) {
        remove_if_empty(folder);
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
        assert_eq!(Session::ended(&root).unwrap(), Vec::<PathBuf>::new());
        let (one, two) = (Session::begin(&root).unwrap(), Session::begin(&root).unwrap());
        assert_ne!(one.path(), two.path());
        assert_eq!(Session::ended(&root).unwrap().len(), 0);
        let (path, mode) =
            (one.path().to_owned(), |path: &Path| path.metadata().unwrap().permissions().mode());
        assert_eq!((mode(&root) & 0o777, mode(&path) & 0o777), (0o700, 0o700));
        assert_eq!(mode(&path.join(LOCK)) & 0o777, 0o600);
        drop(one);
        assert_eq!(Session::ended(&root).unwrap(), std::slice::from_ref(&path));
        remove_if_empty(&path);
        assert!(!path.exists() && two.path().exists());
    }
}
