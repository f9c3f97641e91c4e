//! A layer in etcd while the store is away, replaced, or may not be read.

use std::time::Instant;

use confdeck::application::{EtcdShape, EtcdSource};
use confdeck::provider::etcd::{EtcdLogin, KeyLayout, Password};

use super::etcd::{CONTROL_UNIT, source_at};
use super::support::etcd::{EtcdServer, Gate, Guarded, Launch, alone, settings_at};
use super::*;

const ROOT: &str = "/APPS/ControlUnit";

fn put(server: &EtcdServer, key: &str, value: &str) {
    assert!(server.etcdctl(&["put", &format!("{ROOT}/{key}"), value]).status.success());
}

async fn loaded(source: &impl Source, level: &str) -> LayerContents {
    until(source, level, |values| values["log_level"] == level).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_etcd_is_an_error_and_its_return_a_change() {
    let server = EtcdServer::start();
    put(&server, "LogLevel", "INFO");
    let layer = source_at(&server, ROOT, EtcdShape::KeyMap, &CONTROL_UNIT);
    let before = contents(&layer).await;
    server.kill();
    let error = until_refused(&layer).await;
    assert_eq!(error.fault, SourceFault::Unavailable);
    assert!(error.place.contains(&server.address()) && error.place.contains(ROOT), "{error}");
    assert!(facts(&layer)["watch"].starts_with("STALE: "), "{:?}", facts(&layer));
    server.restart();
    // It comes back by itself, with what it had, and that is known.
    layer.changed().await;
    assert!(is_unchanged(&layer, &before.revision).await);
    put(&server, "LogLevel", "WARNING");
    loaded(&layer, "WARNING").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_etcd_is_noticed_while_it_says_nothing() {
    let server = EtcdServer::start();
    put(&server, "LogLevel", "INFO");
    let layer = source_at(&server, ROOT, EtcdShape::KeyMap, &CONTROL_UNIT);
    contents(&layer).await;
    server.freeze();
    let frozen = Instant::now();
    let error = until_refused(&layer).await;
    let noticed = frozen.elapsed();
    server.thaw();
    assert_eq!(error.fault, SourceFault::Unavailable);
    assert!(noticed < Duration::from_secs(15), "{noticed:?}");
    loaded(&layer, "INFO").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_asks_a_store_that_is_back_at_once() {
    let store = alone();
    put(&store.server, "LogLevel", "INFO");
    let gate = Gate::before(&store.server).await;
    let etcd = settings_at(&gate.address(), KeyLayout::Raw, "/");
    let layer = EtcdSource::new(etcd, ROOT, EtcdShape::KeyMap, &settings(&CONTROL_UNIT)).unwrap();
    contents(&layer).await;
    gate.shut();
    until_refused(&layer).await;
    // The longer it is away, the longer the back-off.
    tokio::time::sleep(Duration::from_secs(8)).await;
    refused(&layer).await;
    gate.reopen();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = Instant::now();
    assert_eq!(shown(&contents(&layer).await)["log_level"], "INFO");
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_never_answered_is_an_error_soon_and_loaded_once_it_does() {
    let server = EtcdServer::start();
    put(&server, "LogLevel", "INFO");
    server.kill();
    let layer = source_at(&server, ROOT, EtcdShape::KeyMap, &CONTROL_UNIT);
    let asked = Instant::now();
    let error = refused(&layer).await;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(error.to_string().contains("cannot connect"), "{error}");
    server.restart();
    loaded(&layer, "INFO").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_takes_connections_and_says_nothing_is_an_error_in_time() {
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let etcd = settings_at(&mute.local_addr().unwrap().to_string(), KeyLayout::Raw, "/");
    let layer = EtcdSource::new(etcd, ROOT, EtcdShape::Tree, &BTreeMap::new()).unwrap();
    let asked = Instant::now();
    let error = refused(&layer).await;
    assert_eq!(error.fault, SourceFault::Unavailable);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_made_while_away_arrive_even_if_their_history_is_gone() {
    let store = alone();
    let gate = Gate::before(&store.server).await;
    let etcd = settings_at(&gate.address(), KeyLayout::Raw, "/");
    let layer = EtcdSource::new(etcd, ROOT, EtcdShape::KeyMap, &settings(&CONTROL_UNIT)).unwrap();
    put(&store.server, "LogLevel", "INFO");
    put(&store.server, "Hosts", "a");
    loaded(&layer, "INFO").await;
    gate.shut();
    until_refused(&layer).await;
    assert!(store.server.etcdctl(&["del", &format!("{ROOT}/Hosts")]).status.success());
    put(&store.server, "LogLevel", "DEBUG");
    let head = store.server.etcdctl(&["get", &format!("{ROOT}/LogLevel"), "--write-out=json"]);
    let head: Value = serde_json::from_slice(&head.stdout).unwrap();
    let revision = head["header"]["revision"].to_string();
    assert!(store.server.etcdctl(&["compaction", &revision]).status.success());
    gate.reopen();
    let after = loaded(&layer, "DEBUG").await;
    assert_eq!(shown(&after), json!({"log_level": "DEBUG"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_store_at_the_same_address_is_loaded_anew() {
    let server = EtcdServer::start();
    put(&server, "LogLevel", "INFO");
    let layer = source_at(&server, ROOT, EtcdShape::KeyMap, &CONTROL_UNIT);
    let before = contents(&layer).await;
    server.replace();
    let after = until(&layer, "the empty store", |values| *values == json!({})).await;
    assert_ne!(before.revision, after.revision);
}

fn guarded(etcd: &Guarded, name: &str, shape: EtcdShape) -> EtcdSource {
    let mut settings = etcd.server.settings(KeyLayout::Raw, "/");
    settings.login = Some(EtcdLogin { username: name.into(), password: Password::new(format!("{name}pw")) });
    EtcdSource::new(settings, ROOT, shape, &super::settings(&CONTROL_UNIT)).unwrap()
}

/// In system B a failed read becomes an absent value.
#[tokio::test(flavor = "multi_thread")]
async fn a_failed_read_is_an_error_and_no_absent_value() {
    let etcd = Guarded::start();
    let key = |name: &str| format!("{ROOT}/{name}");
    for (name, value) in [("LogLevel", "INFO"), ("Database/PoolSize", "20"), ("Hosts", "a")] {
        etcd.root(&["put", &key(name), value]);
    }
    etcd.user("ann", &[&["read", &key("LogLevel")], &["read", &key("Hosts")]]);
    let layer = guarded(&etcd, "ann", EtcdShape::KeyMap);
    let said = refused_as(&layer, SourceFault::Unavailable).await;
    assert!(said.starts_with(&key("Database/PoolSize")), "{said}");
    assert!(
        said.contains("permission denied: this user may read only") && said.contains(&key("Hosts")),
        "{said}"
    );
    let tree = guarded(&etcd, "ann", EtcdShape::Tree);
    assert!(refused_as(&tree, SourceFault::Unavailable).await.contains("permission denied"));

    // The rights of its keys alone are enough.
    etcd.grant("ann", &["read", &key("Database/PoolSize")]);
    let layer = guarded(&etcd, "ann", EtcdShape::KeyMap);
    let all = json!({"log_level": "INFO", "database.pool_size": "20", "hosts": "a"});
    assert_eq!(shown(&contents(&layer).await), all);
    // A right that is revoked takes no value away.
    etcd.revoke("ann", &[&key("Hosts")]);
    let error = until_refused(&layer).await;
    assert!(error.to_string().contains("permission denied"), "{error}");
    etcd.grant("ann", &["read", &key("Hosts")]);
    until(&layer, "the right", |values| *values == all).await;

    let nobody = guarded(&etcd, "root2", EtcdShape::KeyMap);
    let said = refused_as(&nobody, SourceFault::Unavailable).await;
    assert!(said.contains("user name and password"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_renewed_by_a_new_login() {
    let etcd = Guarded::launch(Launch::default().flags(&["--auth-token-ttl", "1"]));
    let key = format!("{ROOT}/LogLevel");
    etcd.root(&["put", &key, "INFO"]);
    etcd.user("ann", &[&["read", &format!("{ROOT}/"), &format!("{ROOT}0")]]);
    let layer = guarded(&etcd, "ann", EtcdShape::KeyMap);
    let before = contents(&layer).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(is_unchanged(&layer, &before.revision).await);
    etcd.root(&["put", &key, "DEBUG"]);
    loaded(&layer, "DEBUG").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_is_let_go_of_leaves_no_watch_behind() {
    let server = EtcdServer::start();
    let watchers = || server.metric("etcd_debugging_mvcc_watcher_total");
    let layer = source_at(&server, ROOT, EtcdShape::Tree, &[]);
    contents(&layer).await;
    within("the watch", async {
        while watchers() < 1.0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    drop(layer);
    within("the end of the watch", async {
        while watchers() > 0.0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}
