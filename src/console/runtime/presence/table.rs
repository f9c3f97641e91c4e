//! The polling schedule: which path is queried next, which results are news, and when the next step is due.
//! It has no clock and no store, so that tests need not wait.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

use super::backoff::OutageBackoff;
use crate::domain::{Presence, SecretPath};
use crate::provider::Error;

/// The most paths that are polled; the list is truncated to its first paths.
pub(super) const MAX_WANTED: usize = 1_000;

/// How long a list must be unchanged before its new paths are queried, and the longest wait for that.
pub(super) const QUIET: Duration = Duration::from_millis(80);
pub(super) const MAX_UNSETTLED: Duration = Duration::from_millis(500);

/// How many paths of a list that keeps changing are queried at a time. Most will have scrolled out of view
/// before anyone could read them.
const MEANWHILE: usize = 16;

/// The longest interval between two queries of a visible path. Jitter shortens it by up to a fifth, so that
/// queries spread out.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);

/// How long the state of a path that is no longer visible is remembered.
pub(super) const REMEMBERED: Duration = Duration::from_secs(30);

const MAX_REMEMBERED: usize = 4_096;

/// How long changes are collected before they are reported.
const GATHERED: Duration = Duration::from_millis(40);

struct PollRow {
    wanted: bool,
    /// Whether the list has been unchanged for long enough since this path appeared.
    settled: bool,
    in_flight: bool,
    /// The epoch in which it was queried, see [`PollTable::epoch`].
    query_epoch: u64,
    /// Query again once the running query is answered, because that answer may predate a write.
    requery: bool,
    due: Instant,
    last_reported: Option<Presence>,
    hidden_at: Instant,
    rounds: u64,
}

impl PollRow {
    fn new(now: Instant) -> Self {
        Self {
            wanted: false,
            settled: false,
            in_flight: false,
            query_epoch: 0,
            requery: false,
            due: now,
            last_reported: None,
            hidden_at: now,
            rounds: 0,
        }
    }
}

#[derive(Default)]
pub(super) struct PollTable {
    wanted: Vec<SecretPath>,
    rows: HashMap<SecretPath, PollRow>,
    in_flight: usize,
    /// Queried before all others.
    urgent: VecDeque<SecretPath>,
    /// The first and the last change of the list since it was last settled.
    changing_since: Option<(Instant, Instant)>,
    outage: Option<OutageBackoff>,
    /// Incremented when an outage begins or ends: an answer to a query of an earlier epoch is out of date.
    epoch: u64,
    news: HashMap<SecretPath, Presence>,
    news_since: Option<Instant>,
    jitter: RandomState,
}

/// How an answer changes the outage of the store as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutageChange {
    /// It began, or its reason changed.
    Began,
    /// The store answers again.
    Ended,
    /// No change.
    None,
}

