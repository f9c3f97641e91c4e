//! `watch`: the protocol is asserted by the follower itself.

use confdeck::domain::{KeyPrefix, LinkState, Namespace};
use confdeck::provider::{Expect, Op};

use crate::reading::{connection, document, put, webhook};
use crate::subject::{Mend, Subject};
use crate::support::picture::{Follower, listed};

pub(crate) async fn a_watch_begins_with_a_load(subject: &impl Subject) {
    let store = subject.store();
    subject.outside_put(&webhook("a"), b"{\"module\":\"log\"}").await;
    store.commit(vec![put(webhook("b"), 1, Expect::Absent)]).await.unwrap();
    let follower = Follower::synced(&*store, KeyPrefix::All).await;
    assert_eq!(follower.picture(), listed(&*store, KeyPrefix::All).await);
    assert_eq!((follower.loads, follower.resyncs), (1, 0));
    assert_eq!(follower.links.first(), Some(&"CONNECTING"));
    assert!(follower.store.is_some());
}

pub(crate) async fn an_empty_store_loads_empty(subject: &impl Subject) {
    let store = subject.store();
    let mut follower = Follower::synced(&*store, KeyPrefix::All).await;
    assert!(follower.entries.is_empty());
    store.commit(vec![put(webhook("a"), 1, Expect::Absent)]).await.unwrap();
    follower.until_holds(&webhook("a"), Some(document(1).as_bytes())).await;
    assert_eq!(follower.loads, 1, "the first document is a change and no new load");
}

pub(crate) async fn outside_changes_arrive(subject: &impl Subject) {
    let store = subject.store();
    let mut follower = Follower::synced(&*store, KeyPrefix::All).await;
    for number in 0..3 {
        let bytes = document(number);
        subject.outside_put(&webhook("a"), bytes.as_bytes()).await;
        follower.until_holds(&webhook("a"), Some(bytes.as_bytes())).await;
    }
    subject.outside_delete(&webhook("a")).await;
    follower.until_holds(&webhook("a"), None).await;
    assert_eq!((follower.loads, follower.link.clone()), (1, Some(LinkState::Synced)));
}

pub(crate) async fn a_commit_is_one_batch(subject: &impl Subject) {
    let store = subject.store();
    if store.capabilities().atomic_max < 3 {
        return;
    }
    store.commit(vec![put(webhook("old"), 1, Expect::Absent)]).await.unwrap();
    let mut follower = Follower::synced(&*store, KeyPrefix::All).await;
    let ops = vec![
        put(webhook("a"), 1, Expect::Absent),
        put(webhook("b"), 1, Expect::Absent),
        Op::Delete { key: webhook("old"), expect: Expect::Anything },
    ];
    let commit = store.commit(ops).await.unwrap();
    follower.until("the commit arrived", |follower| follower.at >= commit.at).await;
    let mut keys = follower.batches.concat();
    keys.sort();
    assert_eq!(follower.batches.len(), 1, "{:?}", follower.batches);
    assert_eq!(keys, [webhook("a"), webhook("b"), webhook("old")]);
    assert_eq!(follower.picture(), listed(&*store, KeyPrefix::All).await);
}

pub(crate) async fn a_watch_keeps_to_its_range(subject: &impl Subject) {
    let store = subject.store();
    if !store.capabilities().connections {
        return;
    }
    let hooks = KeyPrefix::Namespace(Namespace::default());
    let mut webhooks = Follower::synced(&*store, hooks).await;
    let mut connections = Follower::synced(&*store, KeyPrefix::Connections).await;
    store.commit(vec![put(connection("c"), 1, Expect::Absent)]).await.unwrap();
    store.commit(vec![put(webhook("a"), 1, Expect::Absent)]).await.unwrap();
    store.commit(vec![put(connection("d"), 1, Expect::Absent)]).await.unwrap();
    webhooks.until_holds(&webhook("a"), Some(document(1).as_bytes())).await;
    connections.until_holds(&connection("d"), Some(document(1).as_bytes())).await;
    assert_eq!(webhooks.entries.len(), 1);
    assert_eq!(connections.entries.len(), 2);
}

