//! Metadata, permissions and lock state of one file. Nothing is opened for writing, because a watcher
//! takes the closing of such a file for a change.

use std::fs::{Metadata, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use super::super::filesystem::{folder, open_nofollow, target};
use super::super::temp_file::sibling;
use super::cannot_save;
use crate::domain::{Fact, Finding};

/// The mode bit that lets every user read.
const OTHERS_READ: u32 = 0o004;

/// The user id of root.
const ROOT: u32 = 0;

/// One file, and what a save of it would need.
#[derive(Debug)]
pub(super) struct FileStat {
    /// As configured, symbolic links not resolved.
    pub(super) path: PathBuf,
    /// What the symbolic link resolves to; `None` if the path is not a link.
    target: Option<PathBuf>,
    /// `None` if the file does not exist.
    metadata: Option<Metadata>,
    /// Why no file can be created beside it.
    folder: Option<Errno>,
    /// Whether a save is in progress.
    locked: bool,
    /// Our effective user id.
    user: u32,
}

impl FileStat {
    /// Asks the file system. Blocks on I/O.
    pub(super) fn file(path: &Path) -> Self {
        let end = target(path).unwrap_or_else(|_| path.to_owned());
        let beside = folder(&end);
        let writable = accessat(CWD, beside, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS);
        Self {
            path: path.to_owned(),
            metadata: std::fs::metadata(path).ok(),
            folder: writable.err(),
            locked: is_locked(&end),
            user: rustix::process::geteuid().as_raw(),
            target: (end != path).then_some(end),
        }
    }

    /// Whether every user of the machine may read it.
    pub(super) fn others_read(&self) -> bool {
        self.metadata.as_ref().is_some_and(|file| file.mode() & OTHERS_READ != 0)
    }

    pub(super) fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        if let Some(file) = &self.metadata {
            facts.push(Fact::bytes("size", file.len()));
            facts.extend(file.modified().ok().map(|at| Fact::moment("modified", at)));
            facts.push(Fact::text("mode", format!("{:04o}", file.mode() & 0o7777)));
            facts.push(Fact::text("owner", user_name(file.uid())));
        }
        facts.extend(self.target.as_ref().map(|target| Fact::text("links to", target.display().to_string())));
        if self.locked {
            facts.push(Fact::text("lock", "held: a save is under way"));
        }
        facts
    }

    /// What prevents a save: the folder must be writable, because the new file is created there, and
    /// we must be the owner, unless we are root, because the new file must keep its owner.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let file = self.target.as_ref().unwrap_or(&self.path);
        let mut found = Vec::new();
        match self.folder {
            None => {}
            // Reading has reported it already, unless a link leads there.
            Some(Errno::NOENT | Errno::NOTDIR) if self.target.is_none() => {}
            Some(Errno::NOENT | Errno::NOTDIR) => found.push(Finding::fault(
                format!("there is no folder {}", folder(file).display()),
                "create it, or name another file",
            )),
            Some(Errno::ROFS) => found.push(cannot_save(format!(
                "{} is on a read-only file system: it cannot be saved",
                file.display()
            ))),
            Some(_) => found.push(cannot_save(format!(
                "this user may not write in the folder {}: {} cannot be saved",
                folder(file).display(),
                file.display()
            ))),
        }
        let owner = self.metadata.as_ref().map(Metadata::uid).filter(|owner| *owner != self.user);
        if let (Some(owner), true, true) = (owner, self.user != ROOT, self.folder.is_none()) {
            found.push(cannot_save(format!(
                "{} belongs to {}: a save by this user could not leave it so",
                file.display(),
                user_name(owner)
            )));
        }
        found
    }
}

/// Whether another process holds the lock that a save takes. Tries a shared lock and releases it at
/// once; a save that collides with it retries.
fn is_locked(target: &Path) -> bool {
    let lock = open_nofollow(&sibling(target, ".lock"), false);
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The user's name from `/etc/passwd`, else the number.
fn user_name(id: u32) -> String {
    let list = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user {id}"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn a_lock_is_seen_while_it_is_held_and_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("w.json");
        let path = folder.path().join(".w.json.lock");
        assert!(!is_locked(&target) && !path.exists());
        let lock = File::create(&path).unwrap();
        assert!(!is_locked(&target), "left by a crash");
        lock.lock().unwrap();
        assert!(is_locked(&target));
        drop(lock);
        assert!(!is_locked(&target));
    }

    #[test]
    fn root_is_known_by_name_and_nobody_by_number() {
        assert_eq!((user_name(0).as_str(), user_name(4_000_000_000).as_str()), ("root", "user 4000000000"));
    }
}
