//! Whether a folder, or a link, is this user's own. In anybody else's, links and files may lie in wait: root, started
//! with the home folder of another user, would follow them.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const ROOT: u32 = 0;

/// Checks that a folder is this user's, or may be created as such: nobody else can replace it, or a link on
/// the way to it.
///
/// # Errors
/// [`ErrorKind::PermissionDenied`], with whose it is and what to do.
#[cfg(feature = "applications")]
pub(crate) fn check_owner(folder: &Path) -> io::Result<()> {
    check_for(rustix::process::geteuid().as_raw(), folder)
}

/// Checks that no link on the way to a file, nor the file itself, is a link of another user but root.
///
/// # Errors
/// [`ErrorKind::PermissionDenied`], with whose it is.
#[cfg(feature = "vault")]
pub(crate) fn check_links(path: &Path) -> io::Result<()> {
    let Some((part, link)) = foreign_link(rustix::process::geteuid().as_raw(), path)? else { return Ok(()) };
    let owner = link.uid();
    let reason = format!("{} is a link of another user (uid {owner}), which is not followed", part.display());
    Err(io::Error::new(ErrorKind::PermissionDenied, reason))
}

fn is_trusted(user: u32, owner: u32) -> bool {
    owner == user || owner == ROOT
}

fn foreign_link(user: u32, path: &Path) -> io::Result<Option<(&Path, Metadata)>> {
    for part in path.ancestors() {
        match found(fs::symlink_metadata(part))? {
            Some(link) if link.is_symlink() && !is_trusted(user, link.uid()) => {
                return Ok(Some((part, link)));
            }
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(feature = "applications")]
fn check_for(user: u32, folder: &Path) -> io::Result<()> {
    if let Some((part, link)) = foreign_link(user, folder)? {
        return Err(foreign(part, &link));
    }
    if let Some(there) = found(fs::metadata(folder))?
        && there.uid() != user
    {
        return Err(foreign(folder, &there));
    }
    // Whoever owns the folder above could put another one in its place.
    for above in folder.ancestors().skip(1) {
        if let Some(there) = found(fs::metadata(above))? {
            return if is_trusted(user, there.uid()) { Ok(()) } else { Err(foreign(above, &there)) };
        }
    }
    Ok(())
}

fn found(looked: io::Result<Metadata>) -> io::Result<Option<Metadata>> {
    match looked {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        looked => looked.map(Some),
    }
}

#[cfg(feature = "applications")]
fn foreign(part: &Path, there: &Metadata) -> io::Error {
    let reason = format!(
        "{} belongs to another user (uid {}), so nothing is kept there; set XDG_STATE_HOME to a folder of your own, or \
         the state of an application",
        part.display(),
        there.uid()
    );
    io::Error::new(ErrorKind::PermissionDenied, reason)
}

#[cfg(all(test, feature = "applications"))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A user that nothing here belongs to.
    const SOMEBODY: u32 = 4_294_967_000;

    #[test]
    fn only_a_folder_of_ones_own_is_used() {
        let parent = tempfile::tempdir().unwrap();
        let me = rustix::process::geteuid().as_raw();
        let folder = parent.path().join("state/confdeck");
        check_for(me, &folder).unwrap();
        fs::create_dir_all(&folder).unwrap();
        check_for(me, &folder).unwrap();
        let refused = check_for(SOMEBODY, &folder).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{} belongs to another user", folder.display())), "{refused}");
        assert!(refused.contains("set XDG_STATE_HOME"), "{refused}");
    }

    #[test]
    fn links_are_followed_where_this_user_made_them() {
        let parent = tempfile::tempdir().unwrap();
        let me = rustix::process::geteuid().as_raw();
        fs::create_dir(parent.path().join("elsewhere")).unwrap();
        symlink(parent.path().join("elsewhere"), parent.path().join("state")).unwrap();
        check_for(me, &parent.path().join("state")).unwrap();
        check_for(me, &parent.path().join("state/confdeck")).unwrap();
    }

    /// Only root can give a folder to another user.
    #[test]
    fn what_another_user_could_replace_is_refused() {
        let me = rustix::process::geteuid();
        if !me.is_root() {
            return;
        }
        let give = |path: &Path| std::os::unix::fs::lchown(path, Some(SOMEBODY), None).unwrap();
        let parent = tempfile::tempdir().unwrap();
        let home = parent.path().join("home");
        fs::create_dir_all(home.join("own")).unwrap();
        give(&home);
        for inside in ["own", "new", "new/confdeck"] {
            let refused = check_for(me.as_raw(), &home.join(inside)).unwrap_err().to_string();
            assert!(refused.contains(&format!("{} belongs", home.display())), "{refused}");
        }
        let planted = parent.path().join("planted");
        symlink("/", &planted).unwrap();
        check_for(me.as_raw(), &planted.join("new")).unwrap();
        give(&planted);
        for path in [planted.clone(), planted.join("new")] {
            assert!(check_for(me.as_raw(), &path).is_err(), "{}", path.display());
        }
    }
}
