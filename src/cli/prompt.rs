//! Prompts on the terminal, for commands that ask before they act.

use std::io::{self, IsTerminal, Write};

use super::error::CliError;
use crate::text::Safe;

/// Whether standard input and error are a terminal.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a yes/no question; only `y` or `yes` means yes.
pub(super) fn confirm(question: &str) -> Result<bool, CliError> {
    let answer = ask_line(&format!("{question} [y/N]"))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Prints the question and reads one line.
pub(super) fn ask_line(question: &str) -> Result<String, CliError> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{} ", Safe::new(question))?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| CliError::Failed(format!("cannot read the answer: {}", error.kind())))?;
    Ok(answer)
}
