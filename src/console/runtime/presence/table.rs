//! What the desk wants to know and what it knows: which path is asked next, what is news, when there
//! is something to do. No clock and no store in here, so that tests count and never wait.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

use super::trouble::Trouble;
use crate::domain::{Presence, SecretPath};
use crate::provider::Error;

/// The most paths that are looked at; of more than a screen holds, the first.
pub(super) const MAX_WANTED: usize = 1_000;

/// How long a list must have stood still before what is new in it is asked for, and how long that is
/// waited for at most.
pub(super) const QUIET: Duration = Duration::from_millis(80);
pub(super) const RESTLESS: Duration = Duration::from_millis(500);

/// How many of a list that does not stand still are asked for at a time: most will be gone before they
/// could be read.
const MEANWHILE: usize = 16;

/// The longest time between two looks at a path that stays in sight; up to a fifth less, so that not
/// all of them come together.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);

/// How long it is remembered what a path out of sight was.
pub(super) const REMEMBERED: Duration = Duration::from_secs(30);

/// The most paths out of sight that are remembered.
const MAX_REMEMBERED: usize = 4_096;

/// How long news waits for more of it.
const GATHERED: Duration = Duration::from_millis(40);

/// One path.
struct Row {
    wanted: bool,
    /// Whether its list has stood still since it came.
    settled: bool,
    in_flight: bool,
    /// In which time of the store it was asked, see [`Table::epoch`].
    asked_in: u64,
    /// Looked at anew once its answer has come, because that may be older than a write.
    again: bool,
    due: Instant,
    told: Option<Presence>,
    /// When it went out of sight.
    left: Instant,
    rounds: u64,
}

impl Row {
    fn new(now: Instant) -> Self {
        Self {
            wanted: true,
            settled: false,
            in_flight: false,
            asked_in: 0,
            again: false,
            due: now,
            told: None,
            left: now,
            rounds: 0,
        }
    }
}

/// All of it.
#[derive(Default)]
pub(super) struct Table {
    wanted: Vec<SecretPath>,
    rows: HashMap<SecretPath, Row>,
    in_flight: usize,
    /// Asked before all others.
    urgent: VecDeque<SecretPath>,
    /// When the list changed first and last since it stood still.
    restless: Option<(Instant, Instant)>,
    trouble: Option<Trouble>,
    /// How often trouble has begun or ended: an answer from before says nothing of now.
    epoch: u64,
    news: HashMap<SecretPath, Presence>,
    news_since: Option<Instant>,
    spread: RandomState,
}

/// What became of the store as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It does not answer, or now for another reason.
    Trouble,
    /// It answers again.
    Over,
    /// Nothing that was not known.
    None,
}

