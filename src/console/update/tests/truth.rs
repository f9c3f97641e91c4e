//! Badges and counts stay correct while much happens at once.

use super::*;

#[test]
fn a_load_that_begins_again_forgets_no_difference() {
    let mut console = TestConsole::loaded();
    let begin = || WatchEvent::Load {
        store: StoreId::new("s1"),
        at: Revision(9),
        resync: true,
        coverage: Coverage::Whole,
    };
    let all = [
        entry("a/one", r#"{"module":"mqtt"}"#, 8),
        entry("a/two", r#"{"module":"kafka","connection":"k1"}"#, 2),
        entry("b/three", r#"{"module":"kafka","connection":"k1"}"#, 3),
        entry("connections/k1", r#"{"type":"kafka"}"#, 4),
        entry("key:x/y/z/w", "?", 5),
    ];
    console.feed(begin());
    console.feed(WatchEvent::Page(all[..1].to_vec()));
    console.feed(begin());
    console.feed(WatchEvent::Page(all.to_vec()));
    console.feed(WatchEvent::Loaded { at: Revision(9) });
    assert_eq!(console.model.link.resync.unwrap().differences, 1);
}

#[test]
fn a_gate_whose_time_is_over_is_not_opened_again_by_a_key() {
    let mut console = TestConsole::loaded();
    console.model.lock = WriteAccess::Open(Some(Duration::from_secs(600)));
    // The key comes before the wake-up, as after a stop of the whole program.
    console.wait(3_600_000).keys("d");
    assert_eq!(console.model.lock, WriteAccess::Locked);
    assert!(console.model.overlay.is_none());
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Lock)));
}

#[test]
fn a_machine_that_wakes_up_is_locked_however_short_it_slept() {
    let mut console = TestConsole::loaded();
    console.model.lock = WriteAccess::Open(Some(Duration::from_secs(600)));
    console.wait(30_000).send(AppEvent::Slept);
    assert_eq!(console.model.lock, WriteAccess::Locked);
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Lock)));
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Retry)), "what is shown may be old");
    assert!(console.notice().contains("this machine was asleep"));
}

#[test]
fn a_store_that_is_never_locked_stays_open_after_a_sleep() {
    let mut console = TestConsole::loaded();
    console.wait(30_000).send(AppEvent::Slept);
    assert_eq!(console.model.lock, WriteAccess::Open(None));
}

#[test]
fn a_picture_that_lost_what_was_held_back_is_not_called_true() {
    let mut console = TestConsole::loaded();
    console.keys("p");
    console.model.paused.as_mut().unwrap().changes = 100_000;
    console.put("a/added", "{}", 6);
    console.keys("p");
    assert!(matches!(console.effects.as_slice(), [Effect::Reload]));
    assert!(!console.model.link.state.is_synced(), "what was held back is not in the picture");
}

