//! A home folder of one test's own, so that programs under test meet nothing of the machine's user
//! and a test can read every file they left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

/// A temporary home folder, removed with its last clone.
#[derive(Clone)]
pub(crate) struct Home(Arc<TempDir>);

impl Home {
    /// An empty home with the folders that the environment variables of [`Home::environment`] name.
    pub(crate) fn new() -> Self {
        let home = Self(Arc::new(tempfile::Builder::new().prefix("confdeck-test-").tempdir().unwrap()));
        for folder in ["config", "state", "cache", "tmp", "work"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        home
    }

    /// The home folder itself.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The folder that programs start in: empty at first.
    pub(crate) fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// Where confdeck keeps its log, observations and drafts.
    pub(crate) fn state(&self) -> PathBuf {
        self.path().join("state/confdeck")
    }

    /// Where confdeck looks for its `config.toml`.
    pub(crate) fn config(&self) -> PathBuf {
        self.path().join("config/confdeck")
    }

    /// Writes a file below the home, with the folders it needs, and returns its path.
    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Every file below the home, sorted by path.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect_files(self.path(), &mut found).unwrap();
        found.sort();
        found
    }

    /// The files that hold `secret`: what a test that planted one asserts to be empty.
    pub(crate) fn files_holding(&self, secret: &str) -> Vec<PathBuf> {
        let holds = |path: &PathBuf| {
            fs::read(path).unwrap_or_default().windows(secret.len()).any(|part| part == secret.as_bytes())
        };
        self.files().into_iter().filter(holds).collect()
    }

    /// The variables of a fresh login on a UTF-8 terminal, and nothing that names a backend.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let below = |folder: &str| self.path().join(folder).to_string_lossy().into_owned();
        vec![
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", below("")),
            ("XDG_CONFIG_HOME", below("config")),
            ("XDG_STATE_HOME", below("state")),
            ("XDG_CACHE_HOME", below("cache")),
            ("TMPDIR", below("tmp")),
            ("SHELL", "/bin/sh".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TERM", "xterm-256color".to_owned()),
        ]
    }
}

fn collect_files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect_files(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}
