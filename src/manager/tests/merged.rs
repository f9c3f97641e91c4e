use super::*;
use crate::domain::ConnectionName;
use crate::settings::Environment;

const TOKEN: &str = "hunter2-bearer";

fn with_variables(store: &MemoryStore, variables: &[(&str, &str)]) -> UnifiedConfigManager {
    let variables = Environment::of(variables.iter().copied()).variables();
    manager(store).with_secrets(SecretSource::Env(Arc::new(variables)))
}

fn orders(document: &str) -> (MemoryStore, ResourceKey) {
    let key = key("production", "orders");
    (MemoryStore::seeded([(key.clone(), document.into())]), key)
}

async fn merged(manager: &UnifiedConfigManager, key: &ResourceKey) -> serde_json::Value {
    manager.get_merged(key, Secrets::Include).await.unwrap().expect("it is stored").json().clone()
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
    assert!(manager.get_merged(&connection, Secrets::Include).await.unwrap().is_none());
    store.put_raw(connection.clone(), r#"{"host":"{$H:db}"}"#.into());
    assert_eq!(merged(&manager, &connection).await, serde_json::json!({"host": "db"}));
}

#[tokio::test]
async fn a_receiver_is_served_while_its_store_is_away() {
    let (store, key) = orders("{}");
    let manager = with_variables(&store, &[]);
    assert_eq!(manager.link(), None);
    let mut follower = Follower::new(manager.watch(KeyPrefix::All));
    manager.ready(PATIENCE).await.unwrap();
    let stale = LinkState::Stale { reason: "gone".into(), retry_in: None };
    store.cut(stale.clone());
    follower.until(|_, event| *event == WatchEvent::State(stale.clone())).await;
    assert_eq!(manager.link(), Some(stale));
    assert_eq!(merged(&manager, &key).await, serde_json::json!({}));
    assert!(matches!(manager.get(&key).await, Err(Error::Unavailable { .. })));
    drop(follower);
    assert_eq!(manager.link(), None);
    assert!(matches!(
        manager.get_merged(&key, Secrets::Include).await.err(),
        Some(Error::Unavailable { .. })
    ));
}