#[test]
fn what_was_held_back_ends_as_if_it_had_not_been() {
    let (mut paused, mut live) = (TestConsole::loaded(), TestConsole::loaded());
    for console in [&mut paused, &mut live] {
        console.keys("o /").text("!zzz").keys("enter j");
    }
    paused.keys("p");
    for console in [&mut paused, &mut live] {
        console.del("a/one", 6);
        console.put("c/reuses_its_slot", r#"{"module":"abc"}"#, 7);
        console.put("connections/k2", "{}", 8);
        console.put("a/one", r#"{"module":"zzz"}"#, 9);
        console.put("b/three", r#"{"module":"aaa"}"#, 10);
        console.put("a/one", r#"{"module":"mqtt"}"#, 11);
    }
    paused.keys("p");
    let shown = |console: &TestConsole| -> Vec<_> {
        let Model { webhooks, inventory, .. } = &console.model;
        let rows = webhooks.listing.slots_from(inventory, 0);
        rows.map(|slot| inventory.row(slot).unwrap().key().to_string()).collect()
    };
    assert_eq!(shown(&paused), ["b/three", "c/reuses_its_slot", "a/two", "a/one"]);
    assert_eq!(shown(&paused), shown(&live));
}

#[test]
fn a_lease_in_its_last_second_is_not_asked_for_without_end() {
    let mut console = TestConsole::new();
    let leased = Entry { lease: Some(crate::domain::LeaseId(7)), ..entry("a/one", "{}", 1) };
    console.load("s1", 5, &[leased]);
    let mut asked = 0;
    for _ in 0..100 {
        let questions: Vec<_> = console
            .effects
            .drain(..)
            .filter_map(|effect| match effect {
                Effect::AskLease(request, lease) => Some((request, lease)),
                _ => None,
            })
            .collect();
        asked += questions.len();
        for (request, lease) in questions {
            // A store counts whole seconds: none are left for up to one.
            console.send(AppEvent::Answer(request, Answer::Lease(lease, Some(Duration::ZERO))));
        }
        console.wait(10).send(AppEvent::Wake);
    }
    assert!(asked <= 2, "{asked} questions in a second");
}

#[test]
fn who_looks_at_health_has_it_asked_again_when_the_link_changes() {
    let mut console = TestConsole::loaded();
    let asked_after = |console: &mut TestConsole| {
        console.wait(10).send(AppEvent::Wake);
        console.model.health.asked
    };
    let answered = |console: &mut TestConsole| {
        let request = console.model.health.asked.unwrap();
        console.wait(10).send(AppEvent::Answer(request, Answer::Health(Vec::new())));
    };
    console.keys("6");
    assert!(asked_after(&mut console).is_some());
    answered(&mut console);
    assert_eq!(asked_after(&mut console), None);
    console
        .wait(10)
        .feed(WatchEvent::State(LinkState::CatchingUp { applied: Revision(3), store: Some(Revision(9)) }));
    assert!(asked_after(&mut console).is_some());
    // An answer to a question from before the next change may be about the time before it.
    console.wait(10).feed(WatchEvent::State(LinkState::Synced));
    answered(&mut console);
    assert!(asked_after(&mut console).is_some());
    answered(&mut console);
    assert_eq!(asked_after(&mut console), None);
}

#[test]
fn the_text_of_a_large_document_is_prepared_off_the_loop_and_one_at_a_time() {
    let mut console = TestConsole::new();
    let large = |n: usize| format!("{{\"n\": {n}, \"long\": \"{}\"}}", "x".repeat(8 << 20));
    let entries = [entry("a/one", &large(1), 1), entry("a/two", &large(2), 2), entry("a/three", "{}", 3)];
    console.load("s1", 3, &entries);
    let computes = |console: &mut TestConsole| {
        let jobs = console.effects.drain(..).filter_map(|effect| match effect {
            Effect::Compute(request, job) => Some((request, job)),
            _ => None,
        });
        jobs.collect::<Vec<_>>()
    };
    let shown = |console: &TestConsole| {
        let shown = console.model.webhooks.detail.shown.as_ref().unwrap();
        (shown.key.clone(), shown.text.as_ref().map(|text| text.masked.line(1).unwrap().to_string()))
    };
    console.keys("g");
    let [(request, job)] = computes(&mut console).try_into().unwrap_or_else(|_| panic!("one job"));
    assert_eq!(shown(&console), (key("a/one"), None));
    console.keys("j j");
    assert!(computes(&mut console).is_empty(), "one at a time");
    // The answer is for a document that is selected no more.
    console.send(AppEvent::Answer(request, Answer::Computed(job.run())));
    let [(request, job)] = computes(&mut console).try_into().unwrap_or_else(|_| panic!("the next job"));
    assert_eq!(shown(&console), (key("a/two"), None));
    console.send(AppEvent::Answer(request, Answer::Computed(job.run())));
    assert_eq!(shown(&console), (key("a/two"), Some("  \"n\": 2,".into())));
    assert!(computes(&mut console).is_empty());
}
