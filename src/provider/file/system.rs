//! What the file system is asked, and what its answers mean: whole files and nothing else is read,
//! links are followed to their end, refusals come with what to do about them.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::provider::{ASK_FOR_IT, Error, Result};

/// The largest file that is read, in bytes. A save holds the text twice and the picture once: about
/// five times the size of the file in memory.
const LARGEST: u64 = 256 * MIB;

const MIB: u64 = 1024 * 1024;

/// How often a file that changes while it is read is read again.
const ATTEMPTS: usize = 5;

/// What tells that a file has not changed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }

    /// That of the file behind every link of `path`; `None` if there is none, or none to be seen.
    pub(super) fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|file| Self::of(&file))
    }

    /// Seconds since the epoch of the last change to the file or its attributes.
    pub(super) fn changed_at(&self) -> i64 {
        self.changed.0
    }
}

/// Flags for a file whose kind is not known yet: opening a pipe must not wait for its writer.
pub(super) fn without_waiting() -> i32 {
    OFlags::NONBLOCK.bits().cast_signed()
}

/// The same, for a file that must not be a link.
pub(super) fn without_following() -> i32 {
    (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed()
}

/// Reads a file whole, with the stamp it had before the first byte; `None` if there is none in a
/// folder that exists.
///
/// # Errors
/// [`Error::Denied`] or [`Error::Unavailable`], with the path: no right to read it, no folder, no
/// regular file. [`Error::Invalid`] for one that is too large.
pub(super) fn read(path: &Path) -> Result<Option<(Stamp, Vec<u8>)>> {
    let file = OpenOptions::new().read(true).custom_flags(without_waiting()).open(path);
    let mut file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return missing(path).map(|()| None),
        Err(error) => return Err(failed("read", path, &error)),
    };
    let before = file.metadata().map_err(|error| failed("read", path, &error))?;
    regular(path, before.file_type())?;
    for _ in 1..ATTEMPTS {
        let (stamp, bytes, whole) = attempt(path, &mut file)?;
        if whole {
            return Ok(Some((stamp, bytes)));
        }
    }
    attempt(path, &mut file).map(|(stamp, bytes, _)| Some((stamp, bytes)))
}

/// One reading, and whether nobody wrote meanwhile: half of one text and half of another can look
/// like a text.
fn attempt(path: &Path, file: &mut File) -> Result<(Stamp, Vec<u8>, bool)> {
    let reading = |file: &mut File| -> io::Result<_> {
        io::Seek::rewind(file)?;
        let before = Stamp::of(&file.metadata()?);
        let mut bytes = Vec::new();
        if before.size <= LARGEST {
            // One byte more than the size, so that the end is met without growing.
            let room = usize::try_from(before.size).unwrap_or_default().saturating_add(1);
            bytes.try_reserve_exact(room).map_err(|_| ErrorKind::OutOfMemory)?;
            file.take(LARGEST + 1).read_to_end(&mut bytes)?;
        }
        Ok((before, bytes, before == Stamp::of(&file.metadata()?)))
    };
    let (stamp, bytes, whole) = reading(file).map_err(|error| failed("read", path, &error))?;
    fits(path, stamp.size.max(bytes.len() as u64))?;
    Ok((stamp, bytes, whole))
}

/// Whether a file of this size is read and written.
///
/// # Errors
/// [`Error::Invalid`] with both sizes.
pub(super) fn fits(path: &Path, size: u64) -> Result<()> {
    if size <= LARGEST {
        return Ok(());
    }
    Err(Error::Invalid {
        reason: format!(
            "{}: {} MiB is more than the {} MiB that are read of one file; split it, or use an etcd store",
            path.display(),
            size.div_ceil(MIB),
            LARGEST / MIB
        ),
    })
}

/// A file that is not there is one without documents; a folder that is not there is a fault.
fn missing(path: &Path) -> Result<()> {
    let target = target(path)?;
    let folder = folder(&target);
    match std::fs::metadata(folder) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::Unavailable {
            reason: format!("the folder {} does not exist; create it, or mount it", folder.display()),
            retry_in: None,
        }),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// Whether what stands at a path is a file, or nothing: asked before a lock is put beside it.
///
/// # Errors
/// [`Error::Unavailable`] with what it is instead.
pub(super) fn replaceable(path: &Path) -> Result<()> {
    std::fs::metadata(path).map_or(Ok(()), |about| regular(path, about.file_type()))
}

/// Whether this is a file that has an end and a content.
fn regular(path: &Path, kind: FileType) -> Result<()> {
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Err(Error::Unavailable {
        reason: format!("{} is {what}; put a file in its place", path.display()),
        retry_in: None,
    })
}

/// An I/O error as a caller can act on it. The operating system's words name no content.
pub(super) fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    explained(what, path, error, "")
}

/// An I/O error before the target was touched.
pub(super) fn unsaved(what: &str, path: &Path, error: &io::Error) -> Error {
    explained(what, path, error, "; nothing was written")
}

fn explained(what: &str, path: &Path, error: &io::Error, so_far: &str) -> Error {
    let path = path.display();
    match error.kind() {
        ErrorKind::PermissionDenied => {
            Error::Denied { permission: format!("to {what} {path}{so_far}"), remedy: ASK_FOR_IT }
        }
        kind @ ErrorKind::ReadOnlyFilesystem => {
            Error::Denied { permission: format!("to {what} {path} ({kind}){so_far}"), remedy: ASK_FOR_IT }
        }
        kind => Error::Unavailable {
            reason: format!("cannot {what} {path} ({kind}){so_far}{}", remedy(kind)),
            retry_in: None,
        },
    }
}

/// What a person can do about it, where there is something.
fn remedy(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull => "; make room there, then save again",
        ErrorKind::QuotaExceeded => "; make room within the quota, then save again",
        ErrorKind::FileTooLarge => {
            "; it is larger than this process may write (ulimit -f), or than its file system holds"
        }
        ErrorKind::ResourceBusy => "; a file that is a mount of its own cannot be replaced: mount its folder",
        _ => "",
    }
}

/// The file that a save must replace: behind every symbolic link, also where it does not exist yet.
///
/// # Errors
/// [`Error::Unavailable`] for links that lead in a circle or cannot be read.
pub(super) fn target(path: &Path) -> Result<PathBuf> {
    // The same bound as Linux sets for one lookup.
    const LINKS: usize = 40;
    let mut at = path.to_owned();
    for _ in 0..LINKS {
        match std::fs::read_link(&at) {
            Ok(next) => at = folder(&at).join(next),
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(at);
            }
            Err(error) => return Err(failed("follow the link", &at, &error)),
        }
    }
    Err(Error::Unavailable {
        reason: format!("the links of {} lead in a circle; point one of them to a file", path.display()),
        retry_in: None,
    })
}

/// The folder a path lies in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