impl PollTable {
    /// Whether nothing is polled.
    pub(super) fn is_idle(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Replaces the list; returns the paths whose running queries are to be cancelled.
    pub(super) fn want(&mut self, list: &[SecretPath], now: Instant) -> Vec<SecretPath> {
        let mut known = HashSet::new();
        let list: Vec<_> = list.iter().filter(|path| known.insert(*path)).take(MAX_WANTED).cloned().collect();
        let was_empty = self.wanted.is_empty();
        let old = std::mem::replace(&mut self.wanted, list);
        let known: HashSet<_> = self.wanted.iter().cloned().collect();
        let mut cancelled = Vec::new();
        for path in old.into_iter().filter(|path| !known.contains(path)) {
            let Some(row) = self.rows.get_mut(&path) else { continue };
            (row.wanted, row.hidden_at) = (false, now);
            if row.in_flight {
                cancelled.push(path);
            } else if row.last_reported.is_none() {
                self.rows.remove(&path);
            }
        }
        let mut new = false;
        for path in &self.wanted {
            let row = self.rows.entry(path.clone()).or_insert_with(|| PollRow::new(now));
            if !row.wanted {
                (row.wanted, row.settled, new) = (true, false, true);
                // It may have been answered while not visible, or the model may have dropped its state.
                if let Some(told) = &row.last_reported {
                    self.news.insert(path.clone(), told.clone());
                    self.news_since.get_or_insert(now);
                }
            }
        }
        if new {
            let first = self.changing_since.map_or(now, |(first, _)| first);
            self.changing_since = Some((first, now));
        }
        if self.outage.is_some() {
            self.report_outage(now);
            if let Some(trouble) = self.outage.as_mut().filter(|_| was_empty) {
                trouble.probe_now(now);
            }
        }
        cancelled
    }

    /// The path to query now. The caller must have a free slot, and must call [`PollTable::query_started`].
    pub(super) fn next(&mut self, now: Instant) -> Option<SecretPath> {
        self.settle(now);
        if let Some(trouble) = &self.outage {
            // A single query probes whether the outage is over.
            return self.wanted.first().filter(|_| self.in_flight == 0 && trouble.probe_at <= now).cloned();
        }
        let ready = |rows: &HashMap<_, PollRow>, path: &SecretPath| {
            rows.get(path).is_some_and(|row| row.wanted && row.settled && !row.in_flight && row.due <= now)
        };
        while let Some(path) = self.urgent.pop_front() {
            if ready(&self.rows, &path) {
                return Some(path);
            }
        }
        self.wanted.iter().find(|path| ready(&self.rows, path)).cloned()
    }

    fn settle(&mut self, now: Instant) {
        let Some((_, last)) = self.changing_since.filter(|_| self.settles_at().is_some_and(|at| at <= now))
        else {
            return;
        };
        let quiet = last + QUIET <= now;
        self.changing_since = (!quiet).then_some((now, last));
        let some = if quiet { self.wanted.len() } else { MEANWHILE };
        for path in self.wanted.iter().take(some) {
            if let Some(row) = self.rows.get_mut(path) {
                row.settled = true;
            }
        }
    }

    fn settles_at(&self) -> Option<Instant> {
        self.changing_since.map(|(first, last)| (last + QUIET).min(first + MAX_UNSETTLED))
    }

    pub(super) fn query_started(&mut self, path: &SecretPath) {
        if let Some(row) = self.rows.get_mut(path) {
            (row.in_flight, row.requery, row.query_epoch) = (true, false, self.epoch);
            self.in_flight += 1;
        }
    }

    fn query_ended(&mut self, path: &SecretPath) -> Option<&mut PollRow> {
        let row = self.rows.get_mut(path)?;
        if std::mem::take(&mut row.in_flight) {
            self.in_flight -= 1;
        }
        Some(row)
    }

    /// Records that a query was cancelled.
    pub(super) fn cancelled(&mut self, path: &SecretPath, now: Instant) {
        let Some(row) = self.query_ended(path) else { return };
        if !row.wanted && row.last_reported.is_none() {
            self.rows.remove(path);
        } else {
            row.due = now;
        }
    }

    /// What is known about a path.
    pub(super) fn last_reported(&self, path: &SecretPath) -> Option<&Presence> {
        self.rows.get(path)?.last_reported.as_ref()
    }

    /// Records an answer.
    pub(super) fn answered(
        &mut self,
        path: &SecretPath,
        answer: Result<Presence, Error>,
        now: Instant,
    ) -> OutageChange {
        if self.rows.get(path).is_none_or(|row| row.query_epoch != self.epoch) {
            self.cancelled(path, now);
            return OutageChange::None;
        }
        let presence = match answer {
            Ok(presence) => presence,
            // An error of this path, not of the store.
            Err(error @ Error::Unsupported { .. }) => Presence::Unknown { reason: error.to_string() },
            Err(error) => {
                self.cancelled(path, now);
                return self.fail(&error, now);
            }
        };
        let turn = if self.outage.take().is_some() {
            self.epoch += 1;
            self.refresh_all(now);
            OutageChange::Ended
        } else {
            OutageChange::None
        };
        let spread = self.jitter.hash_one(path);
        let Some(row) = self.query_ended(path) else { return turn };
        row.rounds += 1;
        row.due = if row.requery { now } else { now + interval(spread, row.rounds) };
        if row.wanted {
            self.report(path, presence, now);
        } else {
            row.last_reported = Some(presence);
        }
        turn
    }

    fn fail(&mut self, error: &Error, now: Instant) -> OutageChange {
        let turned = match &mut self.outage {
            Some(trouble) => trouble.again(error, now),
            None => {
                self.epoch += 1;
                self.outage = Some(OutageBackoff::new(error, now));
                true
            }
        };
        if !turned {
            return OutageChange::None;
        }
        self.report_outage(now);
        OutageChange::Began
    }

    /// The reason of the current outage.
    pub(super) fn reason(&self) -> Option<&str> {
        self.outage.as_ref().map(|outage| &*outage.reason)
    }

    fn report_outage(&mut self, now: Instant) {
        let Some(reason) = self.reason().map(str::to_owned) else { return };
        for path in self.wanted.clone() {
            self.report(&path, Presence::Unreachable { reason: reason.clone() }, now);
        }
    }

    fn report(&mut self, path: &SecretPath, presence: Presence, now: Instant) {
        let Some(row) = self.rows.get_mut(path) else { return };
        if row.last_reported.as_ref() == Some(&presence) {
            return;
        }
        row.last_reported = Some(presence.clone());
        self.news.insert(path.clone(), presence);
        self.news_since.get_or_insert(now);
    }

    /// Makes a path due at once, because it was written.
    pub(super) fn refresh(&mut self, path: SecretPath, now: Instant) {
        match self.rows.get_mut(&path) {
            Some(row) if row.wanted => {
                (row.due, row.requery, row.settled) = (now, row.in_flight, true);
                // The model has dropped its state, so an equal answer is news.
                row.last_reported = None;
                self.urgent.push_back(path);
                self.urgent.truncate(MAX_WANTED);
            }
            // The remembered state is out of date.
            Some(row) => (row.due, row.last_reported) = (now, None),
            None => {}
        }
    }

    /// Makes everything due at once, including the probe for the end of an outage.
    pub(super) fn refresh_all(&mut self, now: Instant) {
        if let Some(trouble) = &mut self.outage {
            trouble.probe_now(now);
        }
        for path in &self.wanted {
            if let Some(row) = self.rows.get_mut(path) {
                row.due = now;
            }
        }
    }

    /// Whether changes should be reported: they were collected for long enough, or no query is running.
    pub(super) fn news_due(&self, now: Instant) -> bool {
        self.news_at().is_some_and(|at| at <= now)
    }

    fn news_at(&self) -> Option<Instant> {
        let since = self.news_since?;
        Some(if self.in_flight == 0 { since } else { since + GATHERED })
    }

    /// Takes the changes to report, in the order of the list.
    pub(super) fn take_news(&mut self) -> Vec<(SecretPath, Presence)> {
        self.news_since = None;
        let mut news = std::mem::take(&mut self.news);
        // Paths that are no longer visible are reported too.
        let order = self.wanted.iter().filter_map(|path| news.remove_entry(path));
        let mut sorted: Vec<_> = order.collect();
        sorted.extend(news);
        sorted
    }

    /// Drops paths that have not been visible for a while.
    pub(super) fn forget(&mut self, now: Instant) {
        let full = self.rows.len() > self.wanted.len() + MAX_REMEMBERED;
        self.rows.retain(|_, row| row.wanted || row.in_flight || (!full && now < row.hidden_at + REMEMBERED));
    }

    #[cfg(test)]
    pub(super) fn due_of(&self, path: &SecretPath) -> Option<Instant> {
        self.rows.get(path).map(|row| row.due)
    }

    /// When the next step is due; `place` says whether one more query may start.
    pub(super) fn due(&self, place: bool) -> Option<Instant> {
        let next = match &self.outage {
            Some(trouble) => (self.in_flight == 0 && !self.wanted.is_empty()).then_some(trouble.probe_at),
            None if place => {
                let rows = self.wanted.iter().filter_map(|path| self.rows.get(path));
                rows.filter(|row| row.settled && !row.in_flight).map(|row| row.due).min()
            }
            None => None,
        };
        let forget = self.rows.values().filter(|row| !row.wanted && !row.in_flight);
        let forget = forget.map(|row| row.hidden_at + REMEMBERED).min();
        // Settling only matters if a query may start.
        let settles = self.settles_at().filter(|_| place);
        [next, settles, self.news_at(), forget].into_iter().flatten().min()
    }
}

/// [`INTERVAL`] with jitter.
fn interval(spread: u64, rounds: u64) -> Duration {
    let part = spread.rotate_left(u32::try_from(rounds % 64).unwrap_or_default()) % 1_000;
    let fifth = u64::try_from(INTERVAL.as_millis()).unwrap_or_default() / 5;
    INTERVAL - Duration::from_millis(fifth * part / 1_000)
}
