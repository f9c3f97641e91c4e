//! The console's clock: the only source of time for `update` and `view`, read once for each message.

use std::time::{Duration, Instant, SystemTime};

use crate::console::stamp::Stamp;

/// Time since the start of the program.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConsoleClock(Instant);

impl ConsoleClock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now(&self) -> Duration {
        self.0.elapsed()
    }

    /// The current time on both clocks.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp { mono: self.now(), wall: SystemTime::now() }
    }

    /// Converts a time since the start to one for tokio's timer.
    pub(super) fn at(&self, since_start: Duration) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.0 + since_start)
    }
}
