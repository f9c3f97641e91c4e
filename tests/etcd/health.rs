//! What a cluster says of itself: members, alarms, certificates, rights.

use std::path::Path;
use std::time::Duration;

use confdeck::domain::{Cause, Fact, FactValue, Health, MemberHealth, MemberRole, Right};

use super::*;

/// What a fact says in words; panics where there is none.
fn fact<'f>(facts: &'f [Fact], name: &str) -> &'f FactValue {
    let found = facts.iter().find(|fact| fact.name == name);
    &found.unwrap_or_else(|| panic!("no {name} in {facts:?}")).value
}

fn told(health: &Health) -> Vec<(&'static str, &str)> {
    health.findings().iter().map(|finding| (finding.cause.word(), finding.text.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_member_is_told_with_role_version_and_sizes() {
    let store = fresh();
    let health = store.provider.health().await;
    assert_eq!((health.verdict().as_str(), told(&health)), ("healthy", vec![]), "{health:?}");
    assert!(health.latency.is_some());
    let [member] = &health.members[..] else { panic!("{health:?}") };
    assert_eq!((member.name.as_str(), &member.address), ("default", &store.server.address()));
    assert_eq!((member.role, member.condition), (Some(MemberRole::Leader), Some(Condition::Healthy)));
    assert!(fact(&member.facts, "version").words().starts_with("3."), "{member:?}");
    let size = |name| match fact(&member.facts, name) {
        FactValue::Bytes(bytes) => *bytes,
        other => panic!("{name} {other:?}"),
    };
    assert!(0 < size("in use") && size("in use") <= size("size"), "{member:?}");
    assert_eq!(fact(&health.facts, "leader").words(), "default");
    assert_eq!(fact(&health.facts, "members").words(), "1, of which 1 make a quorum");
    assert_eq!(fact(&health.facts, "tls").words(), "off");
    assert!(health.certificates.is_empty());
    let again = store.provider.health().await;
    assert!(
        matches!(fact(&again.facts, "leader change"), FactValue::Observed { what, .. } if what == "none seen since")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_was_restarted_is_told_to_have_been_elected_again() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    provider.health().await;
    let change = |health: &Health| match health.facts.iter().find(|fact| fact.name == "leader change")?.value
    {
        FactValue::Observed { ref what, .. } => Some(what.clone()),
        _ => None,
    };
    assert_eq!(change(&provider.health().await).as_deref(), Some("none seen since"));
    server.kill();
    server.restart();
    let begun = std::time::Instant::now();
    loop {
        let health = provider.health().await;
        if health.condition() == Condition::Healthy {
            assert_eq!(change(&health).as_deref(), Some("elected again"), "{health:?}");
            break;
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{health:?}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_again_writes_nothing_and_opens_no_connection() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    let first = provider.health().await;
    let before = provider.health().await;
    let index = server.metric("etcd_server_proposals_applied_total");
    let accepted = server.metric("grpc_server_started_total");
    // How much of its file is in use moves for a while after a start: etcd saves what that wrote.
    let facts = |health: &Health| {
        let of_member = health.members[0].facts.iter();
        of_member.filter(|fact| fact.name != "in use").cloned().collect::<Vec<_>>()
    };
    for _ in 0..10 {
        let health = provider.health().await;
        assert_eq!((health.condition(), facts(&health)), (Condition::Healthy, facts(&before)));
    }
    assert_eq!(server.metric("etcd_server_proposals_applied_total"), index, "no entry of the log");
    // One read, one status and one list of members each.
    let asked = server.metric("grpc_server_started_total") - accepted;
    assert_eq!(asked, 30.0, "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_server_does_not_delay_health() {
    let server = EtcdServer::start();
    let provider = server.provider("/cwm/");
    assert_eq!(provider.health().await.condition(), Condition::Healthy);
    server.freeze();
    let begun = Instant::now();
    let health = provider.health().await;
    let took = begun.elapsed();
    server.thaw();
    assert_eq!((health.condition(), health.causes()), (Condition::Unusable, vec!["fault"]), "{health:?}");
    assert_eq!(health.members[0].condition, Some(Condition::Unusable));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_is_an_alarm_with_its_remedy() {
    let server = Launch::default().flags(&["--quota-backend-bytes", "300000"]).start();
    let provider = server.provider("/cwm/");
    let mut client = server.client().await;
    // One key again and again: its history is what fills the database.
    let mut refused = false;
    for _ in 0..200 {
        refused = client.put("/cwm/default/webhooks/w", vec![b'x'; 60_000], None).await.is_err();
        if refused {
            break;
        }
    }
    assert!(refused, "the quota was never met");
    let health = provider.health().await;
    assert_eq!(
        (health.verdict().as_str(), health.alarm),
        ("degraded by fault", Some("NOSPACE")),
        "{health:?}"
    );
    let [finding] = health.findings() else { panic!("{health:?}") };
    assert!(finding.text.contains("NOSPACE: the database of default"), "{finding:?}");
    let FactValue::Ordinal(revision) = fact(&health.facts, "revision") else { panic!("{health:?}") };
    assert!(finding.remedy.contains(&format!("etcdctl compact {revision};")), "{finding:?}");
    assert_eq!(health.members[0].condition, Some(Condition::Degraded));

    // The remedy, as it is told, helps.
    for command in finding.remedy.split("; ").map(|command| command.trim_start_matches("etcdctl ")) {
        let output = server.etcdctl(&command.split(' ').collect::<Vec<_>>());
        assert!(output.status.success(), "{command}: {output:?}");
    }
    let health = provider.health().await;
    assert_eq!((health.verdict().as_str(), health.alarm), ("healthy", None));
}

/// A server with the user `root`, and `eve` with a role of her own.
fn guarded(grants: &[&[&str]]) -> EtcdServer {
    guarded_by(Launch::default(), grants)
}

fn guarded_by(launch: Launch, grants: &[&[&str]]) -> EtcdServer {
    let server = launch.start();
    let run = |arguments: &[&str]| {
        let output = server.etcdctl(arguments);
        assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
    };
    for arguments in [
        &["user", "add", "root:rootpw"][..],
        &["user", "grant-role", "root", "root"],
        &["role", "add", "eves"],
        &["user", "add", "eve:evepw"],
        &["user", "grant-role", "eve", "eves"],
    ] {
        run(arguments);
    }
    grants.iter().for_each(|grant| run(&[&["role", "grant-permission", "eves"], *grant].concat()));
    run(&["auth", "enable"]);
    server
}

fn as_user(server: &EtcdServer, name: &str, password: &str) -> EtcdProvider {
    let mut settings = server.settings(KeyLayout::Namespaced, "/cwm/");
    settings.login = Some(EtcdLogin { username: name.into(), password: Password::new(password.into()) });
    EtcdProvider::new(settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_rights_are_told_apart_from_faults() {
    let whole = guarded(&[&["read", "/cwm/", "/cwm0"]]);
    let health = as_user(&whole, "eve", "evepw").health().await;
    assert_eq!((health.verdict().as_str(), health.findings()), ("healthy", &[][..]), "{health:?}");
    assert_eq!(fact(&health.facts, "user").words(), "eve");
    assert!(fact(&health.facts, "token").words().starts_with("simple,"), "{health:?}");

    // A part of the prefix, its first key included, is not the prefix.
    let part = guarded(&[&["read", "/cwm/"], &["read", "/cwm/a/", "/cwm/a0"]]);
    let health = as_user(&part, "eve", "evepw").health().await;
    assert_eq!(health.verdict(), "degraded by rights", "{health:?}");
    let [finding] = health.findings() else { panic!("{health:?}") };
    assert_eq!(finding.cause, Cause::Rights(Right::Read));
    assert!(finding.remedy.contains("grant-permission ROLE read /cwm/ --prefix=true"), "{finding:?}");
    assert!(health.members.iter().all(|member| member.condition == Some(Condition::Healthy)), "{health:?}");

    let wrong = as_user(&part, "eve", "wr0ngpw").health().await;
    assert_eq!(wrong.verdict(), "unusable by rights");
    assert!(!format!("{wrong:?}").contains("wr0ngpw"));
    assert_eq!(part.provider("/cwm/").health().await.verdict(), "unusable by rights", "nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_hashed_once_and_not_at_every_check() {
    let server = guarded(&[&["read", "/cwm/", "/cwm0"]]);
    let eve = as_user(&server, "eve", "evepw");
    eve.health().await;
    let logins = || server.metric("grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Authenticate\"");
    let before = logins();
    for _ in 0..5 {
        assert_eq!(eve.health().await.condition(), Condition::Healthy);
    }
    assert_eq!(logins(), before);
}

/// A certificate of 127.0.0.1 that ends in so many days, and its key, in files.
fn certificate(folder: &Path, days: i64) -> Tls {
    let mut parameters = rcgen::CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
    let now = std::time::SystemTime::now();
    let day = Duration::from_secs(86_400);
    parameters.not_before = (now - day * 300).into();
    let until = if days < 0 { now - day * days.unsigned_abs() as u32 } else { now + day * days as u32 };
    parameters.not_after = (until + Duration::from_secs(600)).into();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "etcd.example");
    let key = rcgen::KeyPair::generate().unwrap();
    let made = parameters.self_signed(&key).unwrap();
    let (cert_path, key_path) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert_path, made.pem()).unwrap();
    std::fs::write(&key_path, key.serialize_pem()).unwrap();
    Tls::Files { cert: cert_path, key: key_path, client_ca: None }
}

async fn over_tls(days: i64) -> (Health, String) {
    let folder = tempfile::tempdir().unwrap();
    let server = Launch::default().tls(certificate(folder.path(), days)).start();
    let mut settings = server.settings(KeyLayout::Namespaced, "/cwm/");
    settings.tls.ca_cert = Some(folder.path().join("cert.pem"));
    let provider = EtcdProvider::new(settings);
    provider.health().await;
    (provider.health().await, server.address())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_told_before_it_ends() {
    let (health, address) = over_tls(200).await;
    assert_eq!((health.verdict().as_str(), told(&health)), ("healthy", vec![]), "{health:?}");
    assert_eq!(fact(&health.facts, "tls").words(), "on");
    let seen: Vec<_> = health.certificates.iter().map(|it| (it.owner.word(), it.owner.place())).collect();
    assert_eq!(seen[0], ("server", address.as_str()), "{seen:?}");
    assert_eq!((seen.len(), seen[1].0), (2, "authority"), "{seen:?}");
    assert!(health.certificates[0].subject.contains("CN=etcd.example"), "{:?}", health.certificates);

    let (health, address) = over_tls(12).await;
    assert_eq!(health.verdict(), "degraded by fault", "{health:?}");
    let text = &health.findings()[0].text;
    assert!(text.starts_with(&format!("the certificate of {address} ends on 20")), "{text}");
    assert!(health.members[0].condition == Some(Condition::Healthy), "the member itself is well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_ended_explains_why_nothing_answers() {
    let (health, address) = over_tls(-3).await;
    assert_eq!(health.verdict(), "unusable by fault", "{health:?}");
    let ended = format!("the certificate of {address} ended on 20");
    assert!(health.findings().iter().any(|finding| finding.text.starts_with(&ended)), "{health:?}");
}

/// A second member in the cluster of a first one, as far as `etcdctl member add` takes it.
fn added<'h>(health: &'h Health, name: &str) -> &'h MemberHealth {
    let found = health.members.iter().find(|member| member.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {health:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_that_was_never_started_is_listed_and_harms_nothing() {
    let server = EtcdServer::start();
    let output = server.etcdctl(&["member", "add", "second", "--learner", "--peer-urls=http://127.0.0.1:1"]);
    assert!(output.status.success(), "{output:?}");
    let health = server.provider("/cwm/").health().await;
    assert_eq!(health.verdict(), "healthy", "{health:?}");
    assert_eq!(fact(&health.facts, "members").words(), "1, of which 1 make a quorum, and 1 learner");
    let [_, second] = &health.members[..] else { panic!("{health:?}") };
    assert_eq!((second.condition, second.role), (None, Some(MemberRole::Learner)));
    assert_eq!(fact(&added(&health, &second.name).facts, "peer").words(), "http://127.0.0.1:1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kind_of_token_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "a key that nobody guesses in time").unwrap();
    let tokens = format!("jwt,priv-key={},sign-method=HS256", key.display());
    let server =
        guarded_by(Launch::default().flags(&["--auth-token", &tokens]), &[&["read", "/cwm/", "/cwm0"]]);
    let health = as_user(&server, "eve", "evepw").health().await;
    assert_eq!(health.verdict(), "healthy", "{health:?}");
    assert!(fact(&health.facts, "token").words().starts_with("JWT,"), "{health:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_is_compared_with_a_fresh_list() {
    let server = EtcdServer::start();
    let gate = Gate::before(&server).await;
    let provider = behind(&gate, "/cwm/");
    put(&provider, &webhook("a"), "{}").await;
    let mut reader = Reader::new(provider.watch(KeyPrefix::All));
    reader.until_synced().await;
    assert_eq!(reader.compared, []);
    gate.shut();
    reader.until_state("STALE").await;
    put(&server.provider("/cwm/"), &webhook("b"), "{}").await;
    gate.reopen();
    reader.retry_now();
    reader.until("the comparison", |reader| !reader.compared.is_empty()).await;
    let [(at, differences)] = reader.compared[..] else { panic!("{:?}", reader.compared) };
    assert_eq!((at, differences, reader.resyncs), (reader.at, 0, 0));
}