pub(crate) async fn nothing_is_missed_in_the_middle_of_writes(subject: &impl Subject) {
    const WRITES: usize = 60;
    let store = subject.store();
    let writer = subject.store();
    let (progress, mut written) = tokio::sync::watch::channel(0);
    let writing = tokio::spawn(async move {
        for number in 0..WRITES {
            let key = webhook(&format!("w{}", number % 7));
            let there = writer.get(&key).await.unwrap().is_some();
            let op = match number % 5 {
                4 if there => Op::Delete { key, expect: Expect::Anything },
                _ => put(key, number, Expect::Anything),
            };
            writer.commit(vec![op]).await.unwrap();
            progress.send_replace(number);
        }
    });
    let mut followers = Vec::new();
    for opened_at in [1, WRITES / 3, WRITES / 2] {
        written.wait_for(|done| *done >= opened_at).await.unwrap();
        followers.push(Follower::new(store.watch(KeyPrefix::All)));
    }
    writing.await.unwrap();
    let last = listed(&*store, KeyPrefix::All).await;
    assert!(!last.is_empty());
    for follower in &mut followers {
        follower.until_picture(&last).await;
    }
}

pub(crate) async fn a_slow_reader_blocks_nobody(subject: &impl Subject) {
    let store = subject.store();
    let mut slow = Follower::synced(&*store, KeyPrefix::All).await;
    let mut quick = Follower::synced(&*store, KeyPrefix::All).await;
    // More events than a watch's channel holds, and nobody reads one of the two.
    for number in 0..100 {
        store.commit(vec![put(webhook("a"), number, Expect::Anything)]).await.unwrap();
    }
    let last = listed(&*store, KeyPrefix::All).await;
    quick.until_picture(&last).await;
    slow.until_picture(&last).await;
}

/// Changes of every kind while the store is cut off.
async fn change(subject: &impl Subject) {
    subject.outside_put(&webhook("created"), b"{\"module\":\"log\"}").await;
    subject.outside_put(&webhook("changed"), b"{\"module\":\"log\"}").await;
    subject.outside_delete(&webhook("deleted")).await;
}

async fn gap(subject: &impl Subject, how: Mend) -> Option<Follower> {
    let store = subject.store();
    for id in ["changed", "deleted", "untouched"] {
        store.commit(vec![put(webhook(id), 1, Expect::Absent)]).await.unwrap();
    }
    let mut follower = Follower::synced(&*store, KeyPrefix::All).await;
    if !subject.cut().await {
        return None;
    }
    follower.until("the gap is told", |follower| !follower.is_synced()).await;
    assert_eq!(follower.link.as_ref().map(LinkState::word), Some("STALE"));
    change(subject).await;
    assert_eq!(follower.entries.len(), 3, "nothing arrives through the gap");
    subject.mend(how).await;
    follower.watch.wake.retry_now();
    follower.until("the link is back", Follower::is_synced).await;
    follower.until_picture(&listed(&*store, KeyPrefix::All).await).await;
    assert_eq!(follower.entries.len(), 3);
    Some(follower)
}

pub(crate) async fn a_gap_is_resumed(subject: &impl Subject) {
    if let Some(follower) = gap(subject, Mend::Resume).await {
        assert_eq!((follower.loads, follower.resyncs), (1, 0), "what changed was replayed");
        assert!(follower.links.ends_with(&["STALE", "CATCHING UP", "SYNCED"]), "{:?}", follower.links);
    }
}

pub(crate) async fn a_gap_is_loaded_anew(subject: &impl Subject) {
    if let Some(follower) = gap(subject, Mend::Resync).await {
        assert_eq!((follower.loads, follower.resyncs), (2, 1));
    }
}
