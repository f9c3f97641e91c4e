//! What a watch says while a server is away, and after.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_shows_as_stale_and_its_return_as_synced() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    put(&provider, &webhook("before"), "{}").await;
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let store = reader.store.clone();

    server.kill();
    let killed = Instant::now();
    reader.until_state("STALE").await;
    assert!(killed.elapsed() < Duration::from_millis(3_500), "STALE after {:?}", killed.elapsed());
    let LinkState::Stale { retry_in, .. } = &reader.state else { panic!() };
    assert!(retry_in.is_some());
    let read = provider.get(&webhook("before")).await;
    assert!(matches!(read, Err(Error::Unavailable { .. })), "{read:?}");
    let write = provider.set(webhook("x"), Document::from("{}"), Expect::Anything, Lease::Keep).await;
    assert!(matches!(write, Err(Error::Unavailable { .. })), "{write:?}");
    assert_eq!(provider.health().await.condition(), Condition::Unusable);

    server.restart();
    // Somebody writes before the watch is back.
    put(&server.provider("/cwm/"), &webhook("meanwhile"), "{}").await;
    reader.retry_now();
    let both = |reader: &Reader| reader.state.is_synced() && reader.picture.len() == 2;
    reader.until("the write made meanwhile", both).await;
    assert_eq!(reader.picture, listed(&provider, KeyPrefix::All).await);
    assert_eq!((reader.loads, reader.store.clone()), (1, store));
    assert!(reader.states.contains(&"CATCHING UP"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_server_shows_as_stale_within_three_seconds() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    server.freeze();
    let frozen = Instant::now();
    reader.until_state("STALE").await;
    let noticed = frozen.elapsed();
    server.thaw();
    assert!(noticed < Duration::from_millis(3_500), "STALE after {noticed:?}");
    put(&provider, &webhook("after"), "{}").await;
    reader.until_synced().await;
    reader.until("the write", |reader| reader.picture.len() == 1).await;
    assert_eq!(reader.loads, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_compacted_while_away_is_loaded_anew() {
    let store = alone();
    let gate = Gate::before(&store.server).await;
    let provider = behind(&gate, &store.prefix);
    let other = &store.provider;
    put(other, &webhook("gone"), "{}").await;
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    gate.shut();
    reader.until_state("STALE").await;

    other.delete(webhook("gone"), Expect::Anything).await.unwrap();
    put(other, &webhook("new"), "{}").await;
    put(other, &webhook("new"), "[]").await;
    let head = other.get(&webhook("new")).await.unwrap().unwrap().revision;
    assert!(store.server.etcdctl(&["compaction", &head.0.to_string()]).status.success());
    gate.reopen();
    reader.retry_now();
    reader.until("a resync", |reader| reader.resyncs == 1).await;
    reader.until_synced().await;
    assert_eq!(reader.picture, listed(&provider, KeyPrefix::All).await);
    assert_eq!(reader.picture.keys().collect::<Vec<_>>(), [&webhook("new")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_made_while_away_are_replayed_without_a_load() {
    let store = fresh();
    let gate = Gate::before(&store.server).await;
    let provider = behind(&gate, &store.prefix);
    fill(&mut store.server.client().await, &store.prefix, 3_000).await;
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    for round in 0..3 {
        gate.shut();
        reader.until_state("STALE").await;
        put(&store.provider, &webhook(&format!("round{round}")), "{}").await;
        store.provider.delete(webhook(&format!("w{round:06}")), Expect::Anything).await.unwrap();
        let batches = reader.batches.len();
        gate.reopen();
        reader.retry_now();
        reader.until_synced().await;
        // SYNCED is said only once everything is there.
        assert_eq!(reader.batches.len(), batches + 2);
        assert_eq!(reader.picture, listed(&provider, KeyPrefix::All).await);
    }
    // Nor does a quiet prefix in a busy store need more than the watch's own word.
    gate.shut();
    reader.until_state("STALE").await;
    store.server.client().await.put("/elsewhere", "x", None).await.unwrap();
    gate.reopen();
    reader.retry_now();
    reader.until_synced().await;
    // The comparison in the background agrees: no load comes after the next sign of progress.
    let seen = reader.progresses;
    reader.until("progress", |reader| reader.progresses > seen).await;
    assert_eq!((reader.loads, reader.resyncs), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_store_is_noticed_and_loaded_anew() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    put(&provider, &webhook("old"), "{}").await;
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let old = reader.store.clone();
    server.replace();
    reader.retry_now();
    reader.until("a resync", |reader| reader.resyncs == 1).await;
    reader.until_synced().await;
    assert_ne!(reader.store, old);
    assert!(reader.picture.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_watch_stays_synced_and_is_not_thrown_out() {
    // More than etcd's patience with clients that ping too often, and than two rounds of progress.
    let store = fresh();
    let mut reader = Reader::new(store.provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let told = reader.states.len();
    let watched = tokio::time::timeout(Duration::from_secs(13), async { while reader.step().await {} });
    assert!(watched.await.is_err(), "the watch ended");
    assert_eq!(reader.states.len(), told, "{:?}", reader.states);
}
