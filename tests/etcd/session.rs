//! Logins, TLS, endpoints, health, and the end of it all.

use super::*;

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
    assert_eq!(store.provider.health().await.condition(), Condition::Unusable);
    assert!(!Reader::new(store.provider.watch(KeyPrefix::All)).step().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_endpoint_in_the_list_is_passed_over() {
    let store = fresh();
    let hosts = format!("127.0.0.1:1,{}", store.server.address());
    let provider = provider_at(&hosts, &store.prefix);
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    put(&provider, &webhook("a"), "{}").await;
    reader.until("the write", |reader| reader.picture.len() == 1).await;
    let health = provider.health().await;
    assert_eq!(health.condition(), Condition::Degraded);
    assert!(health.summary().contains("1 of 2 endpoints"), "{}", health.summary());
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
        let mut settings = server.settings(KeyLayout::Namespaced, "/cwm/");
        settings.login = Some(EtcdLogin { username: name.into(), password: Password::new(password.into()) });
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
    assert_eq!(bob.health().await.condition(), Condition::Degraded);

    let mut wrong = Reader::new(user("ann", "wr0ngpw").watch(KeyPrefix::All));
    wrong.until_state("DENIED").await;
    assert!(!format!("{:?}", wrong.state).contains("wr0ngpw"));
    let mut nobody = Reader::new(server.provider("/cwm/").watch(KeyPrefix::All));
    nobody.until_state("DENIED").await;
    assert!(format!("{:?}", nobody.state).contains("ETCD_USERNAME"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_trusts_whom_it_is_told_to_and_nobody_else() {
    let server = Launch::default().tls(Tls::Auto).start();
    let mut settings = server.settings(KeyLayout::Namespaced, "/cwm/");
    settings.tls.ca_cert = Some(server.certificate());
    let provider = EtcdProvider::new(settings);
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    put(&provider, &webhook("a"), "{}").await;
    reader.until("the write", |reader| reader.picture.len() == 1).await;
    let health = provider.health().await;
    assert_eq!((health.condition(), health.members.len()), (Condition::Healthy, 1), "{health:?}");

    // Without that certificate, the system's own trust decides, and refuses.
    let https = Endpoint::parse(&format!("https://{}", server.address()), 2379).unwrap();
    let stranger = EtcdProvider::new(EtcdSettings::new(https, KeyLayout::Namespaced));
    let read = stranger.get(&webhook("a")).await;
    assert!(matches!(read, Err(Error::Unavailable { .. })), "{read:?}");
    // A file that is not there is named.
    let mut settings = server.settings(KeyLayout::Namespaced, "/cwm/");
    settings.tls.ca_cert = Some("no/such/ca.pem".into());
    let read = EtcdProvider::new(settings).get(&webhook("a")).await;
    let Err(Error::Unavailable { reason, .. }) = read else { panic!("{read:?}") };
    assert!(reason.contains("no/such/ca.pem") && reason.contains("ETCD_CACERT"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_no_obstacle_where_nobody_asks_for_one() {
    let store = fresh();
    let mut settings = store.server.settings(KeyLayout::Namespaced, &store.prefix);
    settings.login = Some(EtcdLogin { username: "ann".into(), password: Password::new("x".into()) });
    let provider = EtcdProvider::new(settings);
    assert_eq!(provider.get(&webhook("a")).await.unwrap(), None);
}
