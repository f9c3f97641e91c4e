use super::*;
use crate::domain::{ConnectionName, Revision};
use crate::provider::{Expect, Lease, WatchEvent};

fn key(name: &str) -> ResourceKey {
    ResourceKey::connection(ConnectionName::new(name).unwrap())
}

#[tokio::test]
async fn a_key_dies_with_its_lease_while_somebody_watches() {
    let store = MemoryStore::seeded([(key("stays"), "{}".into())]);
    let mut watch = store.watch(KeyPrefix::All);
    let lease = Lease::For(Duration::from_millis(20));
    store.set(key("dies"), "{}".into(), Expect::Absent, lease).await.unwrap();
    let died = async {
        while let Some(event) = watch.events.next().await {
            if let WatchEvent::Batch { changes, .. } = event
                && matches!(changes.as_slice(), [change] if change.kind == ChangeKind::Deleted { key: key("dies") })
            {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), died).await.unwrap();
    assert_eq!(store.get(&key("dies")).await, Ok(None));
    assert!(store.get(&key("stays")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_cut_store_refuses_calls_in_its_own_words() {
    let store = MemoryStore::new();
    store.inject_outage(LinkState::Stale {
        reason: "no quorum".into(),
        retry_in: Some(Duration::from_secs(4)),
    });
    let refused = store.get(&key("a")).await.unwrap_err();
    assert_eq!(refused.to_string(), "no quorum; tried again in 4 s");
    store.inject_outage(LinkState::Denied { permission: "read /cwm/".into(), retry_in: None });
    let refused = store.set(key("a"), "{}".into(), Expect::Absent, Lease::Keep).await.unwrap_err();
    assert_eq!(refused, Error::denied("read /cwm/"));
    assert_eq!(store.health().await.condition(), Condition::Unusable);
    store.restore(RestoreMode::Resume);
    assert_eq!(store.get(&key("a")).await, Ok(None));
}

#[tokio::test]
async fn a_replaced_store_has_another_name_and_lower_revisions() {
    let store = MemoryStore::new();
    (0..5).for_each(|_| store.put_raw(key("a"), "{}".into()));
    let page = async || store.list(KeyPrefix::All).next().await.unwrap().unwrap();
    let before = page().await;
    store.restore(RestoreMode::Replaced);
    let after = page().await;
    assert_ne!(after.store, before.store);
    assert_eq!((before.at, after.at), (Revision(5), Revision(1)));
    assert_eq!(after.entries.first().map(|entry| entry.revision), Some(Revision(1)));
}
