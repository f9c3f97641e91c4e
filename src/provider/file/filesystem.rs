//! File system access: reads regular files consistently, resolves symbolic links, and turns I/O errors
//! into errors with a remedy.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::private_file::io_reason;
use crate::provider::{Error, Result};

/// The largest file that is read, in bytes. A save takes about five times the size of the file in
/// memory: the text twice, and the documents.
const LARGEST: u64 = 256 * MIB;

const MIB: u64 = 1024 * 1024;

/// How often a read is retried when the file changes meanwhile.
const ATTEMPTS: usize = 5;

/// Metadata that tells whether a file has changed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatStamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    /// The ctime: seconds since the epoch, and nanoseconds.
    pub(super) changed: (i64, i64),
}

impl StatStamp {
    pub(super) fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }

    /// The stamp of the file that `path` resolves to; `None` if there is none, or it is not accessible.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|file| Self::of(&file))
    }
}

/// Opens for reading a file whose type is not known yet: opening a FIFO must not block.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

/// The same, for a file that must not be a symbolic link; a lock may need it open for writing.
pub(super) fn open_nofollow(path: &Path, write: bool) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    OpenOptions::new().read(true).write(write).custom_flags(flags).open(path)
}

/// Reads a whole file, with its stamp from before the first byte; `None` if it does not exist in an
/// existing folder.
///
/// # Errors
/// [`Error::Denied`] or [`Error::Unavailable`], with the path, if this user may not read it, its folder is
/// missing, or it is not a regular file. [`Error::Invalid`] if it is too large.
pub(super) fn read(path: &Path) -> Result<Option<(StatStamp, Vec<u8>)>> {
    read_within(path, LARGEST)
}

/// As [`read`], with another limit of the size, in bytes.
pub(crate) fn read_within(path: &Path, largest: u64) -> Result<Option<(StatStamp, Vec<u8>)>> {
    let mut file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return missing(path).map(|()| None),
        Err(error) => return Err(access_error("read", path, &error)),
    };
    let before = file.metadata().map_err(|error| access_error("read", path, &error))?;
    check_regular(path, before.file_type())?;
    let mut attempts = 1;
    loop {
        let (stamp, bytes, whole) = attempt(path, &mut file, largest)?;
        if whole || attempts == ATTEMPTS {
            return Ok(Some((stamp, bytes)));
        }
        attempts += 1;
    }
}

/// Reads once; the flag is whether the file stayed unchanged meanwhile: even a mix of two texts can be
/// valid.
fn attempt(path: &Path, file: &mut File, largest: u64) -> Result<(StatStamp, Vec<u8>, bool)> {
    let reading = |file: &mut File| -> io::Result<_> {
        io::Seek::rewind(file)?;
        let before = StatStamp::of(&file.metadata()?);
        let mut bytes = Vec::new();
        if before.size <= largest {
            // One byte more than the size, so that EOF is detected without growing the buffer.
            let room = usize::try_from(before.size).unwrap_or_default().saturating_add(1);
            bytes.try_reserve_exact(room).map_err(|_| ErrorKind::OutOfMemory)?;
            file.take(largest + 1).read_to_end(&mut bytes)?;
        }
        Ok((before, bytes, before == StatStamp::of(&file.metadata()?)))
    };
    let (stamp, bytes, whole) = reading(file).map_err(|error| access_error("read", path, &error))?;
    check_size_within(path, stamp.size.max(bytes.len() as u64), largest)?;
    Ok((stamp, bytes, whole))
}

/// Checks a file's size against the limit.
///
/// # Errors
/// [`Error::Invalid`] with both sizes.
pub(super) fn check_size(path: &Path, size: u64) -> Result<()> {
    check_size_within(path, size, LARGEST)
}

pub(super) fn check_size_within(path: &Path, size: u64, largest: u64) -> Result<()> {
    if size <= largest {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{}: {} MiB is more than the {} MiB that are read of one file; split it, or use an etcd store",
        path.display(),
        size.div_ceil(MIB),
        largest / MIB
    )))
}

/// A missing file counts as one without documents; a missing folder is an error.
fn missing(path: &Path) -> Result<()> {
    let target = target(path)?;
    let folder = folder(&target);
    match std::fs::metadata(folder) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let reason = format!("the folder {} does not exist; create it, or mount it", folder.display());
            Err(Error::unavailable_by(reason, ErrorKind::NotFound))
        }
        Err(error) => Err(access_error("read", path, &error)),
    }
}

/// Checks that a path is a regular file or does not exist, before a lock file is created beside it.
///
/// # Errors
/// [`Error::Unavailable`] with the type that it has instead.
pub(super) fn check_replaceable(path: &Path) -> Result<()> {
    std::fs::metadata(path).map_or(Ok(()), |about| check_regular(path, about.file_type()))
}

fn check_regular(path: &Path, kind: FileType) -> Result<()> {
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    };
    Err(Error::unavailable(format!("{} is {what}; put a file in its place", path.display())))
}

/// An I/O error with its remedy. It never contains file contents.
pub(super) fn access_error(what: &str, path: &Path, error: &io::Error) -> Error {
    explained(what, path, error, "")
}

/// An I/O error before the target was changed.
pub(super) fn save_error(what: &str, path: &Path, error: &io::Error) -> Error {
    explained(what, path, error, "; nothing was written")
}

fn explained(what: &str, path: &Path, error: &io::Error, so_far: &str) -> Error {
    let (path, reason) = (path.display(), io_reason(error));
    match error.kind() {
        ErrorKind::PermissionDenied => Error::denied(format!("to {what} {path}{so_far}")),
        ErrorKind::ReadOnlyFilesystem => Error::denied(format!("to {what} {path} ({reason}){so_far}")),
        kind => {
            let reason = format!("cannot {what} {path} ({reason}){so_far}{}", remedy(kind));
            Error::unavailable_by(reason, kind)
        }
    }
}

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

/// The file that a save must replace: all symbolic links resolved, even if the file does not exist yet.
///
/// # Errors
/// [`Error::Unavailable`] for links that form a loop or cannot be read.
pub(super) fn target(path: &Path) -> Result<PathBuf> {
    // Linux has the same limit.
    const LINKS: usize = 40;
    let mut at = path.to_owned();
    for _ in 0..LINKS {
        match std::fs::read_link(&at) {
            Ok(next) => at = folder(&at).join(next),
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(at);
            }
            Err(error) => return Err(access_error("follow the link", &at, &error)),
        }
    }
    Err(Error::unavailable(format!(
        "the links of {} lead in a circle; point one of them to a file",
        path.display()
    )))
}

/// The parent folder; `.` for a bare name.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}
