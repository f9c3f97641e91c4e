//! Plays `docker compose` to an environment's `up`: the services of its file, run by real programs.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::compose::{Compose, Service, variables};
use crate::places::{Inside, Places};
use crate::support::etcd::binaries;
use crate::support::process::{PATIENCE, Process};
use crate::support::{http, receiver};

/// The programs that images would bring, and the containers that run.
pub(crate) struct Engine {
    folder: PathBuf,
    pub(crate) compose: Compose,
    pub(crate) places: Places,
    running: BTreeMap<String, Process>,
    /// `bin` with the images' programs, and logs.
    work: TempDir,
}

impl Engine {
    /// An engine for the environment in `folder`, which was prepared.
    pub(crate) fn new(folder: &Path) -> Self {
        let compose = Compose::read(folder, &variables(&folder.join(".env")));
        let places = Places::new(compose.services.keys().cloned());
        let work = tempfile::tempdir().unwrap();
        let bin = work.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for program in programs() {
            symlink(&program, bin.join(program.file_name().unwrap())).unwrap();
        }
        Self { folder: folder.to_owned(), compose, places, running: BTreeMap::new(), work }
    }

    /// One command as `docker` was given it: its exit code, and what it prints.
    pub(crate) fn answer(&mut self, asked: &str) -> (i32, String) {
        match asked.split(' ').collect::<Vec<_>>()[..] {
            ["compose", "up", "--detach", "--build", "--wait"] => match self.up() {
                Ok(()) => (0, String::new()),
                Err(name) => (1, format!("{name} ended: {}", self.said(&name))),
            },
            ["compose", "run", "--rm", "-T", name] => self.run(name),
            _ => panic!("docker was asked for what the tests cannot do: {asked}"),
        }
    }

    /// Stops one container; its data stays.
    pub(crate) fn stop(&mut self, name: &str) {
        assert!(self.running.remove(name).is_some(), "{name} does not run");
    }

    /// What each service has printed.
    pub(crate) fn logs(&self) -> impl Iterator<Item = (&String, String)> {
        self.compose.services.keys().map(|name| (name, self.said(name)))
    }

    /// What a container, or the runs of a tool, printed.
    fn said(&self, name: &str) -> String {
        fs::read_to_string(self.log(name)).unwrap_or_default()
    }

    /// Where a service's port is.
    pub(crate) fn address(&self, service: &str, port: u16) -> std::net::SocketAddr {
        ([127, 0, 0, 1], self.places.port(service, port)).into()
    }

    /// Starts what does not run yet and waits until all of it is well; `Err` with one that ended, as it
    /// does when somebody took a port meanwhile.
    fn up(&mut self) -> Result<(), String> {
        let services = self.compose.services.iter().filter(|(_, service)| service.profiles.is_empty());
        let mut waiting: Vec<String> = services.map(|(name, _)| name.clone()).collect();
        while !waiting.is_empty() {
            let (later, now): (Vec<_>, Vec<_>) = waiting
                .iter()
                .cloned()
                .partition(|name| self.service(name).depends_on.keys().any(|other| waiting.contains(other)));
            assert!(!now.is_empty(), "services wait for each other: {later:?}");
            for name in &now {
                self.start(name);
            }
            for name in now {
                self.becomes_healthy(&name)?;
            }
            waiting = later;
        }
        Ok(())
    }

    /// Runs a tool to its end, once everything it depends on is well.
    fn run(&mut self, name: &str) -> (i32, String) {
        let service = self.service(name);
        assert_eq!(service.profiles, ["tools"], "{name}");
        for needed in service.depends_on.keys().cloned().collect::<Vec<_>>() {
            self.becomes_healthy(&needed).unwrap();
        }
        let earlier = self.said(name).len();
        let status = self.process(name).finish();
        (status.code().unwrap_or(-1), self.said(name).split_off(earlier))
    }

    fn start(&mut self, name: &str) {
        if !self.running.get_mut(name).is_some_and(Process::runs) {
            let process = self.process(name);
            self.running.insert(name.to_owned(), process);
        }
    }

    fn process(&self, name: &str) -> Process {
        let (service, inside) = (self.service(name), self.inside(name));
        let mut words: Vec<String> = service.words().iter().map(|word| inside.here(word)).collect();
        words[0] = self.program(&words[0]);
        Process::start(&words, &self.environment(name), self.work.path(), self.log(name))
    }

