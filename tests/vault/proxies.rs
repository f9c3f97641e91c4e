//! Whatever stands before a Vault: what it answers tells nothing of a secret, and no token goes where nobody
//! sent it.

use std::time::Duration;

use confdeck::domain::{Condition, FactValue, Presence, SecretStoreStatus, SecretVersion};
use confdeck::provider::vault::{
    AppRole, KvVersion, RedirectHost, VaultAddress, VaultLogin, VaultSecrets, VaultSettings, Verify,
};
use confdeck::provider::{Error, SecretExpect, SecretReader, SecretRevealer, SecretWriter};
use serde_json::{Value, json};

use crate::support::bao::Bao;
use crate::support::etcd::certs::{Authority, Valid};
use crate::support::odd_proxy::{Odd, OddProxy, PAGES};
use crate::{at, fields, folder};

/// With KV 2 at `webhooks/`, and one secret at `webhooks/a`.
fn furnished() -> Bao {
    let bao = Bao::dev();
    bao.mount("webhooks", 2);
    bao.does("POST", "webhooks/data/a", &json!({"data": {"f": "planted-f"}}));
    bao
}

fn settings(bao: &Bao, address: &str) -> VaultSettings {
    let mut settings = crate::settings(bao, &bao.root_token());
    settings.address = VaultAddress::parse(address).unwrap();
    settings
}

fn through(bao: &Bao, proxy: &OddProxy, kv: KvVersion) -> VaultSecrets {
    VaultSecrets::new(VaultSettings { kv, ..settings(bao, &proxy.address()) })
}

