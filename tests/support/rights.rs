//! What an ordinary user may do, also where the tests run as root.

use std::future::Future;
use std::thread;

use rustix::process::{Gid, Uid, getuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

/// The user and group that systems keep for nobody.
pub(crate) const NOBODY: u32 = 65_534;

/// Whether this program may do everything.
pub(crate) fn is_root() -> bool {
    getuid().is_root()
}

/// Runs a test without the rights of root, in a thread that gave them up for good, with the threads
/// it starts. Where the tests run as another user, as that user.
pub(crate) fn unprivileged<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send) {
    let run = || {
        if is_root() {
            set_thread_groups(&[]).unwrap();
            let group = Gid::from_raw(NOBODY);
            set_thread_res_gid(group, group, group).unwrap();
            let user = Uid::from_raw(NOBODY);
            set_thread_res_uid(user, user, user).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(test());
        runtime.shutdown_background();
    };
    // The panic is passed on with its own words.
    let ended = thread::scope(|scope| scope.spawn(run).join());
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}
