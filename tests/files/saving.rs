//! What a save changes, and what it leaves alone.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use confdeck::domain::{Condition, KeyPrefix};
use confdeck::provider::file::FileProvider;
use confdeck::provider::file::FileSettings;
use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect, Lease};
use notify::event::ModifyKind;
use notify::{EventKind, RecursiveMode, Watcher};

use crate::pair::{Pair, connection, settings, webhook};
use crate::support::picture::{Follower, PATIENCE, listed};

#[tokio::test]
async fn a_save_keeps_every_other_byte_and_the_mode() {
    let pair = Pair::new();
    let before = "\u{feff}{\r\n\t\"z\" : {\"n\": 1.00},\r\n\t\"a\":{\"module\":\"log\"} ,\r\n\r\n\t\"m\": null\r\n}\r\n\r\n";
    pair.write("webhooks.json", before);
    std::fs::set_permissions(pair.path("webhooks.json"), PermissionsExt::from_mode(0o640)).unwrap();
    let old = std::fs::metadata(pair.path("webhooks.json")).unwrap();

    pair.put(webhook("a"), "{\"module\": \"kafka\"}").await;
    let after = before.replace("{\"module\":\"log\"}", "{\"module\": \"kafka\"}");
    assert_eq!(pair.text("webhooks.json"), after);
    let new = std::fs::metadata(pair.path("webhooks.json")).unwrap();
    assert_eq!((new.mode() & 0o7777, new.uid(), new.gid()), (0o640, old.uid(), old.gid()));
    assert_ne!(new.ino(), old.ino(), "replaced as a whole");
    assert!(new.modified().unwrap() > old.modified().unwrap());
    assert_eq!(pair.names(), ["webhooks.json"], "nothing is left lying about");

    pair.put(webhook("new"), "{}").await;
    assert_eq!(pair.text("webhooks.json"), after.replace("null\r\n", "null ,\r\n\r\n\t\"new\": {}\r\n"));
    pair.provider.delete(webhook("new"), Expect::Anything).await.unwrap();
    assert_eq!(pair.text("webhooks.json"), after);
}

/// What the receiver's watcher needs to see: after the rename, which passes it by, the file counts
/// as modified in place. Linux says so for the modification time alone, not for both times.
#[tokio::test]
async fn the_receiver_notices_a_save() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{}");
    let (heard, events) = std::sync::mpsc::channel();
    let mut watcher = notify::recommended_watcher(heard).unwrap();
    watcher.watch(pair.folder.path(), RecursiveMode::NonRecursive).unwrap();
    pair.put(webhook("a"), "{}").await;
    pair.write("end", "");
    let mut kinds = Vec::new();
    loop {
        let event = events.recv_timeout(PATIENCE).unwrap().unwrap();
        if event.paths.iter().any(|path| path.ends_with("end")) {
            break;
        }
        if event.paths.iter().any(|path| path.ends_with("webhooks.json")) && !event.kind.is_access() {
            kinds.push(event.kind);
        }
    }
    let Some((EventKind::Modify(ModifyKind::Data(_)), before)) = kinds.split_last() else {
        panic!("the last thing is the touch: {kinds:?}");
    };
    assert!(before.iter().all(|kind| matches!(kind, EventKind::Modify(ModifyKind::Name(_)))), "{before:?}");
    assert!(!before.is_empty());
}

#[tokio::test]
async fn a_missing_file_is_empty_and_is_created_privately() {
    let pair = Pair::new();
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    assert!(follower.entries.is_empty());
    assert_eq!(pair.names(), Vec::<String>::new(), "looking creates nothing");
    pair.put(webhook("a"), "{\"module\": \"log\"}").await;
    assert_eq!(pair.text("webhooks.json"), "{\n  \"a\": {\"module\": \"log\"}\n}\n");
    assert_eq!(std::fs::metadata(pair.path("webhooks.json")).unwrap().mode() & 0o7777, 0o600);
    follower.until_holds(&webhook("a"), Some(b"{\"module\": \"log\"}")).await;

    pair.write("connections.json", "{\"c\": {}}");
    follower.until_holds(&connection("c"), Some(b"{}")).await;
    std::fs::remove_file(pair.path("webhooks.json")).unwrap();
    follower.until_holds(&webhook("a"), None).await;
    assert_eq!(follower.loads, 1);
}

