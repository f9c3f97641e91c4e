//! Backups of an etcd: taken, restored in its place, or an old data folder put back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::etcd::{EtcdServer, binaries};

/// A snapshot, as `etcdctl snapshot save` takes it.
pub struct Backup {
    snapshot: PathBuf,
    /// What the server that it was taken from calls its peers' address.
    peer: String,
}

/// Which cluster a restored backup says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// The same: restored with the cluster's own token, name and addresses.
    Same,
    /// Another one.
    New,
}

impl Backup {
    /// Of what the server holds now.
    #[track_caller]
    pub fn of(server: &EtcdServer) -> Self {
        let snapshot = unused(server, "snapshot");
        run(server, &["snapshot", "save", snapshot.to_str().unwrap()]);
        let members = run(server, &["member", "list"]);
        let peer = members.split(", ").nth(3).expect("the member's peer address").to_owned();
        Self { snapshot, peer }
    }

    /// Restores it while the server is down, and starts the server on it at the same address.
    #[track_caller]
    pub fn restore(&self, server: &EtcdServer, identity: Identity) {
        let folder = unused(server, "restored");
        let token = match identity {
            // What the server was started with.
            Identity::Same => server.folder(),
            Identity::New => &folder,
        };
        server.kill();
        let restored = Command::new(binaries().join("etcdutl"))
            .args(["snapshot", "restore"])
            .arg(&self.snapshot)
            .arg("--data-dir")
            .arg(folder.join("data"))
            .args(["--name", "default", "--initial-cluster", &format!("default={}", self.peer)])
            .args(["--initial-advertise-peer-urls", &self.peer])
            .arg("--initial-cluster-token")
            .arg(token)
            .output()
            .unwrap();
        assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
        server.restart_on(&folder);
    }
}

/// A copy of a server's data folder, taken while it was stopped.
pub struct OldData(PathBuf);

impl OldData {
    /// Stops the server for the copy, and starts it again.
    pub fn of(server: &EtcdServer) -> Self {
        let copy = unused(server, "copy");
        server.kill();
        copy_folder(&server.folder().join("data"), &copy.join("data"));
        server.restart();
        Self(copy)
    }

    /// Puts it in the place of what the server holds now.
    pub fn put_back(&self, server: &EtcdServer) {
        server.restart_on(&self.0);
    }
}

fn unused(server: &EtcdServer, name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    server.folder().join(format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed)))
}

#[track_caller]
fn run(server: &EtcdServer, arguments: &[&str]) -> String {
    let output = server.etcdctl(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
