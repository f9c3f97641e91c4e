//! How many keys a page of a load requests: few at first, more while responses are small and fast,
//! fewer over a slow connection.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The first page: enough to fill any screen quickly.
const FIRST: i64 = 500;
/// The largest page. For every page the server counts all remaining keys, so few large pages are
/// cheap; beyond this there is nothing left to gain.
const LAST: i64 = 50_000;
/// About how many bytes one response should have: it is in the server's memory as a whole, not in ours.
const BYTES: usize = 16 * 1024 * 1024;
/// How long the next page may take at the rate of the last one: for that long the server keeps it for a thin
/// line, which in turn is idle for a round trip after each page. Pages are shown, and resumed, as they
/// arrive.
const PAGE_TIME: Duration = Duration::from_secs(30);

/// How many keys the next page requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageSize(pub(super) i64);

impl PageSize {
    pub(super) fn after(self, entries: usize, bytes: usize, took: Duration) -> Self {
        let each = bytes.checked_div(entries).unwrap_or(0).max(1);
        let bearable = (bytes as u128).saturating_mul(PAGE_TIME.as_micros()) / took.as_micros().max(1);
        let fitting = usize::try_from(bearable).unwrap_or(BYTES).min(BYTES) / each;
        let fitting = if entries == 0 { LAST } else { i64::try_from(fitting).unwrap_or(LAST) };
        Self(self.0.saturating_mul(10).min(fitting).clamp(1, LAST))
    }

    /// The size after a response that was too large; `None` where it had one key.
    pub(super) fn smaller(self) -> Option<Self> {
        (self.0 > 1).then(|| Self((self.0 / 8).max(1)))
    }
}

/// How many keys the first page of a load requests, over all links of one cluster. After a page that did
/// not arrive the next load begins with a smaller one: the next attempt remembers what the line bore.
#[derive(Debug)]
pub(super) struct PageSizer(AtomicI64);

impl Default for PageSizer {
    fn default() -> Self {
        Self(AtomicI64::new(FIRST))
    }
}

impl PageSizer {
    pub(super) fn first_size(&self) -> PageSize {
        PageSize(self.0.load(Ordering::Relaxed))
    }

    /// A page was requested. Until it arrives, the next load begins with less: a call that is cancelled
    /// cannot report it.
    pub(super) fn requested(&self, growth: PageSize) {
        self.0.store(growth.smaller().map_or(1, |less| less.0.min(FIRST)), Ordering::Relaxed);
    }

    /// A page arrived, with the size of the next; or it failed for a reason other than time.
    pub(super) fn received(&self, growth: PageSize) {
        self.0.store(growth.0.min(FIRST), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_load_asks_for_less_until_a_page_arrives() {
        let pace = PageSizer::default();
        let mut asked = Vec::new();
        for _ in 0..5 {
            asked.push(pace.first_size());
            pace.requested(pace.first_size());
        }
        assert_eq!(asked, [500, 62, 7, 1, 1].map(PageSize));
        pace.received(PageSize(10));
        assert_eq!(pace.first_size(), PageSize(10));
        pace.received(PageSize(LAST));
        assert_eq!(pace.first_size(), PageSize(FIRST));
        pace.requested(PageSize(LAST));
        assert_eq!(
            pace.first_size(),
            PageSize(FIRST),
            "a large page that was lost says nothing of small ones"
        );
    }

    #[test]
    fn pages_grow_while_they_are_light_and_quick() {
        let quick = Duration::from_millis(5);
        let grown = PageSize(FIRST).after(500, 500 * 230, quick);
        assert_eq!(grown, PageSize(5_000));
        assert_eq!(grown.after(5_000, 5_000 * 230, quick), PageSize(50_000));
        assert_eq!(PageSize(LAST).after(50_000, 50_000 * 230, quick), PageSize(LAST));
    }

    #[test]
    fn heavy_values_and_slow_lines_keep_pages_small() {
        let heavy = PageSize(FIRST).after(500, 500 * 1024 * 1024, Duration::ZERO);
        assert_eq!(heavy, PageSize(16));
        let (kilobyte, second) = (1024, Duration::from_secs(1));
        assert_eq!(PageSize(FIRST).after(500, 500 * kilobyte, 5 * second), PageSize(3_000), "at 100 kB/s");
        assert_eq!(PageSize(3_000).after(3_000, 3_000 * kilobyte, 150 * second), PageSize(600), "now at 20");
        assert_eq!(PageSize(1).after(1, 1_000 * kilobyte, 100 * second), PageSize(1));
        assert_eq!(PageSize(FIRST).after(0, 0, Duration::ZERO), PageSize(5_000));
    }

    #[test]
    fn a_too_large_answer_is_asked_for_in_smaller_parts_down_to_one_key() {
        let mut growth = PageSize(FIRST);
        let mut steps = 0;
        while let Some(less) = growth.smaller() {
            assert!(less.0 < growth.0);
            growth = less;
            steps += 1;
        }
        assert_eq!((growth, steps), (PageSize(1), 3));
    }
}
