//! The time carried by a message.

use std::time::{Duration, SystemTime};

/// A key pressed sooner, before the question could be read, is not an answer to it.
const READING_TIME: Duration = Duration::from_millis(300);

/// A point in time on both clocks: monotonic for ages and deadlines, wall for display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Since the program started.
    pub mono: Duration,
    pub wall: SystemTime,
}

impl Stamp {
    /// The start of the program.
    pub fn start() -> Self {
        Self { mono: Duration::ZERO, wall: SystemTime::UNIX_EPOCH }
    }

    /// Whether `asked` was too recent for a key to be an answer.
    pub fn is_too_soon_after(self, asked: Duration) -> bool {
        self.mono.saturating_sub(asked) < READING_TIME
    }
}
