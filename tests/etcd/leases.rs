//! Leases: kept, dropped, given, counted down, ended in every way, shared.

use super::sieve::Sieve;
use super::*;
use crate::support::observer::{self, Observer};

async fn set(provider: &EtcdProvider, id: &str, expect: Expect, lease: Lease) -> Token {
    let set = provider.set(webhook(id), Document::from("{}"), expect, lease);
    set.await.unwrap().outcomes[0].after.unwrap()
}

async fn lease_of(provider: &EtcdProvider, id: &str) -> Option<LeaseId> {
    provider.get(&webhook(id)).await.unwrap().unwrap().lease
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_on_what_is_not_there_is_no_lease() {
    let store = fresh();
    let provider = &store.provider;
    for (id, expect) in [("absent", Expect::Absent), ("any", Expect::Anything)] {
        set(provider, id, expect, Lease::Keep).await;
        assert_eq!(lease_of(provider, id).await, None);
        set(provider, id, Expect::Anything, Lease::Keep).await;
        assert_eq!(lease_of(provider, id).await, None, "nor on what has none");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_ends_takes_its_keys_and_meets_what_was_based_on_them() {
    let store = fresh();
    let (provider, length) = (&store.provider, Lease::For(Duration::from_secs(1)));
    set(provider, "stays", Expect::Absent, Lease::Never).await;
    let base = set(provider, "ends", Expect::Absent, length).await;
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;
    let row = observer.inventory.get(&webhook("ends")).unwrap();
    let left = provider.lease_left(row.lease().unwrap()).await.unwrap();
    assert!(left.is_some_and(|left| left <= Duration::from_secs(3)), "{left:?}");

    observer.until("the end", |observer| observer.keys() == [webhook("stays")]).await;
    observer.assert_equals(&observer::listed(provider).await);
    let late = provider.set(webhook("ends"), Document::from("[]"), Expect::Token(base), Lease::Keep).await;
    assert!(matches!(late, Err(Error::Conflict { now: None, .. })), "{late:?}");
    // Written again, it lives without a lease.
    set(provider, "ends", Expect::Absent, Lease::Keep).await;
    assert_eq!(lease_of(provider, "ends").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_may_hold_several_keys_and_each_may_leave_it() {
    let store = fresh();
    let provider = &store.provider;
    let mut client = store.server.client().await;
    let lease = client.lease_grant(600, None).await.unwrap().id();
    for id in ["a", "b", "c", "d"] {
        let key = format!("{}default/webhooks/{id}", store.prefix);
        client.put(key, "{}", Some(PutOptions::new().with_lease(lease))).await.unwrap();
    }
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;
    // One commit: kept, taken off, and another one of its own.
    let op = |id: &str, lease| {
        let token = observer.inventory.get(&webhook(id)).unwrap().token();
        Op::Put { key: webhook(id), document: Document::from("[]"), expect: Expect::Token(token), lease }
    };
    let own = Lease::For(Duration::from_secs(600));
    provider.commit(vec![op("a", Lease::Keep), op("b", Lease::Never), op("c", own)]).await.unwrap();
    let now = [lease_of(provider, "a").await, lease_of(provider, "b").await, lease_of(provider, "c").await];
    assert_eq!(now[..2], [Some(LeaseId(lease)), None]);
    assert!(now[2].is_some() && now[2] != now[0], "{now:?}");

    client.lease_revoke(lease).await.unwrap();
    let left = |observer: &Observer| observer.keys() == [webhook("b"), webhook("c")];
    observer.until("the keys that left it", left).await;
    observer.assert_equals(&observer::listed(provider).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_lease_alone_is_seen() {
    let store = fresh();
    let (provider, mut client) = (&store.provider, store.server.client().await);
    set(provider, "a", Expect::Absent, Lease::Never).await;
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;
    let lease = client.lease_grant(600, None).await.unwrap().id();
    let key = format!("{}default/webhooks/a", store.prefix);
    client.put(key, "{}", Some(PutOptions::new().with_lease(lease))).await.unwrap();
    let bound =
        |observer: &Observer| observer.inventory.get(&webhook("a")).unwrap().lease() == Some(LeaseId(lease));
    observer.until("the lease", bound).await;
    observer.assert_equals(&observer::listed(provider).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_new_lease_ended_on_the_way_says_so() {
    let server = EtcdServer::start();
    let sieve = Sieve::before(&server).await;
    let provider = provider_at(&sieve.address(), "/cwm/");
    set(&provider, "a", Expect::Absent, Lease::Never).await;
    // The answer to the grant is held back; it carries the cluster's id, as all answers do.
    let head = server.client().await.get("x", None).await.unwrap();
    let cluster = varint(head.header().unwrap().cluster_id());
    sieve.hold(&cluster);
    let lease = Lease::For(Duration::from_secs(600));
    let write = provider.set(webhook("b"), Document::from("{}"), Expect::Absent, lease);
    let revoke = async {
        sieve.held().await;
        let mut client = server.client().await;
        let lease = client.leases().await.unwrap().leases()[0].id();
        client.lease_revoke(lease).await.unwrap();
        sieve.release();
    };
    let (written, ()) = tokio::join!(write, revoke);
    let Err(Error::Invalid { reason }) = written else { panic!("{written:?}") };
    assert!(reason.contains("lease ended") && reason.contains("nothing was written"), "{reason}");
    assert_eq!(listed(&provider, KeyPrefix::All).await.len(), 1);
}

/// What a caller that stopped waiting leaves is cleaned up, at the latest when the provider is shut down.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_given_up_or_refused_leaves_no_lease() {
    let server = EtcdServer::start();
    let sieve = Sieve::before(&server).await;
    let lease = || Lease::For(Duration::from_secs(600));
    let leases = async || server.client().await.leases().await.unwrap().leases().len();
    let head = server.client().await.get("x", None).await.unwrap();
    let cluster = varint(head.header().unwrap().cluster_id());

    let provider = provider_at(&sieve.address(), "/cwm/");
    set(&provider, "a", Expect::Absent, Lease::Never).await;
    for _ in 0..8 {
        let refused = provider.set(webhook("a"), Document::from("{}"), Expect::Absent, lease()).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }
    provider.shutdown().await;
    assert_eq!(leases().await, 0);

    // The answer to the grant is held back, and nobody waits for it any more.
    let provider = provider_at(&sieve.address(), "/cwm/");
    set(&provider, "b", Expect::Absent, Lease::Never).await;
    sieve.hold(&cluster);
    let mut write = Box::pin(provider.set(webhook("c"), Document::from("{}"), Expect::Absent, lease()));
    tokio::select! {
        written = &mut write => panic!("{written:?}"),
        () = sieve.held() => {}
    }
    drop(write);
    sieve.release();
    provider.shutdown().await;
    assert_eq!(leases().await, 0);

    // What is stored keeps its lease.
    let provider = provider_at(&sieve.address(), "/cwm/");
    set(&provider, "d", Expect::Absent, lease()).await;
    provider.shutdown().await;
    assert_eq!(leases().await, 1);
    let late = provider.get(&webhook("d")).await;
    assert!(matches!(late, Err(Error::Unavailable { .. })), "{late:?}");
}

/// The grant is repeated when its first answer is lost: it is the same lease.
#[tokio::test(flavor = "multi_thread")]
async fn a_grant_whose_answer_is_lost_makes_no_second_lease() {
    let server = EtcdServer::start();
    let sieve = Sieve::before(&server).await;
    let hosts = format!("{0},{0}", sieve.address());
    let provider = provider_at(&hosts, "/cwm/");
    set(&provider, "a", Expect::Absent, Lease::Never).await;
    let head = server.client().await.get("x", None).await.unwrap();
    sieve.hold(&varint(head.header().unwrap().cluster_id()));
    let write = provider.set(
        webhook("b"),
        Document::from("{}"),
        Expect::Absent,
        Lease::For(Duration::from_secs(600)),
    );
    let cut = async {
        sieve.held().await;
        sieve.cut();
        sieve.release();
    };
    let (written, ()) = tokio::join!(write, cut);
    written.unwrap();
    provider.shutdown().await;
    assert_eq!(server.client().await.leases().await.unwrap().leases().len(), 1);
    assert!(lease_of(&provider_at(&sieve.address(), "/cwm/"), "b").await.is_some());
}

/// A number as protobuf writes it.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}
