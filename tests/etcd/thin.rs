//! Lines that bear little: what is loaded over them ends, is complete, and is not begun again.

use super::*;
use support::etcd::Bandwidth;

const KILOBYTE: u64 = 1_000;

fn thin(kilobytes_per_second: u64) -> Bandwidth {
    Bandwidth { bytes_per_second: kilobytes_per_second * KILOBYTE, delay: Duration::from_millis(50) }
}

/// Documents of 1 kB, as another writer would bring them.
async fn fill_wide(client: &mut etcd_client::Client, prefix: &str, count: usize, mark: &str) {
    let text = format!("{{\"{mark}\":\"{}\"}}", "x".repeat(980));
    for chunk in (0..count).collect::<Vec<_>>().chunks(100) {
        let key = |n: &usize| format!("{prefix}default/webhooks/w{n:06}");
        let puts: Vec<_> = chunk.iter().map(|n| TxnOp::put(key(n), text.clone(), None)).collect();
        client.txn(Txn::new().and_then(puts)).await.unwrap();
    }
}

/// How often the states of a reader hold this one.
fn count(reader: &Reader, word: &str) -> usize {
    reader.states.iter().filter(|state| **state == word).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_over_a_thin_line_takes_the_time_of_the_line_and_one_attempt() {
    let store = fresh();
    fill_wide(&mut store.server.client().await, &store.prefix, 1_500, "a").await;
    // Ten seconds of line.
    let gate = Gate::thin(&store.server, thin(150)).await;
    let begun = Instant::now();
    let mut reader = Reader::new(behind(&gate, &store.prefix).watch(KeyPrefix::All));
    reader.until_synced().await;
    let ratio = begun.elapsed().as_secs_f64() / 10.4;
    assert!(ratio < 1.5, "{ratio} times the line's own time");
    assert_eq!((reader.loads, count(&reader, "CONNECTING")), (1, 1), "{:?}", reader.states);
    assert_eq!(reader.picture, listed(&store.provider, KeyPrefix::All).await);
    assert!(reader.rates.iter().any(|rate| (100_000..200_000).contains(rate)), "{:?}", reader.rates);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_over_a_thin_line_ends() {
    let store = fresh();
    fill_wide(&mut store.server.client().await, &store.prefix, 900, "a").await;
    let gate = Gate::thin(&store.server, thin(100)).await;
    let (begun, through) = (Instant::now(), behind(&gate, &store.prefix));
    assert_eq!(listed(&through, KeyPrefix::All).await.len(), 900);
    let ratio = begun.elapsed().as_secs_f64() / 9.5;
    assert!(ratio < 1.5, "{ratio} times the line's own time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_over_a_thin_line_idles_for_few_round_trips() {
    let store = alone();
    fill_wide(&mut store.server.client().await, &store.prefix, 1_500, "a").await;
    let gate = Gate::thin(&store.server, thin(300)).await;
    let reads = || store.server.metric("etcd_mvcc_range_total");
    let before = reads();
    assert_eq!(listed(&behind(&gate, &store.prefix), KeyPrefix::All).await.len(), 1_500);
    assert_eq!(reads() - before, 2.0, "a first page, and all the rest");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_shown_while_it_arrives_and_not_loaded_twice() {
    let store = fresh();
    fill_wide(&mut store.server.client().await, &store.prefix, 400, "a").await;
    // Seven seconds of line, in one page.
    let gate = Gate::thin(&store.server, thin(60)).await;
    let mut reader = Reader::new(behind(&gate, &store.prefix).watch(KeyPrefix::All));
    reader.until("some rows", |reader| reader.loading() > 0).await;
    assert!(reader.loading() < 100, "{}", reader.loading());
    reader.until("half of the rows", |reader| reader.loading() >= 200).await;
    gate.shut();
    reader.until("the fault", |reader| count(reader, "CONNECTING") > 1).await;
    gate.reopen();
    reader.retry_now();
    reader.until_synced().await;
    assert_eq!(reader.loads, 1, "{:?}", reader.states);
    assert_eq!(reader.picture, listed(&store.provider, KeyPrefix::All).await);
    // Of 425 kB; what was under way when the line was cut is carried once more.
    assert!(gate.carried() < 500_000, "{} bytes", gate.carried());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_write_over_a_thin_line_is_done() {
    let store = fresh();
    // Twelve seconds of line; nothing may be silent for more than five.
    let gate = Gate::thin(&store.server, thin(60)).await;
    let (provider, document) = (behind(&gate, &store.prefix), Document::new(vec![b'x'; 700_000]));
    let put = Op::Put { key: webhook("a"), document, expect: Expect::Absent, lease: Lease::Keep };
    let (begun, limit) = (Instant::now(), provider.commit_deadline(std::slice::from_ref(&put)));
    provider.commit(vec![put]).await.unwrap();
    assert!(begun.elapsed() > Duration::from_secs(6) && begun.elapsed() < limit, "{:?}", begun.elapsed());
    assert_eq!(store.provider.get(&webhook("a")).await.unwrap().unwrap().document.len(), 700_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_write_that_falls_silent_on_its_way_has_an_unknown_outcome() {
    let store = alone();
    let gate = Gate::thin(&store.server, thin(60)).await;
    let (provider, document) = (behind(&gate, &store.prefix), Document::new(vec![b'x'; 700_000]));
    let put = Op::Put { key: webhook("a"), document, expect: Expect::Absent, lease: Lease::Keep };
    let begun = Instant::now();
    let freeze = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        store.server.freeze();
    };
    let (answer, ()) = tokio::join!(provider.commit(vec![put]), freeze);
    assert!(matches!(answer, Err(Error::OutcomeUnknown { .. })), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    store.server.thaw();
}

/// A reader whose load of 2,000 documents was cut in the middle.
async fn cut_load(store: &support::etcd::Fixture) -> (Gate, Reader) {
    fill_wide(&mut store.server.client().await, &store.prefix, 2_000, "a").await;
    let gate = Gate::thin(&store.server, thin(400)).await;
    let mut reader = Reader::new(behind(&gate, &store.prefix).watch(KeyPrefix::All));
    reader.until("a part", |reader| reader.loading() >= 500).await;
    let part = reader.loading();
    gate.shut();
    reader.until("the fault", |reader| count(reader, "CONNECTING") > 1).await;
    assert!(part < 2_000, "it was cut in the middle");
    (gate, reader)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_cut_goes_on_where_it_was() {
    let store = fresh();
    let (gate, mut reader) = cut_load(&store).await;
    gate.reopen();
    reader.retry_now();
    reader.until_synced().await;
    assert_eq!(reader.loads, 1, "{:?}", reader.states);
    assert_eq!(reader.picture, listed(&store.provider, KeyPrefix::All).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_cut_and_compacted_meanwhile_begins_again() {
    let store = alone();
    let (gate, mut reader) = cut_load(&store).await;
    let mut client = store.server.client().await;
    fill_wide(&mut client, &store.prefix, 100, "b").await;
    let now = client.get("x", None).await.unwrap().header().unwrap().revision();
    client.compact(now, None).await.unwrap();
    gate.reopen();
    reader.retry_now();
    reader.until_synced().await;
    assert_eq!(reader.loads, 2, "{:?}", reader.states);
    assert_eq!(reader.picture, listed(&store.provider, KeyPrefix::All).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_outage_missed_comes_over_a_thin_line_in_one_attempt() {
    let store = fresh();
    let mut client = store.server.client().await;
    fill_wide(&mut client, &store.prefix, 200, "a").await;
    let gate = Gate::thin(&store.server, thin(60)).await;
    let mut reader = Reader::new(behind(&gate, &store.prefix).watch(KeyPrefix::All));
    reader.until_synced().await;
    gate.shut();
    reader.until("the outage", |reader| reader.states.last() == Some(&"STALE")).await;
    let before = reader.states.len();
    for round in ["b", "c", "d", "e"] {
        fill_wide(&mut client, &store.prefix, 200, round).await;
    }
    gate.reopen();
    reader.retry_now();
    // Fourteen seconds of line, longer than a watch may leave a question about its progress unanswered.
    let begun = Instant::now();
    reader.until_synced().await;
    let ratio = begun.elapsed().as_secs_f64() / 14.0;
    assert!(ratio < 1.5, "{ratio} times the line's own time");
    let after = &reader.states[before..];
    assert!(!after.contains(&"STALE"), "{after:?}");
    assert_eq!(reader.picture, listed(&store.provider, KeyPrefix::All).await);
}

/// Twenty documents of 100 kB, one write after the other.
async fn burst(store: &support::etcd::Fixture) {
    let mut client = store.server.client().await;
    let text = format!("{{\"a\":\"{}\"}}", "x".repeat(100_000));
    for n in 0..20 {
        client.put(format!("{}default/webhooks/b{n}", store.prefix), text.clone(), None).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_far_behind_its_store_says_so_until_everything_is_there() {
    let store = fresh();
    // Seven seconds of line.
    let gate = Gate::thin(&store.server, thin(300)).await;
    let mut reader = Reader::new(behind(&gate, &store.prefix).watch(KeyPrefix::All));
    reader.until_synced().await;
    burst(&store).await;
    let list = listed(&store.provider, KeyPrefix::All).await;
    reader.until_state("CATCHING UP").await;
    assert!(reader.picture.len() < 20, "{:?}, {}", reader.state, reader.picture.len());
    reader.until_synced().await;
    assert_eq!(reader.picture.len(), 20, "{:?}", reader.states);
    assert_eq!((reader.picture, reader.loads), (list, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_cut_far_behind_resumes_from_what_arrived() {
    let store = fresh();
    let gate = Gate::thin(&store.server, thin(300)).await;
    let mut reader = Reader::new(behind(&gate, &store.prefix).watch(KeyPrefix::All));
    reader.until_synced().await;
    burst(&store).await;
    let list = listed(&store.provider, KeyPrefix::All).await;
    reader.until("some of it", |reader| reader.picture.len() > 5).await;
    gate.shut();
    reader.until_state("STALE").await;
    let part = reader.picture.len();
    gate.reopen();
    reader.retry_now();
    reader.until_synced().await;
    assert!(part < 20, "it was cut in the middle");
    assert_eq!(reader.picture.len(), 20, "{:?}", reader.states);
    assert_eq!((reader.picture, reader.loads), (list, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_range_of_a_busy_store_stays_synced() {
    let store = fresh();
    let mut reader = Reader::new(store.provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    let before = reader.states.len();
    let mut client = store.server.client().await;
    let busy = tokio::spawn(async move {
        for n in 0..400 {
            client.put("/elsewhere", n.to_string(), None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        client.get("/elsewhere", None).await.unwrap().header().unwrap().revision().unsigned_abs()
    });
    let head = tokio::select! {
        head = busy => head.unwrap(),
        () = async { while reader.step().await {} } => panic!("the watch ended"),
    };
    assert_eq!(&reader.states[before..], [""; 0]);
    reader.until("the revision of the others", |reader| reader.at.0 >= head).await;
    assert_eq!(&reader.states[before..], [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_watch_beside_a_busy_one_stays_synced() {
    let store = fresh();
    let mut quiet = Reader::new(store.provider.watch(KeyPrefix::Connections));
    quiet.until_synced().await;
    let mut busy = Reader::new(store.provider.watch(KeyPrefix::All));
    busy.until_synced().await;
    let busy = tokio::spawn(async move { while busy.step().await {} });
    let (mut client, key) = (store.server.client().await, format!("{}default/webhooks/a", store.prefix));
    let writer = tokio::spawn(async move {
        let text = format!("{{\"a\":\"{}\"}}", "x".repeat(2_000));
        loop {
            client.put(key.clone(), text.clone(), None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let before = quiet.states.len();
    let mut last = quiet.at;
    for _ in 0..4 {
        quiet.until("a later revision", |quiet| quiet.at > last).await;
        last = quiet.at;
        let read = tokio::time::timeout(Duration::from_secs(2), async { while quiet.step().await {} });
        assert!(read.await.is_err(), "the watch ended");
    }
    assert_eq!(&quiet.states[before..], [""; 0]);
    writer.abort();
    busy.abort();
}
