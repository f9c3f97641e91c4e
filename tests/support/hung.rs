//! A folder that does not answer.

use std::ffi::CString;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// A mount over a folder. It is of FUSE, and nobody serves it: whatever is done below it waits until this is
/// dropped, and fails then. Drop it before the folder.
pub(crate) struct HungMount {
    path: PathBuf,
    device: Option<OwnedFd>,
}

impl HungMount {
    /// `None` where nothing may be mounted.
    pub(crate) fn over(path: impl AsRef<Path>) -> Option<Self> {
        let path = path.as_ref().to_owned();
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let device = rustix::fs::open("/dev/fuse", flags, Mode::empty()).ok()?;
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd());
        let options = CString::new(options).unwrap();
        mount("hung", &path, "fuse", MountFlags::empty(), Some(options.as_c_str())).ok()?;
        Some(Self { path, device: Some(device) })
    }
}

impl Drop for HungMount {
    fn drop(&mut self) {
        // Whoever waits gets an error.
        self.device = None;
        let _ = unmount(&self.path, UnmountFlags::DETACH);
    }
}
