//! Tokens that lapse, passwords that change, authentication that is switched on: with simple tokens and
//! with JSON web tokens.

use super::rights::{ALL, denied, read};
use super::*;

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
                assert_eq!(ann.health().await.condition(), Condition::Unusable);
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
    let (mut writes, mut refused, mut token) = (0, 0, None);
    while !changing.is_finished() || writes == 0 {
        let expect = token.map_or(Expect::Absent, Expect::Token);
        match writer.set(webhook("a"), Document::from("{}"), expect, Lease::Keep).await {
            Ok(commit) => {
                (writes, token) = (writes + 1, commit.outcomes[0].after);
                assert!(ann.get(&webhook("a")).await.unwrap().unwrap().version >= Some(writes));
            }
            // Two changes in a row; nothing was written, and it says so.
            Err(Error::Unavailable { .. }) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    changing.await.unwrap();
    assert!(writes > 20 && refused * 10 < writes, "{writes} writes, {refused} refused");
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

#[tokio::test(flavor = "multi_thread")]
async fn authentication_switched_on_before_a_write_is_no_more_than_a_login() {
    let etcd = Guarded::start();
    etcd.user("ann", &[&["readwrite", ALL[0], ALL[1]]]);
    etcd.root(&["auth", "disable"]);
    let ann = etcd.provider("ann");
    let create = async |id| ann.set(webhook(id), Document::from("{}"), Expect::Absent, Lease::Never).await;
    create("before").await.unwrap();
    assert!(etcd.server.etcdctl(&["auth", "enable"]).status.success());
    create("after").await.unwrap();
    assert!(ann.get(&webhook("after")).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_begins_amid_changes_of_users_is_not_taken_for_a_denied_one() {
    let etcd = Guarded::with_jwt();
    etcd.user("ann", &[&read(&ALL)]);
    let mut root = etcd.client().await;
    let changing = tokio::spawn(async move {
        for n in 0.. {
            // Each change makes every token old, that of root as well.
            let _ = root.refresh_token().await;
            let _ = root.role_add(format!("r{n}")).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let ann = etcd.provider("ann");
    for _ in 0..60 {
        let mut reader = Reader::new(ann.watch(KeyPrefix::All));
        reader.until_synced().await;
        assert!(!reader.states.contains(&"DENIED"), "{:?}", reader.states);
    }
    changing.abort();
}
