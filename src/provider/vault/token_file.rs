//! A token in a file: the one that `vault login` leaves, or the sink of an agent, which replaces it there.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::settings::VaultToken;
use crate::private_file::{check_links, is_private, is_same};

/// The largest file that is read; a token is a few hundred bytes.
const MAX: u64 = 64 * 1024;

/// Where the token is, and how far the file is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultTokenFile {
    path: PathBuf,
    /// Whether it must be this user's own, and closed to all others.
    own: bool,
}

/// Tells whether a file has changed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenFileStamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl VaultTokenFile {
    /// A file that the user named (`VAULT_TOKEN_FILE`): an agent may own it, and share it with a group.
    pub fn named(path: PathBuf) -> Self {
        Self { path, own: false }
    }

    /// The file of `vault login` in a home folder, which nobody named.
    pub fn of_home(home: &Path) -> Self {
        Self { path: home.join(".vault-token"), own: true }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is the one in the home folder.
    pub fn is_of_home(&self) -> bool {
        self.own
    }

    pub(super) fn stamp(&self) -> Option<TokenFileStamp> {
        std::fs::metadata(&self.path).ok().map(|there| TokenFileStamp::of(&there))
    }

    /// Reads the token. Blocks on I/O.
    ///
    /// # Errors
    /// I/O errors; [`ErrorKind::PermissionDenied`] for a link of another user on the way, and for a file in the
    /// home folder that is another user's or open to others; [`ErrorKind::InvalidData`] if there is no token in it.
    pub fn read(&self) -> io::Result<VaultToken> {
        self.read_with_stamp().map(|(token, _)| token)
    }

    pub(super) fn read_with_stamp(&self) -> io::Result<(VaultToken, TokenFileStamp)> {
        // Opening a FIFO must not wait for its other end.
        let nonblock = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(nonblock).open(&self.path)?;
        let there = file.metadata()?;
        self.check(&file, &there)?;
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(MAX).unwrap_or_default()));
        file.take(MAX).read_to_string(&mut text).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => no_token(),
            _ => error,
        })?;
        let token = VaultToken::new(text.trim().to_owned()).map_err(|_| no_token())?;
        Ok((token, TokenFileStamp::of(&there)))
    }

    fn check(&self, file: &File, there: &Metadata) -> io::Result<()> {
        let refused = |why: String| io::Error::new(ErrorKind::PermissionDenied, why);
        if !there.is_file() || there.len() >= MAX {
            return Err(no_token());
        }
        check_links(&self.path)?;
        // What was checked is what was opened.
        if !std::fs::metadata(&self.path).is_ok_and(|now| is_same(file, &now)) {
            return Err(io::Error::new(ErrorKind::Interrupted, "it was replaced while it was read"));
        }
        if self.own && there.uid() != rustix::process::geteuid().as_raw() {
            return Err(refused(format!(
                "it belongs to another user (uid {}); VAULT_TOKEN_FILE names it if it is meant",
                there.uid()
            )));
        }
        if self.own && !is_private(there) {
            return Err(refused("others can read it; run chmod 600 on it".into()));
        }
        Ok(())
    }
}

fn no_token() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "it holds no token")
}

impl TokenFileStamp {
    fn of(there: &Metadata) -> Self {
        Self {
            device: there.dev(),
            inode: there.ino(),
            size: there.size(),
            modified: (there.mtime(), there.mtime_nsec()),
            changed: (there.ctime(), there.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn reason(file: &VaultTokenFile) -> String {
        file.read().err().map(|error| error.to_string()).unwrap_or_default()
    }

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_token_is_read_without_its_line_end_and_nothing_else_is_taken_for_one() {
        let home = tempfile::tempdir().unwrap();
        let file = VaultTokenFile::of_home(home.path());
        assert_eq!(file.read().err().unwrap().kind(), ErrorKind::NotFound);
        write(file.path(), " planted-token\n", 0o600);
        assert!(file.read().unwrap() == VaultToken::new("planted-token".into()).unwrap());
        for odd in ["", "\n", "two words", "planted\u{0}", "ü"] {
            write(file.path(), odd, 0o600);
            assert_eq!(reason(&file), "it holds no token", "{odd:?}");
        }
        fs::remove_file(file.path()).unwrap();
        fs::create_dir(file.path()).unwrap();
        assert_eq!(reason(&file), "it holds no token");
    }

    #[test]
    fn the_file_of_the_home_folder_is_this_user_s_own_and_closed_to_others() {
        let home = tempfile::tempdir().unwrap();
        let (own, named) = (VaultTokenFile::of_home(home.path()), home.path().join(".vault-token"));
        write(&named, "planted-token", 0o640);
        assert!(reason(&own).contains("run chmod 600"), "{}", reason(&own));
        assert!(
            VaultTokenFile::named(named.clone()).read().is_ok(),
            "an agent may share its sink with a group"
        );
        write(&named, "planted-token", 0o600);
        assert!(own.read().is_ok());
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&named, Some(4_294_967_000), None).unwrap();
            assert!(reason(&own).contains("belongs to another user"), "{}", reason(&own));
        }
    }

    /// Only root can give a link to another user.
    #[test]
    fn a_link_of_another_user_is_never_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("token"), folder.path().join("link"));
        write(&real, "planted-token", 0o600);
        symlink(&real, &link).unwrap();
        let file = VaultTokenFile::named(link.clone());
        assert!(file.read().is_ok(), "one of this user's own is");
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::lchown(&link, Some(4_294_967_000), None).unwrap();
            assert!(reason(&file).contains("another user"), "{}", reason(&file));
        }
    }
}
