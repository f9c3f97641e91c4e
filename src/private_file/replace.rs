//! Folders of this user's own, and the files in them that are replaced as a whole.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use super::{check_owner, is_private, options, regular};

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
}
