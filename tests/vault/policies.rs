//! What a viewer and an editor can do and see. The policies are those of docs/secrets.md.

use confdeck::domain::{Presence, SecretRight, SecretVersion, VersionState};
use confdeck::provider::vault::KvVersion;
use confdeck::provider::{Error, SecretAccess, SecretExpect, SecretListItem};
use serde_json::json;

use crate::support::bao::{Bao, viewer};
use crate::{at, denied, fields, folder, user};

/// What an editor has beside the rights of a viewer.
const EDITOR: &str = r#"
path "webhooks/data/*"          { capabilities = ["create", "update", "patch"] }
path "webhooks/delete/*"        { capabilities = ["update"] }
path "webhooks/undelete/*"      { capabilities = ["update"] }
"#;

/// A server with a secret in every state.
fn server() -> Bao {
    let bao = Bao::dev();
    bao.mount("webhooks", 2);
    for path in ["kept/secrets", "deleted/secrets", "destroyed/secrets"] {
        bao.does("POST", &format!("webhooks/data/{path}"), &json!({"data": {"bearer-token": "t", "e": ""}}));
    }
    bao.does("POST", "webhooks/delete/deleted/secrets", &json!({"versions": [1]}));
    bao.does("POST", "webhooks/destroy/destroyed/secrets", &json!({"versions": [1]}));
    bao.policy("viewer", &viewer("webhooks"));
    bao.policy("editor", &format!("{}{EDITOR}", viewer("webhooks")));
    bao
}

/// Everything that is shown without a value.
async fn look_at_all(access: &SecretAccess) {
    let reader = &access.reader;
    let presence = async |path: &str| reader.presence(&at(path)).await.unwrap();
    let kept = presence("kept/secrets").await;
    assert!(matches!(&kept, Presence::Present(contents) if contents.fields.len() == 2), "{kept:?}");
    assert!(matches!(presence("deleted/secrets").await, Presence::Deleted { at: Some(_), .. }));
    assert_eq!(presence("destroyed/secrets").await, Presence::Destroyed { version: SecretVersion(1) });
    assert_eq!(presence("missing/secrets").await, Presence::Missing);
    let names = ["kept", "deleted", "destroyed"];
    for (name, state) in names.into_iter().zip(["Available", "Deleted", "Destroyed"]) {
        let versions = reader.versions(&at(&format!("{name}/secrets"))).await.unwrap().unwrap();
        assert!(format!("{:?}", versions.list[0].state).starts_with(state), "{name}");
    }
    assert_eq!(reader.versions(&at("missing/secrets")).await, Ok(None));
    let root = reader.list(&folder("")).await.unwrap();
    assert_eq!(root.len(), 3);
    assert_eq!(reader.list(&folder("kept")).await, Ok(vec![SecretListItem::Secret(at("kept/secrets"))]));
    reader.missing_rights(&[at("kept/secrets"), at("missing/secrets")]).await.unwrap();
    assert_eq!(reader.health().await.summary(), "");
}

