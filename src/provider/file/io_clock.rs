//! How long the file system has not answered.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The operations under way, each with a number and when it began.
#[derive(Debug, Default)]
pub(super) struct IoClock(Mutex<(u64, Vec<(u64, Instant)>)>);

/// One operation; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct IoOperation<'a> {
    clock: &'a IoClock,
    number: u64,
}

impl IoClock {
    pub(super) fn begin(&self) -> IoOperation<'_> {
        let mut running = self.0.lock();
        running.0 += 1;
        let number = running.0;
        running.1.push((number, Instant::now()));
        IoOperation { clock: self, number }
    }

    /// How long the longest operation has been under way.
    pub(super) fn silence(&self) -> Duration {
        let longest = self.0.lock().1.iter().map(|(_, since)| since.elapsed()).max();
        longest.unwrap_or_default()
    }
}

impl Drop for IoOperation<'_> {
    fn drop(&mut self) {
        self.clock.0.lock().1.retain(|(number, _)| *number != self.number);
    }
}
