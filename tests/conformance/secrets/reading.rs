//! What is told of secrets: presence, versions, lists, rights.

use confdeck::domain::{FieldState, MissingRights, Presence, SecretVersion, VersionState};
use confdeck::provider::{Error, SecretListItem};

use super::{Secrets, text_in};

pub(crate) async fn presence_tells_fields_and_no_more(secrets: &Secrets) {
    secrets.put("default/orders/secrets", &[("bearer-token", "t"), ("empty", "")]).await;
    let presence = secrets.presence("default/orders/secrets").await;
    if !secrets.can().versions {
        let Presence::Unknown { reason } = presence else { panic!("{presence:?}") };
        assert!(reason.contains("without reading") && reason.contains("exists"), "{reason}");
        return;
    }
    let Presence::Present(contents) = presence else { panic!("{presence:?}") };
    assert_eq!(contents.field("bearer-token"), Some(FieldState::Present));
    assert_eq!(contents.field("empty"), Some(FieldState::Present), "an empty text looks present");
    assert_eq!((contents.field("hmac-secret"), contents.fields.len()), (None, 2));
    assert_eq!(contents.version, Some(SecretVersion(1)));
    assert!(contents.written.is_some());
}

pub(crate) async fn missing_is_not_deleted_and_not_destroyed(secrets: &Secrets) {
    assert_eq!(secrets.presence("a/b").await, Presence::Missing);
    assert!(secrets.reveal("a/b").await.unwrap().is_none());
    if !secrets.can().versions {
        return;
    }
    let path = secrets.path("a/b");
    assert_eq!(secrets.reader().versions(&path).await.unwrap(), None);
    let one = SecretVersion(1);
    secrets.put("a/b", &[("f", "v")]).await;
    secrets.writer().delete(&path, &[one]).await.unwrap();
    let deleted = secrets.presence("a/b").await;
    assert!(matches!(deleted, Presence::Deleted { version, at: Some(_) } if version == one), "{deleted:?}");
    assert!(secrets.reveal("a/b").await.unwrap().is_none());
    secrets.writer().destroy(&path, &[one]).await.unwrap();
    assert_eq!(secrets.presence("a/b").await, Presence::Destroyed { version: one });
    assert!(secrets.reveal("a/b").await.unwrap().is_none());
    let versions = secrets.reader().versions(&path).await.unwrap().unwrap();
    assert_eq!(versions.list[0].state, VersionState::Destroyed);
}

pub(crate) async fn versions_past_the_maximum_are_gone(secrets: &Secrets) {
    if !secrets.can().versions {
        return;
    }
    for number in 1..=13 {
        assert_eq!(secrets.put("many", &[("f", &number.to_string())]).await, Some(SecretVersion(number)));
    }
    let path = secrets.path("many");
    let versions = secrets.reader().versions(&path).await.unwrap().unwrap();
    let numbers: Vec<_> = versions.list.iter().map(|info| info.version.0).collect();
    assert_eq!(numbers, (4..=13).rev().collect::<Vec<_>>());
    assert_eq!((versions.current, versions.max), (Some(SecretVersion(13)), None));
    assert!(versions.list.iter().all(|info| info.written.is_some() && info.state == VersionState::Available));
    let revealer = secrets.mine.revealer();
    assert!(revealer.reveal(&path, Some(SecretVersion(3))).await.unwrap().is_none());
    let fourth = revealer.reveal(&path, Some(SecretVersion(4))).await.unwrap().unwrap();
    assert_eq!(fourth.version, Some(SecretVersion(4)));
    assert_eq!(text_in(&fourth, "f"), "4");
}

pub(crate) async fn a_folder_and_a_secret_share_a_name(secrets: &Secrets) {
    assert_eq!(secrets.reader().list(&secrets.folder("")).await, Ok(vec![]));
    for path in ["app", "app/github", "app/deep/er", "other"] {
        secrets.put(path, &[("f", "v")]).await;
    }
    let root = secrets.reader().list(&secrets.folder("")).await.unwrap();
    let secret = |path| SecretListItem::Secret(secrets.path(path));
    assert_eq!(root, [secret("app"), secret("other"), SecretListItem::Folder(secrets.folder("app"))]);
    let app = secrets.reader().list(&secrets.folder("app")).await.unwrap();
    assert_eq!(app, [secret("app/github"), SecretListItem::Folder(secrets.folder("app/deep"))]);
    assert_eq!(secrets.reader().list(&secrets.folder("nothing")).await, Ok(vec![]));
}

pub(crate) async fn nothing_is_lacking_for_root(secrets: &Secrets) {
    let paths = [secrets.path("a"), secrets.path("b c/%")];
    assert_eq!(secrets.reader().missing_rights(&paths).await, Ok(vec![MissingRights::default(); 2]));
    assert_eq!(secrets.reader().missing_rights(&[]).await, Ok(vec![]));
}

pub(crate) async fn shutdown_ends_it(secrets: &Secrets) {
    assert_eq!(secrets.reader().health().await.summary(), "");
    secrets.reader().shutdown().await;
    let refused = secrets.reader().presence(&secrets.path("a")).await.unwrap_err();
    assert!(matches!(refused, Error::Unavailable { .. }), "{refused}");
    assert_ne!(secrets.reader().health().await.summary(), "");
}
