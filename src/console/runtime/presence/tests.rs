//! Tests of polling by counts: how often and when paths are queried, on the table without a clock and on
//! the task over a memory store.

mod poller;

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::timeout;

use super::table::{INTERVAL, MAX_WANTED, QUIET, REMEMBERED};
use super::*;
use crate::domain::{KvPath, Mount, SecretRight};
use crate::provider::memory::faulty::{FaultySecrets, SecretsOutage};

fn path(n: usize) -> SecretPath {
    let path = KvPath::new(&format!("p{n}")).unwrap();
    SecretPath::Kv { mount: Mount::new("secret").unwrap(), path }
}

fn paths(range: std::ops::Range<usize>) -> Vec<SecretPath> {
    range.map(path).collect()
}

const MS: Duration = Duration::from_millis(1);

#[test]
fn without_a_place_for_a_question_nothing_is_due_while_a_list_settles() {
    let (mut table, now) = (PollTable::default(), Instant::now());
    table.want(&paths(0..1), now);
    assert_eq!(table.due(true), Some(now + QUIET));
    assert_eq!(table.due(false), None);
}

#[test]
fn an_answer_that_came_when_nobody_looked_is_told_to_who_comes_back() {
    let (mut table, now) = (PollTable::default(), Instant::now());
    table.want(&paths(0..1), now);
    let now = now + QUIET;
    let asked = table.next(now).unwrap();
    table.query_started(&asked);
    assert_eq!(table.want(&[], now).len(), 1, "it is given up, and was answered before that");
    table.answered(&asked, Ok(Presence::Missing), now);
    assert_eq!(table.take_news(), []);
    table.want(&paths(0..1), now);
    assert_eq!(table.take_news(), [(path(0), Presence::Missing)]);
}

#[test]
fn what_was_written_is_told_anew_though_it_is_as_before() {
    let (mut table, now) = (PollTable::default(), Instant::now());
    table.want(&paths(0..1), now);
    let now = now + QUIET;
    for round in 0..2 {
        let asked = table.next(now).unwrap();
        table.query_started(&asked);
        table.answered(&asked, Ok(Presence::Missing), now);
        assert_eq!(table.take_news(), [(path(0), Presence::Missing)], "{round}");
        table.refresh(path(0), now);
    }
}

/// A table, and a store that answers when the test says so.
struct Bench {
    table: PollTable,
    now: Instant,
    under_way: Vec<SecretPath>,
    asked: Vec<SecretPath>,
    told: Vec<(SecretPath, Presence)>,
    frames: usize,
}

impl Bench {
    fn new() -> Self {
        Self {
            table: PollTable::default(),
            now: Instant::now(),
            under_way: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
            frames: 0,
        }
    }

    fn want(&mut self, list: &[SecretPath]) -> usize {
        let gone = self.table.want(list, self.now);
        self.under_way.retain(|path| !gone.contains(path));
        for path in &gone {
            self.table.cancelled(path, self.now);
        }
        gone.len()
    }

    fn ask(&mut self) -> usize {
        let before = self.asked.len();
        while self.under_way.len() < AT_ONCE
            && let Some(path) = self.table.next(self.now)
        {
            self.table.query_started(&path);
            self.under_way.push(path.clone());
            self.asked.push(path);
        }
        self.listen();
        self.asked.len() - before
    }

    fn answer(&mut self, answer: &Result<Presence, Error>) -> Vec<OutageChange> {
        let (now, under_way) = (self.now, std::mem::take(&mut self.under_way));
        under_way.iter().map(|path| self.table.answered(path, answer.clone(), now)).collect()
    }

    fn listen(&mut self) {
        if self.table.news_due(self.now) {
            self.frames += 1;
            self.told.extend(self.table.take_news());
        }
    }

    /// Answers everything for so long, as the task would do it; the next moment is always the table's own.
    fn live(&mut self, time: Duration, answer: &Result<Presence, Error>) {
        let until = self.now + time;
        loop {
            while self.ask() > 0 || !self.under_way.is_empty() {
                self.answer(answer);
            }
            self.listen();
            self.table.forget(self.now);
            match self.table.due(true) {
                Some(at) if at <= until => {
                    assert!(at > self.now, "the poller would spin");
                    self.now = at;
                }
                _ => break,
            }
        }
        self.now = until;
    }
}

fn present() -> Result<Presence, Error> {
    Ok(Presence::Present(Default::default()))
}

fn gone(reason: &str) -> Result<Presence, Error> {
    Err(Error::unavailable(reason))
}

#[test]
fn a_list_is_asked_for_once_it_stands_still_eight_at_a_time_and_told_in_few_messages() {
    let mut bench = Bench::new();
    bench.want(&paths(0..200));
    assert_eq!(bench.ask(), 0);
    assert_eq!(bench.table.due(true), Some(bench.now + QUIET));
    bench.now += QUIET;
    let mut steps = 0;
    while bench.ask() > 0 {
        assert!(bench.under_way.len() <= AT_ONCE);
        bench.now += 5 * MS;
        bench.answer(&present());
        steps += 1;
    }
    assert_eq!(bench.asked, paths(0..200), "each once, in their order");
    assert_eq!(steps, 25);
    assert!(bench.frames <= 4, "{} messages", bench.frames);
    assert_eq!(bench.told.len(), 200);
}

#[test]
fn a_restless_list_is_not_waited_for_for_ever_and_scrolling_past_asks_little() {
    let mut bench = Bench::new();
    // A thousand rows in two seconds and a half: forty of them on the screen at a time.
    for first in 0..1_000 {
        bench.want(&paths(first * 2..first * 2 + 80));
        bench.ask();
        bench.now += Duration::from_micros(2_500);
    }
    let begun = bench.asked.len();
    assert!((1..=150).contains(&begun), "{begun} requests for 2,000 paths");
    assert!(bench.under_way.len() <= AT_ONCE);
    bench.want(&paths(2_000..2_080));
    let at = bench.asked.len();
    bench.live(QUIET * 2, &present());
    assert_eq!(bench.asked[at..], paths(2_000..2_080));
}

