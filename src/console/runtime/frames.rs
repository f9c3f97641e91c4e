//! Frame scheduling: input is drawn at once, changes of the store at a limited frame rate.

use std::time::Duration;

use crate::console::model::Redraw;

/// The requested frame, and the time of the last one.
#[derive(Debug)]
pub(super) struct FrameSchedule {
    interval: Duration,
    last: Option<Duration>,
    wanted: Redraw,
}

impl FrameSchedule {
    /// Limits frames caused by changes alone; the first frame is due at once.
    pub(super) fn new(frames_per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / frames_per_second.max(1);
        Self { interval, last: None, wanted: Redraw::Now }
    }

    /// Requests a frame; the more urgent request wins.
    pub(super) fn request(&mut self, redraw: Redraw) {
        self.wanted = self.wanted.max(redraw);
    }

    /// When the requested frame is due; `None` if none is requested.
    pub(super) fn due_at(&self) -> Option<Duration> {
        match self.wanted {
            Redraw::No => None,
            Redraw::Now => Some(Duration::ZERO),
            Redraw::Soon => Some(self.last.map_or(Duration::ZERO, |last| last + self.interval)),
        }
    }

    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.due_at().is_some_and(|due| due <= now)
    }

    /// Records that a frame was drawn.
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
        let mut schedule = FrameSchedule::new(50);
        assert!(schedule.is_due(ms(0)), "the first frame waits for nothing");
        schedule.drawn(ms(100));
        assert_eq!(schedule.due_at(), None);
        schedule.request(Redraw::Soon);
        assert_eq!(schedule.due_at(), Some(ms(120)));
        assert!(!schedule.is_due(ms(119)) && schedule.is_due(ms(120)));
        schedule.request(Redraw::Now);
        assert!(schedule.is_due(ms(101)));
        schedule.request(Redraw::Soon);
        assert!(schedule.is_due(ms(101)), "a lesser wish does not slow it down");
    }

    #[test]
    fn a_change_after_a_quiet_time_is_drawn_at_once() {
        let mut schedule = FrameSchedule::new(30);
        schedule.drawn(ms(100));
        schedule.request(Redraw::Soon);
        assert!(schedule.is_due(ms(5_000)));
    }
}
