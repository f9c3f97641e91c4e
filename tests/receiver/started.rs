//! A receiver that runs, and what is asked of it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::http::{self, Answer};
use crate::support::process::{PATIENCE, Process};
use crate::support::receiver;

/// One receiver on a free port, in a folder of its own; killed when this is dropped.
pub(crate) struct Started {
    process: Process,
    address: SocketAddr,
    folder: TempDir,
}

impl Started {
    /// On a `webhooks.json` with this content.
    pub(crate) fn on_files(webhooks: &Value, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("webhooks.json"), webhooks.to_string()).unwrap();
        Self::start(folder, &[variables, &[("CONFIG_BACKEND", "file")]].concat())
    }

    /// On an etcd at `address`.
    pub(crate) fn on_etcd(address: &str, prefix: &str, variables: &[(&str, &str)]) -> Self {
        let etcd = [("CONFIG_BACKEND", "etcd"), ("ETCD_HOST", address), ("ETCD_PREFIX", prefix)];
        Self::start(tempfile::tempdir().unwrap(), &[variables, &etcd].concat())
    }

    fn start(folder: TempDir, variables: &[(&str, &str)]) -> Self {
        let port = [("PORT", "0")];
        let all = variables.iter().chain(&port).map(|(name, value)| (name.to_string(), value.to_string()));
        let words = [receiver::program().to_str().unwrap().to_owned()];
        let log = folder.path().join("log");
        let mut process = Process::start(&words, &all.collect(), folder.path(), log);
        let begun = Instant::now();
        let address = loop {
            let said = process.said();
            let line = said.lines().find_map(|line| line.strip_prefix("listening on http://"));
            if let Some(address) = line.and_then(|address| address.parse().ok()) {
                break address;
            }
            assert!(process.runs() && begun.elapsed() < PATIENCE, "no start: {said}");
            sleep(Duration::from_millis(5));
        };
        Self { process, address, folder }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a webhook.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        http::request(self.address, "POST", path, headers, body).unwrap()
    }

    /// The status that `{}` without headers gets.
    pub(crate) fn status(&self, path: &str) -> u16 {
        self.post(path, &[], b"{}").status
    }

    /// Waits until `{}` without headers gets this status.
    #[track_caller]
    pub(crate) fn answers(&self, path: &str, status: u16) {
        let begun = Instant::now();
        while self.status(path) != status {
            assert!(begun.elapsed() < PATIENCE, "{path} does not answer {status}: {}", self.said());
            sleep(Duration::from_millis(10));
        }
    }

    /// `/health`.
    pub(crate) fn health(&self) -> Value {
        let answer = http::get(self.address, "/health").unwrap();
        assert_eq!(answer.status, 200);
        answer.json()
    }

    /// Waits until `/health` says this of etcd.
    #[track_caller]
    pub(crate) fn etcd_is(&self, state: &str) {
        let begun = Instant::now();
        while self.health()["components"]["etcd"] != state {
            assert!(begun.elapsed() < PATIENCE, "etcd is never {state}: {}", self.health());
            sleep(Duration::from_millis(10));
        }
    }

    /// Everything it has printed.
    pub(crate) fn said(&self) -> String {
        self.process.said()
    }

    /// A file of the folder it runs in.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn terminated(&mut self) -> ExitStatus {
        self.process.terminate();
        self.process.finish()
    }
}
