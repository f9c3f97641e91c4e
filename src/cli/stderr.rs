//! Standard error: errors and notes, and questions of commands that ask before they act.

use std::io::{self, IsTerminal, Write};

use super::error::{Exit, Result};
use crate::private_file::io_reason;
use crate::text::Safe;

/// Prints an error or a note, escaped, because it may quote stored data. Standard output stays
/// machine-readable.
pub(super) fn print_note(text: &str) {
    let mut stderr = io::stderr().lock();
    for (index, line) in text.trim_end().lines().enumerate() {
        let prefix = if index == 0 { "confdeck: " } else { "" };
        // There is nowhere left to report a failure.
        let _ = writeln!(stderr, "{prefix}{}", Safe::new(line));
    }
}

/// Whether standard input and error are a terminal.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Fails if there is no terminal to ask on; `instead` names the flags that make the question unnecessary.
pub(super) fn require_terminal(instead: &str) -> Result<()> {
    if can_ask() {
        return Ok(());
    }
    Err(Exit::USAGE.because(format!("nobody can be asked without a terminal: add {instead}")))
}

pub(super) fn confirm(question: &str) -> Result<bool> {
    let answer = ask_line(&format!("{question} [y/N]"))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Prints the question and reads one line.
pub(super) fn ask_line(question: &str) -> Result<String> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{} ", Safe::new(question))?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Exit::FAILED.because(format!("cannot read the answer: {}", io_reason(&error))))?;
    Ok(answer)
}
