//! How a moment is told: by its age, or, on request, by date and time.

use std::time::{Duration, SystemTime};

use super::Model;
use crate::console::age::{TimedText, age};
use crate::console::stamp::Stamp;
use crate::domain::utc;

/// A moment of the past, on either clock: since the start of the program, or by the wall clock, which for
/// what a server tells may be ahead of ours.
pub(crate) trait Moment: Copy {
    /// How long ago it was; the error is how far ahead it is.
    fn elapsed(self, now: Stamp) -> Result<Duration, Duration>;

    fn wall(self, now: Stamp) -> SystemTime;
}

impl Moment for Duration {
    fn elapsed(self, now: Stamp) -> Result<Duration, Duration> {
        now.mono.checked_sub(self).ok_or_else(|| self.saturating_sub(now.mono))
    }

    fn wall(self, now: Stamp) -> SystemTime {
        let at = match self.elapsed(now) {
            Ok(elapsed) => now.wall.checked_sub(elapsed),
            Err(ahead) => now.wall.checked_add(ahead),
        };
        at.unwrap_or(now.wall)
    }
}

impl Moment for SystemTime {
    fn elapsed(self, now: Stamp) -> Result<Duration, Duration> {
        now.wall.duration_since(self).map_err(|ahead| ahead.duration())
    }

    fn wall(self, _: Stamp) -> SystemTime {
        self
    }
}

impl Model {
    /// `4m`, or `2026-02-03T04:05:06Z`. A moment ahead of our clock has an age once the clock has passed it.
    pub(crate) fn age(&self, at: impl Moment) -> TimedText {
        let age = match at.elapsed(self.now) {
            Ok(elapsed) => age(elapsed),
            Err(ahead) => {
                let TimedText { text, changes_in } = age(Duration::ZERO);
                TimedText { text, changes_in: changes_in.map(|wait| wait + ahead) }
            }
        };
        match self.absolute_times {
            true => TimedText { text: utc(at.wall(self.now)), ..age },
            false => age,
        }
    }

    /// `4m ago`, or `2026-02-03T04:05:06Z`.
    pub(crate) fn ago(&self, at: impl Moment) -> String {
        let text = self.age(at).text;
        if self.absolute_times { text } else { format!("{text} ago") }
    }

    /// The same, unless it was only just now.
    pub(crate) fn long_ago(&self, at: impl Moment) -> Option<String> {
        let just_now = age(Duration::ZERO).text;
        let elapsed = at.elapsed(self.now).unwrap_or_default();
        (age(elapsed).text != just_now).then(|| self.ago(at))
    }
}
