//! How many keys a page of a load asks for: few at first, more while answers are light and quick,
//! fewer over a line that could not carry the last ones.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// What the first request asks for: enough to fill any screen, soon.
const FIRST: i64 = 500;
/// What no request goes beyond: for every page the server counts all keys that remain, so few large
/// ones are cheap, and beyond this there is nothing left to win.
const LAST: i64 = 50_000;
/// About how many bytes one answer should have; bounds memory where values are large.
const BYTES: usize = 12 * 1024 * 1024;
/// An answer slower than this makes the next request smaller, so that a thin line stays within the
/// deadline of a call.
const SLOW: Duration = Duration::from_secs(1);

/// How many keys to ask for next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Growth(i64);

impl Growth {
    /// So many keys.
    pub(super) fn keys(self) -> i64 {
        self.0
    }

    pub(super) fn after(self, entries: usize, bytes: usize, took: Duration) -> Self {
        if took > SLOW {
            return Self((self.0 / 2).max(1));
        }
        let each = bytes.checked_div(entries).unwrap_or(0).max(1);
        let fitting = i64::try_from(BYTES / each).unwrap_or(LAST);
        Self(self.0.saturating_mul(10).min(fitting).clamp(1, LAST))
    }

    /// Less, after an answer that was too large to take; `None` where one key alone is.
    pub(super) fn less(self) -> Option<Self> {
        (self.0 > 1).then(|| Self((self.0 / 8).max(1)))
    }
}

/// How many keys the first page of a load asks for, over all links of one cluster. A page that did not
/// come in time is asked for in smaller parts by the next load, so that a line too thin for the usual
/// page is loaded from in the end.
#[derive(Debug)]
pub(super) struct Pace(AtomicI64);

impl Default for Pace {
    fn default() -> Self {
        Self(AtomicI64::new(FIRST))
    }
}

impl Pace {
    /// What a load begins with.
    pub(super) fn first(&self) -> Growth {
        Growth(self.0.load(Ordering::Relaxed))
    }

    /// A page is asked for. Until it arrives, what comes next is to ask for less: whoever gives up on
    /// it may not get to say so.
    pub(super) fn asked(&self, growth: Growth) {
        self.0.store(growth.less().map_or(1, |less| less.0.min(FIRST)), Ordering::Relaxed);
    }

    /// A page arrived, after which so many are asked for; or did not for another reason than time.
    pub(super) fn arrived(&self, growth: Growth) {
        self.0.store(growth.0.min(FIRST), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_load_asks_for_less_until_a_page_arrives() {
        let pace = Pace::default();
        let mut asked = Vec::new();
        for _ in 0..5 {
            asked.push(pace.first());
            pace.asked(pace.first());
        }
        assert_eq!(asked, [500, 62, 7, 1, 1].map(Growth));
        pace.arrived(Growth(10));
        assert_eq!(pace.first(), Growth(10));
        pace.arrived(Growth(LAST));
        assert_eq!(pace.first(), Growth(FIRST));
        pace.asked(Growth(LAST));
        assert_eq!(pace.first(), Growth(FIRST), "a large page that was lost says nothing of small ones");
    }

    #[test]
    fn pages_grow_while_they_are_light_and_quick() {
        let quick = Duration::from_millis(5);
        let grown = Growth(FIRST).after(500, 500 * 230, quick);
        assert_eq!(grown, Growth(5_000));
        assert_eq!(grown.after(5_000, 5_000 * 230, quick), Growth(50_000));
        assert_eq!(Growth(LAST).after(50_000, 50_000 * 230, quick), Growth(LAST));
    }

    #[test]
    fn heavy_values_and_slow_lines_keep_pages_small() {
        let heavy = Growth(FIRST).after(500, 500 * 1024 * 1024, Duration::ZERO);
        assert_eq!(heavy, Growth(12));
        assert_eq!(Growth(5_000).after(5_000, 1, Duration::from_secs(2)), Growth(2_500));
        assert_eq!(Growth(FIRST).after(0, 0, Duration::ZERO), Growth(5_000));
    }

    #[test]
    fn a_too_large_answer_is_asked_for_in_smaller_parts_down_to_one_key() {
        let mut growth = Growth(FIRST);
        let mut steps = 0;
        while let Some(less) = growth.less() {
            assert!(less.0 < growth.0);
            growth = less;
            steps += 1;
        }
        assert_eq!((growth, steps), (Growth(1), 3));
    }
}
