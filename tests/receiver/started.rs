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

/// Takes a free one.
const FREE_PORT: (&str, &str) = ("PORT", "0");

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
        Self::start(folder, &[], &[variables, &[("CONFIG_BACKEND", "file"), FREE_PORT]].concat())
    }

    /// With the application file `app.toml`, the webhook `open` in files, and the files named. It says itself
    /// where it is to listen.
    pub(crate) fn on_application(text: &str, files: &[(&str, &str)], variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let webhooks = r#"{"open": {"module": "log"}}"#;
        for (name, text) in [("app.toml", text), ("webhooks.json", webhooks)].iter().chain(files) {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self::start(folder, &["--app", "app.toml"], &[variables, &[("CONFIG_BACKEND", "file")]].concat())
    }

    /// On an etcd at `address`.
    pub(crate) fn on_etcd(address: &str, prefix: &str, variables: &[(&str, &str)]) -> Self {
        let etcd = [("CONFIG_BACKEND", "etcd"), ("ETCD_HOST", address), ("ETCD_PREFIX", prefix)];
        Self::start(tempfile::tempdir().unwrap(), &[], &[variables, &etcd, &[FREE_PORT]].concat())
    }

    fn start(folder: TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut process = begun(&folder, arguments, variables);
        let begun = Instant::now();
        let address = loop {
            if let Some(address) = listens(&process.said()) {
                break address;
            }
            assert!(process.runs() && begun.elapsed() < PATIENCE, "no start: {}", process.said());
            sleep(Duration::from_millis(5));
        };
        Self { process, address, folder }
    }

    /// What one says that does not start.
    pub(crate) fn refused(arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut process = begun(&folder, arguments, variables);
        assert!(!process.finish().success(), "{}", process.said());
        process.said()
    }

    /// Waits until it listens where another is than before, and asks there from now on.
    #[track_caller]
    pub(crate) fn moves(&mut self) -> SocketAddr {
        self.until("listening elsewhere", |said| listens(said).is_some_and(|now| now != self.address));
        self.address = listens(&self.said()).unwrap();
        self.address
    }

    /// Waits until it has said this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        self.until(text, |said| said.contains(text));
    }

    /// Waits until what it has said is so.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while !is_so(&self.said()) {
            assert!(begun.elapsed() < PATIENCE, "never {what}: {}", self.said());
            sleep(Duration::from_millis(10));
        }
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

fn begun(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Process {
    let all = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    let program = receiver::program();
    let words: Vec<_> =
        [program.to_str().unwrap()].iter().chain(arguments).map(|it| it.to_string()).collect();
    Process::start(&words, &all.collect(), folder.path(), folder.path().join("log"))
}

/// Where it has last said that it listens.
fn listens(said: &str) -> Option<SocketAddr> {
    let address = said.lines().rev().find_map(|line| line.strip_prefix("listening on http://"));
    address.and_then(|address| address.parse().ok())
}
