//! What a layer in etcd holds, in each of its shapes, and that it is of one revision and misses no change.

use confdeck::application::{EtcdShape, EtcdSource};
use confdeck::provider::etcd::KeyLayout;
use etcd_client::{Client, Txn, TxnOp};

use super::support::etcd::{EtcdServer, fresh};
use super::*;

/// A root of its own on the shared server, and a client that writes there.
pub(super) struct Root {
    pub(super) server: Arc<EtcdServer>,
    pub(super) root: String,
    pub(super) client: Client,
}

impl Root {
    pub(super) async fn new() -> Self {
        let fixture = fresh();
        let root = format!("{}ControlUnit", fixture.prefix);
        Self { client: fixture.server.client().await, server: fixture.server, root }
    }

    pub(super) async fn put(&mut self, key: &str, value: &str) -> i64 {
        let answer = self.client.put(format!("{}{key}", self.root), value, None).await.unwrap();
        answer.header().unwrap().revision()
    }

    pub(super) async fn delete(&mut self, key: &str) {
        self.client.delete(format!("{}{key}", self.root), None).await.unwrap();
    }

    pub(super) async fn get(&mut self, key: &str) -> Option<String> {
        let answer = self.client.get(format!("{}{key}", self.root), None).await.unwrap();
        answer.kvs().first().map(|kv| kv.value_str().unwrap().to_owned())
    }

    pub(super) fn source(&self, shape: EtcdShape, declared: &[(&str, ValueType, &str)]) -> EtcdSource {
        source_at(&self.server, &self.root, shape, declared)
    }
}

pub(super) fn source_at(
    server: &EtcdServer,
    root: &str,
    shape: EtcdShape,
    declared: &[(&str, ValueType, &str)],
) -> EtcdSource {
    EtcdSource::new(server.settings(KeyLayout::Raw, "/"), root, shape, &settings(declared)).unwrap()
}

