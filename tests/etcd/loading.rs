//! Loads: pages of every size, concurrent writes, odd keys and layouts.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_load_equals_a_list_at_every_size_of_page() {
    let store = fresh();
    let mut client = store.server.client().await;
    let mut reader = Reader::new(store.provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    assert_eq!((reader.picture.len(), reader.loads, reader.resyncs), (0, 1, 0));

    fill(&mut client, &store.prefix, 7_300).await;
    put(&store.provider, &connection("redis"), "{}").await;
    let mut fresh_reader = Reader::new(store.provider.watch(KeyPrefix::All));
    fresh_reader.until_synced().await;
    let list = listed(&store.provider, KeyPrefix::All).await;
    assert_eq!(list.len(), 7_301);
    assert_eq!(fresh_reader.picture, list);
    assert_eq!(fresh_reader.states[..2], ["CONNECTING", "LOADING"]);
    reader.until("all batches", |reader| reader.picture.len() == 7_301).await;
    assert_eq!(reader.picture, list);

    let pages: Vec<_> = store.provider.list_keys(KeyPrefix::All).try_collect().await.unwrap();
    let keys: Vec<_> = pages.into_iter().flat_map(|page| page.keys).collect();
    assert_eq!(keys, list.keys().cloned().collect::<Vec<_>>());
    let connections = listed(&store.provider, KeyPrefix::Connections).await;
    assert_eq!(connections.keys().collect::<Vec<_>>(), [&connection("redis")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_opened_in_the_middle_of_writes_misses_nothing() {
    let store = fresh();
    let mut client = store.server.client().await;
    fill(&mut client, &store.prefix, 3_000).await;
    let prefix = store.prefix.clone();
    let writer = tokio::spawn(async move {
        for n in 0..1_500 {
            let key = format!("{prefix}default/webhooks/w{:06}", n * 7 % 3_100);
            if n % 5 == 0 {
                client.delete(key, None).await.unwrap();
            } else {
                client.put(key, format!("{{\"round\":{n}}}"), None).await.unwrap();
            }
        }
        let end = client.put(format!("{prefix}default/webhooks/end"), "{}", None).await.unwrap();
        end.header().unwrap().revision().unsigned_abs()
    });
    // Opened at several points of the writing, each must end with the same picture.
    let mut readers: Vec<Reader> = Vec::new();
    for _ in 0..4 {
        let mut reader = Reader::new(store.provider.watch(KeyPrefix::All));
        reader.until("a load", |reader| reader.loads == 1 && !reader.picture.is_empty()).await;
        readers.push(reader);
    }
    let end = writer.await.unwrap();
    let list = listed(&store.provider, KeyPrefix::All).await;
    for mut reader in readers {
        reader.until("the last write", |reader| reader.at.0 >= end).await;
        reader.until_synced().await;
        assert_eq!(reader.picture, list);
        assert_eq!(reader.loads, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_one_batch_however_large() {
    let store = fresh();
    let mut client = store.server.client().await;
    let mut reader = Reader::new(store.provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    fill(&mut client, &store.prefix, 100).await;
    reader.until("one batch", |reader| !reader.batches.is_empty()).await;
    assert_eq!(reader.batches[0].1, 100);

    // One deletion of so many long keys exceeds a request's limit, so etcd sends it in parts.
    let (long, count) = ("x".repeat(200), 15_000);
    for chunk in (0..count).collect::<Vec<_>>().chunks(100) {
        let key = |n: &usize| format!("{}default/webhooks/{long}{n}", store.prefix);
        let puts: Vec<_> = chunk.iter().map(|n| TxnOp::put(key(n), "{}", None)).collect();
        client.txn(Txn::new().and_then(puts)).await.unwrap();
    }
    reader.until("the keys", |reader| reader.picture.len() == 100 + count).await;
    let all = etcd_client::DeleteOptions::new().with_prefix();
    client.delete(store.prefix.as_str(), Some(all)).await.unwrap();
    reader.until("the deletion", |reader| reader.picture.is_empty()).await;
    assert_eq!(reader.batches.last().unwrap().1, 100 + count);
    assert_eq!(reader.loads, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_and_any_bytes_are_kept_and_shown() {
    let store = fresh();
    let (provider, mut client) = (&store.provider, store.server.client().await);
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let raw: [&[u8]; 5] =
        [b"default/webhooks/a/b", b"bad ns/webhooks/x", b"default/webhooks/", b"\xff\xfe", b""];
    for tail in raw {
        client.put([store.prefix.as_bytes(), tail].concat(), "{}", None).await.unwrap();
    }
    let values: [(&str, Vec<u8>); 4] = [
        ("binary", vec![0xff, 0, 0xfe]),
        ("empty", Vec::new()),
        ("broken", b"{\"a\":".to_vec()),
        ("large", vec![b'x'; 1024 * 1024]),
    ];
    for (id, value) in &values {
        let set = provider.set(webhook(id), Document::new(value.clone()), Expect::Absent, Lease::Keep);
        set.await.unwrap();
    }
    reader.until("all keys", |reader| reader.picture.len() == 9).await;
    for (id, value) in values {
        let entry = provider.get(&webhook(id)).await.unwrap().unwrap();
        assert_eq!(entry.document.as_bytes(), value);
        assert_eq!(reader.picture[&webhook(id)], entry);
    }
    for tail in raw {
        let key = ResourceKey::foreign(tail);
        assert_eq!(provider.get(&key).await.unwrap().unwrap(), reader.picture[&key]);
        let write = provider.set(key.clone(), Document::from("{}"), Expect::Anything, Lease::Keep).await;
        assert!(matches!(write, Err(Error::Unsupported { .. })), "{write:?}");
        provider.delete(key, Expect::Anything).await.unwrap();
    }
    reader.until("the deletions", |reader| reader.picture.len() == 4).await;
    assert_eq!(reader.picture, listed(provider, KeyPrefix::All).await);
    assert!(listed(provider, KeyPrefix::Connections).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_large_values_come_in_pages_that_fit() {
    // Alone: answers of this size keep a shared server from its other watches.
    let server = EtcdServer::start();
    let (provider, mut client) = (server.provider("/cwm/"), server.client().await);
    for n in 0..300 {
        let key = format!("/cwm/default/webhooks/{n:03}");
        client.put(key, vec![b'x'; 1024 * 1024], None).await.unwrap();
    }
    // 300 MiB at once would be past what one answer may have.
    let mut pages = provider.list(KeyPrefix::All);
    let mut count = 0;
    while let Some(page) = pages.try_next().await.unwrap() {
        count += page.entries.len();
    }
    assert_eq!(count, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flat_layout_has_webhooks_of_default_alone() {
    let store = fresh();
    let provider = EtcdProvider::new(store.server.settings(KeyLayout::Flat, &store.prefix));
    put(&provider, &webhook("orders"), "{}").await;
    let raw = store.server.etcdctl(&["get", &format!("{}orders", store.prefix), "--print-value-only"]);
    assert_eq!(raw.stdout, b"{}\n");
    let mut connections = Reader::new(provider.watch(KeyPrefix::Connections));
    connections.until_synced().await;
    assert!(connections.picture.is_empty());
    let refused =
        provider.set(connection("redis"), Document::from("{}"), Expect::Anything, Lease::Keep).await;
    assert!(matches!(refused, Err(Error::Unsupported { .. })), "{refused:?}");
    assert!(!provider.capabilities().connections && !provider.capabilities().namespaces);
}