/// Line 1 of the issue.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_sees_everything_and_reads_nothing() {
    let bao = server();
    let access = user(&bao, &bao.token(&["viewer"], "1h"), KvVersion::V2).access(false);
    let before = bao.audit().len();
    look_at_all(&access).await;
    let asked = bao.audit().split_off(before);
    let places = [
        "webhooks/subkeys/",
        "webhooks/metadata",
        "sys/capabilities-self",
        "sys/internal/ui/mounts/",
        "auth/token/lookup-self",
    ];
    for (operation, path) in &asked {
        assert!(!path.starts_with("webhooks/data/"), "{operation} {path}");
        assert!(places.iter().any(|place| path.starts_with(place)), "{operation} {path}");
    }
    let presence = asked.iter().filter(|(_, path)| path.starts_with("webhooks/subkeys/")).count();
    assert_eq!(presence, 4, "one request a path: {asked:?}");
    let mounts = asked.iter().filter(|(_, path)| path.starts_with("sys/internal/")).count();
    assert_eq!(mounts, 1, "one a mount: {asked:?}");

    let refused = denied(access.revealer().reveal(&at("kept/secrets"), None).await);
    assert_eq!(refused, "read on webhooks/data/kept/secrets");
    let lacking = access.reader.missing_rights(&[at("kept/secrets")]).await.unwrap();
    let rights = SecretRight::ALL.map(|right| (right, lacking[0].for_right(right)));
    for (right, lacks) in rights {
        let seen = matches!(right, SecretRight::Presence | SecretRight::Versions);
        assert_eq!(lacks.is_none(), seen, "{right:?}: {lacks:?}");
    }
    assert_eq!(lacking[0].for_right(SecretRight::Undelete), Some("update on webhooks/undelete/kept/secrets"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_changes_and_takes_back_and_cannot_read_or_destroy() {
    let bao = server();
    let access = user(&bao, &bao.token(&["editor"], "1h"), KvVersion::V2).access(true);
    let (writer, path) = (access.writer.clone().unwrap(), at("new/secrets"));
    let (one, two) = (SecretVersion(1), SecretVersion(2));
    let before = bao.audit().len();
    look_at_all(&access).await;
    assert_eq!(
        writer.put(&path, &fields(&[("f", "1"), ("g", "x")]), SecretExpect::Absent).await,
        Ok(Some(one))
    );
    let patched = writer.patch(&path, &fields(&[("f", "2")]), SecretExpect::Version(one)).await;
    assert_eq!(patched, Ok(Some(two)));
    let stale = writer.put(&path, &fields(&[("f", "3")]), SecretExpect::Version(one)).await;
    assert_eq!(stale, Err(Error::SecretConflict { path: path.clone(), now: Some(two) }));
    writer.delete(&path, &[two]).await.unwrap();
    assert!(matches!(access.reader.presence(&path).await, Ok(Presence::Deleted { .. })));
    writer.undelete(&path, &[two]).await.unwrap();
    let versions = access.reader.versions(&path).await.unwrap().unwrap();
    assert!(versions.list.iter().all(|info| info.state == VersionState::Available));
    let read =
        |(operation, path): &(String, String)| operation == "read" && path.starts_with("webhooks/data/");
    assert!(!bao.audit()[before..].iter().any(read), "an editor reads nothing either");

    assert_eq!(denied(writer.destroy(&path, &[two]).await), "update on webhooks/destroy/new/secrets");
    assert_eq!(denied(writer.destroy_all(&path).await), "delete on webhooks/metadata/new/secrets");
    assert_eq!(denied(access.revealer().reveal(&path, None).await), "read on webhooks/data/new/secrets");
    let whole = bao.does("GET", "webhooks/data/new/secrets", &serde_json::Value::Null);
    assert_eq!(whole["data"]["data"], json!({"f": "2", "g": "x"}));
    let lacking = access.reader.missing_rights(&[path]).await.unwrap();
    let lacks: Vec<_> =
        SecretRight::ALL.into_iter().filter(|right| lacking[0].for_right(*right).is_some()).collect();
    assert_eq!(lacks, [SecretRight::Reveal, SecretRight::Destroy, SecretRight::DestroyAll]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_permission_taken_away_is_named_and_is_not_missing() {
    let bao = server();
    bao.policy("listless", "path \"webhooks/metadata/*\" { capabilities = [\"read\"] }");
    let access = user(&bao, &bao.token(&["listless"], "1h"), KvVersion::V2).access(true);
    let reader = &access.reader;
    let permission = "read on webhooks/subkeys/kept/secrets".to_owned();
    assert_eq!(reader.presence(&at("kept/secrets")).await, Ok(Presence::Forbidden { permission }));
    assert_eq!(denied(reader.list(&folder("")).await), "list on webhooks/metadata/");
    assert_eq!(denied(reader.missing_rights(&[at("a")]).await), "update on sys/capabilities-self");
    let writer = access.writer.clone().unwrap();
    let put = async |expect| denied(writer.put(&at("a"), &fields(&[("f", "v")]), expect).await);
    assert_eq!(put(SecretExpect::Absent).await, "create on webhooks/data/a");
    assert_eq!(put(SecretExpect::Version(SecretVersion(1))).await, "update on webhooks/data/a");
}
