//! What a replaced file keeps of the one before: owner, group, mode, the access list and the
//! attributes of users. What cannot be kept is told before anything is replaced.

use std::fs::{File, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::fs::{
    Access, AtFlags, CWD, XattrFlags, accessat, fgetxattr, flistxattr, fremovexattr, fsetxattr,
};
use rustix::io::Errno;

use super::system::unsaved;
use crate::provider::{Error, Result};

/// A file that did not exist is created for its owner alone; documents hold secrets.
pub(super) const NEW_FILE_MODE: u32 = 0o600;

/// Who may read and write a file beside its mode, as `setfacl` sets it.
const ACCESS_LIST: &str = "system.posix_acl_access";

/// What to do where a file cannot keep its owner.
const SAVE_AS_OWNER: &str = "save as its owner or as root, or make the file yours with chown";

/// What to do about a file that its mode protects.
const MAKE_IT_WRITABLE: &str = "whoever may write it can save it: chmod, or another user";

/// Whether this user may write the file. A rename asks for the folder's permission alone; a mode that
/// forbids writing is meant for us as well.
///
/// # Errors
/// [`Error::Denied`] if not.
pub(super) fn writable(target: &Path) -> Result<()> {
    match accessat(CWD, target, Access::WRITE_OK, AtFlags::EACCESS) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ACCESS) => Err(Error::Denied {
            permission: format!("to write {}; nothing was written", target.display()),
            remedy: MAKE_IT_WRITABLE,
        }),
        Err(error) => Err(unsaved("write", target, &error.into())),
    }
}

/// The file that is replaced.
pub(super) struct Old {
    file: File,
    about: Metadata,
}

impl Old {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let about = file.metadata()?;
        Ok(Self { file, about })
    }

    /// Gives `new` the owner, group, mode, access list and user attributes of this one. The owner
    /// comes first: changing it clears bits of the mode. The mode comes before the access list,
    /// whose mask it sets.
    ///
    /// # Errors
    /// [`Error::Denied`] where this user may not keep one of them.
    pub(super) fn lend(&self, target: &Path, new: &File) -> Result<()> {
        let failed = |error: io::Error| unsaved("write", target, &error);
        let (old, now) = (&self.about, new.metadata().map_err(failed)?);
        if (now.uid(), now.gid()) != (old.uid(), old.gid()) {
            // Giving a file away is root's; giving it to a group of one's own is everybody's.
            let owner = (now.uid() != old.uid()).then_some(old.uid());
            fchown(new, owner, Some(old.gid())).map_err(|error| self.not_kept(target, &error))?;
        }
        // One that the folder gave to a new file; with the old mode it would let more users in.
        match fremovexattr(new, ACCESS_LIST) {
            Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => {}
            Err(error) => return Err(failed(error.into())),
        }
        new.set_permissions(Permissions::from_mode(old.mode() & 0o7777)).map_err(failed)?;
        self.lend_attributes(new)
            .map_err(|error| unsaved("keep the access list and attributes of", target, &error))
    }

    fn not_kept(&self, target: &Path, error: &io::Error) -> Error {
        if error.kind() != ErrorKind::PermissionDenied {
            return unsaved("keep the owner of", target, error);
        }
        let (owner, group) = (self.about.uid(), self.about.gid());
        Error::Denied {
            permission: format!(
                "to keep the owner {owner} and the group {group} of {}; nothing was written",
                target.display()
            ),
            remedy: SAVE_AS_OWNER,
        }
    }

    /// The rest of the attributes, such as labels, are the system's to give.
    fn lend_attributes(&self, new: &File) -> io::Result<()> {
        let mut names = vec![0; 64 * 1024];
        let length = match flistxattr(&self.file, names.as_mut_slice()) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
            length => length?,
        };
        names.truncate(length);
        for name in names.split(|&byte| byte == 0) {
            if name != ACCESS_LIST.as_bytes() && !name.starts_with(b"user.") {
                continue;
            }
            let mut value = vec![0; 64 * 1024];
            let length = match fgetxattr(&self.file, name, value.as_mut_slice()) {
                // Taken away since it was listed.
                Err(Errno::NODATA) => continue,
                length => length?,
            };
            fsetxattr(new, name, value.get(..length).unwrap_or_default(), XattrFlags::empty())?;
        }
        Ok(())
    }
}

/// Lets the users of `like` open `file`, as far as this user may: for a file that matters only
/// while it is held.
pub(super) fn share(file: &File, like: &Metadata) {
    let _ =
        fchown(file, Some(like.uid()), Some(like.gid())).or_else(|_| fchown(file, None, Some(like.gid())));
    let _ = file.set_permissions(Permissions::from_mode(like.mode() & 0o777));
}

#[cfg(test)]
mod tests {
    use rustix::process::{Uid, getuid};
    use rustix::thread::set_thread_res_uid;

    use super::*;

    /// A file of root's, which every system has and no ordinary user may give a file like.
    const OF_ROOT: &str = "/etc/passwd";

    #[test]
    fn an_owner_that_cannot_be_kept_is_told_before() {
        let refused = std::thread::spawn(|| {
            if getuid().is_root() {
                let nobody = Uid::from_raw(65_534);
                set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            let old = Old::new(File::open(OF_ROOT).unwrap()).unwrap();
            old.lend(Path::new("w.json"), &tempfile::tempfile().unwrap()).unwrap_err()
        });
        let refused = refused.join().unwrap();
        assert!(matches!(refused, Error::Denied { .. }), "{refused}");
        let said = refused.to_string();
        assert!(said.contains("the owner 0") && said.contains("nothing was written"), "{said}");
    }
}