#[tokio::test]
async fn only_an_edit_of_the_same_document_is_a_conflict() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": {\"n\": 1}, \"b\": {\"n\": 1}}");
    let seen = pair.token(&webhook("a")).await;
    pair.write("webhooks.json", "{\"b\": {\"n\": 2},\n\"a\": {\"n\": 1}}");
    let base = Expect::Token(seen);
    pair.provider.set(webhook("a"), "{\"n\": 3}".into(), base, Lease::Keep).await.unwrap();
    assert_eq!(pair.text("webhooks.json"), "{\"b\": {\"n\": 2},\n\"a\": {\"n\": 3}}");

    let seen = pair.token(&webhook("a")).await;
    let theirs = "{\"b\": {\"n\": 2}, \"a\": {\"n\": 9}}";
    pair.write("webhooks.json", theirs);
    let refused = pair.provider.set(webhook("a"), "{}".into(), Expect::Token(seen), Lease::Keep).await;
    let Err(Error::Conflict { now: Some(now), .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(now.document.as_bytes(), b"{\"n\": 9}");
    assert_eq!(pair.text("webhooks.json"), theirs);
}

#[tokio::test]
async fn duplicates_and_odd_members_are_read_as_the_receiver_does() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": {\"n\": 1}, \"_comment\": \"text\", \"a\": {\"n\": 2}}");
    let entry = pair.provider.get(&webhook("a")).await.unwrap().unwrap();
    assert_eq!(entry.document.as_bytes(), b"{\"n\": 2}", "the last one wins");
    let comment = pair.provider.get(&webhook("_comment")).await.unwrap().unwrap();
    assert_eq!(comment.document.as_bytes(), b"\"text\"");
    assert_eq!(listed(&pair.provider, KeyPrefix::All).await.len(), 2);

    pair.put(webhook("a"), "{\"n\": 3}").await;
    assert_eq!(pair.text("webhooks.json"), "{\"a\": {\"n\": 1}, \"_comment\": \"text\", \"a\": {\"n\": 3}}");
    let health = pair.provider.health().await;
    assert_eq!(health.condition(), Condition::Degraded);
    assert!(
        health.summary().contains("more than once (1)") && health.summary().contains("no objects (1)"),
        "{}",
        health.summary()
    );
    pair.provider.delete(webhook("a"), Expect::Anything).await.unwrap();
    assert_eq!(pair.text("webhooks.json"), "{\"_comment\": \"text\"}", "no older one comes to life");
}

#[tokio::test]
async fn a_byte_order_mark_is_told_and_kept() {
    let pair = Pair::new();
    pair.write("webhooks.json", "\u{feff}{}");
    let health = pair.provider.health().await;
    assert_eq!(health.condition(), Condition::Degraded);
    assert!(health.members[0].detail.contains("byte order mark"), "{}", health.members[0].detail);
    pair.put(webhook("a"), " {} \n").await;
    assert_eq!(pair.text("webhooks.json"), "\u{feff}{\n  \"a\": {}\n}");
    let entry = pair.provider.get(&webhook("a")).await.unwrap().unwrap();
    assert_eq!(entry.document.as_bytes(), b"{}", "white space around a value is not part of it");
}

#[tokio::test]
async fn a_store_is_named_by_its_place() {
    let (one, other) = (Pair::new(), Pair::new());
    let id = async |settings: FileSettings| {
        let provider = FileProvider::new(settings);
        Follower::synced(&provider, KeyPrefix::All).await.store.unwrap()
    };
    let first = id(settings(one.folder.path())).await;
    one.write("webhooks.json", "{}");
    assert_eq!(id(settings(&one.folder.path().join("."))).await, first, "created or not, however spelt");
    assert_ne!(id(settings(other.folder.path())).await, first);
}
