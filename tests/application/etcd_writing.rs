//! Writes into a layer in etcd: conditional on what was read, and never lost or doubled without a word.

use confdeck::application::{
    EtcdShape, EtcdSource, LayerWriteError, LayerWriteFault, LayerWriter, SettingValue,
};
use confdeck::provider::etcd::{EtcdLogin, KeyLayout, Password};
use etcd_client::PutOptions;

use super::etcd::{CONTROL_UNIT, Root};
use super::support::etcd::{EtcdServer, Guarded, Snip, alone, settings_at};
use super::*;

async fn write(
    layer: &EtcdSource,
    name: &str,
    value: Option<Value>,
    expect: &LayerRevision,
) -> Result<LayerRevision, LayerWriteError> {
    let value = value.map(SettingValue::new);
    let written = within("a write", layer.write(&path(name), value.as_ref(), expect)).await;
    if let Err(error) = &written {
        assert_says_no_secret(&error.to_string());
        assert!(!error.remedy.is_empty(), "{error:?}");
    }
    written
}

#[track_caller]
fn fault<T>(result: Result<T, LayerWriteError>) -> LayerWriteFault {
    match result {
        Ok(_) => panic!("it was written"),
        Err(error) => error.fault,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_written_as_text_and_is_in_the_next_load() {
    let mut root = Root::new().await;
    root.put("/LogLevel", "INFO").await;
    let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
    let mut at = contents(&layer).await.revision;
    for (name, value, key, text) in [
        ("log_level", json!("DEBUG"), "/LogLevel", "DEBUG"),
        ("database.pool_size", json!(20), "/Database/PoolSize", "20"),
        ("hosts", json!(["a", "b"]), "/Hosts", "a,b"),
    ] {
        layer.can_write(&path(name)).await.unwrap();
        at = write(&layer, name, Some(value), &at).await.unwrap();
        assert_eq!(root.get(key).await.as_deref(), Some(text));
        assert_eq!(shown(&contents(&layer).await)[name], text);
        assert!(is_unchanged(&layer, &at).await, "nobody else wrote");
    }
    let removed = write(&layer, "hosts", None, &at).await.unwrap();
    assert_eq!(root.get("/Hosts").await, None);
    assert!(shown(&contents(&layer).await).get("hosts").is_none());
    // To remove what is not there is no error, and no write.
    assert_eq!(write(&layer, "hosts", None, &removed).await.unwrap(), removed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_refused_if_somebody_changed_its_key_and_not_if_another() {
    let mut root = Root::new().await;
    root.put("/LogLevel", "INFO").await;
    root.put("/Hosts", "a").await;
    let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
    let read = contents(&layer).await.revision;
    root.put("/Hosts", "theirs").await;
    until(&layer, "theirs", |values| values["hosts"] == "theirs").await;
    // Another key of the layer is changed, and this one is not.
    let written = write(&layer, "log_level", Some(json!("DEBUG")), &read).await.unwrap();
    // Nor does the answer to that write stand for what was not read.
    for expect in [&read, &written] {
        assert_eq!(
            fault(write(&layer, "hosts", Some(json!(["mine"])), expect).await),
            LayerWriteFault::Conflict
        );
    }
    assert_eq!(fault(write(&layer, "hosts", None, &read).await), LayerWriteFault::Conflict);
    assert_eq!(root.get("/Hosts").await.as_deref(), Some("theirs"));

    // Created, or deleted, by somebody else.
    let read = contents(&layer).await.revision;
    root.put("/Database/PoolSize", "5").await;
    root.delete("/Hosts").await;
    until(&layer, "both", |values| values.get("hosts").is_none()).await;
    for name in ["database.pool_size", "hosts"] {
        let value = if name == "hosts" { json!([]) } else { json!(1) };
        assert_eq!(fault(write(&layer, name, Some(value), &read).await), LayerWriteFault::Conflict, "{name}");
    }
    assert_eq!(root.get("/Hosts").await, None);
    let other = LayerRevision("etcd:0:/elsewhere/@1".into());
    assert_eq!(fault(write(&layer, "hosts", None, &other).await), LayerWriteFault::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_writers_on_the_same_revision_one_wins() {
    let mut root = Root::new().await;
    root.put("/Database/PoolSize", "0").await;
    let layers: Vec<_> = (0..4).map(|_| root.source(EtcdShape::KeyMap, &CONTROL_UNIT)).collect();
    let mut won = 0;
    for round in 0..10 {
        let mut revisions = Vec::new();
        for layer in &layers {
            let value = root.get("/Database/PoolSize").await.unwrap();
            let loaded =
                until(layer, "the same", |values| values["database.pool_size"] == value.as_str()).await;
            revisions.push(loaded.revision);
        }
        let writes = layers.iter().zip(&revisions).enumerate().map(|(n, (layer, at))| {
            let value = json!(round * 10 + n + 1);
            async move { write(layer, "database.pool_size", Some(value), at).await }
        });
        let results = futures::future::join_all(writes).await;
        won += results.iter().filter(|result| result.is_ok()).count();
        assert!(
            results.into_iter().filter_map(Result::err).all(|error| error.fault == LayerWriteFault::Conflict)
        );
    }
    assert_eq!(won, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_a_document_is_written_and_every_other_byte_stays() {
    let mut root = Root::new().await;
    let text = concat!(
        "{\n    \"u\\u0041\": \"\\u0041\", \"n\": 1.0,\n",
        "    \"database\": {\"pool_size\": 5, \"url\": \"x\"}\n}\n"
    );
    root.put("", text).await;
    let layer = root.source(EtcdShape::Document, &[]);
    let read = contents(&layer).await.revision;
    let at = write(&layer, "database.pool_size", Some(json!(20)), &read).await.unwrap();
    assert_eq!(root.get("").await.unwrap(), text.replace(": 5,", ": 20,"));
    let at = write(&layer, "database.timeout", Some(json!("10s")), &at).await.unwrap();
    let at = write(&layer, "database.timeout", None, &at).await.unwrap();
    assert_eq!(root.get("").await.unwrap(), text.replace(": 5,", ": 20,"));
    assert!(is_unchanged(&layer, &at).await);
    // What is there already is not written.
    assert_eq!(write(&layer, "database.pool_size", Some(json!(20)), &at).await.unwrap(), at);

    let said = fault(write(&layer, "n.x", Some(json!("planted-x")), &at).await);
    assert_eq!(said, LayerWriteFault::NotWritable);
    root.put("", "{}").await;
    until(&layer, "theirs", |values| *values == json!({})).await;
    assert_eq!(fault(write(&layer, "n", Some(json!(1)), &at).await), LayerWriteFault::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_is_written_so_that_it_is_read_back() {
    let mut root = Root::new().await;
    let layer = root.source(EtcdShape::Tree, &[("level", ValueType::Text, "Log/Level")]);
    let mut at = contents(&layer).await.revision;
    for (name, value, key, text) in [
        ("level", json!("5"), "/Log/Level", "5"),
        ("a.b", json!("5"), "/a/b", "\"5\""),
        ("a.c", json!(5), "/a/c", "5"),
        ("a.\"d.e\"", json!("text"), "/a/d.e", "text"),
    ] {
        at = write(&layer, name, Some(value), &at).await.unwrap();
        assert_eq!(root.get(key).await.as_deref(), Some(text));
    }
    // A setting has a value or members; with both the tree could not be read.
    for name in ["a", "a.b.c", "\"x/y\"", "Log.Level"] {
        assert_eq!(fault(layer.can_write(&path(name)).await), LayerWriteFault::NotWritable, "{name}");
        let written = write(&layer, name, Some(json!("planted-x")), &at).await;
        assert_eq!(fault(written), LayerWriteFault::NotWritable, "{name}");
    }
    contents(&layer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_place_in_the_layer_is_refused_before_it_is_sent() {
    let root = Root::new().await;
    let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
    let at = contents(&layer).await.revision;
    let error = layer.can_write(&path("undeclared")).await.unwrap_err();
    assert_eq!(error.fault, LayerWriteFault::NotWritable);
    assert!(error.to_string().contains("declares no key"), "{error}");
    for (name, value) in
        [("undeclared", json!(1)), ("hosts", json!(["planted-a,b"])), ("log_level", json!(1))]
    {
        assert_eq!(fault(write(&layer, name, Some(value), &at).await), LayerWriteFault::NotWritable);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_keeps_the_lease_of_its_key() {
    let mut root = Root::new().await;
    let lease = root.client.lease_grant(600, None).await.unwrap().id();
    let key = format!("{}/LogLevel", root.root);
    root.client.put(key.as_str(), "INFO", Some(PutOptions::new().with_lease(lease))).await.unwrap();
    let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
    let at = contents(&layer).await.revision;
    write(&layer, "log_level", Some(json!("DEBUG")), &at).await.unwrap();
    let now = root.client.get(key.as_str(), None).await.unwrap();
    assert_eq!((now.kvs()[0].lease(), now.kvs()[0].value()), (lease, &b"DEBUG"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_without_the_right_is_denied_and_says_which() {
    let etcd = Guarded::start();
    etcd.root(&["put", "/APPS/LogLevel", "INFO"]);
    etcd.user("ann", &[&["read", "/APPS/", "/APPS0"]]);
    let mut settings = etcd.server.settings(KeyLayout::Raw, "/");
    settings.login = Some(EtcdLogin { username: "ann".into(), password: Password::new("annpw".into()) });
    let layer =
        EtcdSource::new(settings, "/APPS", EtcdShape::KeyMap, &super::settings(&CONTROL_UNIT)).unwrap();
    let at = contents(&layer).await.revision;
    let error = write(&layer, "log_level", Some(json!("planted-x")), &at).await.unwrap_err();
    assert_eq!(error.fault, LayerWriteFault::Denied);
    assert!(error.to_string().contains("write of key:LogLevel in etcd"), "{error}");
}

fn behind(snip: &Snip) -> EtcdSource {
    let etcd = settings_at(&snip.address(), KeyLayout::Raw, "/");
    EtcdSource::new(etcd, "/APPS", EtcdShape::KeyMap, &settings(&CONTROL_UNIT)).unwrap()
}

fn stored(server: &EtcdServer) -> String {
    let printed = server.etcdctl(&["get", "/APPS/LogLevel", "--print-value-only"]);
    String::from_utf8(printed.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_write_whose_answer_was_lost_is_found_out() {
    let store = alone();
    assert!(store.server.etcdctl(&["put", "/APPS/LogLevel", "INFO"]).status.success());
    let snip = Arc::new(Snip::before(&store.server));
    let layer = behind(&snip);
    let at = contents(&layer).await.revision;
    let reopen = |snip: &Arc<Snip>| {
        let snip = Arc::clone(snip);
        tokio::task::spawn_blocking(move || {
            snip.wait_until_met();
            std::thread::sleep(Duration::from_millis(300));
            snip.reopen();
        })
    };
    // The answer is lost on its way back.
    snip.deafen("lost answer", || {});
    let met = reopen(&snip);
    write(&layer, "log_level", Some(json!("lost answer")), &at).await.unwrap();
    met.await.unwrap();
    assert_eq!(stored(&store.server), "lost answer");

    // The request is lost on its way there: it is not sent again.
    let at = until(&layer, "the first", |values| values["log_level"] == "lost answer").await.revision;
    snip.lose("lost request");
    let met = reopen(&snip);
    let result = write(&layer, "log_level", Some(json!("lost request")), &at).await;
    met.await.unwrap();
    assert_eq!(fault(result), LayerWriteFault::OutcomeUnknown);
    assert_eq!(stored(&store.server), "lost answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_to_a_store_that_is_away_writes_nothing_and_says_so() {
    let server = EtcdServer::start();
    let etcd = server.settings(KeyLayout::Raw, "/");
    let layer = EtcdSource::new(etcd, "/APPS", EtcdShape::KeyMap, &settings(&CONTROL_UNIT)).unwrap();
    let at = contents(&layer).await.revision;
    server.kill();
    until_refused(&layer).await;
    let error = write(&layer, "log_level", Some(json!("planted-x")), &at).await.unwrap_err();
    assert_eq!(error.fault, LayerWriteFault::Unavailable);
    server.restart();
    assert_eq!(stored(&server), "");
}
