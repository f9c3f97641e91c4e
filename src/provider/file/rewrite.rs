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

/// Replaces a file by what `edit` makes of its bytes, which are `None` if there is no file. Its links are followed;
/// its owner, group, mode and access list are kept, and a new file is for its owner alone. `edit` may be called again,
/// if the file changes meanwhile. Answers why the new text may not survive a power failure, if so. Blocks on I/O.
///
/// # Errors
/// Those of `edit`, and [`enum@Error`]: in both cases nothing was written.
pub(crate) fn rewrite<E: From<Error>>(
    path: &Path,
    largest: u64,
    mut edit: impl FnMut(Option<&[u8]>) -> std::result::Result<Zeroizing<Vec<u8>>, E>,
) -> std::result::Result<Option<String>, E> {
    let (target, _lock) = lock_target(path, Instant::now() + CALL_DEADLINE, |_| Ok(()))?;
    for _ in 0..ATTEMPTS {
        let before = read_within(&target, largest)?;
        let (stamp, bytes) = before.map(|(stamp, bytes)| (stamp, Zeroizing::new(bytes))).unzip();
        let after = edit(bytes.as_ref().map(|bytes| bytes.as_slice()))?;
        if bytes.as_ref() == Some(&after) {
            return Ok(None);
        }
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