impl Table {
    /// Whether nothing is looked at.
    pub(super) fn is_idle(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Takes another list; answers what is under way and not wanted any more.
    pub(super) fn want(&mut self, list: &[SecretPath], now: Instant) -> Vec<SecretPath> {
        let mut known = HashSet::new();
        let list: Vec<_> = list.iter().filter(|path| known.insert(*path)).take(MAX_WANTED).cloned().collect();
        let was_empty = self.wanted.is_empty();
        let old = std::mem::replace(&mut self.wanted, list);
        let known: HashSet<_> = self.wanted.iter().cloned().collect();
        let mut cancelled = Vec::new();
        for path in old.into_iter().filter(|path| !known.contains(path)) {
            let Some(row) = self.rows.get_mut(&path) else { continue };
            (row.wanted, row.left) = (false, now);
            if row.in_flight {
                cancelled.push(path);
            } else if row.told.is_none() {
                self.rows.remove(&path);
            }
        }
        let mut new = false;
        for path in &self.wanted {
            let row = self.rows.entry(path.clone()).or_insert_with(|| Row { wanted: false, ..Row::new(now) });
            if !row.wanted {
                (row.wanted, row.settled, new) = (true, false, true);
                // It may have come while nobody looked, or be forgotten out there by now.
                if let Some(told) = &row.told {
                    self.news.insert(path.clone(), told.clone());
                    self.news_since.get_or_insert(now);
                }
            }
        }
        if new {
            let first = self.restless.map_or(now, |(first, _)| first);
            self.restless = Some((first, now));
        }
        if self.trouble.is_some() {
            self.tell_trouble(now);
            if let Some(trouble) = self.trouble.as_mut().filter(|_| was_empty) {
                trouble.probe_now(now);
            }
        }
        cancelled
    }

    /// The path that is to be asked for now. The caller has a place for it, and says [`Table::began`].
    pub(super) fn next(&mut self, now: Instant) -> Option<SecretPath> {
        self.settle(now);
        if let Some(trouble) = &self.trouble {
            // One, to find out whether it is over, before all the rest.
            return self.wanted.first().filter(|_| self.in_flight == 0 && trouble.probe_at() <= now).cloned();
        }
        let ready = |rows: &HashMap<_, Row>, path: &SecretPath| {
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
        let Some((_, last)) = self.restless.filter(|_| self.settles_at().is_some_and(|at| at <= now)) else {
            return;
        };
        let quiet = last + QUIET <= now;
        self.restless = (!quiet).then_some((now, last));
        let some = if quiet { self.wanted.len() } else { MEANWHILE };
        for path in self.wanted.iter().take(some) {
            if let Some(row) = self.rows.get_mut(path) {
                row.settled = true;
            }
        }
    }

    fn settles_at(&self) -> Option<Instant> {
        self.restless.map(|(first, last)| (last + QUIET).min(first + RESTLESS))
    }

    /// A path is being asked for.
    pub(super) fn began(&mut self, path: &SecretPath) {
        if let Some(row) = self.rows.get_mut(path) {
            (row.in_flight, row.again, row.asked_in) = (true, false, self.epoch);
            self.in_flight += 1;
        }
    }

    fn ended(&mut self, path: &SecretPath) -> Option<&mut Row> {
        let row = self.rows.get_mut(path)?;
        if std::mem::take(&mut row.in_flight) {
            self.in_flight -= 1;
        }
        Some(row)
    }

    /// A question was given up.
    pub(super) fn cancelled(&mut self, path: &SecretPath, now: Instant) {
        let Some(row) = self.ended(path) else { return };
        if !row.wanted && row.told.is_none() {
            self.rows.remove(path);
        } else {
            row.due = now;
        }
    }

    /// A question was answered.
    pub(super) fn answered(
        &mut self,
        path: &SecretPath,
        answer: Result<Presence, Error>,
        now: Instant,
    ) -> Turn {
        if self.rows.get(path).is_none_or(|row| row.asked_in != self.epoch) {
            self.cancelled(path, now);
            return Turn::None;
        }
        let presence = match answer {
            Ok(presence) => presence,
            // This says something of the path and not of the store.
            Err(error @ Error::Unsupported { .. }) => Presence::Unknown { reason: error.to_string() },
            Err(error) => {
                self.cancelled(path, now);
                return self.fail(&error, now);
            }
        };
        let turn = if self.trouble.take().is_some() {
            self.epoch += 1;
            self.look_at_all(now);
            Turn::Over
        } else {
            Turn::None
        };
        let spread = self.spread.hash_one(path);
        let Some(row) = self.ended(path) else { return turn };
        row.rounds += 1;
        row.due = if row.again { now } else { now + interval(spread, row.rounds) };
        if row.wanted {
            self.tell(path, presence, now);
        } else {
            row.told = Some(presence);
        }
        turn
    }

    fn fail(&mut self, error: &Error, now: Instant) -> Turn {
        let turned = match &mut self.trouble {
            Some(trouble) => trouble.again(error, now),
            None => {
                self.epoch += 1;
                self.trouble = Some(Trouble::new(error, now));
                true
            }
        };
        if !turned {
            return Turn::None;
        }
        self.tell_trouble(now);
        Turn::Trouble
    }

    /// Why the store does not answer, while it does not.
    pub(super) fn reason(&self) -> Option<&str> {
        self.trouble.as_ref().map(Trouble::reason)
    }

    fn tell_trouble(&mut self, now: Instant) {
        let Some(reason) = self.reason().map(str::to_owned) else { return };
        for path in self.wanted.clone() {
            self.tell(&path, Presence::Unreachable { reason: reason.clone() }, now);
        }
    }

    fn tell(&mut self, path: &SecretPath, presence: Presence, now: Instant) {
        let Some(row) = self.rows.get_mut(path) else { return };
        if row.told.as_ref() == Some(&presence) {
            return;
        }
        row.told = Some(presence.clone());
        self.news.insert(path.clone(), presence);
        self.news_since.get_or_insert(now);
    }

    /// Looks at a path at once: it was written.
    pub(super) fn look_again(&mut self, path: SecretPath, now: Instant) {
        match self.rows.get_mut(&path) {
            Some(row) if row.wanted => {
                (row.due, row.again, row.settled) = (now, row.in_flight, true);
                // Nothing is known of it out there, so an equal answer is news.
                row.told = None;
                self.urgent.push_back(path);
                self.urgent.truncate(MAX_WANTED);
            }
            // What is remembered of it is not true any more.
            Some(row) => (row.due, row.told) = (now, None),
            None => {}
        }
    }

    /// Looks at everything at once, and for the end of an outage.
    pub(super) fn look_at_all(&mut self, now: Instant) {
        if let Some(trouble) = &mut self.trouble {
            trouble.probe_now(now);
        }
        for path in &self.wanted {
            if let Some(row) = self.rows.get_mut(path) {
                row.due = now;
            }
        }
    }

    /// What has changed, once enough of it has come together or nothing more is expected.
    pub(super) fn news_due(&self, now: Instant) -> bool {
        self.news_at().is_some_and(|at| at <= now)
    }

    fn news_at(&self) -> Option<Instant> {
        let since = self.news_since?;
        Some(if self.in_flight == 0 { since } else { since + GATHERED })
    }

    /// The same; it is news no more.
    pub(super) fn take_news(&mut self) -> Vec<(SecretPath, Presence)> {
        self.news_since = None;
        let mut news = std::mem::take(&mut self.news);
        // What is not in sight any more is told all the same: it is true.
        let order = self.wanted.iter().filter_map(|path| news.remove_entry(path));
        let mut sorted: Vec<_> = order.collect();
        sorted.extend(news);
        sorted
    }

    /// Forgets what has been out of sight for long.
    pub(super) fn forget(&mut self, now: Instant) {
        let full = self.rows.len() > self.wanted.len() + MAX_REMEMBERED;
        self.rows.retain(|_, row| row.wanted || row.in_flight || (!full && now < row.left + REMEMBERED));
    }

    #[cfg(test)]
    pub(super) fn due_of(&self, path: &SecretPath) -> Option<Instant> {
        self.rows.get(path).map(|row| row.due)
    }

    /// When there is something to do, if there is a place for one more question or not.
    pub(super) fn due(&self, place: bool) -> Option<Instant> {
        let next = match &self.trouble {
            Some(trouble) => (self.in_flight == 0 && !self.wanted.is_empty()).then(|| trouble.probe_at()),
            None if place => {
                let rows = self.wanted.iter().filter_map(|path| self.rows.get(path));
                rows.filter(|row| row.settled && !row.in_flight).map(|row| row.due).min()
            }
            None => None,
        };
        let forget = self.rows.values().filter(|row| !row.wanted && !row.in_flight);
        let forget = forget.map(|row| row.left + REMEMBERED).min();
        // Settling leads to a question, so without a place for one it waits too.
        let settles = self.settles_at().filter(|_| place);
        [next, settles, self.news_at(), forget].into_iter().flatten().min()
    }
}

/// A little less than [`INTERVAL`], each time another little.
fn interval(spread: u64, rounds: u64) -> Duration {
    let part = spread.rotate_left(u32::try_from(rounds % 64).unwrap_or_default()) % 1_000;
    let fifth = u64::try_from(INTERVAL.as_millis()).unwrap_or_default() / 5;
    INTERVAL - Duration::from_millis(fifth * part / 1_000)
}
