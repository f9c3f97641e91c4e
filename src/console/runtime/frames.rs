//! When the next frame is due. A person waits for none; changes alone are limited to so many a second.

use std::time::Duration;

use crate::console::model::Redraw;

/// The frame that is wanted, and the last one drawn.
#[derive(Debug)]
pub(super) struct Schedule {
    interval: Duration,
    last: Option<Duration>,
    wanted: Redraw,
}

impl Schedule {
    /// Limits frames caused by changes alone; the first is wanted at once.
    pub(super) fn new(frames_per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / frames_per_second.max(1);
        Self { interval, last: None, wanted: Redraw::Now }
    }

    /// Asks for a frame; the more urgent wish stays.
    pub(super) fn want(&mut self, redraw: Redraw) {
        self.wanted = self.wanted.max(redraw);
    }

    /// When the wanted frame is due; `None` if what is shown is current.
    pub(super) fn due_at(&self) -> Option<Duration> {
        match self.wanted {
            Redraw::No => None,
            Redraw::Now => Some(Duration::ZERO),
            Redraw::Soon => Some(self.last.map_or(Duration::ZERO, |last| last + self.interval)),
        }
    }

    /// Whether it is due.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.due_at().is_some_and(|due| due <= now)
    }

    /// A frame shows everything up to now.
    pub(super) fn drawn(&mut self, now: Duration) {
        self.last = Some(now);
        self.wanted = Redraw::No;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn changes_alone_wait_for_their_turn_and_keys_do_not() {
        let mut schedule = Schedule::new(50);
        assert!(schedule.is_due(ms(0)), "the first frame waits for nothing");
        schedule.drawn(ms(100));
        assert_eq!(schedule.due_at(), None);
        schedule.want(Redraw::Soon);
        assert_eq!(schedule.due_at(), Some(ms(120)));
        assert!(!schedule.is_due(ms(119)) && schedule.is_due(ms(120)));
        schedule.want(Redraw::Now);
        assert!(schedule.is_due(ms(101)));
        schedule.want(Redraw::Soon);
        assert!(schedule.is_due(ms(101)), "a lesser wish does not slow it down");
    }

    #[test]
    fn a_change_after_a_quiet_time_is_drawn_at_once() {
        let mut schedule = Schedule::new(30);
        schedule.drawn(ms(100));
        schedule.want(Redraw::Soon);
        assert!(schedule.is_due(ms(5_000)));
    }
}
