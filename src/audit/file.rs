//! The audit file: private, append-only, rotated.
//!
//! Several processes may write to it. Each takes a lock file for a write, so that no line is torn and
//! none is lost by rotation.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{AuditError, AuditRecord};
use crate::logging::make_private_folder;

/// The file's name in the state folder; rotated ones end in `.1`, `.2` and so on.
pub const FILE: &str = "audit.jsonl";

const LOCK: &str = "audit.lock";

/// The size in bytes at which a file is rotated: some 40,000 writes.
const LIMIT: u64 = 16 << 20;

/// The number of rotated files.
const KEPT: u32 = 4;

/// How long to wait for the lock.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct AuditFile {
    folder: PathBuf,
    limit: u64,
}

impl AuditFile {
    pub(super) fn new(folder: &Path) -> Self {
        Self::with_limit(folder, LIMIT)
    }

    pub(super) fn with_limit(folder: &Path, limit: u64) -> Self {
        Self { folder: folder.to_owned(), limit }
    }

    /// Appends the records, and returns once they are synced to disk.
    pub(super) fn append(&self, records: &[AuditRecord]) -> Result<(), AuditError> {
        let told = |path: &Path| {
            let path = path.to_owned();
            move |error: io::Error| AuditError::System { path, kind: error.kind() }
        };
        let path = self.folder.join(FILE);
        make_private_folder(&self.folder).map_err(told(&self.folder))?;
        let _lock = AuditLock::acquire(&self.folder)?;
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record).map_err(|error| told(&path)(error.into()))?;
            lines.push(b'\n');
        }
        self.write(&path, &lines).map_err(told(&path))
    }

    fn write(&self, path: &Path, lines: &[u8]) -> io::Result<()> {
        let mut file = open(path)?;
        let mut size = file.metadata()?.len();
        if size > 0 && size + lines.len() as u64 > self.limit {
            self.rotate(path)?;
            file = open(path)?;
            size = 0;
        }
        // A line that a crash cut off must not spoil the next one.
        let whole = size == 0 || ends_with_newline(&mut file)?;
        let mut bytes = if whole { Vec::new() } else { vec![b'\n'] };
        bytes.extend_from_slice(lines);
        if let Err(error) = file.write_all(&bytes) {
            // A full disk may take a part: remove the incomplete line.
            let _ = file.set_len(size);
            return Err(error);
        }
        file.sync_data()
    }

    fn rotate(&self, path: &Path) -> io::Result<()> {
        for number in (1..KEPT).rev() {
            rename(&rotated_path(&self.folder, number), &rotated_path(&self.folder, number + 1))?;
        }
        rename(path, &rotated_path(&self.folder, 1))
    }
}

/// Opens the existing files, oldest first, under the lock so that none is rotated in between.
pub(super) fn open_all(folder: &Path) -> io::Result<Vec<(String, File)>> {
    // Where the lock cannot be taken, such as on a read-only disk, nobody writes either.
    let _lock = folder.join(FILE).exists().then(|| AuditLock::acquire(folder));
    let names = (1..=KEPT).rev().map(|number| rotated_path(folder, number)).chain([folder.join(FILE)]);
    let mut files = Vec::new();
    for path in names {
        match File::open(&path) {
            Ok(file) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push((name, file));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

fn rotated_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{FILE}.{number}"))
}

fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// The lock for writing, released on drop, and by the kernel when the process ends.
struct AuditLock {
    _file: File,
}

impl AuditLock {
    fn acquire(folder: &Path) -> Result<Self, AuditError> {
        let path = folder.join(LOCK);
        let system = |error: io::Error| AuditError::System { path: path.clone(), kind: error.kind() };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(system)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(Duration::from_millis(2)),
                Err(TryLockError::WouldBlock) => return Err(AuditError::Busy { path }),
                Err(TryLockError::Error(error)) => return Err(system(error)),
            }
        }
    }
}
