use serde_json::json;

use super::*;
use crate::check::OwnSecrets;
use crate::config::{Environment, ReceiverView};
use crate::domain::ConnectionName;
use crate::domain::json::JsonValue;

const TOKEN: &str = "hunter2-bearer";

fn with_variables(store: &MemoryStore, variables: &[(&str, &str)]) -> UnifiedConfigManager {
    let variables = Environment::of(variables.iter().copied()).variables();
    manager(store).with_secrets(SecretSource::Env(Arc::new(variables)))
}

fn orders(document: &str) -> (MemoryStore, ResourceKey) {
    let key = key("production", "orders");
    (MemoryStore::seeded([(key.clone(), document.into())]), key)
}

async fn merged(manager: &UnifiedConfigManager, key: &ResourceKey) -> JsonValue {
    manager.get_merged(key, SecretMode::Include).await.unwrap().expect("it is stored").json().clone()
}

#[tokio::test]
async fn references_are_resolved_and_own_secrets_merged() {
    let (store, key) = orders(r#"{"module":"log","topic":"{$TOPIC:t}-x"}"#);
    let manager = with_variables(&store, &[("WEBHOOK_ORDERS_TOKEN", TOKEN), ("TOPIC", "orders")]);
    let expected = serde_json::json!({
        "module": "log", "topic": "orders-x", "authorization": format!("Bearer {TOKEN}"),
    });
    assert_eq!(merged(&manager, &key).await, expected);
    let connection = ResourceKey::connection(ConnectionName::new("c").unwrap());
    assert!(manager.get_merged(&connection, SecretMode::Include).await.unwrap().is_none());
    store.put_raw(connection.clone(), r#"{"host":"{$H:db}"}"#.into());
    assert_eq!(merged(&manager, &connection).await, serde_json::json!({"host": "db"}));
}

#[tokio::test]
async fn variables_of_another_process_are_neither_guessed_nor_called_undefined() {
    let document = r#"{"a":"{$A}","b":"{$B:default}","c":"x-{$C}","module-config":{}}"#;
    let (store, key) = orders(document);
    let manager = with_variables(&store, &[("A", "ours"), ("B", "ours"), ("WEBHOOK_ORDERS_TOKEN", TOKEN)]);
    let lookup = SecretLookup { own: OwnSecrets::Variables, references: None, ..SecretLookup::default() };
    let own = ["WEBHOOK_ORDERS_CHANNEL_TOKEN", "WEBHOOK_ORDERS_HMAC_SECRET", "WEBHOOK_ORDERS_TOKEN"];
    for (mode, unknown) in [
        (SecretMode::Include, [&["A", "B", "C"][..], &own].concat()),
        (SecretMode::Exclude, vec!["A", "B", "C"]),
    ] {
        let view = ReceiverView { lookup: lookup.clone(), variables: None, findings: Vec::new() };
        let merged = manager.get_merged_as(view, &key, mode).await.unwrap().unwrap();
        let names: Vec<_> = merged.unknown_variables().iter().map(String::as_str).collect();
        assert_eq!(names, unknown);
        let left = ["a", "b", "c"].map(|name| merged.json()[name].as_str().unwrap());
        assert_eq!(left, ["{$A}", "{$B:default}", "x-{$C}"]);
        assert!(merged.added().is_none() && merged.json().get("authorization").is_none());
    }
}

#[tokio::test]
async fn a_receiver_is_served_while_its_store_is_away() {
    let (store, key) = orders("{}");
    let manager = with_variables(&store, &[]);
    assert_eq!(manager.link(), None);
    let mut follower = Follower::new(manager.watch(KeyPrefix::All));
    manager.ready(PATIENCE).await.unwrap();
    let stale = LinkState::Stale { reason: "gone".into(), retry_in: None };
    store.inject_outage(stale.clone());
    follower.until(|_, event| *event == WatchEvent::State(stale.clone())).await;
    assert_eq!(manager.link(), Some(stale));
    assert_eq!(merged(&manager, &key).await, serde_json::json!({}));
    assert!(matches!(manager.get(&key).await, Err(Error::Unavailable { .. })));
    drop(follower);
    assert_eq!(manager.link(), None);
    assert!(matches!(
        manager.get_merged(&key, SecretMode::Include).await.err(),
        Some(Error::Unavailable { .. })
    ));
}

#[tokio::test]
async fn what_was_merged_is_kept_until_its_document_changes() {
    let (store, key) = orders("{}");
    let manager = with_variables(&store, &[("WEBHOOK_ORDERS_TOKEN", TOKEN)]);
    let mut follower = Follower::new(manager.watch(KeyPrefix::All));
    follower.synced().await;
    let get = async || manager.get_merged(&key, SecretMode::Include).await.unwrap();
    let first = get().await.unwrap();
    assert!(Arc::ptr_eq(&first, &get().await.unwrap()));
    // A change drops it at once, not at the next call: its secrets are wiped with it.
    let kept = Arc::downgrade(&first);
    drop(first);
    assert!(kept.upgrade().is_some());
    store.put_raw(key.clone(), r#"{"n":1}"#.into());
    follower.until(|_, event| matches!(event, WatchEvent::Batch { .. })).await;
    assert!(kept.upgrade().is_none());
    let second = Arc::downgrade(&get().await.unwrap());
    assert_eq!(second.upgrade().unwrap().json()["n"], json!(1));
    store.remove_raw(&key);
    follower.until(|seen, _| seen.keys.is_empty()).await;
    assert!(second.upgrade().is_none() && get().await.is_none());
}

#[tokio::test]
async fn what_was_merged_is_made_anew_after_its_time() {
    let (store, key) = orders("{}");
    let mut manager = with_variables(&store, &[("WEBHOOK_ORDERS_TOKEN", TOKEN)]);
    let now = Arc::new(Mutex::new(Instant::now()));
    let clock = Arc::clone(&now);
    manager.clock = Arc::new(move || *clock.lock());
    let get = async || manager.get_merged(&key, SecretMode::Include).await.unwrap().unwrap();
    let first = get().await;
    *now.lock() += cache::KEPT_FOR - Duration::from_secs(1);
    assert!(Arc::ptr_eq(&first, &get().await));
    *now.lock() += Duration::from_secs(1);
    assert!(!Arc::ptr_eq(&first, &get().await));
    // Without a watch the store is read each time, so an outdated document is never returned.
    store.put_raw(key.clone(), r#"{"n":1}"#.into());
    assert_eq!(get().await.json()["n"], json!(1));
}

#[tokio::test]
async fn who_never_merges_holds_nothing_that_reads_secrets() {
    let (store, key) = orders("{}");
    let manager = with_variables(&store, &[]);
    let mut follower = Follower::new(manager.watch(KeyPrefix::All));
    follower.synced().await;
    manager.get(&key).await.unwrap().unwrap();
    store.put_raw(key.clone(), r#"{"n":1}"#.into());
    follower.until(|_, event| matches!(event, WatchEvent::Batch { .. })).await;
    assert!(manager.merger.get().is_none());
    merged(&manager, &key).await;
    assert!(manager.merger.get().is_some());
}

#[tokio::test]
async fn waiting_for_the_picture_ends_with_it_or_says_what_is_in_the_way() {
    let (store, _) = orders("{}");
    let manager = with_variables(&store, &[]);
    let unwatched = manager.ready(PATIENCE).await.unwrap_err().to_string();
    assert!(unwatched.contains("nobody watches"), "{unwatched}");
    let soon = Duration::from_millis(20);
    store.inject_outage(LinkState::Denied { permission: "read /cwm/".into(), retry_in: None });
    let watch = manager.watch(KeyPrefix::All);
    let mut follower = Follower::new(watch);
    follower.until(|_, event| matches!(event, WatchEvent::State(LinkState::Denied { .. }))).await;
    assert!(matches!(manager.ready(soon).await, Err(Error::Denied { .. })));
    store.inject_outage(LinkState::Connecting { error: Some("connection refused".into()), retry_in: None });
    let connecting =
        |event: &WatchEvent| matches!(event, WatchEvent::State(LinkState::Connecting { error: Some(_), .. }));
    follower.until(|_, event| connecting(event)).await;
    assert_eq!(manager.ready(soon).await.unwrap_err().to_string(), "connection refused");
    let (ready, ()) = tokio::join!(manager.ready(PATIENCE), async {
        store.restore(crate::provider::memory::RestoreMode::Resume);
    });
    ready.unwrap();
    manager.shutdown().await;
    while tokio::time::timeout(PATIENCE, follower.watch.events.next()).await.unwrap().is_some() {}
    assert_eq!(manager.link(), None);
    assert!(manager.ready(PATIENCE).await.unwrap_err().to_string().contains("shut down"));
}

#[tokio::test]
async fn it_works_from_any_task_and_after_an_own_write() {
    let (store, key) = orders("{}");
    let manager = Arc::new(with_variables(&store, &[]));
    let mut follower = Follower::new(manager.watch(KeyPrefix::All));
    follower.synced().await;
    let task = tokio::spawn(async move {
        let base = manager.get(&key).await.unwrap().unwrap();
        manager.update(&base, r#"{"n":1}"#.into()).await.unwrap();
        // Nothing was awaited that could have updated the inventory.
        let merged = manager.get_merged(&key, SecretMode::Include).await.unwrap().unwrap();
        assert_eq!(merged.json()["n"], json!(1));
        manager.ready(PATIENCE).await.unwrap();
    });
    task.await.unwrap();
}

#[tokio::test]
async fn without_secrets_the_names_of_the_context_decide_what_is_resolved() {
    let document = r#"{"license":"{$LICENSE}","internal_code":"{$CODE}","topic":"{$INTERNAL_CODE}"}"#;
    let (store, key) = orders(document);
    let variables = [("LICENSE", "MIT"), ("CODE", "code"), ("INTERNAL_CODE", "code")];
    let names = SecretNames::default().hide("internal_code").unwrap().show("license").unwrap();
    for (names, expected) in [
        (SecretNames::default(), ["{$LICENSE}", "code", "code"]),
        (names, ["MIT", "{$CODE}", "{$INTERNAL_CODE}"]),
    ] {
        let manager = with_variables(&store, &variables).with_secret_names(names);
        let view = ReceiverView {
            lookup: SecretLookup::default(),
            variables: Some(Arc::new(Environment::of(variables).variables())),
            findings: Vec::new(),
        };
        let own = manager.get_merged(&key, SecretMode::Exclude).await.unwrap().unwrap();
        let other = manager.get_merged_as(view, &key, SecretMode::Exclude).await.unwrap().unwrap();
        for json in [own.json(), other.json()] {
            assert_eq!(
                ["license", "internal_code", "topic"].map(|name| json[name].as_str().unwrap()),
                expected
            );
        }
    }
}
