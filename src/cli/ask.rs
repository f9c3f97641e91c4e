//! Questions to whoever sits at the terminal.

use std::io::{self, IsTerminal, Write};

use super::failure::Failure;
use crate::text::Safe;

/// Whether there is anybody to ask.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks; only `y` or `yes` means yes.
pub(super) fn agrees(question: &str) -> Result<bool, Failure> {
    let answer = answer(&format!("{question} [y/N]"))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a line.
pub(super) fn answer(question: &str) -> Result<String, Failure> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{} ", Safe::new(question))?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::Failed(format!("cannot read the answer: {}", error.kind())))?;
    Ok(answer)
}
