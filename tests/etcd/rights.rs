//! Users who may read a part, rights that come and go, tokens that lapse.

use super::*;

/// Everything under the prefix.
const ALL: [&str; 2] = ["/cwm/", "/cwm0"];
const PROD: [&str; 2] = ["/cwm/prod/", "/cwm/prod0"];
const TEST: [&str; 2] = ["/cwm/test/", "/cwm/test0"];

fn read<'a>(range: &[&'a str; 2]) -> [&'a str; 3] {
    ["read", range[0], range[1]]
}

fn hook(address: &str) -> ResourceKey {
    let (namespace, id) = address.split_once('/').unwrap();
    ResourceKey::webhook(Namespace::new(namespace).unwrap(), WebhookId::new(id).unwrap())
}

fn denied<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
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
    assert!(reader.coverage.sees(&hook("prod/any")) && !reader.coverage.sees(&hook("other/o0")));
    assert!(reader.coverage.sees(&connection("c")) && !reader.coverage.sees(&connection("d")));

    assert_eq!(listed(&ann, KeyPrefix::All).await, reader.picture);
    let pages: Vec<_> = ann.list(KeyPrefix::All).try_collect().await.unwrap();
    assert!(pages.iter().all(|page| page.coverage == reader.coverage));
    let keys: Vec<_> = ann.list_keys(KeyPrefix::All).try_collect().await.unwrap();
    assert!(keys.iter().all(|page| page.coverage.is_partial()));
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
    let login = etcd_client::ConnectOptions::new().with_user("root", "rootpw");
    let mut root = etcd_client::Client::connect([etcd.server.address()], Some(login)).await.unwrap();
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
const NOTICED: Duration = Duration::from_secs(4);

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
    let partial = |reader: &Reader| reader.state.is_true() && reader.picture.len() == 1;
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
    reader.until("all of it", |reader| reader.state.is_true() && reader.picture.len() == 4).await;
    assert!(!reader.states.contains(&"DENIED") && !reader.states.contains(&"STALE"), "{:?}", reader.states);

    etcd.revoke("ann", &PROD);
    etcd.revoke("ann", &TEST);
    reader.until_state("DENIED").await;
    // It comes back by itself, at the next try.
    etcd.grant("ann", &read(&ALL));
    let whole = |reader: &Reader| reader.state.is_true() && reader.coverage == Coverage::Whole;
    reader.until("a whole picture", whole).await;
    assert_eq!(reader.picture.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_lost_shows_also_while_the_watch_is_never_quiet() {
    let etcd = Guarded::start();
    etcd.user("ann", &[&read(&ALL)]);
    let mut reader = Reader::new(etcd.provider("ann").watch(KeyPrefix::All));
    reader.until_synced().await;
    let login = etcd_client::ConnectOptions::new().with_user("root", "rootpw");
    let mut root = etcd_client::Client::connect([etcd.server.address()], Some(login)).await.unwrap();
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
async fn users_that_lose_their_role_their_password_or_their_life_are_denied() {
    for (take, give) in [
        (&["user", "revoke-role", "ann", "ann"][..], Some(&["user", "grant-role", "ann", "ann"][..])),
        (&["role", "delete", "ann"], None),
        (&["user", "delete", "ann"], None),
    ] {
        for etcd in [Guarded::start(), Guarded::with_jwt()] {
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
}

/// Reads what comes for a while; the states told meanwhile.
async fn listen(reader: &mut Reader, length: Duration) -> Vec<&'static str> {
    let told = reader.states.len();
    let _ = tokio::time::timeout(length, async { while reader.step().await {} }).await;
    reader.states.split_off(told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_is_denied_and_not_tried_over_and_over() {
    for etcd in [Guarded::start(), Guarded::with_jwt()] {
        etcd.user("ann", &[&read(&ALL)]);
        let ann = etcd.provider("ann");
        let mut reader = Reader::new(ann.watch(KeyPrefix::All));
        reader.until_synced().await;
        etcd.password("ann", "another");
        reader.until_state("DENIED").await;
        let LinkState::Denied { permission, .. } = &reader.state else { panic!() };
        assert!(permission.contains("refuses this user name and password"), "{permission}");
        assert!(!reader.states.contains(&"STALE"), "{:?}", reader.states);

        // Whoever asks meanwhile is answered from memory: not one login a call.
        let before = etcd.logins();
        let (told, ()) = tokio::join!(listen(&mut reader, Duration::from_secs(4)), async {
            for _ in 0..20 {
                assert!(denied(ann.get(&webhook("x")).await).contains("refuses"));
                assert_eq!(ann.health().await.condition, Condition::Unusable);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let logins = etcd.logins() - before;
        assert!(logins <= 4.0, "{logins} logins in 4 s");
        assert!(told.iter().all(|state| *state == "DENIED"), "{told:?}");

        // With the old one back, a person who retries is let in at once.
        etcd.password("ann", "annpw");
        reader.retry_now();
        reader.until_synced().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_expire_while_watching_and_while_idle_do_not_show() {
    let etcd = Guarded::launch(Launch::default().flags(&["--auth-token-ttl", "1"]));
    etcd.user("ann", &[&["readwrite", ALL[0], ALL[1]]]);
    let ann = etcd.provider("ann");
    let mut reader = Reader::new(ann.watch(KeyPrefix::All));
    reader.until_synced().await;
    // A provider that idles: nothing keeps its token alive.
    let idle = etcd.provider("ann");
    assert_eq!(idle.get(&webhook("a")).await.unwrap(), None);
    let told = listen(&mut reader, Duration::from_secs(5)).await;
    assert!(told.is_empty(), "{told:?}");

    put(&idle, &webhook("a"), "{}").await;
    assert_eq!(idle.get(&webhook("a")).await.unwrap().unwrap().version, Some(1));
    reader.until("the write", |reader| reader.picture.len() == 1).await;
    // A watch that begins with a lapsed token is no denied one.
    let sleepy = etcd.provider("ann");
    assert!(sleepy.get(&webhook("a")).await.is_ok());
    listen(&mut reader, Duration::from_secs(3)).await;
    let mut late = Reader::new(sleepy.watch(KeyPrefix::All));
    late.until_synced().await;
    assert_eq!(late.states, ["CONNECTING", "LOADING", "SYNCED"]);
    assert_eq!((reader.loads, reader.state.word()), (1, "SYNCED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn web_tokens_made_old_by_any_change_are_renewed_and_no_write_is_made_twice() {
    let etcd = Guarded::with_jwt();
    etcd.user("ann", &[&["readwrite", ALL[0], ALL[1]]]);
    let (ann, writer) = (etcd.provider("ann"), etcd.provider("ann"));
    let mut reader = Reader::new(ann.watch(KeyPrefix::All));
    reader.until_synced().await;
    let etcd = std::sync::Arc::new(etcd);
    let changing = tokio::task::spawn_blocking({
        let etcd = std::sync::Arc::clone(&etcd);
        move || (0..30).for_each(|n| drop(etcd.root(&["role", "add", &format!("r{n}")])))
    });
    let (mut writes, mut token) = (0, None);
    while !changing.is_finished() || writes == 0 {
        let expect = token.map_or(Expect::Absent, Expect::Token);
        match writer.set(webhook("a"), Document::from("{}"), expect, Lease::Keep).await {
            Ok(commit) => {
                (writes, token) = (writes + 1, commit.outcomes[0].after);
                assert!(ann.get(&webhook("a")).await.unwrap().unwrap().version >= Some(writes));
            }
            // Two changes in a row; nothing was written, and it says so.
            Err(Error::Unavailable { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    changing.await.unwrap();
    assert!(writes > 20, "{writes}");
    let entry = ann.get(&webhook("a")).await.unwrap().unwrap();
    assert_eq!((entry.version, Some(entry.token)), (Some(writes), token), "each write once");
    reader.until("all writes", |reader| reader.picture.get(&webhook("a")) == Some(&entry)).await;
    let told = listen(&mut reader, Duration::from_secs(2)).await;
    let states = [reader.states.clone(), told].concat();
    assert_eq!((states, reader.loads), (vec!["CONNECTING", "LOADING", "SYNCED"], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn authentication_switched_on_under_a_running_watch_is_no_more_than_a_login() {
    let etcd = Guarded::start();
    etcd.user("ann", &[&read(&ALL)]);
    etcd.root(&["auth", "disable"]);
    let ann = etcd.provider("ann");
    let mut reader = Reader::new(ann.watch(KeyPrefix::All));
    reader.until_synced().await;
    assert!(etcd.server.etcdctl(&["auth", "enable"]).status.success());
    assert_eq!(ann.get(&webhook("x")).await.unwrap(), None);
    let told = listen(&mut reader, Duration::from_secs(3)).await;
    assert!(!told.contains(&"DENIED") && !told.contains(&"STALE"), "{told:?}");
    reader.until_synced().await;
}
