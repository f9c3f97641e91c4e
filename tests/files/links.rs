//! Symbolic links: followed to the file, kept by a save, and noticed when they are pointed elsewhere.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use confdeck::domain::KeyPrefix;
use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect, Lease};

use crate::pair::{Pair, connection, put, webhook};
use crate::support::picture::Follower;

#[tokio::test]
async fn links_are_followed_and_kept() {
    let pair = Pair::new();
    let real = pair.path("real");
    std::fs::create_dir(&real).unwrap();
    std::fs::write(real.join("hooks"), "{\"a\": {}}").unwrap();
    symlink("real/hooks", pair.path("step")).unwrap();
    symlink("step", pair.path("webhooks.json")).unwrap();
    // A link whose target does not exist yet.
    symlink("real/links", pair.path("connections.json")).unwrap();

    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    pair.put(webhook("a"), "{\"n\": 1}").await;
    pair.put(connection("c"), "{}").await;
    for link in ["step", "webhooks.json", "connections.json"] {
        assert!(pair.path(link).is_symlink(), "{link}");
    }
    assert_eq!(std::fs::read_to_string(real.join("hooks")).unwrap(), "{\"a\": {\"n\": 1}}");
    assert_eq!(std::fs::read_to_string(real.join("links")).unwrap(), "{\n  \"c\": {}\n}\n");
    // A change behind the link is seen too.
    std::fs::write(real.join("hooks"), "{\"b\": {}}").unwrap();
    follower.until_holds(&webhook("b"), Some(b"{}")).await;
    assert_eq!(std::fs::read_dir(real).unwrap().count(), 2);
}

#[tokio::test]
async fn a_link_pointed_elsewhere_is_a_change_and_later_saves_follow_it() {
    let pair = Pair::new();
    for (name, text) in [("one", "{\"a\": {\"n\": 1}, \"old\": {}}"), ("two", "{\"a\": {\"n\": 2}}")] {
        std::fs::create_dir(pair.path(name)).unwrap();
        pair.write(&format!("{name}/hooks"), text);
    }
    symlink("one/hooks", pair.path("webhooks.json")).unwrap();
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    point(&pair.path("webhooks.json"), "two/hooks");
    follower.until_holds(&webhook("a"), Some(b"{\"n\": 2}")).await;
    follower.until_holds(&webhook("old"), None).await;
    assert_eq!((follower.loads, follower.resyncs), (1, 0), "the same store");

    pair.put(webhook("a"), "{\"n\": 3}").await;
    assert_eq!(pair.text("two/hooks"), "{\"a\": {\"n\": 3}}");
    assert_eq!(pair.text("one/hooks"), "{\"a\": {\"n\": 1}, \"old\": {}}");
    // The new folder is watched like the first.
    pair.write("two/hooks", "{\"a\": {\"n\": 4}}");
    follower.until_holds(&webhook("a"), Some(b"{\"n\": 4}")).await;
    assert_eq!(pair.names(), ["one", "two", "webhooks.json"]);
}

#[tokio::test]
async fn a_linked_folder_can_be_switched_as_a_whole() {
    let pair = Pair::new();
    for release in ["r1", "r2"] {
        std::fs::create_dir(pair.path(release)).unwrap();
        pair.write(&format!("{release}/webhooks.json"), &format!("{{\"a\": \"{release}\"}}"));
        pair.write(&format!("{release}/connections.json"), &format!("{{\"c\": \"{release}\"}}"));
    }
    symlink("r1", pair.path("current")).unwrap();
    let provider = crate::pair::provider(&pair.path("current"));
    let mut follower = Follower::synced(&provider, KeyPrefix::All).await;
    point(&pair.path("current"), "r2");
    follower.until_holds(&webhook("a"), Some(b"\"r2\"")).await;
    follower.until_holds(&connection("c"), Some(b"\"r2\"")).await;
    provider.set(webhook("b"), "{}".into(), Expect::Absent, Lease::Keep).await.unwrap();
    assert_eq!(pair.text("r2/webhooks.json"), "{\"a\": \"r2\", \"b\": {}}");
    assert_eq!(pair.text("r1/webhooks.json"), "{\"a\": \"r1\"}");
    assert!(pair.path("current").is_symlink());
}

/// As a container platform mounts a configuration: files that are links through a linked folder.
#[tokio::test]
async fn files_behind_a_linked_folder_are_switched_with_it() {
    let pair = Pair::new();
    for release in ["..1", "..2"] {
        std::fs::create_dir(pair.path(release)).unwrap();
        pair.write(&format!("{release}/webhooks.json"), &format!("{{\"a\": \"{release}\"}}"));
    }
    symlink("..1", pair.path("..data")).unwrap();
    symlink("..data/webhooks.json", pair.path("webhooks.json")).unwrap();
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    point(&pair.path("..data"), "..2");
    follower.until_holds(&webhook("a"), Some(b"\"..2\"")).await;
}

#[tokio::test]
async fn links_that_lead_nowhere_are_told_and_nothing_is_written() {
    let pair = Pair::new();
    symlink("connections.json", pair.path("webhooks.json")).unwrap();
    symlink("webhooks.json", pair.path("connections.json")).unwrap();
    let refused = pair.try_put(webhook("a"), "{}").await.unwrap_err();
    assert!(refused.to_string().contains("in a circle"), "{refused}");
    point(&pair.path("webhooks.json"), "no such folder/hooks");
    let refused = pair.try_put(webhook("a"), "{}").await.unwrap_err();
    assert!(refused.to_string().contains("no such folder"), "{refused}");
    assert!(pair.provider.get(&webhook("a")).await.unwrap_err().to_string().contains("does not exist"));
    assert_eq!(pair.names(), ["connections.json", "webhooks.json"]);
}

#[tokio::test]
async fn two_names_of_one_file_are_no_pair() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{}");
    symlink("webhooks.json", pair.path("connections.json")).unwrap();
    let ops = vec![put(connection("c"), "{}", Expect::Absent), put(webhook("a"), "{}", Expect::Absent)];
    let refused = pair.provider.commit(ops).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid { .. }), "{refused}");
    assert_eq!(pair.text("webhooks.json"), "{}");
}

#[tokio::test]
async fn a_path_may_be_any_bytes() {
    let pair = Pair::new();
    let folder = pair.folder.path().join(OsStr::from_bytes(b"line\nbreak \xff"));
    std::fs::create_dir(&folder).unwrap();
    let provider = crate::pair::provider(&folder);
    let mut follower = Follower::synced(&provider, KeyPrefix::All).await;
    provider.set(webhook("a"), "{}".into(), Expect::Absent, Lease::Keep).await.unwrap();
    follower.until_holds(&webhook("a"), Some(b"{}")).await;
    std::fs::write(folder.join("webhooks.json"), "{\"b\": {}}").unwrap();
    follower.until_holds(&webhook("b"), Some(b"{}")).await;
    assert_eq!(crate::pair::names(&folder), ["webhooks.json"]);

    let twin = pair.folder.path().join(OsStr::from_bytes(b"line\nbreak \xfe"));
    std::fs::create_dir(&twin).unwrap();
    let other = Follower::synced(&crate::pair::provider(&twin), KeyPrefix::All).await;
    assert_ne!(follower.store, other.store);
}

/// Points a link elsewhere in one step, as a deployment does.
fn point(link: &Path, to: &str) {
    let new = link.parent().unwrap().join("new");
    symlink(to, &new).unwrap();
    std::fs::rename(new, link).unwrap();
}
