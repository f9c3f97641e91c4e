//! What OpenBao answers to every write of a version that is absent, deleted or destroyed, and what is told of
//! it: never more than a condition proves, or than is there afterwards.

use confdeck::domain::{Presence, SecretPath, SecretVersion};
use confdeck::provider::vault::{KvVersion, VaultSecrets};
use confdeck::provider::{Error, SecretExpect, SecretReader, SecretWriter, VersionChange, change_versions};
use serde_json::{Value, json};

use crate::support::bao::Bao;
use crate::{at, fields, user};

/// May write anything and see nothing.
const BLIND: &str = r#"
path "webhooks/data/*"     { capabilities = ["create", "update", "patch"] }
path "webhooks/delete/*"   { capabilities = ["update"] }
path "webhooks/undelete/*" { capabilities = ["update"] }
path "webhooks/destroy/*"  { capabilities = ["update"] }
path "webhooks/metadata/*" { capabilities = ["delete"] }
"#;

/// Sees presence, and no metadata.
const SUBKEYS: &str = r#"path "webhooks/subkeys/*" { capabilities = ["read"] }"#;

/// Sees metadata, and no presence.
const METADATA: &str = r#"path "webhooks/metadata/*" { capabilities = ["read", "delete"] }"#;

const STATES: [&str; 4] = ["absent", "deleted", "destroyed", "available"];

fn server() -> Bao {
    let bao = Bao::dev();
    bao.mount("webhooks", 2);
    bao.policy("blind", BLIND);
    bao.policy("subkeys", SUBKEYS);
    bao.policy("metadata", METADATA);
    bao
}

/// A secret of its own whose v1 is in this state, with an available v2 beside it; nothing at all is there for
/// `none`.
fn secret(bao: &Bao, state: &str, name: &str) -> SecretPath {
    let path = format!("{name}-{state}");
    let write = || bao.does("POST", &format!("webhooks/data/{path}"), &json!({"data": {"f": "v"}}));
    let end = |how: &str| bao.does("POST", &format!("webhooks/{how}/{path}"), &json!({"versions": [1]}));
    match state {
        "none" => return at(&path),
        "absent" => {
            bao.does("POST", &format!("webhooks/metadata/{path}"), &json!({"max_versions": 1}));
            write();
        }
        "deleted" => drop((write(), end("delete"))),
        "destroyed" => drop((write(), end("destroy"))),
        _ => drop(write()),
    }
    write();
    at(&path)
}

fn as_seen_by_root(bao: &Bao, path: &SecretPath) -> Value {
    let SecretPath::Kv { path, .. } = path else { panic!("{path}") };
    bao.root("GET", &format!("webhooks/metadata/{}", path.as_str()), &Value::Null).1["data"].clone()
}

