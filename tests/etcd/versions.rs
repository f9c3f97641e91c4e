//! The same promises on every etcd that people run.

use std::process::Command;

use crate::support::etcd::{etcd34, etcdctl};

/// What of this program runs on an etcd 3.4 as well: all but what the server has no part in.
const ALSO: [&str; 8] = [
    "full::",
    "loading",
    "outage",
    "thin",
    "writing",
    "cluster::",
    "session::health",
    "session::dropping_a_watch_cancels_it_at_the_server",
];

/// Debian 12 ships 3.4, whose reads while a leader is missing, watches and transactions are not those
/// of 3.5. This very program runs again, with that server in the place of the pinned one.
#[test]
fn the_same_holds_on_etcd_3_4() {
    let Some(etcd) = etcd34() else { return };
    let version = Command::new(&etcd).arg("--version").output().unwrap().stdout;
    assert!(version.starts_with(b"etcd Version: 3.4."), "{}", String::from_utf8_lossy(&version));
    let again = Command::new(std::env::current_exe().unwrap())
        .args(ALSO)
        // The others wait more than they work; these two keep a machine busy.
        .args(["--test-threads=4", "--skip=many_large_values", "--skip=one_batch_however_large"])
        .env("ETCD_BIN", etcd)
        .env("ETCDCTL_BIN", etcdctl())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success() && !said.contains("running 0 tests"), "{said}");
}
