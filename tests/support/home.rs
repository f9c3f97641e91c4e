//! A home folder of one test's own, so that programs under test meet nothing of the machine's user
//! and a test can read every file they left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::planted::{self, Revealed};

/// A temporary home folder, removed with its last clone; its files are searched for planted values then.
#[derive(Clone)]
pub(crate) struct Home(Arc<Folder>);

struct Folder {
    folder: TempDir,
    /// What a test planted in files by itself.
    own: Mutex<Vec<PathBuf>>,
}

impl Drop for Folder {
    fn drop(&mut self) {
        let own = std::mem::take(&mut *self.own.lock().unwrap_or_else(PoisonError::into_inner));
        let mut found = Vec::new();
        // What a test took away can hold nothing.
        let _ = collect_files(self.folder.path(), &mut found);
        // A pipe would be waited on for ever.
        found.retain(|file| !own.contains(file) && file.symlink_metadata().is_ok_and(|it| it.is_file()));
        for file in found {
            let bytes = fs::read(&file).unwrap_or_default();
            planted::search(&file.display().to_string(), &bytes, &Revealed::default());
        }
    }
}

impl Home {
    /// An empty home with the folders that the environment variables of [`Home::environment`] name.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("confdeck-test-").tempdir().unwrap();
        let home = Self(Arc::new(Folder { folder, own: Mutex::default() }));
        for folder in ["config", "state", "cache", "tmp", "work"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        home
    }

    /// The home folder itself.
    pub(crate) fn path(&self) -> &Path {
        self.0.folder.path()
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
        if Revealed::default().leak_in(content.as_ref()).is_some() {
            self.0.own.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        }
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
            // All that could ever be logged is searched.
            ("CONFDECK_LOG", "trace".to_owned()),
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