async fn told(user: &VaultSecrets, path: &SecretPath, change: VersionChange, versions: &[u64]) -> String {
    let versions: Vec<_> = versions.iter().copied().map(SecretVersion).collect();
    match change_versions(user, user, path, change, &versions).await {
        Ok(unchanged) if unchanged.is_empty() => "done".to_owned(),
        Ok(unchanged) => format!("unchanged {unchanged:?}").replace("SecretVersion", "v"),
        Err(Error::NoSuchSecret { version: Some(version), .. }) => format!("no {version}"),
        Err(Error::NoSuchSecret { version: None, .. }) => "no secret".to_owned(),
        Err(Error::Invalid { reason }) if reason.contains("is destroyed for ever") => "destroyed".to_owned(),
        Err(Error::SecretUnverified { reason, .. }) => {
            assert!(reason.contains("read on webhooks/"), "{reason}");
            "unverified".to_owned()
        }
        Err(other) => format!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_a_version_is_told_by_what_is_there_and_not_by_a_204() {
    use VersionChange::{Delete, Destroy, Undelete};
    let bao = server();
    let rows = [
        (Delete, ["no v1", "unchanged [v(1)]", "destroyed", "done"]),
        (Undelete, ["no v1", "done", "destroyed", "unchanged [v(1)]"]),
        (Destroy, ["no v1", "done", "unchanged [v(1)]", "done"]),
    ];
    let users = [
        ("root", bao.root_token()),
        ("subkeys", bao.token(&["blind", "subkeys"], "1h")),
        ("metadata", bao.token(&["blind", "metadata"], "1h")),
    ];
    for (name, token) in &users {
        let user = user(&bao, token, KvVersion::V2);
        for (change, expected) in rows {
            for (state, expected) in STATES.into_iter().zip(expected) {
                let path = secret(&bao, state, &format!("{name}-{change:?}"));
                assert_eq!(told(&user, &path, change, &[1]).await, expected, "{name}: {change:?} of {state}");
                let nothing = format!("{name}: {change:?} of v9 beside {state}");
                assert_eq!(told(&user, &path, change, &[9]).await, "no v9", "{nothing}");
                // One that cannot be changed keeps the others as they are.
                let before = as_seen_by_root(&bao, &path);
                assert_eq!(told(&user, &path, change, &[2, 9]).await, "no v9", "{nothing}");
                assert_eq!(as_seen_by_root(&bao, &path)["versions"], before["versions"], "{nothing}");
            }
            let nothing = secret(&bao, "none", &format!("{name}-{change:?}"));
            assert_eq!(told(&user, &nothing, change, &[1]).await, "no v1", "{name}: {change:?} of nothing");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_seen_is_sent_and_never_told_done() {
    use VersionChange::{Delete, Destroy, Undelete};
    let bao = server();
    let blind = user(&bao, &bao.token(&["blind"], "1h"), KvVersion::V2);
    for change in [Delete, Undelete, Destroy] {
        for state in STATES.into_iter().chain(["none"]) {
            let path = secret(&bao, state, &format!("blind-{change:?}"));
            assert_eq!(told(&blind, &path, change, &[1]).await, "unverified", "{change:?} of {state}");
        }
    }
    // It was sent all the same.
    let seen = as_seen_by_root(&bao, &at("blind-Destroy-available"));
    assert_eq!(seen["versions"]["1"]["destroyed"], json!(true), "{seen}");
    let all = secret(&bao, "available", "blind-all");
    assert_eq!(told(&blind, &all, Destroy, &[]).await, "unverified");
    assert_eq!(as_seen_by_root(&bao, &all), Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_destroyed_as_a_whole_if_there_was_one() {
    let bao = server();
    let users =
        [bao.root_token(), bao.token(&["blind", "subkeys"], "1h"), bao.token(&["blind", "metadata"], "1h")];
    for (number, token) in users.iter().enumerate() {
        let user = user(&bao, token, KvVersion::V2);
        for state in STATES {
            let path = secret(&bao, state, &format!("all-{number}"));
            assert_eq!(told(&user, &path, VersionChange::Destroy, &[]).await, "done", "{state}");
            assert_eq!(as_seen_by_root(&bao, &path), Value::Null);
            assert_eq!(told(&user, &path, VersionChange::Destroy, &[]).await, "no secret", "{state}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_and_a_patch_are_told_by_their_condition_in_every_state_of_the_newest_version() {
    let bao = server();
    let users = [("root", bao.root_token()), ("blind", bao.token(&["blind"], "1h"))];
    for (name, token) in &users {
        let user = user(&bao, token, KvVersion::V2);
        for state in ["none", "deleted", "destroyed", "available"] {
            let path = secret(&bao, state, &format!("{name}-put"));
            let newest = if state == "none" { None } else { Some(SecretVersion(2)) };
            if let SecretPath::Kv { path, .. } = &path
                && state != "none"
                && state != "available"
            {
                let how = if state == "deleted" { "delete" } else { "destroy" };
                bao.does("POST", &format!("webhooks/{how}/{}", path.as_str()), &json!({"versions": [2]}));
            }
            let told = format!("{name}: {state}");
            let (new, wrong) = (fields(&[("f", "w")]), SecretExpect::Version(SecretVersion(7)));
            for expect in [Some(wrong), newest.map(|_| SecretExpect::Absent)].into_iter().flatten() {
                let refused = user.put(&path, &new, expect).await.unwrap_err();
                assert!(matches!(refused, Error::SecretConflict { .. }), "{told}: {refused}");
                let refused = user.patch(&path, &new, expect).await.unwrap_err();
                assert!(
                    matches!(
                        refused,
                        Error::SecretConflict { .. } | Error::Invalid { .. } | Error::Unavailable { .. }
                    ),
                    "{told}: {refused}"
                );
            }
            let expect = newest.map_or(SecretExpect::Absent, SecretExpect::Version);
            if state != "available" {
                let refused = user.patch(&path, &new, expect).await.unwrap_err();
                assert!(
                    matches!(refused, Error::Invalid { .. } | Error::Unavailable { .. }),
                    "{told}: nothing to patch: {refused}"
                );
            }
            let written = user.put(&path, &new, expect).await.unwrap();
            let next = SecretVersion(newest.map_or(1, |_| 3));
            assert_eq!(written, Some(next), "{told}");
            let patched = user.patch(&path, &new, SecretExpect::Version(next)).await.unwrap();
            assert_eq!(patched, Some(SecretVersion(next.0 + 1)), "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kv_1_tells_a_destroy_by_what_its_folder_lists() {
    let bao = Bao::dev();
    bao.mount("webhooks", 1);
    let user = user(&bao, &bao.root_token(), KvVersion::V1);
    let (there, gone) = (at("a/there"), at("a/gone"));
    bao.does("POST", "webhooks/a/there", &json!({"f": "v"}));
    bao.does("POST", "webhooks/a/beside", &json!({"f": "v"}));
    assert_eq!(told(&user, &gone, VersionChange::Destroy, &[]).await, "no secret");
    assert_eq!(told(&user, &there, VersionChange::Destroy, &[]).await, "done");
    assert_eq!(user.presence(&there).await, Ok(Presence::Missing));
    bao.policy("blind", r#"path "webhooks/*" { capabilities = ["create", "update", "delete"] }"#);
    let blind = crate::user(&bao, &bao.token(&["blind"], "1h"), KvVersion::V1);
    let error =
        change_versions(&blind, &blind, &at("a/beside"), VersionChange::Destroy, &[]).await.unwrap_err();
    assert!(
        matches!(&error, Error::SecretUnverified { reason, .. } if reason.contains("list on")),
        "{error}"
    );
}
