//! Layouts and prefixes: whatever a prefix looks like, its keys are found under it and no others.

use super::*;
use crate::support::observer::{self, Observer};

/// Prefixes as people write them, and as their keys begin.
const PREFIXES: [(&str, &str); 12] = [
    ("/cwm/", "/cwm/"),
    ("/cwm2", "/cwm2/"),
    ("/cw", "/cw/"),
    ("/cwm/inner/", "/cwm/inner/"),
    ("/a/b/c", "/a/b/c/"),
    ("no/leading", "no/leading/"),
    ("x", "x/"),
    ("/trailing///", "/trailing/"),
    ("//doubled", "//doubled/"),
    ("/größe/配置", "/größe/配置/"),
    ("/with blank and \"quotes\"", "/with blank and \"quotes\"/"),
    ("/0", "/0/"),
];

fn at(server: &EtcdServer, layout: KeyLayout, prefix: &str) -> EtcdProvider {
    EtcdProvider::new(server.settings(layout, prefix))
}

async fn raw_keys(server: &EtcdServer) -> Vec<String> {
    let all = etcd_client::GetOptions::new().with_all_keys().with_keys_only();
    let answer = server.client().await.get("", Some(all)).await.unwrap();
    answer.kvs().iter().map(|kv| kv.key_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_prefix_is_a_store_of_its_own() {
    let server = EtcdServer::start();
    let mut expected = Vec::new();
    for (written, begins) in PREFIXES {
        let provider = at(&server, KeyLayout::Namespaced, written);
        put(&provider, &webhook(&format!("w{}", expected.len())), "{}").await;
        put(&provider, &connection("main"), "{}").await;
        expected.push(format!("{begins}default/webhooks/w{}", expected.len()));
        expected.push(format!("{begins}global/connections/main"));
    }
    expected.sort();
    assert_eq!(raw_keys(&server).await, expected);

    for (number, (written, begins)) in PREFIXES.into_iter().enumerate() {
        let provider = at(&server, KeyLayout::Namespaced, written);
        let list = listed(&provider, KeyPrefix::All).await;
        let (ours, foreign): (Vec<_>, Vec<_>) = list.keys().partition(|key| !key.is_foreign());
        assert_eq!(ours, [&webhook(&format!("w{}", number * 2)), &connection("main")], "{written}");
        // Only a prefix inside of this one shows here, apart.
        let inside = PREFIXES.iter().filter(|(_, other)| *other != begins && other.starts_with(begins));
        assert_eq!(foreign.len(), inside.count() * 2, "{written}: {foreign:?}");
        let mut reader = Reader::new(provider.watch(KeyPrefix::All));
        reader.until_synced().await;
        assert_eq!(reader.picture, list, "{written}");
        assert_eq!(listed(&provider, KeyPrefix::Connections).await.len(), 1, "{written}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prefix_of_everything_takes_all_keys_below_the_root() {
    let server = EtcdServer::start();
    let provider = at(&server, KeyLayout::Namespaced, "/");
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;
    let mut client = server.client().await;
    for key in ["/default/webhooks/a", "/global/connections/main", "/cwm/default/webhooks/b", "/", "0", "x/y"]
    {
        client.put(key, "{}", None).await.unwrap();
    }
    put(&provider, &webhook("last"), "{}").await;
    observer.until("the last", |observer| observer.inventory.find(&webhook("last")).is_some()).await;
    observer.assert_equals(&observer::listed(&provider).await);
    let foreign = |raw: &[u8]| ResourceKey::foreign(raw);
    let expected =
        [webhook("a"), webhook("last"), connection("main"), foreign(b""), foreign(b"cwm/default/webhooks/b")];
    assert_eq!(observer.keys(), expected, "and not what only begins like it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_the_prefix_itself_is_foreign_and_one_beside_it_is_nobodys() {
    let server = EtcdServer::start();
    for layout in [KeyLayout::Namespaced, KeyLayout::Flat] {
        let provider = at(&server, layout, "/p");
        let mut observer = Observer::new(provider.watch(KeyPrefix::All));
        observer.until_synced().await;
        let mut client = server.client().await;
        for key in ["/p", "/p0", "/p.", "/p/", "/p/"] {
            client.put(key, "{}", None).await.unwrap();
        }
        let itself = ResourceKey::foreign(*b"");
        observer.until("the prefix", |observer| observer.inventory.find(&itself).is_some()).await;
        assert_eq!(observer.keys(), std::slice::from_ref(&itself));
        assert_eq!(provider.get(&itself).await.unwrap().unwrap().document.as_bytes(), b"{}");
        provider.delete(itself, Expect::Anything).await.unwrap();
        observer.until("its end", |observer| observer.keys().is_empty()).await;
    }
    assert_eq!(raw_keys(&server).await, ["/p", "/p.", "/p0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flat_layout_takes_ids_alone_under_any_prefix() {
    let server = EtcdServer::start();
    for (written, begins) in [("/webhooks/configs", "/webhooks/configs/"), ("flat", "flat/"), ("/", "/")] {
        let provider = at(&server, KeyLayout::Flat, written);
        put(&provider, &webhook("orders"), "{}").await;
        assert!(raw_keys(&server).await.contains(&format!("{begins}orders")));
        let list = listed(&provider, KeyPrefix::All).await;
        let ours: Vec<_> = list.keys().filter(|key| !key.is_foreign()).collect();
        assert_eq!(ours, [&webhook("orders")], "{written}");
        let elsewhere =
            ResourceKey::webhook(Namespace::new("staging").unwrap(), WebhookId::new("x").unwrap());
        let refused = provider.set(elsewhere, Document::from("{}"), Expect::Anything, Lease::Keep).await;
        assert!(matches!(refused, Err(Error::Unsupported { .. })), "{refused:?}");
    }
    // Seen flat, the root holds the other two as keys of another shape.
    assert_eq!(listed(&at(&server, KeyLayout::Flat, "/"), KeyPrefix::All).await.len(), 2);
}
