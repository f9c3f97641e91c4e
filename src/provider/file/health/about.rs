//! What the file system says of one file. Asks only: nothing is opened for writing, because a watcher
//! takes the closing of such a file for a change.

use std::fs::{Metadata, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;

use super::super::system::{folder, target, without_following};
use super::super::temporary::beside;
use super::cannot_save;
use crate::domain::{Fact, Finding};

/// The bit of a mode that lets everybody read.
const OTHERS_READ: u32 = 0o004;

/// The user who may do everything.
const ROOT: u32 = 0;

/// One file, and what a save of it would need.
#[derive(Debug)]
pub(super) struct About {
    /// As it was configured.
    pub(super) path: PathBuf,
    /// What the links lead to, if the file is one.
    target: Option<PathBuf>,
    /// `None` where there is no file.
    metadata: Option<Metadata>,
    /// Why no file can be made beside it.
    folder: Option<Errno>,
    /// Whether somebody holds the lock of a save.
    locked: bool,
    /// Who we are.
    user: u32,
}

impl About {
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

    /// What stands against a save: the folder, where the new file is made before it takes the old
    /// one's place, and the owner, whom the new file must keep.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let file = self.target.as_ref().unwrap_or(&self.path);
        let mut found = Vec::new();
        match self.folder {
            None => {}
            // Reading has said so already, unless a link leads there.
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

/// Whether another program holds the lock that a save takes. Asks as a reader among readers, for no
/// longer than the question takes; a save that meets it just then tries again.
fn is_locked(target: &Path) -> bool {
    let options = OpenOptions::new().read(true).custom_flags(without_following()).clone();
    let lock = options.open(beside(target, ".lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The user's name where the machine's own list has it, else the number.
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
