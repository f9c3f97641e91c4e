//! Writes: conditions, several at once, leases, an outcome that stays open.

use super::*;
use crate::support::etcd::Proxy;

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
    let store = alone();
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

/// A proxy may say anything after a write has gone through: by its words nothing is known, and the client
/// must not send the write again because of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_etcd_does_not_give_refuses_no_write() {
    let guarded = Guarded::start();
    guarded.user("ann", &[&["readwrite", "/cwm/", "/cwm0"]]);
    let proxy = Proxy::before(&guarded.server).await;
    let mut settings = guarded.settings("ann");
    settings.endpoints = Endpoint::parse(&proxy.address(), 2379).unwrap();
    let provider = EtcdProvider::new(settings);
    let mut token = put(&provider, &webhook("a"), "{}").await;
    for status in 1..=16 {
        proxy.answer_next_write(status);
        let document = Document::from(format!("{{\"status\":{status}}}").as_str());
        let write = provider.set(webhook("a"), document.clone(), Expect::Token(token), Lease::Keep).await;
        assert!(matches!(write, Err(Error::OutcomeUnknown { .. })), "status {status}: {write:?}");
        let stored = provider.get(&webhook("a")).await.unwrap().unwrap();
        assert_eq!((&stored.document, stored.version), (&document, Some(u64::from(status) + 1)));
        token = stored.token;
    }
    proxy.answer_next_write(5);
    let delete = provider.delete(webhook("a"), Expect::Anything).await;
    assert!(matches!(delete, Err(Error::OutcomeUnknown { .. })), "{delete:?}");
    assert_eq!(provider.get(&webhook("a")).await.unwrap(), None);
}
