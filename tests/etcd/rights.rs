//! Users who may read a part, and rights that come and go.

use super::*;

/// Everything under the prefix.
pub(super) const ALL: [&str; 2] = ["/cwm/", "/cwm0"];
const PROD: [&str; 2] = ["/cwm/prod/", "/cwm/prod0"];
const TEST: [&str; 2] = ["/cwm/test/", "/cwm/test0"];

pub(super) fn read<'a>(range: &[&'a str; 2]) -> [&'a str; 3] {
    ["read", range[0], range[1]]
}

fn hook(address: &str) -> ResourceKey {
    let (namespace, id) = address.split_once('/').unwrap();
    ResourceKey::webhook(Namespace::new(namespace).unwrap(), WebhookId::new(id).unwrap())
}

pub(super) fn denied<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Denied { permission, .. }) => permission,
        other => panic!("{other:?}"),
    }
}

fn names(reader: &Reader) -> Vec<String> {
    reader.picture.keys().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_permitted_parts_are_walked_at_one_revision_and_the_picture_says_partial() {
    let etcd = Guarded::start();
    for n in 0..3 {
        etcd.put(&format!("prod/webhooks/p{n}"), "{}");
        etcd.put(&format!("other/webhooks/o{n}"), "{}");
        etcd.put(&format!("test/webhooks/t{n}"), "{}");
    }
    etcd.put("global/connections/c", "{}");
    // A range, its neighbour in two halves, and a key alone.
    etcd.user("ann", &[&read(&PROD), &["read", "/cwm/test/", "/cwm/test/webhooks/t1"]]);
    etcd.grant("ann", &["read", "/cwm/test/webhooks/t1", "/cwm/test0"]);
    etcd.grant("ann", &["readwrite", "/cwm/global/connections/c"]);
    let ann = etcd.provider("ann");

    let expected =
        ["prod/p0", "prod/p1", "prod/p2", "test/t0", "test/t1", "test/t2", "connections/c"].map(String::from);
    let mut reader = Reader::new(ann.watch(KeyPrefix::All));
    reader.until_synced().await;
    assert_eq!(names(&reader), expected);
    let ranges = ["/cwm/global/connections/c", "/cwm/prod/*", "/cwm/test/*"];
    assert_eq!(reader.coverage.ranges(), ranges);
    assert!(reader.coverage.covers(&hook("prod/any")) && !reader.coverage.covers(&hook("other/o0")));
    assert!(reader.coverage.covers(&connection("c")) && !reader.coverage.covers(&connection("d")));

    assert_eq!(listed(&ann, KeyPrefix::All).await, reader.picture);
    let pages: Vec<_> = ann.list(KeyPrefix::All).try_collect().await.unwrap();
    assert!(pages.iter().all(|page| page.coverage == reader.coverage));
    let keys: Vec<_> = ann.list_keys(KeyPrefix::All).try_collect().await.unwrap();
    assert!(keys.iter().all(|page| page.coverage.is_partial()));
    // What is shared says the same, and does not take what it cannot show for absent.
    let shared = UnifiedConfigManager::open(etcd.provider("ann"), None);
    let mut subscriber = Reader::new(shared.watch(KeyPrefix::All));
    subscriber.until_synced().await;
    assert_eq!((&subscriber.coverage, &subscriber.picture), (&reader.coverage, &reader.picture));
    assert_eq!(shared.get(&hook("prod/none")).await.unwrap(), None);
    assert_eq!(denied(shared.get(&hook("other/o0")).await), "read of other/o0 in etcd");
    // What lies within a permitted range is whole.
    let prod = Namespace::new("prod").unwrap();
    let pages: Vec<_> = ann.list(KeyPrefix::Namespace(prod)).try_collect().await.unwrap();
    assert!(pages.iter().all(|page| page.coverage == Coverage::Whole));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_over_several_parts_is_one_batch() {
    let etcd = Guarded::start();
    etcd.user("ann", &[&read(&PROD), &read(&TEST), &["read", "/cwm/global/connections/c"]]);
    let mut reader = Reader::new(etcd.provider("ann").watch(KeyPrefix::All));
    reader.until_synced().await;
    let mut root = etcd.client().await;
    let rounds = 40;
    for round in 0..rounds {
        let put = |key: &str| TxnOp::put(format!("/cwm/{key}"), round.to_string(), None);
        let keys = ["prod/webhooks/x", "other/webhooks/x", "test/webhooks/x", "global/connections/c"];
        root.txn(Txn::new().and_then(keys.map(put))).await.unwrap();
        root.put("/cwm/test/webhooks/y", round.to_string(), None).await.unwrap();
        root.put("/cwm/other/webhooks/y", round.to_string(), None).await.unwrap();
    }
    let last = [hook("prod/x"), hook("test/x"), hook("test/y"), connection("c")];
    let at_the_end = |reader: &Reader| {
        let text = (rounds - 1).to_string();
        last.iter().all(|key| {
            reader.picture.get(key).is_some_and(|entry| entry.document.as_bytes() == text.as_bytes())
        })
    };
    reader.until("the last round", at_the_end).await;
    let sizes: Vec<_> = reader.batches.iter().map(|batch| batch.1).collect();
    assert_eq!(sizes, [3, 1].repeat(rounds));
    assert!(reader.batches.windows(2).all(|pair| pair[0].0 < pair[1].0), "{:?}", reader.batches);
    assert_eq!((reader.loads, reader.picture.len()), (1, last.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_right_the_missing_one_is_named() {
    let etcd = Guarded::start();
    etcd.put("prod/webhooks/a", "{}");
    etcd.user("bob", &[&["read", "/elsewhere/", "/elsewhere0"], &["write", "/cwm/prod/webhooks/a"]]);
    let bob = etcd.provider("bob");
    let mut reader = Reader::new(bob.watch(KeyPrefix::All));
    reader.until_state("DENIED").await;
    let LinkState::Denied { permission, retry_in } = &reader.state else { panic!() };
    assert_eq!(permission, "read of the keys from /cwm/ to /cwm0 in etcd");
    assert!(retry_in.is_some());
    let list: Result<Vec<_>, _> = bob.list(KeyPrefix::Connections).try_collect().await;
    let range = "/cwm/global/connections/ to /cwm/global/connections0";
    assert_eq!(denied(list), format!("read of the keys from {range} in etcd"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_on_one_key_names_the_right_it_lacks() {
    let etcd = Guarded::start();
    for key in ["reads", "writes", "none", "both"] {
        etcd.put(&format!("prod/webhooks/{key}"), "{}");
    }
    let permissions: [&[&str]; 3] = [
        &["read", "/cwm/prod/webhooks/reads"],
        &["write", "/cwm/prod/webhooks/writes"],
        &["readwrite", "/cwm/prod/webhooks/both", "/cwm/prod/webhooks/botz"],
    ];
    etcd.user("ann", &permissions);
    let ann = etcd.provider("ann");
    let set = |address: &'static str, expect| {
        let ann = &ann;
        async move { ann.set(hook(address), Document::from("[]"), expect, Lease::Keep).await }
    };
    assert!(ann.get(&hook("prod/reads")).await.unwrap().is_some());
    assert_eq!(denied(ann.get(&hook("prod/none")).await), "read of prod/none in etcd");
    assert_eq!(denied(ann.get(&hook("prod/writes")).await), "read of prod/writes in etcd");
    assert_eq!(denied(set("prod/reads", Expect::Absent).await), "write of prod/reads in etcd");
    assert_eq!(denied(set("prod/writes", Expect::Absent).await), "read of prod/writes in etcd");
    let both = "read of prod/none, write of prod/none in etcd";
    assert_eq!(denied(set("prod/none", Expect::Absent).await), both);
    assert_eq!(denied(ann.delete(hook("prod/none"), Expect::Anything).await), both);
    // Unconditional, with a lease to keep: a transaction in the transaction.
    assert_eq!(denied(set("prod/reads", Expect::Anything).await), "write of prod/reads in etcd");
    assert_eq!(denied(set("prod/writes", Expect::Anything).await), "read of prod/writes in etcd");
    let ops = ["prod/both", "prod/reads"]
        .map(|address| Op::Delete { key: hook(address), expect: Expect::Anything });
    assert_eq!(denied(ann.commit(ops.to_vec()).await), "write of prod/reads in etcd");
    // Nothing of all that was done, and what is permitted is.
    assert_eq!(listed(&etcd.provider("root"), KeyPrefix::All).await.len(), 4);
    let token = ann.get(&hook("prod/both")).await.unwrap().unwrap().token;
    set("prod/both", Expect::Token(token)).await.unwrap();
    set("prod/bothmore", Expect::Absent).await.unwrap();
    let before = ann.get(&hook("prod/both")).await.unwrap().unwrap().revision;
    let commit = set("prod/both", Expect::Anything).await.unwrap();
    assert_eq!(commit.at.0, before.0 + 2, "the question whether it may be written made no revision");
}

/// From a right lost to the state that tells it; the promise is the beat of a second and its answer.
const NOTICED: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread")]
async fn rights_taken_away_and_given_back_show_while_running() {
    let etcd = Guarded::start();
    etcd.put("prod/webhooks/p", "{}");
    etcd.put("test/webhooks/t", "{}");
    etcd.user("ann", &[&read(&ALL), &read(&PROD)]);
    let mut reader = Reader::new(etcd.provider("ann").watch(KeyPrefix::All));
    reader.until_synced().await;
    assert_eq!((reader.coverage.clone(), reader.picture.len()), (Coverage::Whole, 2));

    let taken = Instant::now();
    etcd.revoke("ann", &ALL);
    let partial = |reader: &Reader| reader.state.is_synced() && reader.picture.len() == 1;
    reader.until("a partial picture", partial).await;
    assert!(taken.elapsed() < NOTICED, "{:?}", taken.elapsed());
    assert_eq!(
        (names(&reader), reader.coverage.ranges()),
        (vec!["prod/p".into()], &["/cwm/prod/*".into()][..])
    );
    etcd.put("test/webhooks/hidden", "{}");
    etcd.put("prod/webhooks/seen", "{}");
    reader.until("what may be seen", |reader| reader.picture.len() == 2).await;
    assert_eq!(names(&reader), ["prod/p", "prod/seen"]);

    // More is noticed when a person asks, or within half a minute.
    etcd.grant("ann", &read(&TEST));
    let asking = async {
        while reader.coverage.ranges().len() < 2 {
            reader.retry_now();
            let _ = tokio::time::timeout(Duration::from_millis(200), reader.step()).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap();
    reader.until("all of it", |reader| reader.state.is_synced() && reader.picture.len() == 4).await;
    assert!(!reader.states.contains(&"DENIED") && !reader.states.contains(&"STALE"), "{:?}", reader.states);

    etcd.revoke("ann", &PROD);
    etcd.revoke("ann", &TEST);
    reader.until_state("DENIED").await;
    // It comes back by itself, at the next try.
    etcd.grant("ann", &read(&ALL));
    let whole = |reader: &Reader| reader.state.is_synced() && reader.coverage == Coverage::Whole;
    reader.until("a whole picture", whole).await;
    assert_eq!(reader.picture.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_lost_shows_also_while_the_watch_is_never_quiet() {
    let etcd = Guarded::start();
    etcd.user("ann", &[&read(&ALL)]);
    let mut reader = Reader::new(etcd.provider("ann").watch(KeyPrefix::All));
    reader.until_synced().await;
    let mut root = etcd.client().await;
    let writing = tokio::spawn(async move {
        loop {
            root.put("/cwm/prod/webhooks/x", "{}", None).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    reader.until("a few writes", |reader| reader.batches.len() > 5).await;
    let taken = Instant::now();
    etcd.revoke("ann", &ALL);
    reader.until_state("DENIED").await;
    assert!(taken.elapsed() < NOTICED, "{:?}", taken.elapsed());
    writing.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn users_that_lose_their_role_or_their_life_are_denied() {
    losses(Guarded::start).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_are_those_with_web_tokens() {
    losses(Guarded::with_jwt).await;
}

async fn losses(start: fn() -> Guarded) {
    for (take, give) in [
        (&["user", "revoke-role", "ann", "ann"][..], Some(&["user", "grant-role", "ann", "ann"][..])),
        (&["role", "delete", "ann"], None),
        (&["user", "delete", "ann"], None),
    ] {
        let etcd = start();
        etcd.user("ann", &[&read(&ALL)]);
        let ann = etcd.provider("ann");
        let mut reader = Reader::new(ann.watch(KeyPrefix::All));
        reader.until_synced().await;
        let taken = Instant::now();
        etcd.root(take);
        reader.until_state("DENIED").await;
        assert!(taken.elapsed() < NOTICED, "{take:?} {:?}", taken.elapsed());
        assert!(!reader.states.contains(&"STALE"), "{take:?} {:?}", reader.states);
        denied(ann.get(&webhook("x")).await);
        if let Some(give) = give {
            etcd.root(give);
            reader.until_synced().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_single_keys_are_read_watched_and_watched_over() {
    let etcd = Guarded::start();
    etcd.user("ann", &[]);
    let mut root = etcd.client().await;
    let count = 250;
    let key = |n: usize| format!("/cwm/prod/webhooks/w{n:03}");
    for n in 0..2 * count {
        root.put(key(n), "{}", None).await.unwrap();
        if n % 2 == 0 {
            let permission = etcd_client::Permission::read(key(n));
            root.role_grant_permission("ann", permission).await.unwrap();
        }
    }
    let ann = etcd.provider("ann");
    let mut reader = Reader::new(ann.watch(KeyPrefix::All));
    reader.until_synced().await;
    assert_eq!((reader.picture.len(), reader.coverage.ranges().len()), (count, count));
    assert_eq!(reader.picture, listed(&ann, KeyPrefix::All).await);
    for n in 0..2 * count {
        root.put(key(n), "[]", None).await.unwrap();
    }
    reader.until("every change", |reader| reader.batches.len() == count).await;
    assert_eq!(reader.picture, listed(&ann, KeyPrefix::All).await);
    // A hundred are checked at each sign of life: the last ones in the third second.
    let last = key(2 * count - 2);
    root.role_revoke_permission("ann", last, None).await.unwrap();
    reader.until("one less", |reader| reader.picture.len() == count - 1).await;
    reader.until_synced().await;
    assert_eq!((reader.loads, reader.resyncs), (2, 1));
}
