//! The time carried by a message.

use std::time::{Duration, SystemTime};

/// A key pressed sooner, before the question could be read, is not an answer to it.
const READING_TIME: Duration = Duration::from_millis(300);

/// By how much the wall clock may differ from the monotonic one before it is taken to have been set.
const MOVED: Duration = Duration::from_secs(1);

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

    /// The moment `mono` after the start. `start` is the wall clock's time of the start; it is set anew only
    /// when the clock has moved by a second or more, so that a past moment keeps its date and time to the
    /// second.
    pub fn at(mono: Duration, wall: SystemTime, start: &mut SystemTime) -> Self {
        let expected = *start + mono;
        let off = expected.duration_since(wall).unwrap_or_else(|ahead| ahead.duration());
        if off < MOVED {
            return Self { mono, wall: expected };
        }
        *start = wall.checked_sub(mono).unwrap_or(wall);
        Self { mono, wall }
    }

    /// Whether `asked` was too recent for a key to be an answer.
    pub fn is_too_soon_after(self, asked: Duration) -> bool {
        self.mono.saturating_sub(asked) < READING_TIME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_moment_keeps_its_time_until_the_clock_is_set() {
        let second = Duration::from_secs;
        let mut start = SystemTime::UNIX_EPOCH + second(1_000);
        let drifted = start + second(60) + Duration::from_millis(900);
        assert_eq!(Stamp::at(second(60), drifted, &mut start).wall, SystemTime::UNIX_EPOCH + second(1_060));
        let set = SystemTime::UNIX_EPOCH + second(5_000);
        assert_eq!(Stamp::at(second(61), set, &mut start).wall, set);
        assert_eq!(Stamp::at(second(62), set + second(1), &mut start).wall, set + second(1));
    }
}
