//! Tokens that end by themselves, and namespaces.

use std::time::Duration;

use confdeck::domain::{Condition, Presence};
use confdeck::provider::vault::{
    AppRole, KvVersion, VaultAddress, VaultLogin, VaultNamespace, VaultSecrets, VaultSettings,
};
use confdeck::provider::{Error, SecretExpect, SecretReader, SecretRevealer, SecretWriter};
use serde_json::{Value, json};

use crate::support::bao::Bao;
use crate::{at, denied, fields, folder, until, user};

const VIEWER: &str = r#"
path "webhooks/metadata/*"    { capabilities = ["list", "read"] }
path "webhooks/subkeys/*"     { capabilities = ["read"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self"  { capabilities = ["update"] }
"#;

/// With one secret at `webhooks/a`, and the viewer's policy.
fn furnished() -> Bao {
    let bao = Bao::dev();
    bao.mount("webhooks", 2);
    bao.does("POST", "webhooks/data/a", &json!({"data": {"f": "planted-f"}}));
    bao.policy("viewer", VIEWER);
    bao
}

fn role(bao: &Bao, settings: &Value) -> VaultSettings {
    let (role, secret) = bao.approle("console", settings);
    let login = VaultLogin::AppRole(AppRole::new(role, secret).unwrap());
    let mut settings = VaultSettings::new(VaultAddress::parse(&bao.address()).unwrap(), login);
    settings.timeout = Duration::from_secs(60);
    settings
}

async fn sees(secrets: &VaultSecrets) -> bool {
    matches!(secrets.presence(&at("a")).await, Ok(Presence::Present(_)))
}

fn requests(bao: &Bao, wanted: &str) -> usize {
    bao.audit().iter().filter(|(_, path)| path == wanted).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_given_is_renewed_while_it_is_used_and_then_ends() {
    let bao = furnished();
    let wanted = json!({"policies": ["viewer"], "ttl": "12s", "explicit_max_ttl": "40s"});
    let made = bao.does("POST", "auth/token/create", &wanted);
    let secrets = user(&bao, made["auth"]["client_token"].as_str().unwrap(), KvVersion::V2);
    // Nothing but what a console or a library asks anyhow, and it outlives its first time.
    until(async || {
        assert!(sees(&secrets).await || requests(&bao, "auth/token/renew-self") > 0);
        requests(&bao, "auth/token/renew-self") > 1
    })
    .await;
    until(async || !sees(&secrets).await).await;
    let ended = denied(secrets.list(&folder("")).await);
    assert!(ended.contains("VAULT_TOKEN has expired"), "{ended}");
    let health = secrets.health().await;
    assert_eq!(health.condition(), Condition::Unusable);
    assert!(health.summary().contains("VAULT_TOKEN has expired"), "{}", health.summary());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_renews_its_token_and_logs_in_anew_when_that_ends() {
    let bao = furnished();
    let limits = json!({"token_policies": ["viewer"], "token_ttl": "4s", "token_max_ttl": "9s"});
    let secrets = VaultSecrets::new(role(&bao, &limits));
    until(async || {
        let seen = secrets.presence(&at("a")).await;
        assert!(matches!(seen, Ok(Presence::Present(_))), "never without a token: {seen:?}");
        requests(&bao, "auth/token/renew-self") > 1 && requests(&bao, "auth/approle/login") > 2
    })
    .await;
    assert_eq!(secrets.health().await.verdict(), "healthy");
}

/// The console gives requests up as a person scrolls, at whatever point they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_given_up_costs_no_second_login() {
    let bao = furnished();
    let once = json!({"token_policies": ["viewer"], "token_ttl": "1h", "secret_id_num_uses": 1});
    let mut given_up = 0;
    for step in 0..24_u64 {
        let secrets = VaultSecrets::new(role(&bao, &once));
        let patience = Duration::from_micros(step * step * 50);
        given_up += usize::from(tokio::time::timeout(patience, sees(&secrets)).await.is_err());
        assert!(sees(&secrets).await, "given up after {patience:?}");
    }
    assert!(given_up > 0, "none was slower than that");
    assert_eq!(requests(&bao, "auth/approle/login"), 24);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_namespace_has_its_own_engines_and_logins() {
    let bao = furnished();
    let within = |method: &str, path: &str, body: Value| {
        let (status, answer) = bao.call_in("team", &bao.root_token(), method, path, &body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    };
    bao.does("POST", "sys/namespaces/team", &json!({}));
    within("POST", "sys/mounts/webhooks", json!({"type": "kv", "options": {"version": "2"}}));
    let of = |namespace: &str| {
        let mut secrets = crate::settings(&bao, &bao.root_token());
        secrets.namespace = VaultNamespace::new(namespace).unwrap();
        VaultSecrets::new(secrets)
    };
    let team = of("team/");
    until(async || team.presence(&at("a")).await == Ok(Presence::Missing)).await;
    let put = team.put(&at("own"), &fields(&[("f", "planted-own")]), SecretExpect::Absent).await;
    assert_eq!(put.unwrap().map(|version| version.0), Some(1));
    assert!(sees(&of("")).await);
    assert_eq!(of("root").presence(&at("own")).await, Ok(Presence::Missing));
    let revealed = team.reveal(&at("own"), None).await.unwrap().unwrap();
    assert_eq!(revealed.fields.get("f").unwrap().as_text().unwrap().expose(), "planted-own");
    let health = team.health().await;
    assert!(health.facts.iter().any(|fact| format!("{:?}", fact.value).contains("\"team\"")), "{health:?}");
    assert_eq!(health.verdict(), "healthy");

    let (none, words) = (of("none"), "has no such namespace: check VAULT_NAMESPACE");
    for error in [
        none.presence(&at("own")).await.unwrap_err(),
        none.list(&folder("")).await.unwrap_err(),
        none.put(&at("own"), &fields(&[("f", "planted-none")]), SecretExpect::Anything).await.unwrap_err(),
    ] {
        assert!(matches!(&error, Error::Invalid { reason } if reason.contains(words)), "{error}");
    }
    let health = none.health().await;
    assert_eq!(health.condition(), Condition::Unusable);
    assert!(health.summary().contains(words), "{}", health.summary());

    within("POST", "sys/auth/approle", json!({"type": "approle"}));
    let viewer = json!({"policy": VIEWER});
    within("PUT", "sys/policies/acl/viewer", viewer);
    within("POST", "auth/approle/role/console", json!({"token_policies": ["viewer"], "token_ttl": "1h"}));
    let id = within("GET", "auth/approle/role/console/role-id", Value::Null)["data"]["role_id"].clone();
    let secret =
        within("POST", "auth/approle/role/console/secret-id", json!({}))["data"]["secret_id"].clone();
    let ids = AppRole::new(id.as_str().unwrap().into(), secret.as_str().unwrap().into()).unwrap();
    let mut settings = crate::settings(&bao, "unused");
    (settings.login, settings.namespace) = (VaultLogin::AppRole(ids), VaultNamespace::new("team").unwrap());
    let viewer = VaultSecrets::new(settings);
    assert!(matches!(viewer.presence(&at("own")).await, Ok(Presence::Present(_))));
    assert_eq!(denied(viewer.reveal(&at("own"), None).await), "read on webhooks/data/own");
}