/// What every call says of a path, as a word each.
async fn all(secrets: &VaultSecrets, path: &str, version: KvVersion) -> Vec<(&'static str, String)> {
    fn word<T>(result: &Result<T, Error>) -> String {
        match result {
            Ok(_) => "done".into(),
            Err(Error::Unavailable { .. }) => "unavailable".into(),
            Err(Error::SecretUnknown { .. }) => "unknown".into(),
            Err(error) => error.to_string(),
        }
    }
    let (path, some) = (at(path), fields(&[("f", "planted-new")]));
    let presence = match secrets.presence(&path).await {
        Ok(presence) => presence.word().to_owned(),
        Err(error) => word::<()>(&Err(error)),
    };
    let mut said = vec![
        ("presence", presence),
        ("list", word(&secrets.list(&folder("")).await)),
        ("reveal", word(&secrets.reveal(&path, None).await)),
        ("rights", word(&secrets.missing_rights(std::slice::from_ref(&path)).await)),
        ("put", word(&secrets.put(&path, &some, SecretExpect::Anything).await)),
        ("destroy all", word(&secrets.destroy_all(&path).await)),
    ];
    if version == KvVersion::V2 {
        let one = [SecretVersion(1)];
        said.extend([
            ("versions", word(&secrets.versions(&path).await)),
            ("patch", word(&secrets.patch(&path, &some, SecretExpect::Anything).await)),
            ("delete", word(&secrets.delete(&path, &one).await)),
            ("undelete", word(&secrets.undelete(&path, &one).await)),
            ("destroy", word(&secrets.destroy(&path, &one).await)),
        ]);
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_vault_wrote_is_neither_a_missing_secret_nor_a_write_that_is_done() {
    let bao = furnished();
    let proxy = OddProxy::before(&bao);
    for page in PAGES {
        for version in [KvVersion::V1, KvVersion::V2] {
            proxy.clear();
            proxy.answers("", Odd::page(page));
            let secrets = through(&bao, &proxy, version);
            for (call, said) in all(&secrets, "a", version).await {
                let honest = ["unreachable", "unavailable", "unknown"];
                assert!(honest.contains(&said.as_str()), "{page:?} {version:?} {call}: {said}");
            }
            let health = secrets.health().await;
            assert_eq!(health.condition(), Condition::Unusable, "{page:?}");
            assert_eq!(health.secret_store, Some(SecretStoreStatus::Unrecognised), "{page:?}");
            assert!(health.summary().contains("is not what a Vault says"), "{}", health.summary());
            assert!(!secrets.last_status().serves(), "{page:?}");
        }
    }
    let kept = bao.does("GET", "webhooks/data/a", &Value::Null);
    assert_eq!(kept["data"]["metadata"]["version"], 1);
}

/// The lookup is let through, so that each endpoint's own answer is judged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_behind_a_page_is_not_written_to_and_lacks_nothing() {
    let bao = furnished();
    let proxy = OddProxy::before(&bao);
    for page in PAGES {
        proxy.clear();
        proxy.answers("/v1/webhooks/", Odd::page(page));
        let secrets = through(&bao, &proxy, KvVersion::V2);
        for (call, said) in all(&secrets, "a", KvVersion::V2).await {
            let wanted = match call {
                "rights" => &["done"][..],
                "presence" => &["unreachable"],
                _ => &["unavailable", "unknown"],
            };
            assert!(wanted.contains(&said.as_str()), "{page:?} {call}: {said}");
            // A refusal of whoever answered is certain; what was taken may have been done.
            let is_write = ["put", "patch", "delete", "undelete", "destroy", "destroy all"].contains(&call);
            assert_eq!(said == "unknown", is_write && !page.0.starts_with('4'), "{page:?} {call}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mount_that_cannot_be_looked_up_proves_no_absence() {
    let bao = furnished();
    let proxy = OddProxy::before(&bao);
    // The last is what a Vault says of a path that a proxy has changed.
    let rewritten = ("404 Not Found", "application/json", r#"{"errors":[]}"#);
    for page in PAGES.into_iter().chain([rewritten]) {
        proxy.clear();
        proxy.answers("/v1/sys/internal/ui/mounts/", Odd::page(page));
        let secrets = through(&bao, &proxy, KvVersion::V2);
        assert!(matches!(secrets.presence(&at("a")).await, Ok(Presence::Present(_))), "{page:?}");
        let absent = secrets.presence(&at("none")).await.unwrap();
        let Presence::Unreachable { reason } = absent else { panic!("{page:?}: {absent:?}") };
        assert!(reason.contains("which engine is at webhooks/ cannot be seen"), "{reason}");
        let put = secrets.put(&at("none"), &fields(&[("f", "planted-new")]), SecretExpect::Absent).await;
        assert!(matches!(put, Err(Error::Unavailable { .. })), "{page:?}: {put:?}");
        // It is looked up again, not remembered.
        proxy.clear();
        assert_eq!(secrets.presence(&at("none")).await, Ok(Presence::Missing), "{page:?}");
    }
}

/// What a real server answers behind a proxy that only hands on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_says_itself_is_believed() {
    let bao = furnished();
    bao.mount("one", 1);
    let proxy = OddProxy::before(&bao);
    let secrets = through(&bao, &proxy, KvVersion::V2);
    let (none, some) = (at("none"), fields(&[("f", "planted-new")]));
    assert_eq!(secrets.presence(&none).await, Ok(Presence::Missing));
    assert_eq!(secrets.versions(&none).await, Ok(None));
    assert!(secrets.reveal(&none, None).await.unwrap().is_none());
    assert_eq!(secrets.list(&folder("none")).await, Ok(Vec::new()));
    let patch = secrets.patch(&none, &some, SecretExpect::Anything).await.unwrap_err();
    assert!(!matches!(patch, Error::Unavailable { .. } | Error::SecretUnknown { .. }), "{patch}");
    for change in ["delete", "undelete", "destroy"] {
        let one = [SecretVersion(1)];
        let done = match change {
            "delete" => secrets.delete(&at("a"), &one).await,
            "undelete" => secrets.undelete(&at("a"), &one).await,
            _ => secrets.destroy(&at("a"), &one).await,
        };
        done.unwrap_or_else(|error| panic!("{change}: {error}"));
    }
    assert_eq!(secrets.presence(&at("a")).await, Ok(Presence::Destroyed { version: SecretVersion(1) }));
    secrets.destroy_all(&at("a")).await.unwrap();

    let one = confdeck::domain::SecretPath::Kv {
        mount: confdeck::domain::Mount::new("one").unwrap(),
        path: confdeck::domain::KvPath::new("none").unwrap(),
    };
    let first = through(&bao, &proxy, KvVersion::V1);
    assert_eq!(first.presence(&one).await, Ok(Presence::Missing));
    assert!(first.reveal(&one, None).await.unwrap().is_none());
    first.put(&one, &some, SecretExpect::Anything).await.unwrap();
    assert!(matches!(first.presence(&one).await, Ok(Presence::Unknown { .. })));
    first.destroy_all(&one).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patch_that_a_proxy_swallows_is_no_secret_that_is_gone() {
    let bao = furnished();
    let proxy = OddProxy::before(&bao);
    proxy.answers("PATCH ", Odd::page(PAGES[1]));
    let secrets = through(&bao, &proxy, KvVersion::V2);
    let patch = secrets.patch(&at("a"), &fields(&[("f", "planted-new")]), SecretExpect::Anything).await;
    assert!(matches!(&patch, Err(Error::Unavailable { .. })), "{patch:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_is_a_login_or_the_end_of_a_token() {
    let bao = furnished();
    bao.policy("viewer", &crate::support::bao::viewer("webhooks"));
    let proxy = OddProxy::before(&bao);
    for page in PAGES {
        proxy.clear();
        proxy.answers("/v1/auth/token/lookup-self", Odd::page(page));
        let health = through(&bao, &proxy, KvVersion::V2).health().await;
        assert_eq!(health.condition(), Condition::Unusable, "{page:?}");
        assert_eq!(health.secret_store, Some(SecretStoreStatus::Unrecognised), "{page:?}");

        proxy.clear();
        proxy.answers("/v1/auth/approle/login", Odd::page(page));
        let (role, secret) = bao.approle("viewer", &json!({"token_policies": ["viewer"]}));
        let login = VaultLogin::AppRole(AppRole::new(role, secret).unwrap());
        let secrets = VaultSecrets::new(VaultSettings { login, ..settings(&bao, &proxy.address()) });
        let presence = secrets.presence(&at("a")).await;
        assert!(matches!(&presence, Ok(Presence::Unreachable { .. })), "{page:?}: {presence:?}");
        let list = secrets.list(&folder("")).await;
        assert!(matches!(list, Err(Error::Unavailable { .. })), "{page:?}: {list:?}");
    }
}

/// A proxy that redirects to another one under another name, which hands on to the server.
struct Detour {
    first: OddProxy,
    second: OddProxy,
}

impl Detour {
    fn new(bao: &Bao) -> Self {
        let (first, second) = (OddProxy::before(bao), OddProxy::before(bao));
        first.answers("", Odd::redirect("307 Temporary Redirect", &second.address_as("localhost")));
        // A standby answers this itself.
        let detour = Self { first, second };
        assert_ne!(detour.first.port(), detour.second.port());
        detour
    }
}

fn redirects_to(health: &confdeck::domain::Health) -> Option<String> {
    let fact = health.facts.iter().find(|fact| fact.name == "redirects to")?;
    if let FactValue::Text(host) = &fact.value { Some(host.clone()) } else { None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_follows_a_redirect_to_named_hosts_alone() {
    let bao = furnished();
    let detour = Detour::new(&bao);
    let host = format!("localhost:{}", detour.second.port());
    let all = ["create", "read", "update", "patch", "delete", "list"].map(|it| format!("{it:?}")).join(", ");
    bao.policy("all", &format!("path \"*\" {{ capabilities = [{all}] }}"));
    let (role, secret) = bao.approle("console", &json!({"token_policies": ["all"]}));
    let role = VaultLogin::AppRole(AppRole::new(role, secret).unwrap());
    for login in [settings(&bao, &detour.first.address()).login, role.clone()] {
        let secrets = VaultSecrets::new(VaultSettings { login, ..settings(&bao, &detour.first.address()) });
        let put = secrets.put(&at("a"), &fields(&[("f", "planted-new")]), SecretExpect::Anything).await;
        for refused in [secrets.presence(&at("a")).await.unwrap_err(), put.unwrap_err()] {
            let words = refused.to_string();
            assert!(matches!(refused, Error::Unavailable { .. }), "{words}");
            assert!(words.contains(&format!("redirects to {host}, which gets no token")), "{words}");
            assert!(words.contains("add localhost to VAULT_REDIRECT_HOSTS"), "{words}");
        }
        let health = secrets.health().await;
        assert_eq!(health.secret_store, Some(SecretStoreStatus::Redirects));
        assert_eq!((health.redirect.as_ref(), redirects_to(&health).as_ref()), (Some(&host), Some(&host)));
        assert_eq!(secrets.last_status(), SecretStoreStatus::Redirects);
    }
    assert_eq!(detour.second.seen(), <[String; 0]>::default(), "nothing was sent there at all");

    let named = |hosts: &str| {
        let mut settings = settings(&bao, &detour.first.address());
        settings.redirect_hosts = RedirectHost::parse_list(hosts).unwrap();
        settings
    };
    let other_port = VaultSecrets::new(named("localhost:1, 127.0.0.2"));
    assert!(other_port.presence(&at("a")).await.is_err());
    assert_eq!(detour.second.seen(), <[String; 0]>::default());
    for login in [None, Some(role)] {
        let mut settings = named(&host);
        settings.login = login.unwrap_or(settings.login);
        let secrets = VaultSecrets::new(settings);
        assert!(matches!(secrets.presence(&at("a")).await, Ok(Presence::Present(_))));
        let written =
            secrets.put(&at("b"), &fields(&[("f", "planted-new")]), SecretExpect::Anything).await.unwrap();
        assert!(written.is_some());
        let health = secrets.health().await;
        assert_eq!(health.verdict(), "healthy");
        assert_eq!((health.redirect.as_ref(), redirects_to(&health).as_ref()), (Some(&host), Some(&host)));
    }
}

/// As a standby does, which answers for its own health.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_redirects_names_its_active_node_in_health() {
    let bao = furnished();
    let (standby, active) = (OddProxy::before(&bao), OddProxy::before(&bao));
    let body = r#"{"initialized":true,"sealed":false,"standby":true,"version":"2.7.2"}"#;
    standby.answers("/v1/sys/health", Odd::page(("429 Too Many Requests", "application/json", body)));
    standby.answers("", Odd::redirect("307 Temporary Redirect", &active.address()));
    let secrets = through(&bao, &standby, KvVersion::V2);
    assert!(matches!(secrets.presence(&at("a")).await, Ok(Presence::Present(_))), "its own host");
    let health = secrets.health().await;
    let host = format!("127.0.0.1:{}", active.port());
    assert_eq!((health.secret_store, health.redirect), (Some(SecretStoreStatus::Standby), Some(host)));
    standby.clear();
    assert!(matches!(secrets.presence(&at("a")).await, Ok(Presence::Present(_))));
    assert_eq!(secrets.health().await.redirect, None, "it serves itself again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_redirect_is_followed_and_a_loop_ends() {
    let bao = furnished();
    let (first, second, third) = (OddProxy::before(&bao), OddProxy::before(&bao), OddProxy::before(&bao));
    let secrets = through(&bao, &first, KvVersion::V2);
    first.answers("", Odd::redirect("307 Temporary Redirect", &first.address()));
    let looped = secrets.presence(&at("a")).await.unwrap_err().to_string();
    assert!(looped.contains("one redirect is followed"), "{looped}");
    assert_eq!(first.seen().len(), 2);

    first.clear();
    first.answers("", Odd::redirect("307 Temporary Redirect", &second.address()));
    second.answers("", Odd::redirect("307 Temporary Redirect", &third.address()));
    let refused = secrets.presence(&at("a")).await.unwrap_err().to_string();
    let hops = format!("redirects to 127.0.0.1:{}, and that on to 127.0.0.1:{}", second.port(), third.port());
    assert!(refused.contains(&hops), "{refused}");
    assert_eq!((first.seen().len(), second.seen().len(), third.seen().len()), (1, 1, 0));

    first.clear();
    for status in ["301 Moved Permanently", "302 Found", "303 See Other"] {
        first.clear();
        first.answers("", Odd::redirect(status, &third.address()));
        let refused = secrets.presence(&at("a")).await.unwrap_err().to_string();
        assert!(refused.contains("which changes the request"), "{refused}");
    }
    assert_eq!(third.seen().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_came_by_tls_goes_on_in_plaintext() {
    let bao = furnished();
    let authority = Authority::new();
    let pair = authority.server(&["127.0.0.1", "localhost"], Valid::Now);
    let (first, plain) = (OddProxy::with_tls(&bao, &pair), OddProxy::before(&bao));
    let mut trusting = settings(&bao, &first.address());
    trusting.verify = Verify::Authority(authority.file());
    trusting.redirect_hosts = RedirectHost::parse_list("127.0.0.1, localhost").unwrap();
    trusting.timeout = Duration::from_secs(60);
    let secrets = VaultSecrets::new(trusting.clone());
    assert!(matches!(secrets.presence(&at("a")).await, Ok(Presence::Present(_))));
    for to in [plain.address(), plain.address_as("localhost")] {
        first.clear();
        first.answers("", Odd::redirect("307 Temporary Redirect", &to));
        let refused = secrets.presence(&at("a")).await.unwrap_err().to_string();
        assert!(refused.contains("redirects from https to http"), "{refused}");
    }
    assert_eq!(plain.seen(), <[String; 0]>::default());
    // Between two that both speak TLS it is followed, to a host that has a certificate.
    let second = OddProxy::with_tls(&bao, &pair);
    first.clear();
    first.answers("", Odd::redirect("307 Temporary Redirect", &second.address_as("localhost")));
    assert!(matches!(secrets.presence(&at("a")).await, Ok(Presence::Present(_))));
    assert!(!second.seen().is_empty());
}
