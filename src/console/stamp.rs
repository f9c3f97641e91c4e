//! The time that a message carries.

use std::time::{Duration, SystemTime};

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
}
