//! Reading what was kept, file by file and line by line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::Record;
use super::file::open_all;

/// The longest line that is read; a record is much shorter.
const LINE_MAX: u64 = 64 * 1024;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A record.
    Record(Box<Record>),
    /// Something else: a line that was cut off or changed.
    Damaged {
        /// The file's name.
        file: String,
        /// Which of its lines, from 1.
        line: usize,
    },
}

/// All lines, oldest first.
#[derive(Debug)]
pub struct Lines {
    files: VecDeque<(String, BufReader<File>)>,
    /// Lines read from the first file.
    count: usize,
}

/// Opens what was kept in a folder; nothing yet is no error.
///
/// # Errors
/// What the system says.
pub fn read(folder: &Path) -> io::Result<Lines> {
    let files = open_all(folder)?;
    let files = files.into_iter().map(|(name, file)| (name, BufReader::new(file))).collect();
    Ok(Lines { files, count: 0 })
}

impl Iterator for Lines {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (name, file) = self.files.front_mut()?;
            let bytes = match next_line(file) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.files.clear();
                    return Some(Err(error));
                }
            };
            let Some(bytes) = bytes else {
                self.files.pop_front();
                self.count = 0;
                continue;
            };
            self.count += 1;
            return Some(Ok(match serde_json::from_slice(&bytes) {
                Ok(record) => Line::Record(record),
                Err(_) => Line::Damaged { file: name.clone(), line: self.count },
            }));
        }
    }
}

/// The next line, of a long one its beginning; `None` at the end.
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
