//! The log file: rotated, and private regardless of the umask and of any existing file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc;

use crate::private_file;

/// The size in bytes at which a file is rotated.
pub(super) const LIMIT: u64 = 1 << 20;

/// Appends to a file, and rotates it when it is full. Several processes may append to the same one.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    limit: u64,
}

impl RotatingFile {
    pub(super) fn open(path: PathBuf, limit: u64) -> io::Result<Self> {
        private_file::restrict_rotated(&path)?;
        let file = private_file::open_append(&path)?;
        let size = file.metadata()?.len();
        Ok(Self { path, file, size, limit })
    }

    fn rotate(&mut self) -> io::Result<()> {
        // If another process has already rotated it, switch to the new file.
        if fs::metadata(&self.path).is_ok_and(|there| private_file::is_same(&self.file, &there)) {
            private_file::rotate(&self.path)?;
        }
        self.file = private_file::open_append(&self.path)?;
        self.size = self.file.metadata()?.len();
        Ok(())
    }
}

impl Write for RotatingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size > 0 && self.size + bytes.len() as u64 > self.limit {
            // A full log is better than none: if rotation fails, the old file keeps growing.
            let _ = self.rotate();
        }
        let written = self.file.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that is being opened. Writing waits for that, on the thread of the log; if it fails, or is given up,
/// every line is dropped.
pub(super) struct OpeningFile {
    opened: mpsc::Receiver<RotatingFile>,
    file: Option<RotatingFile>,
}

/// Takes the file of an [`OpeningFile`].
pub(super) struct OpenedFile(mpsc::Sender<RotatingFile>);

impl OpeningFile {
    pub(super) fn new() -> (OpenedFile, Self) {
        let (sender, opened) = mpsc::channel();
        (OpenedFile(sender), Self { opened, file: None })
    }
}

impl OpenedFile {
    pub(super) fn set(self, opened: io::Result<RotatingFile>) {
        match opened {
            // The log has ended if nobody takes it.
            Ok(file) => _ = self.0.send(file),
            Err(error) => {
                let reason = private_file::io_reason(&error);
                tracing::warn!(%reason, "the log file cannot be written; this tab is all there is");
            }
        }
    }
}

impl Write for OpeningFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.file.is_none() {
            self.file = self.opened.recv().ok();
        }
        self.file.as_mut().map_or(Ok(bytes.len()), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    fn modes(folder: &Path) -> Vec<(String, u32)> {
        let mut found: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
                (entry.file_name().into_string().unwrap(), mode)
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn files_are_bounded_and_all_private_whatever_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("confdeck.log");
        for loose in ["confdeck.log", "confdeck.log.1"] {
            fs::write(folder.path().join(loose), "from an older version\n").unwrap();
            fs::set_permissions(folder.path().join(loose), Permissions::from_mode(0o644)).unwrap();
        }
        let mut log = RotatingFile::open(path, 100).unwrap();
        assert!(modes(folder.path()).iter().all(|(_, mode)| *mode == 0o600), "at once");
        for number in 0..100 {
            log.write_all(format!("line {number:>5} of the log\n").as_bytes()).unwrap();
        }
        let names = ["confdeck.log", "confdeck.log.1", "confdeck.log.2", "confdeck.log.3", "confdeck.log.4"];
        assert_eq!(modes(folder.path()), names.map(|name| (name.to_owned(), 0o600)));
        for name in names {
            assert!(fs::metadata(folder.path().join(name)).unwrap().len() <= 100);
        }
        let newest = fs::read_to_string(folder.path().join("confdeck.log")).unwrap();
        assert!(newest.contains("line    99"), "{newest}");
    }

    #[test]
    fn a_file_that_is_never_there_costs_its_lines_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (opened, mut file) = OpeningFile::new();
        opened.set(RotatingFile::open(folder.path().join("missing/confdeck.log"), 100));
        file.write_all(b"dropped\n").unwrap();

        let (opened, mut file) = OpeningFile::new();
        let path = folder.path().join("confdeck.log");
        opened.set(RotatingFile::open(path.clone(), 100));
        file.write_all(b"written\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "written\n");
    }

    #[test]
    fn two_processes_set_a_full_file_aside_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("confdeck.log");
        let mut one = RotatingFile::open(path.clone(), 100).unwrap();
        let mut two = RotatingFile::open(path.clone(), 100).unwrap();
        one.write_all(&[b'1'; 90]).unwrap();
        two.write_all(&[b'2'; 90]).unwrap();
        one.write_all(b"one goes on\n").unwrap();
        two.write_all(b"two goes on\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one goes on\ntwo goes on\n");
        assert_eq!(modes(folder.path()).len(), 2);
    }
}
