//! The clock of the event loop: time since the start, which goes on while the machine is asleep.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The clock that goes on while the machine is asleep; [`Instant`] stands still then.
#[cfg(any(target_os = "linux", target_os = "android"))]
const COUNTS_SLEEP: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const COUNTS_SLEEP: ClockId = ClockId::Monotonic;

/// The shortest sleep that counts as one; the two clocks are not read at the same moment.
const ASLEEP: Duration = Duration::from_secs(1);

/// Two clocks, read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClockReading {
    /// Stands still while the machine is asleep.
    pub(super) awake: Duration,
    /// Goes on.
    pub(super) total: Duration,
}

#[derive(Clone)]
pub struct Clock {
    read: Arc<dyn Fn() -> ClockReading + Send + Sync>,
    started: Duration,
    /// How long the machine has been asleep, when this was last asked.
    asleep: Duration,
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        let started = Instant::now();
        Self::reading(move || {
            let total = clock_gettime(COUNTS_SLEEP);
            let part = |part: i64| u64::try_from(part).unwrap_or_default();
            let total = Duration::from_secs(part(total.tv_sec)) + Duration::from_nanos(part(total.tv_nsec));
            ClockReading { awake: started.elapsed(), total }
        })
    }

    /// Any clocks; a test turns them.
    pub(super) fn reading(read: impl Fn() -> ClockReading + Send + Sync + 'static) -> Self {
        let first = read();
        Self { read: Arc::new(read), started: first.total, asleep: asleep(first) }
    }

    /// The time since the start, sleep included.
    pub(super) fn elapsed(&self) -> Duration {
        (self.read)().total.saturating_sub(self.started)
    }

    /// Whether the machine was asleep since the last call.
    pub(super) fn has_slept(&mut self) -> bool {
        let before = std::mem::replace(&mut self.asleep, asleep((self.read)()));
        self.asleep.saturating_sub(before) >= ASLEEP
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("started", &self.started).finish_non_exhaustive()
    }
}

/// Only the growth of this means anything: the clocks begin at different moments.
fn asleep(now: ClockReading) -> Duration {
    now.total.saturating_sub(now.awake)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_clocks_run_together_while_it_is_awake() {
        let mut clock = Clock::system();
        let began = Instant::now();
        std::thread::sleep(Duration::from_millis(20));
        assert!(clock.elapsed() >= Duration::from_millis(20));
        assert!(clock.elapsed() <= began.elapsed() + ASLEEP);
        assert!(!clock.has_slept());
    }
}
