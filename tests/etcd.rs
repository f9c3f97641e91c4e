//! The etcd provider against a real etcd.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod support;

use std::time::{Duration, Instant};

use confdeck::domain::{
    Condition, ConnectionName, Document, KeyPrefix, LinkState, Namespace, ResourceKey, Token, WebhookId,
};
use confdeck::provider::etcd::{Endpoint, EtcdProvider, EtcdSettings, Layout, Login, Password, Prefix};
use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect, Lease, Op};
use etcd_client::{PutOptions, Txn, TxnOp};
use futures::TryStreamExt;
use support::etcd::{EtcdServer, Gate, fresh};
use support::events::{PATIENCE, Reader, listed};

fn webhook(id: &str) -> ResourceKey {
    ResourceKey::webhook(Namespace::default(), WebhookId::new(id).unwrap())
}

fn connection(name: &str) -> ResourceKey {
    ResourceKey::connection(ConnectionName::new(name).unwrap())
}

async fn put(provider: &EtcdProvider, key: &ResourceKey, text: &str) -> Token {
    let set = provider.set(key.clone(), Document::from(text), Expect::Anything, Lease::Keep);
    set.await.unwrap().outcomes[0].after.unwrap()
}

/// A provider that reaches the store through the gate.
fn behind(gate: &Gate, prefix: &str) -> EtcdProvider {
    let endpoints = Endpoint::parse(&gate.address(), 2379).unwrap();
    let mut settings = EtcdSettings::new(endpoints, Layout::Namespaced);
    settings.prefix = Prefix::new(prefix).unwrap();
    EtcdProvider::new(settings)
}

