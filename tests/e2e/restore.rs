//! A store replaced under a running console, and leases that end under it.

use std::time::{Duration, Instant};

use crate::screen::Screen;
use crate::store::Etcd;
use crate::support::backup::{Backup, Identity, OldData};
use crate::terminal::Terminal;

/// What the issue allows from the restored store's first answer to the mark on the badge.
const NOTICED: Duration = Duration::from_secs(5);

const KEY: &str = "production/webhooks/middle";

/// A console with a changed draft open, over a store that is about to be replaced by an older one.
fn drafting(store: &Etcd) -> Terminal {
    // What the older one does not have.
    store.put(KEY, r#"{"module": "log", "n": 1, "late": true}"#);
    store.put("production/webhooks/zulu", r#"{"module": "log"}"#);
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.edit("production/middle");
    terminal.replace("\"n\": 1", "\"n\": 2");
    terminal.review();
    terminal
}

/// The replacement is said, the draft is refused with words, merged, and then written.
fn replaced(store: &Etcd, terminal: &mut Terminal, replace: impl FnOnce(&Etcd)) {
    replace(store);
    let serving = Instant::now();
    terminal.wait_for("RESYNCED: store replaced");
    terminal.wait_for("SYNCED");
    assert!(serving.elapsed() < NOTICED, "after {:?}", serving.elapsed());
    let stored = store.value(KEY).unwrap();

    terminal.answer("enter");
    terminal.wait_for("the store was replaced since this draft began");
    terminal.wait_for("MERGE");
    terminal.wait_for("its base is of the one before");
    assert_eq!(store.value(KEY).unwrap(), stored, "nothing was written");

    // What the store has lost and the draft still has is the person's to decide, as any clash.
    terminal.keys("M enter");
    terminal.wait_for("REVIEW");
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert!(store.value(KEY).unwrap().contains(r#""n": 2"#));

    // What is shown is what a fresh console shows.
    let mut fresh = store.open(120, 40);
    for console in [terminal, &mut fresh] {
        let screen = console.wait_for("1 of 1");
        assert!(!screen.has("zulu") && screen.has("middle"), "{}", screen.framed());
    }
}

#[test]
fn a_restored_backup_is_told_and_the_draft_is_merged() {
    let store = Etcd::alone();
    store.put(KEY, r#"{"module": "log", "n": 1}"#);
    let backup = Backup::of(&store.server);
    let mut terminal = drafting(&store);
    replaced(&store, &mut terminal, |store| backup.restore(&store.server, Identity::New));
}

#[test]
fn a_backup_restored_under_the_same_cluster_id_is_told_too() {
    let store = Etcd::alone();
    store.put(KEY, r#"{"module": "log", "n": 1}"#);
    let backup = Backup::of(&store.server);
    let mut terminal = drafting(&store);
    replaced(&store, &mut terminal, |store| backup.restore(&store.server, Identity::Same));
}

#[test]
fn an_old_data_folder_where_the_token_happens_to_be_the_same_is_told_too() {
    let store = Etcd::alone();
    store.put(KEY, r#"{"module": "log", "n": 1}"#);
    let data = OldData::of(&store.server);
    let mut terminal = drafting(&store);
    replaced(&store, &mut terminal, |store| {
        data.put_back(&store.server);
        // The very revision that the draft is based on, with other content.
        store.put(KEY, r#"{"module": "log", "n": 1, "by": "another"}"#);
    });
}

/// What the detail says is left of a lease.
fn seconds_left(screen: &Screen) -> Option<u64> {
    let line = screen.line_with("s left")?;
    line.split("s left").next()?.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_lease_is_counted_down_to_its_end_and_the_draft_is_told() {
    let store = Etcd::alone();
    store.put("production/webhooks/stays", r#"{"module": "log"}"#);
    let put = store.program(&["put", "production/brief", r#"{"module": "log", "n": 1}"#, "--ttl", "15s"]);
    assert!(put.run().expect_code(0).out().contains("production/brief"));
    let mut terminal = store.open(120, 40);
    terminal.go_to("production/brief");
    // Seconds in the last minute, fewer and fewer.
    let mut left = u64::MAX;
    for _ in 0..3 {
        let screen = terminal.wait_until(|screen| seconds_left(screen).is_some_and(|now| now < left));
        left = seconds_left(&screen).unwrap();
    }
    terminal.unlock();
    terminal.edit("production/brief");
    terminal.replace("\"n\": 1", "\"n\": 2");
    terminal.wait_for("upstream DELETED");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("someone deleted it");
    terminal.keys("esc esc");
    let screen = terminal.wait_for("1 of 1");
    assert!(screen.has("stays"), "{}", screen.framed());
}
