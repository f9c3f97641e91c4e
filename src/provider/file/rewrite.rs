//! One file rewritten as a whole, atomically and under its lock.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use zeroize::Zeroizing;

use super::filesystem::{check_size_within, folder, read_within, save_error, target};
use super::lock::lock_target;
use super::metadata::check_writable;
use super::temp_file::{ReplaceOutcome, TempFile};
use crate::provider::{CALL_DEADLINE, Error, Result};

/// How often a rewrite is begun anew because an editor that takes no lock wrote in between.
const ATTEMPTS: usize = 4;

/// How long a rewrite may take: the wait for another process's, and the I/O.
pub(crate) const REWRITE_DEADLINE: Duration = CALL_DEADLINE.saturating_mul(2);

/// Replaces a file by what `edit` makes of its bytes, which are `None` if there is no file; if `edit` answers
/// `None`, all stays as it is. The file's links are followed; its owner, group, mode and access list are kept, and
/// a new file is for its owner alone. `edit` may be called again, if the file changes meanwhile. Answers why the
/// new text may not survive a power failure, if so. Blocks on I/O.
///
/// # Errors
/// Those of `edit`, and [`enum@Error`]: in both cases nothing was written.
pub(crate) fn rewrite<E: From<Error>>(
    path: &Path,
    largest: u64,
    mut edit: impl FnMut(Option<&[u8]>) -> std::result::Result<Option<Zeroizing<Vec<u8>>>, E>,
) -> std::result::Result<Option<String>, E> {
    let (target, _lock) = lock_target(path, Instant::now() + CALL_DEADLINE, |_| Ok(()))?;
    for _ in 0..ATTEMPTS {
        let before = read_within(&target, largest)?;
        let (stamp, bytes) = before.map(|(stamp, bytes)| (stamp, Zeroizing::new(bytes))).unzip();
        let Some(after) = edit(bytes.as_ref().map(|bytes| bytes.as_slice()))? else { return Ok(None) };
        check_size_within(path, after.len() as u64, largest)?;
        match TempFile::prepare(&target, &[&after])?.replace(&target, stamp)? {
            ReplaceOutcome::Durable => return Ok(None),
            ReplaceOutcome::Uncertain(reason) => return Ok(Some(reason)),
            ReplaceOutcome::TargetChanged => {}
        }
    }
    let path = path.display();
    let reason =
        format!("another program keeps writing {path}; nothing was written. Save again when it has ended");
    Err(Error::unavailable(reason).into())
}

/// Whether this user may rewrite a file, or create it. Blocks on I/O.
///
/// # Errors
/// [`Error::Denied`] if not.
pub(crate) fn check_rewritable(path: &Path) -> Result<()> {
    let target = target(path)?;
    check_writable(&target)?;
    let folder = folder(&target);
    accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|error| save_error("create files in", folder, &error.into()))
}

#[cfg(test)]
mod tests {
    use rustix::process::{Uid, getuid};
    use rustix::thread::set_thread_res_uid;

    use super::*;

    #[test]
    fn what_an_editor_writes_meanwhile_is_edited_and_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, "1").unwrap();
        let mut calls = 0;
        let written = rewrite::<Error>(&path, 10, |bytes| {
            calls += 1;
            let mut after = bytes.unwrap().to_vec();
            if calls == 1 {
                std::fs::write(&path, "22").unwrap();
            }
            after.push(b'+');
            Ok(Some(after.into()))
        });
        assert_eq!((written.unwrap(), calls), (None, 2));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "22+");
    }

    #[test]
    fn a_file_that_never_rests_and_a_text_that_is_too_long_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let mut calls = 0;
        let refused = rewrite::<Error>(&path, 10, |_| {
            calls += 1;
            std::fs::write(&path, calls.to_string()).unwrap();
            Ok(Some(vec![b'x'].into()))
        });
        assert!(refused.unwrap_err().to_string().contains("another program keeps writing"));
        assert_eq!((calls, std::fs::read_to_string(&path).unwrap().as_str()), (ATTEMPTS, "4"));
        let refused = rewrite::<Error>(&path, 10, |_| Ok(Some(vec![b'x'; 11].into())));
        assert!(refused.is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn who_may_not_write_the_file_is_told_before() {
        let refused = std::thread::spawn(|| {
            if getuid().is_root() {
                let nobody = Uid::from_raw(65_534);
                set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            ["/etc/passwd", "/etc/none"].map(|path| check_rewritable(Path::new(path)).unwrap_err())
        });
        for refused in refused.join().unwrap() {
            assert!(matches!(refused, Error::Denied { .. }), "{refused}");
        }
    }
}
