//! Several members: one dead, one hanging, the leader lost, the quorum lost, learners, newcomers.

use std::sync::Arc;

use etcd_client::GetOptions;

use super::*;
use crate::support::etcd::storm::Storm;
use crate::support::etcd::{Cluster, Mute};

/// How long the loss of one member may cost a reader its view.
const BACK: Duration = Duration::from_secs(5);

fn at(hosts: &str) -> EtcdProvider {
    provider_at(hosts, "/cwm/")
}

fn has(id: &str) -> impl Fn(&Reader) -> bool {
    let key = webhook(id);
    move |reader| reader.state.is_synced() && reader.picture.contains_key(&key)
}

/// Writes until it is done: in an election nothing can be.
async fn persist(provider: &EtcdProvider, id: &str) {
    let begun = Instant::now();
    loop {
        let set = provider.set(webhook(id), Document::from("{}"), Expect::Anything, Lease::Keep).await;
        match set {
            Ok(_) => return,
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error}"),
        }
        // A refusal comes at once, and asking without a pause takes the time that an election needs.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_dies_and_every_view_goes_on() {
    let cluster = Cluster::start(3);
    for leader_first in [true, false] {
        let leader = cluster.leader();
        let mut members = cluster.others(leader);
        members.insert(if leader_first { 0 } else { members.len() }, leader);
        let provider = cluster.provider(&members, "/cwm/");
        let mut reader = Reader::new(provider.watch(KeyPrefix::All));
        reader.until_synced().await;
        cluster.member(leader).kill();
        let killed = Instant::now();
        let id = format!("after-{leader_first}");
        persist(&cluster.provider(&cluster.others(leader), "/cwm/"), &id).await;
        reader.until("the write after", has(&id)).await;
        assert!(killed.elapsed() < BACK, "back after {:?}: {:?}", killed.elapsed(), reader.states);
        assert_ne!(cluster.leader(), leader);
        assert_eq!((reader.loads, reader.resyncs), (1, 0));
        persist(&provider, "through the same provider").await;
        cluster.member(leader).restart();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_and_hanging_members_are_passed_over_and_their_return_changes_nothing() {
    let cluster = Cluster::start(3);
    let leader = cluster.leader();
    let [hanging, good] = cluster.others(leader)[..] else { panic!() };
    let hosts = format!("127.0.0.1:1,{}", cluster.hosts(&[hanging, good]));
    let provider = at(&hosts);
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;

    cluster.member(hanging).freeze();
    let frozen = Instant::now();
    put(&cluster.provider(&[leader], "/cwm/"), &webhook("a"), "{}").await;
    // A newcomer has to find its way as well, and writes once only.
    let newcomer = at(&hosts);
    put(&newcomer, &webhook("b"), "{}").await;
    assert_eq!(newcomer.get(&webhook("b")).await.unwrap().unwrap().version, Some(1));
    reader.until("both writes", |reader| has("a")(reader) && has("b")(reader)).await;
    assert!(frozen.elapsed() < BACK, "elsewhere after {:?}: {:?}", frozen.elapsed(), reader.states);

    cluster.member(hanging).thaw();
    assert!(at(&cluster.hosts(&[hanging])).get(&webhook("a")).await.unwrap().is_some());
    let (told, heard) = (reader.states.len(), reader.progresses);
    put(&provider, &webhook("c"), "{}").await;
    reader.until("the third", has("c")).await;
    reader.until("a sign of progress", |reader| reader.progresses > heard).await;
    assert_eq!(reader.states.len(), told, "{:?}", reader.states);
    assert_eq!(reader.loads, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_member_answers_all_of_them_are_named() {
    let provider = at("127.0.0.1:1,127.0.0.1:2");
    let read = provider.get(&webhook("a")).await;
    let Err(Error::Unavailable { reason, .. }) = read else { panic!("{read:?}") };
    assert!(reason.contains("cannot connect to etcd at 127.0.0.1:1, 127.0.0.1:2"), "{reason}");
    let write = provider.set(webhook("a"), Document::from("{}"), Expect::Anything, Lease::Keep).await;
    assert!(matches!(write, Err(Error::Unavailable { .. })), "{write:?}");
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    let waits = |reader: &Reader| matches!(&reader.state, LinkState::Connecting { error: Some(_), retry_in: Some(wait) } if !wait.is_zero());
    reader.until("a wait", waits).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_without_a_quorum_shows_as_stale_though_it_answers() {
    let cluster = Cluster::start(3);
    let leader = cluster.leader();
    for left in [cluster.others(leader)[0], leader] {
        let members = [vec![left], cluster.others(left)].concat();
        let provider = cluster.provider(&members, "/cwm/");
        let mut reader = Reader::new(provider.watch(KeyPrefix::All));
        reader.until_synced().await;
        for lost in cluster.others(left) {
            cluster.member(lost).kill();
        }
        let killed = Instant::now();
        let says = |reader: &Reader| matches!(&reader.state, LinkState::Stale { reason, .. } if reason.contains("a majority of its members is gone"));
        reader.until("words about the majority", says).await;
        assert!(killed.elapsed() < 2 * BACK, "told after {:?}: {:?}", killed.elapsed(), reader.states);
        // It is there all the same, for whom an old answer is good enough.
        let old = GetOptions::new().with_serializable();
        cluster.member(left).client().await.get("/cwm/", Some(old)).await.unwrap();
        for error in [
            provider.get(&webhook("a")).await.unwrap_err(),
            provider
                .set(webhook("a"), Document::from("{}"), Expect::Anything, Lease::Keep)
                .await
                .unwrap_err(),
        ] {
            let Error::Unavailable { reason, .. } = &error else { panic!("{error:?}") };
            assert!(reason.contains("majority"), "{reason}");
        }
        let told = reader.states.len();
        for lost in cluster.others(left) {
            cluster.member(lost).restart();
        }
        reader.retry_now();
        reader.until_synced().await;
        assert!(reader.states[told..].contains(&"CATCHING UP"), "{:?}", reader.states);
        assert_eq!(reader.loads, 1);
        persist(&provider, "again").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_is_passed_over_and_alone_says_what_it_is() {
    let mut cluster = Cluster::start(1);
    let learner = cluster.add_learner();
    let provider = cluster.provider(&[learner, 0], "/cwm/");
    put(&provider, &webhook("a"), "{}").await;
    let provider = cluster.provider(&[learner, 0], "/cwm/");
    Reader::new(provider.watch(KeyPrefix::All)).until("the write", has("a")).await;

    let alone = cluster.provider(&[learner], "/cwm/");
    for error in [
        alone.get(&webhook("a")).await.unwrap_err(),
        alone.set(webhook("a"), Document::from("{}"), Expect::Anything, Lease::Keep).await.unwrap_err(),
    ] {
        let Error::Unavailable { reason, .. } = &error else { panic!("{error:?}") };
        assert!(reason.contains("is a learner, which serves no clients: name voting members"), "{reason}");
    }
    let mut reader = Reader::new(alone.watch(KeyPrefix::All));
    let says = |reader: &Reader| format!("{:?}", reader.state).contains("is a learner");
    reader.until("words about the learner", says).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_replaced_under_a_watch() {
    let mut cluster = Cluster::start(3);
    let provider = cluster.provider(&[0, 1], "/cwm/");
    put(&provider, &webhook("a"), "{}").await;
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    cluster.replace(0);
    put(&cluster.provider(&[2], "/cwm/"), &webhook("b"), "{}").await;
    reader.until("a write after", has("b")).await;
    // And from the member that is left to the one that is new.
    cluster.member(1).kill();
    persist(&cluster.provider(&[2, 0], "/cwm/"), "c").await;
    reader.until("one more", has("c")).await;
    assert_eq!((reader.loads, reader.resyncs), (1, 0), "{:?}", reader.states);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_prefix_in_a_busy_store_advances() {
    let store = fresh();
    let mut reader = Reader::new(store.provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let mut client = store.server.client().await;
    for round in 0..2 {
        let written = client.put("/elsewhere", format!("{round}"), None).await.unwrap();
        let now = written.header().unwrap().revision().unsigned_abs();
        reader.until("the store's revision", |reader| reader.at.0 >= now).await;
    }
    assert_eq!((reader.batches.len(), reader.loads), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_falls_silent_on_a_living_member_is_opened_again() {
    let store = fresh();
    let mute = Mute::before(&store.server).await;
    let mut settings = store.server.settings(KeyLayout::Namespaced, &store.prefix);
    settings.endpoints = Endpoint::parse(&mute.address(), 2379).unwrap();
    let provider = EtcdProvider::new(settings);
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let told = reader.states.len();
    mute.mute();
    put(&store.provider, &webhook("a"), "{}").await;
    // Calls on the same connection go on, so nothing but the watch's own silence tells.
    assert!(provider.get(&webhook("a")).await.unwrap().is_some());
    reader.until("the write", has("a")).await;
    // It says so again where the store has gone on meanwhile.
    let mut states = reader.states.split_off(told);
    states.dedup();
    assert_eq!(states, ["CATCHING UP", "STALE", "CATCHING UP", "SYNCED"]);
    assert_eq!(reader.loads, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_is_lost_or_made_twice_when_the_leader_is_killed() {
    let cluster = Cluster::start(3);
    let leader = cluster.leader();
    let provider = Arc::new(cluster.provider(&[&[leader], &cluster.others(leader)[..]].concat(), "/cwm/"));
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    let storm = Storm::begin(Arc::clone(&provider), "/cwm/");
    let later = |reader: &Reader, writes: usize| reader.state.is_synced() && reader.batches.len() >= writes;
    reader.until("the storm", |reader| later(reader, 1_000)).await;
    cluster.member(leader).kill();
    let (killed, seen) = (Instant::now(), reader.batches.len());
    reader.until("the loss", |reader| !reader.state.is_synced()).await;
    reader.until_synced().await;
    let synced = killed.elapsed();
    reader.until("the storm again", |reader| later(reader, seen + 1_000)).await;
    let account = storm.settle(cluster.member(cluster.leader()).client().await).await;
    println!("SYNCED after {synced:?}, {account}");
    // The cluster itself answers nobody while it elects, which may take long on a busy machine.
    let late = synced.saturating_sub(account.longest_silence);
    assert!(late < BACK, "SYNCED after {synced:?}, {account}: {:?}", reader.states);
    assert!(account.stored + account.found_stored >= 2_000, "{account}");
}
