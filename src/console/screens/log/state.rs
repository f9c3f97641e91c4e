//! The state of the screen Log: the last lines of confdeck's own log.

use std::collections::VecDeque;

#[derive(Debug, Default)]
pub struct LogPage {
    /// The last lines, oldest first; already safe to show.
    pub lines: VecDeque<String>,
    /// Lines scrolled up from the newest line.
    pub back: usize,
}

/// The most lines the tab Log keeps.
pub const LOG_LINES: usize = 500;
