//! Reads the audit files, line by line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::Serialize;

use super::AuditRecord;
use super::file::open_all;

/// The longest line that is read, in bytes; a record is much shorter.
const LINE_MAX: u64 = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AuditLine {
    Record(Box<AuditRecord>),
    /// A line that is not a record, or was truncated or altered: its file, and its line number from 1.
    Damaged {
        damaged: String,
    },
}

/// Iterates over all lines, oldest first.
#[derive(Debug)]
pub struct AuditLines {
    files: VecDeque<(String, BufReader<File>)>,
    /// Lines read from the current file so far.
    count: usize,
}

/// Opens the audit files of a folder; it is not an error if there are none.
///
/// # Errors
/// I/O errors.
pub fn read(folder: &Path) -> io::Result<AuditLines> {
    let files = open_all(folder)?;
    let files = files.into_iter().map(|(name, file)| (name, BufReader::new(file))).collect();
    Ok(AuditLines { files, count: 0 })
}

impl Iterator for AuditLines {
    type Item = io::Result<AuditLine>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (name, file) = self.files.front_mut()?;
            match next_line(file) {
                Ok(Some(bytes)) => {
                    self.count += 1;
                    let damaged = |_| AuditLine::Damaged { damaged: format!("{name}, line {}", self.count) };
                    let record = serde_json::from_slice(&bytes).map(AuditLine::Record);
                    return Some(Ok(record.unwrap_or_else(damaged)));
                }
                Ok(None) => {
                    self.files.pop_front();
                    self.count = 0;
                }
                Err(error) => {
                    self.files.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}

/// The next line, truncated to [`LINE_MAX`]; `None` at the end.
fn next_line(file: &mut BufReader<File>) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    if file.by_ref().take(LINE_MAX).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if !bytes.ends_with(b"\n") {
        file.skip_until(b'\n')?;
    }
    Ok(Some(bytes))
}
