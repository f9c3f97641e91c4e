//! State of the Log screen: the last lines of confdeck's own log.

use std::collections::VecDeque;

#[derive(Debug, Default)]
pub struct LogPage {
    /// The last lines, oldest first; already safe to show.
    pub lines: VecDeque<String>,
    /// The number of lines scrolled up from the newest line.
    pub back: usize,
}

/// The most lines kept for the Log tab.
pub const LOG_LINES: usize = 500;
