//! One environment, started by its own `up` in a copy of the folder.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::compose::variables;
use crate::deploy;
use crate::engine::Engine;
use crate::support::http::{self, Answer};
use crate::support::run::Program;

/// Stands in for the container engine: hands the command over and ends as it is told.
const DOCKER: &str = "#!/bin/sh\necho \"@docker $*\"\nread -r status\nexit \"$status\"\n";

/// A copy of `examples/deploy`, and one environment of it that runs.
pub(crate) struct Environment {
    pub(crate) folder: PathBuf,
    engine: Option<Engine>,
    copy: TempDir,
}

impl Environment {
    /// Copies and starts one, and says what `up` printed. A port that somebody took meanwhile is no
    /// failure.
    pub(crate) fn started(name: &str) -> (Self, String) {
        let mut failures = String::new();
        for _ in 0..3 {
            let mut environment = Self::copied(name);
            match environment.up() {
                Ok(said) => return (environment, said),
                Err(said) => failures.push_str(&said),
            }
        }
        panic!("{name} did not start three times in a row: {failures}");
    }

    fn copied(name: &str) -> Self {
        let copy = tempfile::tempdir().unwrap();
        let deploy_copy = copy.path().join("deploy");
        copy_folder(&deploy(), &deploy_copy);
        let docker = copy.path().join("docker");
        fs::write(&docker, DOCKER).unwrap();
        fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder: deploy_copy.join(name), engine: None, copy }
    }

    /// Runs `up`; `Err` with what it printed if it failed.
    pub(crate) fn up(&mut self) -> Result<String, String> {
        let path = format!("{}:{}", self.copy.path().display(), std::env::var("PATH").unwrap_or_default());
        let mut up = Command::new(self.folder.join("up"))
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut answers = up.stdin.take().unwrap();
        let mut said = String::new();
        for line in BufReader::new(up.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            match line.strip_prefix("@docker ") {
                Some(asked) => {
                    let (code, printed) = self.engine().answer(asked);
                    said.push_str(&printed);
                    writeln!(answers, "{code}").unwrap();
                }
                None => said.extend([&line, "\n"]),
            }
        }
        if up.wait().unwrap().success() { Ok(said) } else { Err(said) }
    }

    /// The containers.
    pub(crate) fn engine(&mut self) -> &mut Engine {
        let folder = &self.folder;
        self.engine.get_or_insert_with(|| Engine::new(folder))
    }

    /// `confdeck` as a person starts it in the environment's folder.
    pub(crate) fn confdeck<A: AsRef<OsStr>>(&mut self, arguments: impl IntoIterator<Item = A>) -> Program {
        self.confdeck_with("confdeck.env", |text| text, arguments)
    }

    /// The same with the file of variables changed, and kept under another name.
    pub(crate) fn confdeck_with<A: AsRef<OsStr>>(
        &mut self,
        name: &str,
        change: impl Fn(String) -> String,
        arguments: impl IntoIterator<Item = A>,
    ) -> Program {
        let mut text = change(fs::read_to_string(self.folder.join("confdeck.env")).unwrap());
        let engine = self.engine();
        for (service, port) in engine.compose.published() {
            let here = engine.places.port(service, port.theirs);
            text = text.replace(&format!("{}:{}", port.address, port.ours), &format!("127.0.0.1:{here}"));
        }
        let file = self.folder.join("made").join(name);
        fs::write(&file, text).unwrap();
        let flags = [OsStr::new("--env-file"), file.as_os_str()];
        Program::confdeck(flags).with(arguments).in_folder(&self.folder)
    }

    /// A variable that `prepare` made up.
    pub(crate) fn secret(&self, name: &str) -> String {
        variables(&self.folder.join("made/secrets.env")).remove(name).unwrap()
    }

    /// Where the receiver listens.
    pub(crate) fn receiver(&mut self) -> SocketAddr {
        self.engine().address("receiver", 8000)
    }

    /// Sends a webhook, with an `Authorization` header if there is one.
    pub(crate) fn post(&mut self, path: &str, authorization: Option<&str>) -> Answer {
        let headers = authorization.map(|value| ("Authorization", value));
        http::request(self.receiver(), "POST", path, headers.as_slice(), b"{}").unwrap()
    }

    /// The ids that `confdeck list webhooks` prints, each with its namespace.
    pub(crate) fn webhooks(&mut self) -> Vec<String> {
        let listed = self.confdeck(["list", "webhooks", "-o", "json"]).run().expect_code(0);
        let rows: Vec<serde_json::Value> = serde_json::from_str(&listed.out()).unwrap();
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.iter().map(|row| format!("{}/{}", text(row, "namespace"), text(row, "id"))).collect()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        // What a person's own environment has made is neither tested nor copied.
        if name == "made" || name == ".env" {
            continue;
        }
        if path.is_dir() {
            copy_folder(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
