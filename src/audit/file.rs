//! The audit file: private, append-only, rotated.
//!
//! Several processes may write to it. Each takes a lock file for a write, so that lines are not torn and none
//! is lost by rotation.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{AuditError, AuditRecord};
use crate::private_file::{
    check_owner, io_reason, lock_until, make_folder, open, open_append, rotate, with_rotated,
};

/// The file's name in the state folder; rotated ones end in `.1`, `.2` and so on.
pub const FILE: &str = "audit.jsonl";

const LOCK: &str = "audit.lock";

/// The size in bytes at which the file is rotated: some 40,000 writes.
pub(super) const LIMIT: u64 = 16 << 20;

/// How long to wait for the lock.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct AuditFile {
    pub(super) folder: PathBuf,
    pub(super) limit: u64,
}

impl AuditFile {
    /// Appends the records, and returns once they are synced to disk.
    pub(super) fn append(&self, records: &[AuditRecord]) -> Result<(), AuditError> {
        let told = |path: &Path| {
            let path = path.to_owned();
            move |error: io::Error| AuditError::System { path, reason: io_reason(&error) }
        };
        let path = self.folder.join(FILE);
        make_folder(&self.folder).map_err(told(&self.folder))?;
        let _lock = lock(&self.folder)?;
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record).map_err(|error| told(&path)(error.into()))?;
            lines.push(b'\n');
        }
        self.write(&path, &lines).map_err(told(&path))
    }

    fn write(&self, path: &Path, lines: &[u8]) -> io::Result<()> {
        let mut file = open_append(path)?;
        let mut size = file.metadata()?.len();
        if size > 0 && size + lines.len() as u64 > self.limit {
            rotate(path)?;
            file = open_append(path)?;
            size = 0;
        }
        // A line cut off by a crash must not corrupt the next one.
        let whole = size == 0 || ends_with_newline(&mut file)?;
        let mut bytes = if whole { Vec::new() } else { vec![b'\n'] };
        bytes.extend_from_slice(lines);
        if let Err(error) = file.write_all(&bytes) {
            // A full disk may have accepted part of a line: remove it.
            let _ = file.set_len(size);
            return Err(error);
        }
        file.sync_data()
    }
}

/// Opens the existing files, oldest first, under the lock so that none is rotated in between.
pub(super) fn open_all(folder: &Path) -> io::Result<Vec<(String, File)>> {
    // If the lock cannot be taken, for example on a read-only disk, no other process can write either.
    let _lock = folder.join(FILE).exists().then(|| lock(folder));
    let mut files = Vec::new();
    for path in with_rotated(&folder.join(FILE)) {
        match open(&path) {
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

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Waits for the write lock, which is released when the file is closed.
fn lock(folder: &Path) -> Result<File, AuditError> {
    let path = folder.join(LOCK);
    let locked = check_owner(folder)
        .and_then(|()| open_append(&path))
        .and_then(|file| Ok((lock_until(&file, Instant::now() + PATIENCE)?, file)));
    match locked {
        Ok((true, file)) => Ok(file),
        Ok((false, _)) => Err(AuditError::Busy { path }),
        Err(error) => Err(AuditError::System { path, reason: io_reason(&error) }),
    }
}
