//! One program that runs beside a test, and ends with it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a program may take to be well, or to end: a machine may run many tests at once.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A program, killed when this is dropped.
pub struct Process {
    child: Child,
    /// Ends it should this test process die without a word.
    guard: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `words` with exactly these variables; what it prints goes to the file `log`.
    pub fn start(
        words: &[String],
        variables: &BTreeMap<String, String>,
        folder: &Path,
        log: PathBuf,
    ) -> Self {
        let [program, arguments @ ..] = words else { panic!("no program to start") };
        let output = File::options().create(true).append(true).open(&log).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(variables)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        let guard = Command::new("sh")
            .args(["-c", "read -r _; kill -9 \"$1\"", "guard", &child.id().to_string()])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, guard, log }
    }

    /// Whether it is still there.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The number that the system knows it by.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it SIGTERM.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn finish(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "did not end: {}", self.said());
            sleep(Duration::from_millis(10));
        }
    }

    /// Everything it printed.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The guard first: it must not outlive the number it would end.
        for child in [&mut self.guard, &mut self.child] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
