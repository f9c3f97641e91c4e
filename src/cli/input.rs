//! Reads a command's input from a file or from standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::error::{Exit, Result};
use crate::private_file::io_reason;

/// Standard input without the standard library's buffer, which is never wiped.
struct RawStdin;

impl Read for RawStdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), buffer)?)
    }
}

/// Reads a file, or standard input if none is named. It reads at most `max` + 1 bytes: the extra byte shows
/// that the input is too long. An error calls the file `name`. If `bytes` has that capacity, it is never reallocated, so that no copy of a
/// secret is left behind.
pub(super) fn read_into(bytes: &mut Vec<u8>, file: Option<&Path>, name: &str, max: usize) -> Result<()> {
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    let read = match file {
        Some(path) => File::open(path).and_then(|file| file.take(limit).read_to_end(bytes)),
        None => RawStdin.take(limit).read_to_end(bytes),
    };
    read.map(drop).map_err(|error| {
        let name = if file.is_some() { name } else { "standard input" };
        Exit::FAILED.because(format!("cannot read {name}: {}", io_reason(&error)))
    })
}