    /// A container's variables: those of its files, then its own over them.
    fn environment(&self, name: &str) -> BTreeMap<String, String> {
        let (service, inside) = (self.service(name), self.inside(name));
        let files = service.env_file.iter().flat_map(|file| variables(&self.folder.join(file)));
        let own = service.environment.clone();
        let mut all: BTreeMap<String, String> = files.chain(own).collect();
        for (name, value) in &mut all {
            *value = inside.variable(name, value);
        }
        let path = std::env::var("PATH").unwrap_or_default();
        all.insert("PATH".into(), format!("{}:{path}", self.work.path().join("bin").display()));
        all
    }

    fn inside(&self, name: &str) -> Inside<'_> {
        let (name, service) = self.compose.services.get_key_value(name).unwrap();
        let mut inside = Inside { places: &self.places, service: name, mounts: Vec::new() };
        let ours = |path: &str| self.folder.join(path);
        inside.mounts = service.mounts().map(|m| (m.theirs.to_owned(), ours(m.ours))).collect();
        // A configuration file names addresses and paths too: its container gets a copy made true here.
        let mut mounts = inside.mounts.clone();
        for (_, file) in mounts.iter_mut().filter(|(_, ours)| ours.extension().is_some_and(|e| e == "hcl")) {
            let copy = self.work.path().join(file.file_name().unwrap());
            // Once: a server may be reading it.
            if !copy.exists() {
                fs::write(&copy, inside.here(&fs::read_to_string(&*file).unwrap())).unwrap();
            }
            *file = copy;
        }
        Inside { mounts, ..inside }
    }

    fn becomes_healthy(&mut self, name: &str) -> Result<(), String> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if !self.running.get_mut(name).is_some_and(Process::runs) {
                return Err(name.to_owned());
            }
            if self.is_healthy(name) {
                return Ok(());
            }
            sleep(Duration::from_millis(50));
        }
        panic!("{name} does not become healthy: {}", self.said(name));
    }

    /// What the health check of the service says, once.
    fn is_healthy(&self, name: &str) -> bool {
        let inside = self.inside(name);
        let check = self.service(name).healthcheck.as_ref().unwrap();
        let test: Vec<String> = check.test.iter().map(|word| inside.here(word)).collect();
        let words: Vec<&str> = test.iter().map(String::as_str).collect();
        let mut command = match words[..] {
            // So that the tests need no curl.
            ["CMD", "curl", "--fail", "--silent", "--output", "/dev/null", url] => {
                let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
                let answer = http::get(host.parse().unwrap(), &format!("/{path}"));
                return answer.is_ok_and(|answer| answer.status < 400);
            }
            ["CMD", program, ref arguments @ ..] => {
                let mut command = Command::new(self.program(program));
                command.args(arguments);
                command
            }
            ["CMD-SHELL", script] => {
                let mut command = Command::new("sh");
                command.args(["-c", script]);
                command
            }
            _ => panic!("{name}: a health check of an unknown form"),
        };
        let output = command.env_clear().envs(self.environment(name)).output().unwrap();
        output.status.success()
    }

    /// A program of an image, by the last part of its path.
    fn program(&self, path: &str) -> String {
        let name = Path::new(path).file_name().unwrap();
        let known = self.work.path().join("bin").join(name);
        let found = if known.exists() { known } else { PathBuf::from(name) };
        found.to_str().unwrap().to_owned()
    }

    fn service(&self, name: &str) -> &Service {
        self.compose.services.get(name).unwrap_or_else(|| panic!("no service {name}"))
    }

    fn log(&self, name: &str) -> PathBuf {
        self.work.path().join(format!("{name}.log"))
    }
}

/// The programs of the images, as this machine has them.
fn programs() -> Vec<PathBuf> {
    let etcd = binaries();
    let confdeck = env!("CARGO_BIN_EXE_confdeck").into();
    vec![etcd.join("etcd"), etcd.join("etcdctl"), bao(), confdeck, receiver::program()]
}

/// OpenBao: what `BAO_BIN` names, else the pinned one, fetched once.
pub(crate) fn bao() -> PathBuf {
    if let Some(named) = std::env::var_os("BAO_BIN") {
        return named.into();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fetched = Command::new(root.join("tools/fetch")).arg("bao").output().unwrap();
    assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
    Path::new(String::from_utf8_lossy(&fetched.stdout).trim()).join("bao")
}