/// Waits until something outside of a watch holds.
async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Many keys at once, as another writer would bring them.
async fn fill(client: &mut etcd_client::Client, prefix: &str, count: usize) {
    for chunk in (0..count).collect::<Vec<_>>().chunks(100) {
        let puts: Vec<_> = chunk
            .iter()
            .map(|n| TxnOp::put(format!("{prefix}default/webhooks/w{n:06}"), format!("{{\"n\":{n}}}"), None))
            .collect();
        client.txn(Txn::new().and_then(puts)).await.unwrap();
    }
}

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

    let keys: Vec<_> = store.provider.list_keys(KeyPrefix::All).try_concat().await.unwrap();
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

    // One deletion of so many keys exceeds a request's limit, so etcd sends it in parts.
    fill(&mut client, &store.prefix, 30_000).await;
    reader.until("the keys", |reader| reader.picture.len() == 30_000).await;
    let long = "x".repeat(100);
    let count = 15_000;
    for chunk in (0..count).collect::<Vec<_>>().chunks(100) {
        let key = |n: &usize| format!("{}default/webhooks/{long}{n}", store.prefix);
        let puts: Vec<_> = chunk.iter().map(|n| TxnOp::put(key(n), "{}", None)).collect();
        client.txn(Txn::new().and_then(puts)).await.unwrap();
    }
    reader.until("more keys", |reader| reader.picture.len() == 30_000 + count).await;
    let all = etcd_client::DeleteOptions::new().with_prefix();
    client.delete(store.prefix.as_str(), Some(all)).await.unwrap();
    reader.until("the deletion", |reader| reader.picture.is_empty()).await;
    assert_eq!(reader.batches.last().unwrap().1, 30_000 + count);
    assert_eq!(reader.loads, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_hold_and_conflicts_show_what_is_there() {
    let store = fresh();
    let (provider, orders) = (&store.provider, webhook("orders"));
    let document = |text: &str| Document::from(text);
    let create = provider.set(orders.clone(), document("{\"a\":1}"), Expect::Absent, Lease::Keep);
    let created = create.await.unwrap();
    assert_eq!(created.outcomes[0].before, None);
    let first = created.outcomes[0].after.unwrap();
    assert_eq!(provider.get(&orders).await.unwrap().unwrap().token, first);

    let again = provider.set(orders.clone(), document("{}"), Expect::Absent, Lease::Keep).await;
    let Err(Error::Conflict { now: Some(now), .. }) = again else { panic!("{again:?}") };
    assert_eq!((now.document.as_bytes(), now.token), (&b"{\"a\":1}"[..], first));

    let update = provider.set(orders.clone(), document("{\"a\":2}"), Expect::Token(first), Lease::Keep);
    let second = update.await.unwrap().outcomes[0];
    assert_eq!(second.before, Some(first));
    let stale = provider.delete(orders.clone(), Expect::Token(first)).await;
    assert!(matches!(stale, Err(Error::Conflict { now: Some(_), .. })), "{stale:?}");

    let forced = provider.set(orders.clone(), document("{\"a\":3}"), Expect::Anything, Lease::Keep);
    let forced = forced.await.unwrap().outcomes[0];
    assert_eq!(forced.before, second.after);
    let gone = provider.delete(orders.clone(), Expect::Anything).await.unwrap().outcomes[0];
    assert_eq!((gone.before, gone.after), (forced.after, None));
    let missing = provider.delete(orders.clone(), Expect::Anything).await;
    assert!(matches!(missing, Err(Error::NotFound { .. })), "{missing:?}");
    let update = provider.set(orders.clone(), document("{}"), Expect::Token(first), Lease::Keep).await;
    assert!(matches!(update, Err(Error::Conflict { now: None, .. })), "{update:?}");
    assert_eq!(provider.get(&orders).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_several_applies_all_or_nothing() {
    let store = fresh();
    let provider = &store.provider;
    let op = |id: &str, expect| Op::Put {
        key: webhook(id),
        document: Document::from("{}"),
        expect,
        lease: Lease::Keep,
    };
    put(provider, &webhook("b"), "{\"old\":true}").await;
    let refused = provider.commit(vec![op("a", Expect::Absent), op("b", Expect::Absent)]).await;
    let Err(Error::Conflict { key, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(key, webhook("b"));
    assert_eq!(provider.get(&webhook("a")).await.unwrap(), None);

    let b = provider.get(&webhook("b")).await.unwrap().unwrap().token;
    let delete = Op::Delete { key: webhook("b"), expect: Expect::Token(b) };
    let mixed = vec![op("a", Expect::Absent), delete, op("c", Expect::Anything)];
    let done = provider.commit(mixed).await.unwrap();
    assert_eq!(done.outcomes.len(), 3);
    assert_eq!(done.outcomes[1].before, Some(b));
    let left = listed(provider, KeyPrefix::All).await;
    assert_eq!(left.keys().collect::<Vec<_>>(), [&webhook("a"), &webhook("c")]);
    assert!(left.values().all(|entry| entry.revision == done.at));

    let full = |expect, count: usize| (0..count).map(|n| op(&format!("n{n}"), expect)).collect::<Vec<_>>();
    let first = provider.commit(full(Expect::Absent, 128)).await.unwrap();
    assert_eq!(first.outcomes.len(), 128);
    let again = provider.commit(full(Expect::Anything, 127)).await.unwrap();
    assert!(again.outcomes.iter().all(|outcome| outcome.before == Some(Token::counter(first.at.0))));
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_kept_given_and_taken_off() {
    let store = fresh();
    let (provider, key) = (&store.provider, webhook("leased"));
    let mut client = store.server.client().await;
    let stored = format!("{}default/webhooks/leased", store.prefix);
    let lease = client.lease_grant(500, None).await.unwrap().id();
    client.put(stored.as_str(), "{}", Some(PutOptions::new().with_lease(lease))).await.unwrap();

    let entry = provider.get(&key).await.unwrap().unwrap();
    assert_eq!(entry.lease.unwrap().0, lease);
    let left = provider.lease_left(entry.lease.unwrap()).await.unwrap().unwrap();
    assert!(left <= Duration::from_secs(500) && left > Duration::from_secs(400), "{left:?}");

    let set = async |expect, lease| {
        let set = provider.set(key.clone(), Document::from("{\"n\":1}"), expect, lease);
        set.await.unwrap();
        provider.get(&key).await.unwrap().unwrap()
    };
    let kept = set(Expect::Token(entry.token), Lease::Keep).await;
    assert_eq!(kept.lease, entry.lease);
    assert_eq!(set(Expect::Anything, Lease::Keep).await.lease, entry.lease);
    let renewed = set(Expect::Anything, Lease::For(Duration::from_secs(300))).await;
    assert!(renewed.lease.is_some() && renewed.lease != entry.lease);
    assert_eq!(set(Expect::Token(renewed.token), Lease::Never).await.lease, None);

    let leases = async || store.server.client().await.leases().await.unwrap().leases().len();
    let before = leases().await;
    let length = Lease::For(Duration::from_secs(600));
    let refused = provider.set(key.clone(), Document::from("{}"), Expect::Absent, length).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    let begun = Instant::now();
    while leases().await > before {
        assert!(begun.elapsed() < PATIENCE, "the lease of a refused write stays");
    }
    client.lease_revoke(lease).await.unwrap();
    assert_eq!(provider.lease_left(entry.lease.unwrap()).await.unwrap(), None);
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
    let store = fresh();
    let mut client = store.server.client().await;
    for n in 0..300 {
        let key = format!("{}default/webhooks/{n:03}", store.prefix);
        client.put(key, vec![b'x'; 1024 * 1024], None).await.unwrap();
    }
    // 300 MiB at once would be past what one answer may have.
    let mut pages = store.provider.list(KeyPrefix::All);
    let mut count = 0;
    while let Some(page) = pages.try_next().await.unwrap() {
        count += page.entries.len();
    }
    assert_eq!(count, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flat_layout_has_webhooks_of_default_alone() {
    let store = fresh();
    let provider = EtcdProvider::new(store.server.settings(Layout::Flat, &store.prefix));
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
    assert_eq!(provider.health().await.condition, Condition::Unusable);

    server.restart();
    // Somebody writes before the watch is back.
    put(&server.provider("/cwm/"), &webhook("meanwhile"), "{}").await;
    reader.retry_now();
    let both = |reader: &Reader| reader.state.is_true() && reader.picture.len() == 2;
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
async fn a_write_to_a_hanging_server_leaves_its_outcome_open() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    put(&provider, &webhook("a"), "{}").await;
    server.freeze();
    let write = provider.set(webhook("a"), Document::from("[]"), Expect::Anything, Lease::Keep).await;
    server.thaw();
    assert!(matches!(write, Err(Error::OutcomeUnknown { .. })), "{write:?}");
    // Sent once: the version is that of one write more, or of none.
    let entry = provider.get(&webhook("a")).await.unwrap().unwrap();
    assert!(matches!(entry.version, Some(1 | 2)), "{entry:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_compacted_while_away_is_loaded_anew() {
    let store = fresh();
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

#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_watch_cancels_it_at_the_server() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    let watchers = || server.metric("etcd_debugging_mvcc_watcher_total");
    let mut readers = Vec::new();
    for _ in 0..3 {
        let mut reader = Reader::new(provider.watch(KeyPrefix::All));
        reader.until_synced().await;
        readers.push(reader);
    }
    eventually("three watchers", || watchers() == 3.0).await;
    drop(readers.pop());
    eventually("two watchers", || watchers() == 2.0).await;
    drop(readers);
    eventually("no watcher", || watchers() == 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_ends_watches_and_calls() {
    let store = fresh();
    let mut reader = Reader::new(store.provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    store.provider.shutdown().await;
    while reader.step().await {}
    let read = store.provider.get(&webhook("a")).await;
    assert!(matches!(read, Err(Error::Unavailable { .. })), "{read:?}");
    let write = store.provider.delete(webhook("a"), Expect::Anything).await;
    assert!(matches!(write, Err(Error::Unavailable { .. })), "{write:?}");
    assert_eq!(store.provider.health().await.condition, Condition::Unusable);
    assert!(!Reader::new(store.provider.watch(KeyPrefix::All)).step().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_names_the_member_its_role_and_its_version() {
    let store = fresh();
    let health = store.provider.health().await;
    assert_eq!((health.condition, health.summary.as_str()), (Condition::Healthy, ""));
    let [member] = &health.members[..] else { panic!("{health:?}") };
    assert_eq!((member.name.as_str(), member.role), (store.server.address().as_str(), "leader"));
    assert!(member.detail.contains("version 3."), "{member:?}");
    assert!(health.latency.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_server_does_not_delay_health() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    assert_eq!(provider.health().await.condition, Condition::Healthy);
    server.freeze();
    let begun = Instant::now();
    let health = provider.health().await;
    let took = begun.elapsed();
    server.thaw();
    assert_eq!(health.condition, Condition::Unusable);
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_endpoint_in_the_list_is_passed_over() {
    let store = fresh();
    let hosts = format!("127.0.0.1:1,{}", store.server.address());
    let mut settings = EtcdSettings::new(Endpoint::parse(&hosts, 2379).unwrap(), Layout::Namespaced);
    settings.prefix = Prefix::new(&store.prefix).unwrap();
    let provider = EtcdProvider::new(settings);
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    put(&provider, &webhook("a"), "{}").await;
    reader.until("the write", |reader| reader.picture.len() == 1).await;
    let health = provider.health().await;
    assert_eq!(health.condition, Condition::Degraded);
    assert!(health.summary.contains("1 of 2 endpoints"), "{}", health.summary);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_log_in_and_are_told_what_they_may_not() {
    let server = EtcdServer::start();
    for arguments in [
        &["user", "add", "root:rootpw"][..],
        &["user", "grant-role", "root", "root"],
        &["role", "add", "reader"],
        &["role", "grant-permission", "reader", "read", "/cwm/", "/cwm0"],
        &["user", "add", "ann:annpw"],
        &["user", "grant-role", "ann", "reader"],
        &["user", "add", "bob:bobpw"],
        &["auth", "enable"],
    ] {
        let output = server.etcdctl(arguments);
        assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
    }
    let user = |name: &str, password: &str| {
        let mut settings = server.settings(Layout::Namespaced, "/cwm/");
        settings.login = Some(Login { username: name.into(), password: Password::new(password.into()) });
        EtcdProvider::new(settings)
    };
    let ann = user("ann", "annpw");
    let mut reader = Reader::new(ann.watch(KeyPrefix::All));
    reader.until_synced().await;
    put(&user("root", "rootpw"), &webhook("a"), "{}").await;
    reader.until("the write", |reader| reader.picture.len() == 1).await;
    let write = ann.delete(webhook("a"), Expect::Anything).await;
    let Err(Error::Denied { permission, .. }) = write else { panic!("{write:?}") };
    assert!(permission.contains("write of default/a"), "{permission}");

    let bob = user("bob", "bobpw");
    let mut denied = Reader::new(bob.watch(KeyPrefix::All));
    denied.until_state("DENIED").await;
    assert_eq!(bob.health().await.condition, Condition::Degraded);

    let mut wrong = Reader::new(user("ann", "wr0ngpw").watch(KeyPrefix::All));
    wrong.until_state("DENIED").await;
    assert!(!format!("{:?}", wrong.state).contains("wr0ngpw"));
    let mut nobody = Reader::new(server.provider("/cwm/").watch(KeyPrefix::All));
    nobody.until_state("DENIED").await;
    assert!(format!("{:?}", nobody.state).contains("ETCD_USERNAME"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_trusts_whom_it_is_told_to_and_nobody_else() {
    let server = EtcdServer::start_tls();
    let mut settings = server.settings(Layout::Namespaced, "/cwm/");
    settings.tls.ca_cert = Some(server.certificate());
    let provider = EtcdProvider::new(settings);
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    put(&provider, &webhook("a"), "{}").await;
    reader.until("the write", |reader| reader.picture.len() == 1).await;
    let health = provider.health().await;
    assert_eq!((health.condition, health.members.len()), (Condition::Healthy, 1), "{health:?}");

    // Without that certificate, the system's own trust decides, and refuses.
    let https = Endpoint::parse(&format!("https://{}", server.address()), 2379).unwrap();
    let stranger = EtcdProvider::new(EtcdSettings::new(https, Layout::Namespaced));
    let read = stranger.get(&webhook("a")).await;
    assert!(matches!(read, Err(Error::Unavailable { .. })), "{read:?}");
    // A file that is not there is named.
    let mut settings = server.settings(Layout::Namespaced, "/cwm/");
    settings.tls.ca_cert = Some("no/such/ca.pem".into());
    let read = EtcdProvider::new(settings).get(&webhook("a")).await;
    let Err(Error::Unavailable { reason, .. }) = read else { panic!("{read:?}") };
    assert!(reason.contains("no/such/ca.pem") && reason.contains("ETCD_CACERT"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_no_obstacle_where_nobody_asks_for_one() {
    let store = fresh();
    let mut settings = store.server.settings(Layout::Namespaced, &store.prefix);
    settings.login = Some(Login { username: "ann".into(), password: Password::new("x".into()) });
    let provider = EtcdProvider::new(settings);
    assert_eq!(provider.get(&webhook("a")).await.unwrap(), None);
}