pub(super) const CONTROL_UNIT: [(&str, ValueType, &str); 3] = [
    ("log_level", ValueType::Text, "LogLevel"),
    ("database.pool_size", ValueType::Integer, "Database/PoolSize"),
    ("hosts", ValueType::List, "/Hosts"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_key_map_reads_declared_keys_as_plain_text_with_their_origin() {
    let mut root = Root::new().await;
    root.put("/LogLevel", "INFO").await;
    let revision = root.put("/Database/PoolSize", "20").await;
    root.put("/Database", "undeclared").await;
    root.put("/LogLevel2", "undeclared").await;
    root.put("", "undeclared").await;
    let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
    let loaded = contents(&layer).await;
    // What has no key is not there: other layers may have it.
    assert_eq!(shown(&loaded), json!({"log_level": "INFO", "database.pool_size": "20"}));
    let origin = format!("{}/Database/PoolSize at {revision}", root.root);
    assert_eq!(place_of(&loaded, "database.pool_size"), origin);
    assert!(is_unchanged(&layer, &loaded.revision).await);
    within("the end of the load", async {
        while !facts(&layer)["watch"].starts_with("SYNCED at r") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(facts(&layer)["reads"], format!("3 declared keys under {}/", root.root));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_read_with_its_types_and_pointers() {
    let mut root = Root::new().await;
    let layer = root.source(EtcdShape::Document, &[]);
    let said = refused_as(&layer, SourceFault::Missing).await;
    assert!(said.starts_with(&root.root) && said.contains("no such key"), "{said}");
    // Neither a neighbour nor a key below is the document.
    root.put("2", "{}").await;
    root.put("/x", "{}").await;
    let text =
        json!({"database": {"pool_size": 5, "hosts": ["a"], "odd/name": true}, "none": {}, "nil": null});
    let revision = root.put("", &text.to_string()).await;
    let loaded = until(&layer, "the document", |values| values["nil"].is_null()).await;
    let expected = json!({
        "database.pool_size": 5, "database.hosts": ["a"], "database.\"odd/name\"": true,
        "none": {}, "nil": null
    });
    assert_eq!(shown(&loaded), expected);
    let origin = |pointer: &str| format!("{}{pointer} at {revision}", root.root);
    assert_eq!(place_of(&loaded, "database.pool_size"), origin("/database/pool_size"));
    assert_eq!(place_of(&loaded, "database.\"odd/name\""), origin("/database/odd~1name"));

    for text in
        ["{\n  \"a\": \"planted-x\",\n  \"a\": 1}", "[\"planted-x\"]", "\"planted-x", "{\"a\": 1e999}"]
    {
        root.put("", text).await;
        layer.changed().await;
        let said = refused_as(&layer, SourceFault::Invalid).await;
        assert!(said.starts_with(&format!("{}:", root.root)), "{said}");
    }
    root.put("", "{\"a\": 1}").await;
    until(&layer, "the mended document", |values| values["a"] == 1).await;
    root.delete("").await;
    layer.changed().await;
    refused_as(&layer, SourceFault::Missing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_is_every_key_under_the_root() {
    let mut root = Root::new().await;
    for (key, value) in [
        ("/debug", "true"),
        ("/database/pool_size", "20"),
        ("/database/odd.name", "x"),
        ("/Declared/Key", "5"),
        // What stands for a folder in some tools.
        ("/", ""),
        ("/database", ""),
        ("/database/", ""),
    ] {
        root.put(key, value).await;
    }
    root.put("2/neighbour", "x").await;
    let layer = root.source(EtcdShape::Tree, &[("declared", ValueType::Integer, "Declared/Key")]);
    let expected =
        json!({"debug": "true", "database.pool_size": "20", "database.\"odd.name\"": "x", "declared": "5"});
    assert_eq!(shown(&contents(&layer).await), expected);

    for (key, other) in
        [("/database", "/database/odd.name at"), ("/declared", "/Declared/Key at"), ("/a//b", "is empty")]
    {
        root.put(key, "planted-x").await;
        layer.changed().await;
        let said = refused_as(&layer, SourceFault::Invalid).await;
        assert!(said.starts_with(&root.root) && said.contains(other), "{said}");
        root.put(key, "").await;
        root.delete(key).await;
        until(&layer, "the tree as it was", |values| *values == expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_are_an_error_with_their_key() {
    let mut root = Root::new().await;
    let key = format!("{}/LogLevel", root.root);
    root.client.put(key.as_str(), b"planted-\xff".to_vec(), None).await.unwrap();
    let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
    let said = refused_as(&layer, SourceFault::Invalid).await;
    assert!(said.starts_with(&key) && said.contains("not UTF-8"), "{said}");
}

/// System B reads one key a request, so that values of different revisions mix.
#[tokio::test(flavor = "multi_thread")]
async fn values_of_one_load_are_of_one_revision() {
    let root = Root::new().await;
    let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
    let (mut client, prefix) = (root.client.clone(), root.root.clone());
    let rounds = 300;
    let writer = tokio::spawn(async move {
        for round in 0..rounds {
            let put = |key: &str| TxnOp::put(format!("{prefix}/{key}"), round.to_string(), None);
            client
                .txn(Txn::new().and_then(["LogLevel", "Database/PoolSize", "Hosts"].map(put)))
                .await
                .unwrap();
        }
    });
    let last = (rounds - 1).to_string();
    let mut loads = 0;
    within("the last round", async {
        loop {
            let values = shown(&contents(&layer).await);
            assert!(
                values["log_level"] == values["database.pool_size"] && values["hosts"] == values["log_level"]
            );
            loads += 1;
            if values["hosts"] == last.as_str() {
                return;
            }
            layer.changed().await;
        }
    })
    .await;
    writer.await.unwrap();
    assert!(loads > 1);
}

/// System B watches without a start revision, so that changes between load and watch are lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_between_load_and_watch_is_not_lost() {
    let mut root = Root::new().await;
    for round in 0..30 {
        let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
        root.put("/LogLevel", "before").await;
        assert_eq!(shown(&contents(&layer).await)["log_level"], "before");
        // Before anybody waits for a change.
        let value = format!("after {round}");
        root.put("/LogLevel", &value).await;
        until(&layer, "the change", |values| values["log_level"] == value.as_str()).await;
    }
}

/// System C skips an unmodified source in a reload, and its values vanish.
#[tokio::test(flavor = "multi_thread")]
async fn an_unmodified_layer_says_so_and_keeps_its_values() {
    let mut root = Root::new().await;
    root.put("/LogLevel", "INFO").await;
    let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
    let loaded = contents(&layer).await;
    // A key that no setting declares is no change, and wakes nobody.
    root.put("/Undeclared", "x").await;
    let woken = tokio::time::timeout(Duration::from_millis(300), layer.changed()).await;
    assert!(woken.is_err(), "a key that does not count woke the layer");
    assert!(is_unchanged(&layer, &loaded.revision).await);
    assert_eq!(shown(&contents(&layer).await), json!({"log_level": "INFO"}));
    root.delete("/LogLevel").await;
    until(&layer, "the deletion", |values| *values == json!({})).await;
    assert!(!is_unchanged(&layer, &loaded.revision).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_in_a_load_soon_after_it_is_made() {
    let mut root = Root::new().await;
    let layer = root.source(EtcdShape::KeyMap, &CONTROL_UNIT);
    contents(&layer).await;
    let mut took = Vec::new();
    for round in 0..20 {
        let value = round.to_string();
        let begun = std::time::Instant::now();
        root.put("/LogLevel", &value).await;
        until(&layer, "the change", |values| values["log_level"] == value.as_str()).await;
        took.push(begun.elapsed());
    }
    took.sort();
    println!("a change in etcd is in a load after {:?}, at most {:?}", took[10], took[19]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_may_hold_more_keys_than_a_page() {
    let mut root = Root::new().await;
    for chunk in (0..1_300).collect::<Vec<_>>().chunks(100) {
        let put = |n: &usize| TxnOp::put(format!("{}/s{}/n{n}", root.root, n % 7), n.to_string(), None);
        let puts: Vec<_> = chunk.iter().map(put).collect();
        root.client.txn(Txn::new().and_then(puts)).await.unwrap();
    }
    let layer = root.source(EtcdShape::Tree, &[]);
    let loaded = contents(&layer).await;
    assert_eq!(loaded.values.len(), 1_300);
    assert_eq!(shown(&loaded)["s5.n1299".replace('5', &(1299 % 7).to_string())], "1299");
    root.put("/s0/n0", "new").await;
    until(&layer, "the change", |values| values["s0.n0"] == "new").await;
}
