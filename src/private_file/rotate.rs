//! Files that are appended to and rotated.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{is_private, options, regular};

/// The number of rotated files.
const ROTATED: u32 = 4;

/// Opens a file to append to, or creates it; makes it private.
pub(crate) fn open_append(path: &Path) -> io::Result<File> {
    let file = regular(options().read(true).append(true).create(true).open(path)?)?;
    if !is_private(&file.metadata()?) {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Renames a file to `NAME.1`, and the older ones up by one; the oldest is lost.
pub(crate) fn rotate(path: &Path) -> io::Result<()> {
    for number in (0..ROTATED).rev() {
        match fs::rename(rotated(path, number), rotated(path, number + 1)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Makes rotated files private, as an older version may not have.
pub(crate) fn restrict_rotated(path: &Path) -> io::Result<()> {
    for path in with_rotated(path)
        .filter(|path| fs::symlink_metadata(path).is_ok_and(|it| it.is_file() && !is_private(&it)))
    {
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// The paths of a file and of those that were rotated, oldest first.
pub(crate) fn with_rotated(path: &Path) -> impl Iterator<Item = PathBuf> {
    (0..=ROTATED).rev().map(|number| rotated(path, number))
}

fn rotated(path: &Path, number: u32) -> PathBuf {
    match number {
        0 => path.to_owned(),
        _ => path.with_added_extension(number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_in_place_of_a_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        for opened in [super::super::create(&pipe), open_append(&pipe), super::super::open(&pipe)] {
            let refused = super::super::io_reason(&opened.unwrap_err());
            assert_eq!(refused, "it is not a regular file; remove it");
        }
    }
}
