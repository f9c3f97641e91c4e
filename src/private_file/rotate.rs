//! The files of the state folder: appended to and rotated, or replaced as a whole.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{check_owner, is_private, options, regular};

/// The number of rotated files.
const ROTATED: u32 = 4;

/// Creates a folder with mode 0700, or removes the access of group and others from an existing one of this
/// user's.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    check_owner(folder)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if !is_private(&fs::metadata(folder)?) {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Creates a file, or empties an existing one.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    regular(options().read(true).write(true).create(true).truncate(true).open(path)?)
}

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

/// Replaces a file atomically: on an error the old one is left. Without `durable` the new one survives the
/// end of this process at once, and a power cut a little later.
pub(crate) fn replace(path: &Path, bytes: &[u8], durable: bool) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(bytes)?;
    if durable {
        temporary.as_file().sync_all()?;
    }
    let file = temporary.persist(path)?;
    if !durable {
        file.sync_all()?;
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_folder_is_closed_to_others() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("state/confdeck");
        make_folder(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        make_folder(&folder).unwrap();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_pipe_in_place_of_a_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        for opened in [create(&pipe), open_append(&pipe), super::super::open(&pipe)] {
            let refused = super::super::io_reason(&opened.unwrap_err());
            assert_eq!(refused, "it is not a regular file; remove it");
        }
    }
}
