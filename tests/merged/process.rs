//! Variables of a real process: each test runs in a process of its own, with exactly its variables,
//! in a folder of its own.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::sync::Arc;

use confdeck::config::{Overrides, SettingSources, Settings};
use confdeck::domain::{FieldState, Presence, SecretContents, SecretField, SecretPath};
use confdeck::manager::{SecretMode, UnifiedConfigManager};
use confdeck::provider::SecretReader;
use confdeck::provider::env::{EnvSecrets, EnvVariables};

use crate::webhook;

/// Set in a child: which test it is.
const CHILD: &str = "CONFDECK_TEST_CHILD";

/// Whether this is the child of the test `name`; if not, becomes its parent: starts the child in a
/// folder with these files, with these variables, and expects that it succeeds.
fn is_child(name: &str, files: &[(&str, &str)], variables: &[(&str, &[u8])]) -> bool {
    if std::env::var_os(CHILD).is_some_and(|child| child == name) {
        return true;
    }
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        fs::write(folder.path().join(file), text).unwrap();
    }
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsStr::from_bytes(value)));
    let child = Command::new(std::env::current_exe().unwrap())
        .args([&format!("process::{name}"), "--exact", "--nocapture"])
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env(CHILD, name)
        .envs(variables)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
    false
}

async fn authorization(manager: &UnifiedConfigManager) -> Option<String> {
    let merged =
        manager.get_merged(&webhook("default", "orders"), SecretMode::Include).await.unwrap().unwrap();
    merged.json()["authorization"].as_str().map(str::to_owned)
}

const ORDERS: (&str, &str) = ("webhooks.json", r#"{"orders": {"module": "{$MODULE:log}"}}"#);

#[tokio::test]
async fn a_file_of_variables_is_read_only_when_it_is_named() {
    const NAME: &str = "a_file_of_variables_is_read_only_when_it_is_named";
    let env = (".env", "WEBHOOK_ORDERS_TOKEN=from-file\nMODULE=named\n");
    if !is_child(NAME, &[ORDERS, env], &[("MODULE", b"inherited"), ("WEBHOOK_ORDERS_HMAC_SECRET", b"h")]) {
        return;
    }
    let manager = UnifiedConfigManager::from_env().unwrap();
    assert_eq!(authorization(&manager).await, None);
    let named = Overrides { env_file: Some(".env".into()), ..Overrides::default() };
    let settings = Settings::resolve(&SettingSources::gather(named).unwrap()).unwrap();
    let manager = UnifiedConfigManager::from_settings(&settings);
    assert_eq!(authorization(&manager).await.as_deref(), Some("Bearer from-file"));
    let merged =
        manager.get_merged(&webhook("default", "orders"), SecretMode::Include).await.unwrap().unwrap();
    assert_eq!(merged.json()["module"], "named");
    // What the file does not say comes from the process.
    assert_eq!(merged.json()["hmac"]["secret"], "h");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_told_apart_and_named() {
    const NAME: &str = "bytes_that_are_no_text_are_told_apart_and_named";
    let webhooks = (
        "webhooks.json",
        r#"{"orders": {}, "refers": {"topic": "{$WEBHOOK_ORDERS_TOKEN:x}"}, "empty": {"a": "{$NOTHING:default}"}}"#,
    );
    let variables: &[(&str, &[u8])] =
        &[("WEBHOOK_ORDERS_TOKEN", b"\xff\xfe"), ("WEBHOOK_ORDERS_HMAC_SECRET", b""), ("NOTHING", b"")];
    if !is_child(NAME, &[webhooks], variables) {
        return;
    }
    let confdeck::domain::ResourceKey::Webhook { id, .. } = webhook("default", "orders") else { panic!() };
    let secrets = EnvSecrets::new(Arc::new(EnvVariables::process()));
    let presence = secrets.presence(&SecretPath::Variables(id)).await.unwrap();
    let fields = vec![
        (SecretField::BEARER_TOKEN.name(), FieldState::NotText),
        (SecretField::HMAC_SECRET.name(), FieldState::Empty),
    ];
    assert_eq!(presence, Presence::Present(SecretContents { fields, ..SecretContents::default() }));

    let manager = UnifiedConfigManager::from_env().unwrap();
    for id in ["orders", "refers"] {
        let refused = manager.get_merged(&webhook("default", id), SecretMode::Include).await.err().unwrap();
        let refused = refused.to_string();
        assert!(refused.contains("WEBHOOK_ORDERS_TOKEN") && refused.contains("not UTF-8"), "{refused}");
    }
    // A variable that is set and empty is no reason for a default.
    let empty = manager.get_merged(&webhook("default", "empty"), SecretMode::Include).await.unwrap().unwrap();
    assert_eq!(empty.json()["a"], "");
}

#[tokio::test]
async fn the_shared_manager_is_one_and_a_mistake_is_tried_again() {
    const NAME: &str = "the_shared_manager_is_one_and_a_mistake_is_tried_again";
    // The config file is where the mistake is, since a process cannot change its own variables safely.
    if !is_child(NAME, &[ORDERS, ("config.toml", "nonsense = 1\n")], &[("CONFDECK_CONFIG", b"config.toml")]) {
        return;
    }
    for _ in 0..2 {
        let mistake = UnifiedConfigManager::global().err().unwrap().to_string();
        assert!(mistake.starts_with("config.toml:1:1: "), "{mistake}");
    }
    fs::write("config.toml", "").unwrap();
    let threads: Vec<_> =
        (0..8).map(|_| std::thread::spawn(|| UnifiedConfigManager::global().unwrap())).collect();
    let managers: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(managers.iter().all(|manager| Arc::ptr_eq(manager, &managers[0])));
    assert_eq!(authorization(&managers[0]).await, None);
    // One that was shut down is of no use to the next caller.
    managers[0].shutdown().await;
    let next = UnifiedConfigManager::global().unwrap();
    assert!(!Arc::ptr_eq(&next, &managers[0]));
    assert_eq!(authorization(&next).await, None);
}

#[test]
fn what_is_missing_is_named() {
    const NAME: &str = "what_is_missing_is_named";
    if !is_child(
        NAME,
        &[],
        &[("CONFIG_BACKEND", b"etcd"), ("ETCD_USERNAME", b"u"), ("SECRETS_BACKEND", b"vault")],
    ) {
        return;
    }
    let missing = UnifiedConfigManager::from_env().err().unwrap().to_string();
    assert!(missing.contains("set ETCD_PASSWORD"), "{missing}");
}

#[test]
fn a_vault_without_its_address_is_refused_by_name() {
    const NAME: &str = "a_vault_without_its_address_is_refused_by_name";
    if !is_child(NAME, &[], &[("SECRETS_BACKEND", b"vault")]) {
        return;
    }
    let refused = UnifiedConfigManager::from_env().err().unwrap().to_string();
    assert!(refused.contains("VAULT_ADDR"), "{refused}");
}
