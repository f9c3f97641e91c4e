//! A receiver goes on serving while its store is away, and serves what is new when that is back.

use confdeck::domain::{KeyPrefix, LinkState};
use confdeck::manager::{SecretMode, UnifiedConfigManager};
use confdeck::provider::file::{FileProvider, FileSettings};
use confdeck::provider::{ConfigWriter, Error, Expect, Lease};

use crate::support::etcd::EtcdServer;
use crate::support::events::{PATIENCE, Reader};
use crate::{variables, webhook};

#[tokio::test]
async fn merged_documents_are_served_while_etcd_is_down() {
    let server = EtcdServer::start();
    let other = server.provider("/cwm/");
    let [orders, later] = [webhook("default", "orders"), webhook("default", "later")];
    let put = async |key: &_, text: &str| {
        other.set(Clone::clone(key), text.into(), Expect::Anything, Lease::Keep).await.unwrap();
    };
    put(&orders, r#"{"module":"log","topic":"{$T}"}"#).await;

    let own = variables(&[("WEBHOOK_ORDERS_TOKEN", "t"), ("T", "topic")]);
    let manager = UnifiedConfigManager::open(server.provider("/cwm/"), None).with_secrets(own);
    let mut live = Reader::new(manager.watch(KeyPrefix::All));
    manager.ready(PATIENCE).await.unwrap();
    live.until_synced().await;

    server.kill();
    live.until_state("STALE").await;
    assert!(matches!(manager.link(), Some(LinkState::Stale { .. })));
    assert!(matches!(manager.get(&orders).await, Err(Error::Unavailable { .. })));
    let merged = manager.get_merged(&orders, SecretMode::Include).await.unwrap().unwrap();
    let expected = serde_json::json!({"module": "log", "topic": "topic", "authorization": "Bearer t"});
    assert_eq!(*merged.json(), expected);
    assert!(manager.get_merged(&later, SecretMode::Include).await.unwrap().is_none());

    server.restart();
    put(&later, "{}").await;
    put(&orders, r#"{"module":"kafka"}"#).await;
    live.until("both changes", |live| {
        live.picture.len() == 2 && live.picture[&orders].document.text() == Ok(r#"{"module":"kafka"}"#)
    })
    .await;
    let merged = manager.get_merged(&orders, SecretMode::Include).await.unwrap().unwrap();
    assert_eq!(merged.json()["module"], "kafka");
    assert!(manager.get_merged(&later, SecretMode::Include).await.unwrap().is_some());
}

#[tokio::test]
async fn merged_documents_are_served_while_the_file_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    let webhooks = folder.path().join("webhooks.json");
    std::fs::write(&webhooks, r#"{"orders": {"n": "{$N:1}"}}"#).unwrap();
    let files = FileSettings { webhooks: webhooks.clone(), connections: folder.path().join("none.json") };
    let manager = UnifiedConfigManager::open(FileProvider::new(files), None).with_secrets(variables(&[]));
    let mut live = Reader::new(manager.watch(KeyPrefix::All));
    live.until_synced().await;
    let orders = webhook("default", "orders");
    for (text, state, expected) in [("{", "STALE", "1"), (r#"{"orders": {"n": "2"}}"#, "SYNCED", "2")] {
        std::fs::write(&webhooks, text).unwrap();
        live.until(state, |live| {
            let shown = live.picture[&orders].document.text().unwrap();
            live.state.word() == state && shown.contains(expected)
        })
        .await;
        let merged = manager.get_merged(&orders, SecretMode::Include).await.unwrap().unwrap();
        assert_eq!(merged.json()["n"], expected, "{state}");
    }
}
