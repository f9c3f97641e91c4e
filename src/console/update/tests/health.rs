//! The tab Health: what is polled when, what is remembered, and what requests no frame.

use super::*;
use crate::domain::{Finding, Health, LatencyClass, MemberHealth, Right};

impl TestConsole {
    /// Answers the last health check of the store.
    fn answer(&mut self, health: Health) -> Redraw {
        let request = self.model.health.asked.unwrap();
        self.send(AppEvent::Answer(request, Answer::Health(vec![health])));
        self.model.redraw
    }

    fn asks(&mut self) -> usize {
        let all = self.effects.drain(..);
        all.filter(|effect| matches!(effect, Effect::CheckHealth(_))).count()
    }
}

fn answers_in(class: LatencyClass) -> Health {
    let mut health = Health::new("etcd");
    health.latency = Some(class);
    health.members = vec![MemberHealth {
        name: "default".into(),
        address: "127.0.0.1:2379".into(),
        condition: None,
        role: None,
        latency: Some(class),
        facts: Vec::new(),
        detail: String::new(),
    }];
    health
}

#[test]
fn an_answer_without_news_asks_for_no_frame() {
    let mut console = TestConsole::loaded();
    console.keys("6");
    assert_eq!(console.answer(answers_in(LatencyClass::Under5ms)), Redraw::Now, "the first one");
    for slow in [false, true, false, true, false] {
        console.now += Duration::from_secs(3);
        console.send(AppEvent::Wake);
        let class = if slow { LatencyClass::Under20ms } else { LatencyClass::Under5ms };
        assert_eq!(console.answer(answers_in(class)), Redraw::No, "one slow answer is no news");
    }
    let slow = || answers_in(LatencyClass::Slow);
    for (answer, wanted) in [(slow(), Redraw::No), (slow(), Redraw::Now), (slow(), Redraw::No)] {
        console.now += Duration::from_secs(3);
        console.send(AppEvent::Wake);
        assert_eq!(console.answer(answer), wanted);
    }
    assert_eq!(console.model.health.backends[0].members[0].latency, Some(LatencyClass::Slow));
    console.now += Duration::from_secs(3);
    console.send(AppEvent::Wake);
    let mut full = slow();
    full.push(Finding::fault("the database is full", ""));
    assert_eq!(console.answer(full), Redraw::Now);
}

#[test]
fn who_looks_at_health_is_told_at_once_when_a_store_is_lost_or_back() {
    let mut console = TestConsole::loaded();
    console.keys("6");
    console.answer(answers_in(LatencyClass::Under5ms));
    console.asks();
    let stale = || WatchEvent::State(LinkState::Stale { reason: "it broke".into(), retry_in: None });
    let mut turned = |event| {
        console.now += Duration::from_millis(100);
        console.feed(event);
        console.send(AppEvent::Wake);
        let asked = console.asks();
        if asked > 0 {
            console.answer(answers_in(LatencyClass::Under5ms));
        }
        asked
    };
    assert_eq!([stale(), stale(), WatchEvent::State(LinkState::Synced)].map(&mut turned), [1, 0, 1]);
    let outage = console.model.link.history.outage.as_ref().unwrap();
    assert_eq!((outage.failures, outage.ended.is_some()), (2, true));
}

#[test]
fn what_happened_is_remembered_after_its_mark_is_gone() {
    let mut console = TestConsole::loaded();
    console.put("a/one", r#"{"module":"s3"}"#, 6);
    console.feed(WatchEvent::Compared { at: Revision(6), differences: 2 });
    assert_eq!(console.model.redraw, Redraw::Soon);
    console.load("s1", 8, &[]);
    console.keys("6");
    let record = &console.model.link.history;
    assert!(console.model.link.resync.is_none());
    assert_eq!((record.changes, record.resyncs, record.last_resync.unwrap().differences), (1, 1, 5));
    assert_eq!(record.last_check.map(|compared| (compared.at, compared.differences)), Some((Revision(6), 2)));
}

#[test]
fn a_paused_console_still_hears_what_is_said_of_the_link() {
    let mut console = TestConsole::loaded();
    console.keys("p");
    console.feed(WatchEvent::Compared { at: Revision(5), differences: 0 });
    assert!(console.model.link.history.last_check.is_some());
    assert!(!console.model.paused.as_ref().unwrap().is_behind());
}

#[test]
fn who_may_not_write_anyway_misses_no_right_to() {
    let mut console = TestConsole::loaded();
    console.keys("6");
    let read_only_folder = || {
        let mut health = Health::new("files");
        health.push(Finding::rights(Right::Write, "the folder is read-only", ""));
        health
    };
    console.answer(read_only_folder());
    assert_eq!(console.model.health.backends[0].verdict(), "degraded by rights");
    console.model.lock = WriteAccess::ReadOnly;
    console.now += Duration::from_secs(3);
    console.send(AppEvent::Wake);
    console.answer(read_only_folder());
    assert_eq!(console.model.health.backends[0].verdict(), "healthy");
}

#[test]
fn the_page_scrolls_until_its_last_line_is_in_sight() {
    let mut console = TestConsole::loaded();
    console.keys("6");
    console.answer(answers_in(LatencyClass::Under5ms));
    console.keys("G j");
    assert_eq!(console.model.health.scroll, 0, "all of it is in sight");
    console.model.size.rows = 8;
    console.keys("G");
    let end = console.model.health.scroll;
    assert!(end > 0);
    console.keys("j j j k");
    assert_eq!(console.model.health.scroll, end - 1);
}

#[test]
fn a_backend_that_is_back_ends_the_wait_for_the_next_try_once() {
    let mut console = TestConsole::loaded();
    let retries = |console: &mut TestConsole, health: Health| {
        console.now += Duration::from_secs(3);
        console.send(AppEvent::Wake);
        console.effects.clear();
        console.answer(health);
        console.effects.iter().filter(|effect| matches!(effect, Effect::Retry)).count()
    };
    let gone = || Health::unusable("etcd", "no leader", "");
    let fine = || answers_in(LatencyClass::Under5ms);
    console.keys("6");
    assert_eq!(retries(&mut console, fine()), 0, "nothing waits");
    let retry_in = Some(Duration::from_secs(37));
    console.feed(WatchEvent::State(LinkState::Stale { reason: "no leader".into(), retry_in }));
    assert_eq!(retries(&mut console, gone()), 0);
    assert_eq!(retries(&mut console, fine()), 1);
    assert_eq!(retries(&mut console, fine()), 0, "the link has its own reasons");
}

#[test]
fn a_write_that_the_store_cannot_take_asks_at_once_what_is_the_matter() {
    let mut console = TestConsole::loaded();
    console.send(AppEvent::Wake);
    console.answer(answers_in(LatencyClass::Under5ms));
    console.asks();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    let full = Error::unavailable("the database is full");
    console.send(AppEvent::Answer(request, Answer::Commit(Err(full))));
    console.send(AppEvent::Wake);
    assert_eq!(console.asks(), 1);
    let mut health = answers_in(LatencyClass::Under5ms);
    health.alarm = Some("NOSPACE");
    assert_eq!(console.answer(health), Redraw::Now);
    assert_eq!(console.model.health.alarm(), Some("NOSPACE"));
}
