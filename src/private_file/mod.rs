//! Files that only their owner may read, and how processes share them.

#[cfg(feature = "console")]
mod deadline;
mod io_reason;
#[cfg(any(feature = "applications", feature = "vault"))]
mod owner;
#[cfg(feature = "applications")]
mod replace;
#[cfg(feature = "console")]
mod rotate;
#[cfg(feature = "console")]
mod session_folder;

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

#[cfg(feature = "console")]
pub(crate) use deadline::done_within;
pub(crate) use io_reason::io_reason;
#[cfg(feature = "vault")]
pub(crate) use owner::check_links;
#[cfg(feature = "applications")]
pub(crate) use owner::check_owner;
#[cfg(feature = "applications")]
pub(crate) use replace::{create, make_folder, replace};
#[cfg(feature = "console")]
pub(crate) use rotate::{open_append, restrict_rotated, rotate, with_rotated};
#[cfg(feature = "console")]
pub(crate) use session_folder::{SessionFolder, has_ended, remove_if_empty};

/// How long to wait between two attempts at a lock that another process holds.
const LOCK_RETRY: Duration = Duration::from_millis(2);

/// Creates a file that does not exist yet.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    options().read(true).write(true).create_new(true).open(path)
}

/// Opens a file for reading.
///
/// # Errors
/// I/O errors, and [`io::ErrorKind::InvalidInput`] if it is not a regular file.
#[cfg(feature = "applications")]
pub(crate) fn open(path: &Path) -> io::Result<File> {
    regular(options().read(true).open(path)?)
}

/// Opening a FIFO must not wait for its other end.
fn options() -> OpenOptions {
    OpenOptions::new().mode(0o600).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).clone()
}

#[cfg(feature = "applications")]
fn regular(file: File) -> io::Result<File> {
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file; remove it")),
    }
}

/// Whether group and others have no access.
pub(crate) fn is_private(file: &Metadata) -> bool {
    file.permissions().mode() & 0o077 == 0
}

/// Whether an open file is the one with this metadata.
pub(crate) fn is_same(file: &File, there: &Metadata) -> bool {
    file.metadata().is_ok_and(|here| (here.dev(), here.ino()) == (there.dev(), there.ino()))
}

/// Waits for the lock of an open file; `false` if another process still holds it at the deadline. The
/// kernel releases it when its process ends.
pub(crate) fn lock_until(file: &File, deadline: Instant) -> io::Result<bool> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Ok(false),
            Err(TryLockError::WouldBlock) => sleep(LOCK_RETRY),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}
