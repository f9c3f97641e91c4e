//! Atomic replacement of a file: the new text is written and synced to a temporary file beside it, then
//! renamed over it.
//!
//! A process that crashes leaves `.NAME.PID-N.tmp` behind. Its lock ended with the process, so the next
//! save of that file finds the temporary file unlocked and removes it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::filesystem::{StatStamp, folder, open, open_nofollow, save_error};
use super::metadata::{check_writable, copy_metadata};
use crate::private_file::{create_new, io_reason};
use crate::provider::Result;

/// Numbers the temporary files of this process.
static SAVES: AtomicU64 = AtomicU64::new(0);

/// How many names are tried: a process on another machine may have the same PID.
const NAMES: usize = 100;

/// The result of replacing a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReplaceOutcome {
    /// Replaced and synced.
    Durable,
    /// Replaced; it may not survive a power failure, or the receiver may not have noticed.
    Uncertain(String),
    /// The target changed since it was read; nothing was changed.
    TargetChanged,
}

/// A temporary file beside the target; removed on drop unless it replaced the target.
#[derive(Debug)]
pub(super) struct TempFile {
    path: PathBuf,
    file: File,
    replaced: bool,
}

impl TempFile {
    /// Writes and syncs a temporary file beside `target`, with the owner, mode, ACL and user xattrs of
    /// the target. The caller must hold the target's lock.
    ///
    /// # Errors
    /// [`Error::Denied`] or [`Error::Unavailable`]; no temporary file is left behind.
    pub(super) fn prepare(target: &Path, bytes: &[&[u8]]) -> Result<Self> {
        remove_stale(target);
        check_writable(target)?;
        let mut temporary = Self::create(target)?;
        match open(target) {
            Ok(old) => copy_metadata(&old, &temporary.file, target)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(save_error("read", target, &error)),
        }
        temporary.fill(bytes).map_err(|error| save_error("write", target, &error))?;
        Ok(temporary)
    }

    fn create(target: &Path) -> Result<Self> {
        let mut refused = ErrorKind::AlreadyExists.into();
        for _ in 0..NAMES {
            let number = SAVES.fetch_add(1, Ordering::Relaxed);
            let path = sibling(target, &format!(".{}-{number}.tmp", std::process::id()));
            match create_new(&path) {
                Ok(file) => {
                    // Protects it from removal as stale while it is in use. The target's lock does that too;
                    // this one helps where the lock file was removed.
                    let _ = file.try_lock();
                    return Ok(Self { path, file, replaced: false });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => refused = error,
                Err(error) => return Err(save_error("create", &path, &error)),
            }
        }
        Err(save_error("create", &sibling(target, ".tmp"), &refused))
    }

    fn fill(&mut self, bytes: &[&[u8]]) -> io::Result<()> {
        for part in bytes {
            self.file.write_all(part)?;
        }
        self.file.sync_all()
    }

    /// Renames itself over `target`, if the target still has this stamp, or is still missing.
    ///
    /// # Errors
    /// [`Error::Denied`] or [`Error::Unavailable`] while nothing has changed.
    pub(super) fn replace(mut self, target: &Path, of: Option<StatStamp>) -> Result<ReplaceOutcome> {
        // Opened before the rename, so that a failure comes before it.
        let folder = File::open(folder(target)).ok();
        if StatStamp::at(target) != of {
            return Ok(ReplaceOutcome::TargetChanged);
        }
        std::fs::rename(&self.path, target).map_err(|error| save_error("replace", target, &error))?;
        self.replaced = true;
        Ok(match self.sync(folder.as_ref()) {
            Ok(()) => ReplaceOutcome::Durable,
            Err(error) => ReplaceOutcome::Uncertain(format!(
                "{} was replaced, then: {}",
                target.display(),
                io_reason(&error)
            )),
        })
    }

    fn sync(&self, folder: Option<&File>) -> io::Result<()> {
        touch(&self.file)?;
        match folder.map(File::sync_all) {
            Some(Err(error)) if !matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
                Err(error)
            }
            Some(Ok(())) => Ok(()),
            // The folder is not readable, or the file system cannot sync folders: syncing the file again
            // also persists its new name.
            None | Some(Err(_)) => self.file.sync_all(),
        }
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if !self.replaced {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Sets only the modification time: the receiver's file watcher reacts to that.
fn touch(file: &File) -> io::Result<()> {
    file.set_modified(SystemTime::now())
}

/// Removes temporary files that crashed saves of this target left behind. Errors are ignored: a
/// stale file does no harm.
fn remove_stale(target: &Path) {
    let Ok(entries) = std::fs::read_dir(folder(target)) else { return };
    for entry in entries.flatten() {
        if !is_temporary(&entry.file_name(), target) {
            continue;
        }
        let path = entry.path();
        if open_nofollow(&path, false).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = std::fs::remove_file(&path);
        }
    }
}

/// Whether a name is one that [`TempFile`] uses for this target.
fn is_temporary(name: &OsStr, target: &Path) -> bool {
    let prefix = [b".", target.file_name().unwrap_or_default().as_bytes(), b"."].concat();
    let number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let middle = name.as_bytes().strip_prefix(&*prefix).and_then(|rest| rest.strip_suffix(b".tmp"));
    middle.is_some_and(|middle| {
        let parts: Vec<_> = middle.split(|&byte| byte == b'-').collect();
        parts.len() == 2 && parts.into_iter().all(number)
    })
}

/// `.NAME` with `ending`, in the folder of `target`.
pub(super) fn sibling(target: &Path, ending: &str) -> PathBuf {
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

    fn replace(target: &Path, text: &str) -> Result<ReplaceOutcome> {
        let of = StatStamp::at(target);
        TempFile::prepare(target, &[text.as_bytes()])?.replace(target, of)
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
        touch(&file).unwrap();
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
        let of = StatStamp::at(&target);
        let temporary = TempFile::prepare(&target, &[b"2"]).unwrap();
        std::fs::write(&target, "theirs").unwrap();
        assert_eq!(temporary.replace(&target, of), Ok(ReplaceOutcome::TargetChanged));
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
        assert_eq!(replace(&target, "{}"), Ok(ReplaceOutcome::Durable));
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
            let taken = sibling(&target, &format!(".{}-{number}.tmp", std::process::id()));
            // Folders are never removed as stale.
            std::fs::create_dir(taken).unwrap();
        }
        assert_eq!(replace(&target, "{}"), Ok(ReplaceOutcome::Durable));
    }
}
