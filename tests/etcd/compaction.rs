//! Compaction before, during and after a load, of what is being watched, and while away; and the
//! comparison that finds what a watch has lost.

use super::sieve::Sieve;
use super::*;
use crate::support::observer::{self, Observer};

/// A provider that reaches a store through the sieve.
fn through(sieve: &Sieve) -> EtcdProvider {
    provider_at(&sieve.address(), "/cwm/")
}

/// Compacts everything before what is stored now, and waits until it is gone.
async fn compact(server: &EtcdServer) -> Revision {
    let mut client = server.client().await;
    let head = client.get("/", None).await.unwrap().header().unwrap().revision();
    let physical = etcd_client::CompactionOptions::new().with_physical();
    client.compact(head, Some(physical)).await.unwrap();
    Revision(head.unsigned_abs())
}

/// The store whose history was cut, and a watch that has everything.
async fn assert_whole(observer: &mut Observer, server: &EtcdServer) {
    put(&server.provider("/cwm/"), &webhook("last"), "{}").await;
    let last = |observer: &Observer| observer.inventory.find(&webhook("last")).is_some();
    observer.until("the last write", last).await;
    observer.until_synced().await;
    observer.assert_equals(&observer::listed(&server.provider("/cwm/")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_compacted_before_is_loaded_and_followed() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    for n in 0..9 {
        put(&provider, &webhook("a"), &format!("{{\"n\":{n}}}")).await;
    }
    assert!(compact(&server).await > Revision(9));
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;
    assert_whole(&mut observer, &server).await;
    assert_eq!((observer.loads, observer.resyncs.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_whose_revision_is_compacted_between_pages_begins_again() {
    let server = EtcdServer::start();
    fill(&mut server.client().await, "/cwm/", 6_000).await;
    let sieve = Sieve::before(&server).await;
    let provider = through(&sieve);
    // The first page has been read at its revision, and is still on its way.
    sieve.hold(b"default/webhooks/w000000");
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    let (_, ()) = tokio::join!(observer.until_state("CONNECTING"), sieve.held());
    let other = server.provider("/cwm/");
    other.delete(webhook("w000001"), Expect::Anything).await.unwrap();
    other.delete(webhook("w005999"), Expect::Anything).await.unwrap();
    compact(&server).await;
    sieve.release();

    observer.until("a second beginning", |observer| observer.loads == 2).await;
    // The count begins again with it, so nobody takes the first beginning for a part of the picture.
    observer.until_synced().await;
    assert_whole(&mut observer, &server).await;
    assert_eq!((observer.loads, observer.resyncs.len()), (2, 0), "it is still the first picture");
    assert!(!observer.states.contains(&"STALE"), "{:?}", observer.states);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_revision_is_compacted_between_pages_says_so() {
    let server = EtcdServer::start();
    fill(&mut server.client().await, "/cwm/", 6_000).await;
    let sieve = Sieve::before(&server).await;
    let provider = through(&sieve);
    sieve.hold(b"default/webhooks/w000000");
    let mut pages = provider.list(KeyPrefix::All);
    let meanwhile = async {
        sieve.held().await;
        put(&server.provider("/cwm/"), &webhook("meanwhile"), "{}").await;
        compact(&server).await;
        sieve.release();
    };
    let read = async {
        let mut count = 0;
        loop {
            match pages.try_next().await {
                Ok(Some(page)) => count += page.entries.len(),
                Err(Error::Unavailable { reason, .. }) => break (count, reason),
                _ => panic!("no refusal"),
            }
        }
    };
    let ((count, reason), ()) = tokio::join!(read, meanwhile);
    assert_eq!(count, 500, "those of the first request");
    assert!(reason.contains("compacted") && reason.contains("read again"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_compacted_between_load_and_watch_is_loaded_anew() {
    let server = EtcdServer::start();
    fill(&mut server.client().await, "/cwm/", 100).await;
    let sieve = Sieve::before(&server).await;
    let provider = through(&sieve);
    // All of the load, in one page.
    sieve.hold(b"default/webhooks/w000099");
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    sieve.held().await;
    let other = server.provider("/cwm/");
    other.delete(webhook("w000001"), Expect::Anything).await.unwrap();
    put(&other, &webhook("w000002"), "[]").await;
    put(&other, &webhook("w000002"), "{}").await;
    compact(&server).await;
    sieve.release();

    observer.until("a resync", |observer| observer.resyncs == [2]).await;
    observer.until_synced().await;
    assert_whole(&mut observer, &server).await;
    assert_eq!(observer.loads, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_compacted_while_away_is_counted() {
    let server = EtcdServer::start();
    fill(&mut server.client().await, "/cwm/", 1_000).await;
    let gate = Gate::before(&server).await;
    let provider = behind(&gate, "/cwm/");
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;
    gate.shut();
    observer.until_state("STALE").await;
    let other = server.provider("/cwm/");
    for id in ["w000003", "w000004"] {
        other.delete(webhook(id), Expect::Anything).await.unwrap();
    }
    put(&other, &webhook("w000005"), "[]").await;
    put(&other, &connection("new"), "{}").await;
    compact(&server).await;
    gate.reopen();
    observer.retry_now();
    observer.until("a resync", |observer| observer.resyncs == [4]).await;
    observer.until_synced().await;
    assert_whole(&mut observer, &server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_of_what_is_being_watched_is_no_gap() {
    let server = EtcdServer::start();
    let gate = Gate::before(&server).await;
    let provider = behind(&gate, "/cwm/");
    put(&provider, &webhook("a"), "{}").await;
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;
    // The very revision that the watch began after, while it runs and while it is away.
    assert_eq!(compact(&server).await, observer.revision());
    put(&provider, &webhook("b"), "{}").await;
    observer.until("the write", |observer| observer.inventory.find(&webhook("b")).is_some()).await;
    gate.shut();
    observer.until_state("STALE").await;
    assert_eq!(compact(&server).await, observer.revision());
    put(&server.provider("/cwm/"), &webhook("c"), "{}").await;
    gate.reopen();
    observer.retry_now();
    observer.until_synced().await;
    assert_whole(&mut observer, &server).await;
    assert_eq!((observer.loads, observer.resyncs.len()), (1, 0));
}

/// etcd before 3.5.18 forgets a deletion whose very revision is compacted, and accepts the watch that
/// should have told of it (etcd issue 19179). Later ones tell.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_etcd_loses_is_found_by_the_comparison() {
    let server = EtcdServer::start();
    let gate = Gate::before(&server).await;
    let provider = behind(&gate, "/cwm/");
    for id in ["kept", "ghost"] {
        put(&provider, &webhook(id), "{}").await;
    }
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;
    gate.shut();
    observer.until_state("STALE").await;
    server.provider("/cwm/").delete(webhook("ghost"), Expect::Anything).await.unwrap();
    compact(&server).await;
    gate.reopen();
    observer.retry_now();
    observer.until("the end of the ghost", |observer| observer.keys() == [webhook("kept")]).await;
    assert_whole(&mut observer, &server).await;
    assert!(matches!(observer.resyncs[..], [] | [1]), "{:?}", observer.resyncs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_etcd_loses_between_load_and_watch_is_found_too() {
    let server = EtcdServer::start();
    fill(&mut server.client().await, "/cwm/", 100).await;
    let sieve = Sieve::before(&server).await;
    sieve.hold(b"default/webhooks/w000099");
    let mut observer = Observer::new(through(&sieve).watch(KeyPrefix::All));
    sieve.held().await;
    server.provider("/cwm/").delete(webhook("w000050"), Expect::Anything).await.unwrap();
    compact(&server).await;
    sieve.release();
    let gone = |observer: &Observer| observer.keys().len() == 99;
    observer.until("the end of the ghost", gone).await;
    assert_whole(&mut observer, &server).await;
    assert!(matches!(observer.resyncs[..], [] | [1]), "{:?}", observer.resyncs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_never_arrived_is_found_after_the_next_return() {
    let server = EtcdServer::start();
    let sieve = Sieve::before(&server).await;
    let provider = through(&sieve);
    let other = server.provider("/cwm/");
    put(&other, &webhook("stays"), "{}").await;
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;

    sieve.lose(b"default/webhooks/lost");
    put(&other, &webhook("lost"), "{}").await;
    eventually("the loss", || sieve.has_lost()).await;
    put(&other, &webhook("seen"), "{}").await;
    observer.until("what came after", |observer| observer.inventory.find(&webhook("seen")).is_some()).await;
    assert_eq!(observer.keys(), [webhook("seen"), webhook("stays")], "the loss was one");

    sieve.cut();
    observer.until_state("STALE").await;
    observer.retry_now();
    observer.until("a resync", |observer| observer.resyncs == [1]).await;
    observer.until_synced().await;
    assert_whole(&mut observer, &server).await;
    assert!(observer.states.contains(&"CATCHING UP"), "{:?}", observer.states);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_that_agrees_says_nothing() {
    let server = EtcdServer::start();
    let gate = Gate::before(&server).await;
    let provider = behind(&gate, "/cwm/");
    fill(&mut server.client().await, "/cwm/", 2_500).await;
    let mut observer = Observer::new(provider.watch(KeyPrefix::All));
    observer.until_synced().await;
    gate.shut();
    observer.until_state("STALE").await;
    gate.reopen();
    observer.retry_now();
    observer.until_synced().await;
    // Writes go on while it compares.
    let other = server.provider("/cwm/");
    for n in 0..50 {
        put(&other, &webhook(&format!("w{n:06}")), "[]").await;
    }
    let seen = observer.progresses;
    observer.until("progress", |observer| observer.progresses > seen).await;
    assert_whole(&mut observer, &server).await;
    assert_eq!((observer.loads, observer.resyncs.len()), (1, 0));
}
