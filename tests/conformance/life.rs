//! Cancelling, shutting down, and how the store says it is.

use std::time::{Duration, Instant};

use confdeck::domain::{Condition, KeyPrefix};
use confdeck::provider::{Error, Expect};
use futures::{FutureExt, TryStreamExt};

use crate::reading::{document, put, webhook};
use crate::subject::Subject;
use crate::support::picture::{Follower, PATIENCE};

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

pub(crate) async fn dropping_a_watch_ends_its_tasks(subject: &impl Subject) {
    let store = subject.store();
    // The first call may open connections that stay.
    drop(Follower::synced(&*store, KeyPrefix::All).await);
    let settled = async |limit: usize| {
        let deadline = Instant::now() + PATIENCE;
        while tasks() > limit {
            assert!(Instant::now() < deadline, "{} tasks are left over", tasks() - limit);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let mut watches = vec![Follower::synced(&*store, KeyPrefix::All).await];
    let one = tasks();
    for _ in 0..5 {
        watches.push(Follower::synced(&*store, KeyPrefix::All).await);
    }
    // One that is dropped before it ever said anything.
    drop(store.watch(KeyPrefix::All));
    watches.truncate(1);
    settled(one).await;
    store.commit(vec![put(webhook("a"), 1, Expect::Absent)]).await.unwrap();
    watches[0].until_holds(&webhook("a"), Some(document(1).as_bytes())).await;
}

pub(crate) async fn dropping_a_call_leaves_the_store_usable(subject: &impl Subject) {
    let store = subject.store();
    let mut follower = Follower::synced(&*store, KeyPrefix::All).await;
    for number in 0..10 {
        let key = webhook(&format!("w{number}"));
        // Polled once: the request may or may not have left.
        let _ = store.commit(vec![put(key.clone(), number, Expect::Anything)]).now_or_never();
        let _ = store.get(&key).now_or_never();
        let _ = store.list(KeyPrefix::All).try_next().now_or_never();
    }
    store.commit(vec![put(webhook("last"), 99, Expect::Absent)]).await.unwrap();
    follower.until_holds(&webhook("last"), Some(document(99).as_bytes())).await;
    for entry in follower.entries.values() {
        assert!(entry.document.text().unwrap().ends_with('}'), "whole or not at all");
    }
}

pub(crate) async fn shutdown_ends_everything(subject: &impl Subject) {
    let store = subject.store();
    let mut follower = Follower::synced(&*store, KeyPrefix::All).await;
    let other = subject.store();
    other.shutdown().await;
    let ended = async { while follower.next().await.is_some() {} };
    tokio::time::timeout(PATIENCE, ended).await.expect("the watch ends");
    let read = store.get(&webhook("a")).await.unwrap_err();
    assert!(matches!(read, Error::Unavailable { .. }), "{read}");
    let list = store.list(KeyPrefix::All).try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(list, Error::Unavailable { .. }), "{list}");
    let written = store.commit(vec![put(webhook("a"), 1, Expect::Anything)]).await.unwrap_err();
    assert!(matches!(written, Error::Unavailable { .. }), "{written}");
    other.shutdown().await;
}

pub(crate) async fn health_is_an_answer(subject: &impl Subject) {
    let store = subject.store();
    store.commit(vec![put(webhook("a"), 1, Expect::Absent)]).await.unwrap();
    let health = store.health().await;
    assert_ne!(health.condition(), Condition::Unusable, "{}", health.summary());
    assert!(!health.backend.is_empty() && !health.facts.is_empty());
    store.shutdown().await;
    let health = store.health().await;
    assert_eq!(health.backend, store.health().await.backend, "it still answers");
}
