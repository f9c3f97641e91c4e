//! The manager over every store: what programs that embed the library rely on, whatever is under it.

use std::time::Duration;

use confdeck::domain::{DocumentChange, Entry, KeyPrefix, Namespace};
use confdeck::manager::{Changes, UnifiedConfigManager};
use confdeck::provider::{Error, Expect, Lease};
use tokio::time::timeout;

use crate::reading::{connection, document, put, webhook};
use crate::subject::Subject;
use crate::support::picture::{Follower, listed};

const PATIENCE: Duration = Duration::from_secs(60);

fn manager(subject: &impl Subject) -> UnifiedConfigManager {
    UnifiedConfigManager::open_shared(subject.store(), None)
}

pub(crate) async fn what_is_not_json_is_refused_and_what_is_stored_is_read(subject: &impl Subject) {
    let manager = manager(subject);
    manager.create(webhook("a"), document(1), Lease::Keep).await.unwrap();
    let base = manager.get(&webhook("a")).await.unwrap().unwrap();
    for text in ["", "module: log", "{\"a\": tru", "{} {}"] {
        let refused = [
            manager.create(webhook("b"), text.into(), Lease::Keep).await,
            manager.update(&base, text.into()).await,
            manager.upsert(webhook("a"), text.into(), Lease::Keep).await,
        ];
        for refused in refused {
            let Err(Error::Invalid { reason }) = refused else { panic!("{text}: {refused:?}") };
            assert!(reason.contains("nothing was written"), "{reason}");
        }
        if subject.holds(text.as_bytes()) {
            subject.outside_put(&webhook("odd"), text.as_bytes()).await;
            let odd = manager.get(&webhook("odd")).await.unwrap().unwrap();
            assert_eq!(odd.document.text(), Ok(text));
        }
    }
    assert_eq!(manager.get(&webhook("a")).await, Ok(Some(base)));
    assert_eq!(manager.get(&webhook("b")).await, Ok(None));
}

pub(crate) async fn a_create_of_what_exists_says_that_it_exists(subject: &impl Subject) {
    let manager = manager(subject);
    manager.create(webhook("a"), document(1), Lease::Keep).await.unwrap();
    let again = manager.create(webhook("a"), document(2), Lease::Keep).await.unwrap_err();
    assert!(again.to_string().contains("default/a exists already"), "{again}");
    let Error::Exists { now, .. } = again else { panic!("{again}") };
    // What is there is the base of a change.
    manager.update(&now, document(2)).await.unwrap();
}

pub(crate) async fn upsert_writes_either_way_and_tells_which(subject: &impl Subject) {
    let manager = manager(subject);
    let created = manager.upsert(webhook("a"), document(1), Lease::Keep).await.unwrap().outcomes[0];
    assert_eq!(created.before, None);
    subject.outside_put(&webhook("a"), document(2).as_bytes()).await;
    let updated = manager.upsert(webhook("a"), document(3), Lease::Keep).await.unwrap().outcomes[0];
    assert!(updated.before.is_some());
    assert_eq!(manager.get(&webhook("a")).await.unwrap().unwrap().document, document(3));
}

pub(crate) async fn ids_that_begin_alike_are_a_range(subject: &impl Subject) {
    let store = subject.store();
    let mut keys = ["o", "order", "orders", "orders-2", "ordesr", "orders.", "p"].map(webhook).to_vec();
    if store.capabilities().connections {
        keys.push(connection("orders"));
    }
    for key in &keys {
        store.commit(vec![put(key.clone(), 1, Expect::Absent)]).await.unwrap();
    }
    let ids = |start: &str| KeyPrefix::Ids { namespace: Namespace::default(), start: start.into() };
    for start in ["", "o", "order", "orders", "orders-2", "orders-2x", "\u{10ffff}"] {
        let mut expected: Vec<_> = keys.iter().filter(|key| key.namespace().is_some()).cloned().collect();
        expected.retain(|key| key.short().starts_with(start));
        expected.sort();
        let found: Vec<_> = listed(&*store, ids(start)).await.into_keys().collect();
        assert_eq!(found, expected, "{start}");
    }
    let mut follower = Follower::synced(&*store, ids("orders")).await;
    assert_eq!(follower.picture().len(), 3);
    subject.outside_put(&webhook("order-3"), document(1).as_bytes()).await;
    subject.outside_put(&webhook("orders-3"), document(1).as_bytes()).await;
    follower.until_holds(&webhook("orders-3"), Some(document(1).as_bytes())).await;
    assert_eq!(follower.picture().len(), 4);
    let elsewhere = KeyPrefix::Ids { namespace: Namespace::new("other").unwrap(), start: "o".into() };
    assert!(listed(&*store, elsewhere).await.is_empty());
}

async fn next(changes: &mut Changes) -> DocumentChange {
    timeout(PATIENCE, changes.next()).await.unwrap().unwrap()
}

pub(crate) async fn changes_tell_created_from_updated_with_what_was_there(subject: &impl Subject) {
    let manager = manager(subject);
    manager.create(webhook("a"), document(1), Lease::Keep).await.unwrap();
    let mut changes = manager.changes(KeyPrefix::All);
    let is = |entry: &Entry, id: &str, number| entry.key == webhook(id) && entry.document == document(number);

    let loaded = next(&mut changes).await;
    assert!(matches!(&loaded, DocumentChange::Loaded { entry } if is(entry, "a", 1)), "{loaded:?}");
    subject.outside_put(&webhook("b"), document(2).as_bytes()).await;
    let created = next(&mut changes).await;
    assert!(matches!(&created, DocumentChange::Created { entry } if is(entry, "b", 2)), "{created:?}");
    subject.outside_put(&webhook("a"), document(3).as_bytes()).await;
    let updated = next(&mut changes).await;
    let DocumentChange::Updated { previous, entry } = &updated else { panic!("{updated:?}") };
    assert!(is(previous, "a", 1) && is(entry, "a", 3), "{updated:?}");
    subject.outside_delete(&webhook("b")).await;
    let deleted = next(&mut changes).await;
    assert!(matches!(&deleted, DocumentChange::Deleted { previous } if is(previous, "b", 2)), "{deleted:?}");
}

pub(crate) async fn nothing_is_served_once_shutdown_returns(subject: &impl Subject) {
    let manager = manager(subject);
    manager.create(webhook("a"), document(1), Lease::Keep).await.unwrap();
    let mut held = manager.watch(KeyPrefix::All);
    manager.ready(PATIENCE).await.unwrap();
    assert!(manager.link().is_some_and(|link| !["CONNECTING", "LOADING"].contains(&link.word())));
    manager.shutdown().await;
    assert_eq!(timeout(PATIENCE, held.next()).await, Ok(None));
    assert!(matches!(manager.get(&webhook("a")).await, Err(Error::Unavailable { .. })));
    let merged = manager.get_merged(&webhook("a"), confdeck::manager::SecretMode::Include).await;
    assert!(matches!(merged.err(), Some(Error::Unavailable { .. })));
}
