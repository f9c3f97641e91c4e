//! Vault's provider against real OpenBao servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod engines;
mod launch;
mod life;
mod outcomes;
mod policies;
mod proxies;
#[path = "../support/mod.rs"]
mod support;
mod tokens;

use std::time::{Duration, Instant};

use confdeck::domain::{FieldName, KvPath, Mount, SecretFolder, SecretPath, SecretText, SecretValue};
use confdeck::provider::vault::{
    KvVersion, VaultAddress, VaultLogin, VaultSecrets, VaultSettings, VaultToken,
};
use confdeck::provider::{Error, Result, SecretFields};

use support::bao::Bao;

/// The secrets as one token sees them; the machine is busy, so nothing is due soon.
fn user(bao: &Bao, token: &str, version: KvVersion) -> VaultSecrets {
    user_within(bao, token, version, Duration::from_secs(60))
}

fn user_within(bao: &Bao, token: &str, version: KvVersion, timeout: Duration) -> VaultSecrets {
    let mut settings = settings(bao, token);
    (settings.kv, settings.timeout) = (version, timeout);
    VaultSecrets::new(settings)
}

fn settings(bao: &Bao, token: &str) -> VaultSettings {
    let login = VaultLogin::Token(VaultToken::new(token.to_owned()).unwrap());
    let mut settings = VaultSettings::new(VaultAddress::parse(&bao.address()).unwrap(), login);
    settings.timeout = Duration::from_secs(60);
    settings
}

async fn until(mut done: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !done().await {
        assert!(begun.elapsed() < Duration::from_secs(120), "it did not come to that");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn mount() -> Mount {
    Mount::new("webhooks").unwrap()
}

fn at(path: &str) -> SecretPath {
    SecretPath::Kv { mount: mount(), path: KvPath::new(path).unwrap() }
}

fn folder(folder: &str) -> SecretFolder {
    SecretFolder { mount: mount(), folder: (!folder.is_empty()).then(|| KvPath::new(folder).unwrap()) }
}

fn fields(texts: &[(&str, &str)]) -> SecretFields {
    let value = |text: &str| SecretValue::text(&SecretText::new(text.to_owned()));
    texts.iter().map(|(name, text)| (FieldName::new(name), value(text))).collect()
}

/// The permission that was missing.
fn denied<T>(result: Result<T>) -> String {
    match result.err() {
        Some(Error::Denied { permission, .. }) => permission,
        other => panic!("not denied: {other:?}"),
    }
}
