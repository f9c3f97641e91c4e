//! Copies owner, group, mode, ACL and user xattrs from the old file to its replacement. What cannot be
//! copied is an error before anything is replaced.

use std::fs::{File, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::fs::{
    Access, AtFlags, CWD, XattrFlags, accessat, fgetxattr, flistxattr, fremovexattr, fsetxattr,
};
use rustix::io::Errno;

use super::filesystem::save_error;
use crate::provider::{Error, Result};

/// The xattr of the POSIX ACL, as `setfacl` sets it.
const ACCESS_LIST: &str = "system.posix_acl_access";

const SAVE_AS_OWNER: &str = "save as its owner or as root, or make the file yours with chown";

const MAKE_IT_WRITABLE: &str = "whoever may write it can save it: chmod, or another user";

/// Checks that this user may write the file. A rename needs only the folder's permission, but a
/// read-only mode must be respected.
///
/// # Errors
/// [`Error::Denied`] if not.
pub(super) fn check_writable(target: &Path) -> Result<()> {
    match accessat(CWD, target, Access::WRITE_OK, AtFlags::EACCESS) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(Errno::ACCESS) => Err(Error::Denied {
            permission: format!("to write {}; nothing was written", target.display()),
            remedy: MAKE_IT_WRITABLE,
        }),
        Err(error) => Err(save_error("write", target, &error.into())),
    }
}

/// Copies owner, group, mode, ACL and user xattrs from `target`, the file about to be replaced, to `new`.
/// The owner comes first: changing it clears bits of the mode. The mode comes before the ACL, whose mask
/// it sets.
///
/// # Errors
/// [`Error::Denied`] where this user may not keep one of them.
pub(super) fn copy_metadata(old: &File, new: &File, target: &Path) -> Result<()> {
    let failed = |error: io::Error| save_error("write", target, &error);
    let about = old.metadata().map_err(|error| save_error("read", target, &error))?;
    let now = new.metadata().map_err(failed)?;
    if (now.uid(), now.gid()) != (about.uid(), about.gid()) {
        // Only root may change the owner; any user may change the group to one of their own.
        let owner = (now.uid() != about.uid()).then_some(about.uid());
        fchown(new, owner, Some(about.gid())).map_err(|error| owner_error(&about, target, &error))?;
    }
    // A default ACL inherited from the folder would, with the old mode, let more users in.
    match fremovexattr(new, ACCESS_LIST) {
        Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => {}
        Err(error) => return Err(failed(error.into())),
    }
    new.set_permissions(Permissions::from_mode(about.mode() & 0o7777)).map_err(failed)?;
    copy_xattrs(old, new)
        .map_err(|error| save_error("keep the access list and attributes of", target, &error))
}

fn owner_error(old: &Metadata, target: &Path, error: &io::Error) -> Error {
    if error.kind() != ErrorKind::PermissionDenied {
        return save_error("keep the owner of", target, error);
    }
    let (owner, group, target) = (old.uid(), old.gid(), target.display());
    Error::Denied {
        permission: format!(
            "to keep the owner {owner} and the group {group} of {target}; nothing was written"
        ),
        remedy: SAVE_AS_OWNER,
    }
}

/// Copies the ACL and `user.*`; other xattrs, such as security labels, are set by the system.
fn copy_xattrs(old: &File, new: &File) -> io::Result<()> {
    let mut names = vec![0; 64 * 1024];
    let length = match flistxattr(old, names.as_mut_slice()) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
        length => length?,
    };
    names.truncate(length);
    for name in names.split(|&byte| byte == 0) {
        if name != ACCESS_LIST.as_bytes() && !name.starts_with(b"user.") {
            continue;
        }
        let mut value = vec![0; 64 * 1024];
        let length = match fgetxattr(old, name, value.as_mut_slice()) {
            // Removed since it was listed.
            Err(Errno::NODATA) => continue,
            length => length?,
        };
        fsetxattr(new, name, value.get(..length).unwrap_or_default(), XattrFlags::empty())?;
    }
    Ok(())
}

/// Gives `file` the owner, group and mode of `like`, best effort: for a lock file, which the users
/// of the target must be able to open.
pub(super) fn copy_access(file: &File, like: &Metadata) {
    let _ =
        fchown(file, Some(like.uid()), Some(like.gid())).or_else(|_| fchown(file, None, Some(like.gid())));
    let _ = file.set_permissions(Permissions::from_mode(like.mode() & 0o777));
}

#[cfg(test)]
mod tests {
    use rustix::process::{Uid, getuid};
    use rustix::thread::set_thread_res_uid;

    use super::*;

    /// A file owned by root that exists on every system.
    const OF_ROOT: &str = "/etc/passwd";

    #[test]
    fn an_owner_that_cannot_be_kept_is_told_before() {
        let refused = std::thread::spawn(|| {
            if getuid().is_root() {
                let nobody = Uid::from_raw(65_534);
                set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            let (old, new) = (File::open(OF_ROOT).unwrap(), tempfile::tempfile().unwrap());
            copy_metadata(&old, &new, Path::new("w.json")).unwrap_err()
        });
        let refused = refused.join().unwrap();
        assert!(matches!(refused, Error::Denied { .. }), "{refused}");
        let said = refused.to_string();
        assert!(said.contains("the owner 0") && said.contains("nothing was written"), "{said}");
    }
}