#[test]
fn what_is_wanted_no_more_is_given_up_and_what_comes_back_soon_is_not_asked_again() {
    let mut bench = Bench::new();
    bench.want(&paths(0..20));
    bench.now += QUIET;
    assert_eq!(bench.ask(), AT_ONCE);
    assert_eq!(bench.want(&paths(4..12)), 4, "those under way");
    bench.answer(&present());
    while bench.ask() > 0 {
        bench.answer(&present());
    }
    assert_eq!(bench.asked.len(), 12, "not begun, not asked");

    bench.want(&[]);
    bench.now += 2 * QUIET;
    bench.want(&paths(4..12));
    bench.now += QUIET;
    assert_eq!(bench.ask(), 0, "known from a moment ago");
    bench.want(&[]);
    bench.live(REMEMBERED, &present());
    bench.told.clear();
    bench.want(&paths(4..12));
    bench.live(QUIET, &present());
    assert_eq!(bench.told.len(), 8, "asked and told as if never known");
}

#[test]
fn what_stays_in_sight_is_looked_at_now_and_then_and_only_changes_are_told() {
    let mut bench = Bench::new();
    bench.want(&paths(0..100));
    bench.live(INTERVAL * 10, &present());
    let rounds = bench.asked.len() / 100;
    assert!((10..=13).contains(&rounds), "{rounds} rounds in ten intervals");
    assert_eq!(bench.told.len(), 100);
    let moments: HashSet<_> = (0..100).map(|n| bench.table.due_of(&path(n)).unwrap()).collect();
    assert!(moments.len() > 50, "they do not come together");
    bench.live(INTERVAL, &Ok(Presence::Missing));
    assert_eq!(bench.told.len(), 200);
}

#[test]
fn after_trouble_one_question_goes_ahead_and_everything_follows_once_it_is_over() {
    let mut bench = Bench::new();
    bench.want(&paths(0..50));
    bench.live(QUIET * 2, &present());
    bench.told.clear();
    bench.now += INTERVAL;
    bench.ask();
    let turns = bench.answer(&gone("sealed"));
    assert_eq!(turns.iter().filter(|turn| **turn == OutageChange::Began).count(), 1, "{turns:?}");
    bench.listen();
    let unreachable = |reason: &str| Presence::Unreachable { reason: reason.into() };
    assert_eq!(bench.told.len(), 50);
    assert!(bench.told.iter().all(|(_, presence)| *presence == unreachable("sealed")));

    let before = bench.asked.len();
    bench.live(Duration::from_secs(60), &gone("sealed"));
    let probes = bench.asked.len() - before;
    assert!((10..=20).contains(&probes), "{probes} in a minute");
    assert_eq!(bench.told.len(), 50, "nothing new about it");
    bench.live(Duration::from_secs(4), &gone("refused"));
    assert_eq!(bench.told.len(), 100, "another reason is news");
    bench.want(&paths(40..60));
    bench.listen();
    assert_eq!(bench.told.len(), 110, "what comes into sight is no better off");

    bench.told.clear();
    let before = bench.asked.len();
    bench.now += Duration::from_secs(4);
    assert_eq!(bench.ask(), 1);
    assert_eq!(bench.answer(&present()), [OutageChange::Ended]);
    bench.live(QUIET, &present());
    assert_eq!(bench.asked.len() - before, 20, "each once, the first by the probe");
    assert_eq!(bench.told.len(), 20);
}

#[test]
fn an_answer_from_before_the_trouble_does_not_end_it() {
    let mut bench = Bench::new();
    bench.want(&paths(0..2));
    bench.now += QUIET;
    assert_eq!(bench.ask(), 2);
    assert_eq!(bench.table.answered(&path(0), gone("sealed"), bench.now), OutageChange::Began);
    assert_eq!(bench.table.answered(&path(1), present(), bench.now), OutageChange::None);
    assert_eq!(bench.table.reason(), Some("sealed"));
    bench.under_way.clear();
    bench.listen();
    assert!(bench.told.iter().all(|(_, presence)| matches!(presence, Presence::Unreachable { .. })));
}

#[test]
fn what_was_written_goes_first_and_is_asked_anew_where_an_answer_may_be_older() {
    let mut bench = Bench::new();
    bench.want(&paths(0..100));
    bench.live(QUIET * 2, &present());
    bench.asked.clear();
    bench.table.refresh(path(99), bench.now);
    bench.table.refresh(path(700), bench.now);
    assert_eq!((bench.ask(), bench.asked.as_slice()), (1, &[path(99)][..]));
    bench.table.refresh(path(99), bench.now);
    bench.answer(&present());
    assert_eq!((bench.ask(), bench.asked.last()), (1, Some(&path(99))));
    bench.answer(&present());
    assert_eq!(bench.ask(), 0);
}

#[test]
fn a_list_is_bounded_and_told_apart_by_path_and_what_does_not_fit_the_store_is_unknown() {
    let mut bench = Bench::new();
    let mut list = paths(0..MAX_WANTED * 3);
    list.insert(1, path(0));
    bench.want(&list);
    let what = "telling".to_owned();
    bench.live(QUIET, &Err(Error::Unsupported { what, remedy: "no".into() }));
    assert_eq!(bench.asked.len(), MAX_WANTED);
    assert!(bench.told.iter().all(|(_, presence)| matches!(presence, Presence::Unknown { .. })));
    assert_eq!(bench.table.reason(), None);
}
