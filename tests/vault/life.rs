//! What happens to a server and to a token, as health and presence tell it.

use std::time::Duration;

use confdeck::domain::{Condition, KvPath, Mount, Presence, SecretPath, SecretStoreStatus};
use confdeck::provider::vault::{
    AppRole, VaultAddress, VaultLogin, VaultSecrets, VaultSettings, VaultToken, VaultTokenFile, Verify,
};
use confdeck::provider::{Error, SecretReader};
use serde_json::json;

use crate::support::bao::{Bao, viewer};
use crate::support::etcd::certs::{Authority, Valid};
use crate::until;

fn token(text: String) -> VaultLogin {
    VaultLogin::Token(VaultToken::new(text).unwrap())
}

fn settings(address: &str, login: VaultLogin) -> VaultSettings {
    let mut settings = VaultSettings::new(VaultAddress::parse(address).unwrap(), login);
    settings.timeout = Duration::from_secs(60);
    settings
}

fn path() -> SecretPath {
    SecretPath::Kv { mount: Mount::new("webhooks").unwrap(), path: KvPath::new("orders/secrets").unwrap() }
}

/// With one secret at `webhooks/orders/secrets`, and the viewer's policy.
fn furnished(bao: &Bao) {
    bao.mount("webhooks", 2);
    bao.does("POST", "webhooks/data/orders/secrets", &json!({"data": {"bearer-token": "planted-token"}}));
    bao.policy("viewer", &viewer("webhooks"));
}

async fn is_present(secrets: &VaultSecrets) -> bool {
    matches!(secrets.presence(&path()).await, Ok(Presence::Present(_)))
}

#[tokio::test]
async fn sealing_and_stopping_are_told_and_got_over() {
    let bao = Bao::on_disk(None);
    furnished(&bao);
    let secrets = VaultSecrets::new(settings(&bao.address(), token(bao.token(&["viewer"], "1h"))));
    assert!(is_present(&secrets).await);
    assert_eq!(secrets.health().await.verdict(), "healthy");
    bao.seal();
    let health = secrets.health().await;
    assert!(health.summary().contains("is sealed"), "{}", health.summary());
    assert!(!is_present(&secrets).await);
    bao.unseal();
    assert!(is_present(&secrets).await);
    bao.stop();
    let health = secrets.health().await;
    assert_eq!(health.condition(), Condition::Unusable);
    assert!(health.summary().contains("nothing listens where Vault at"), "{}", health.summary());
    bao.restart();
    bao.unseal();
    until(async || is_present(&secrets).await).await;
    bao.freeze();
    let health = secrets.health().await;
    bao.thaw();
    assert!(health.summary().contains("in time"), "{}", health.summary());
    until(async || secrets.health().await.verdict() == "healthy").await;
}

#[tokio::test]
async fn a_token_that_ended_is_told_and_a_role_logs_in_anew() {
    let bao = Bao::dev();
    furnished(&bao);
    let given = bao.token(&["viewer"], "1h");
    let secrets = VaultSecrets::new(settings(&bao.address(), token(given.clone())));
    assert!(is_present(&secrets).await);
    bao.revoke(&given);
    // A verdict on the token counts for some seconds.
    until(async || !is_present(&secrets).await).await;
    until(async || match secrets.list(&folder()).await {
        Err(Error::Denied { permission, .. }) => permission.contains("VAULT_TOKEN has expired"),
        _ => false,
    })
    .await;
    let health = secrets.health().await;
    assert!(health.summary().contains("VAULT_TOKEN has expired or was revoked"), "{}", health.summary());

    let (role, secret) = bao.approle("console", &json!({"token_policies": ["viewer"], "token_ttl": "1h"}));
    let login = VaultLogin::AppRole(AppRole::new(role.clone(), secret.clone()).unwrap());
    let secrets = VaultSecrets::new(settings(&bao.address(), login));
    let seen = secrets.presence(&path()).await;
    assert!(matches!(seen, Ok(Presence::Present(_))), "{seen:?}");
    bao.does("POST", "sys/leases/revoke-prefix/auth/approle/login", &json!({}));
    until(async || is_present(&secrets).await).await;
    assert_eq!(secrets.health().await.verdict(), "healthy");

    bao.revoke_secret_id("console", &secret);
    bao.does("POST", "sys/leases/revoke-prefix/auth/approle/login", &json!({}));
    until(async || secrets.health().await.summary().contains("the AppRole login is refused")).await;
}

#[tokio::test]
async fn a_token_in_a_file_is_taken_when_it_comes_and_again_when_it_is_renewed_there() {
    let bao = Bao::dev();
    furnished(&bao);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sink");
    // As an agent does it.
    let leave = |token: &str| {
        let new = folder.path().join("new");
        std::fs::write(&new, format!("{token}\n")).unwrap();
        std::fs::rename(&new, &file).unwrap();
    };
    let login = VaultLogin::TokenFile(VaultTokenFile::named(file.clone()));
    let secrets = VaultSecrets::new(settings(&bao.address(), login));
    let refusal = async || match secrets.presence(&path()).await {
        Err(Error::Denied { permission, remedy }) => format!("{permission}; {remedy}"),
        other => format!("{other:?}"),
    };
    let said = refusal().await;
    assert!(said.contains("cannot read the token in") && said.contains("the file is read again"), "{said}");
    assert_eq!(secrets.last_status(), SecretStoreStatus::NoLogin);
    assert!(secrets.health().await.summary().contains("cannot read the token in"));

    let [first, second, third] = [(); 3].map(|()| bao.token(&["viewer"], "1h"));
    leave(&first);
    assert!(is_present(&secrets).await, "no restart, no waiting");
    leave(&second);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let before = bao.audit().len();
    bao.revoke(&first);
    assert!(is_present(&secrets).await);
    let asked: Vec<_> = bao.audit().split_off(before);
    assert!(
        !asked.iter().any(|(_, path)| path.contains("lookup-self")),
        "by its time, not by a 403: {asked:?}"
    );

    bao.revoke(&second);
    until(async || refusal().await.contains("has expired or was revoked")).await;
    assert_eq!(secrets.last_status(), SecretStoreStatus::TokenEnded);
    leave(&third);
    assert!(is_present(&secrets).await);
    assert_eq!(secrets.last_status(), SecretStoreStatus::Unsealed);
    // A file on its way is no loss of the token in use.
    std::fs::remove_file(&file).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(is_present(&secrets).await);
}

fn folder() -> confdeck::domain::SecretFolder {
    confdeck::domain::SecretFolder { mount: Mount::new("webhooks").unwrap(), folder: None }
}

#[tokio::test]
async fn certificates_count() {
    let (authority, other) = (Authority::new(), Authority::new());
    let bao = Bao::on_disk(Some(authority.server(&["127.0.0.1", "localhost"], Valid::Now)));
    furnished(&bao);
    let with = |verify: Verify| {
        let mut settings = settings(&bao.tls_address(), token(bao.root_token()));
        settings.verify = verify;
        VaultSecrets::new(settings)
    };
    assert!(is_present(&with(Verify::Authority(authority.file()))).await);
    assert!(is_present(&with(Verify::Nothing)).await);
    let root = with(Verify::Authority(authority.file())).health().await;
    assert!(root.findings().iter().any(|finding| finding.text.contains("root token")), "{root:?}");
    for wrong in [Verify::Authority(other.file()), Verify::System] {
        let health = with(wrong).health().await;
        assert!(health.summary().contains("not signed by anybody trusted here"), "{}", health.summary());
    }
}
