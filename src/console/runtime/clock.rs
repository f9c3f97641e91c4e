//! Time for the pure half: taken here once for each message, and nowhere else.

use std::time::{Duration, Instant, SystemTime};

use crate::console::message::Stamp;

/// Counts from the start of the program.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock(Instant);

impl Clock {
    /// Starts counting.
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Duration {
        self.0.elapsed()
    }

    /// Both times of this moment.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp { mono: self.now(), wall: SystemTime::now() }
    }

    /// A time since the start as the timer wants it.
    pub(super) fn at(&self, since_start: Duration) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.0 + since_start)
    }
}
