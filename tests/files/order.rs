//! Commits over both files: connections first, a receiver's debounce apart, both or neither.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use confdeck::domain::KeyPrefix;
use confdeck::provider::file::FileProvider;
use confdeck::provider::{ConfigWriter, Error, Expect, Lease};

use crate::pair::{Pair, connection, put, settings, webhook};
use crate::support::again::again;
use crate::support::picture::{Follower, PATIENCE, listed};

#[tokio::test]
async fn both_files_are_saved_a_debounce_apart_connections_first() {
    let debounce = Duration::from_millis(400);
    let pair = Pair::with_debounce(debounce);
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    let ops = vec![
        put(webhook("a"), "{\"connection\": \"c\"}", Expect::Absent),
        put(connection("c"), "{}", Expect::Absent),
    ];
    let commit = pair.provider.commit(ops).await.unwrap();
    assert_eq!(commit.outcomes[0].after, Some(pair.token(&webhook("a")).await));
    let modified = |name: &str| std::fs::metadata(pair.path(name)).unwrap().modified().unwrap();
    let apart = modified("webhooks.json").duration_since(modified("connections.json")).unwrap();
    assert!(apart >= debounce, "{apart:?}");
    follower.until_holds(&webhook("a"), Some(b"{\"connection\": \"c\"}")).await;
    assert_eq!(pair.names(), ["connections.json", "webhooks.json"]);

    // The receiver's timer does not care whether it was one commit or two.
    pair.put(connection("c"), "{\"n\": 1}").await;
    let apart = modified("connections.json").duration_since(modified("webhooks.json")).unwrap();
    assert!(apart >= debounce, "{apart:?}");
}

#[tokio::test]
async fn a_commit_over_both_files_is_taken_back_when_the_second_fails() {
    let pair = Pair::with_debounce(Duration::from_millis(400));
    let before = "{ \"c\": {\"n\": 1} }\n";
    pair.write("connections.json", before);
    pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
    let ops = vec![
        put(connection("c"), "{\"n\": 2}", Expect::Token(pair.token(&connection("c")).await)),
        put(webhook("a"), "{\"n\": 2}", Expect::Token(pair.token(&webhook("a")).await)),
    ];
    let provider = pair.provider.clone();
    let commit = tokio::spawn(async move { provider.commit(ops).await });
    // An editor that knows no lock writes between the two saves.
    let saved = async {
        while pair.text("connections.json") == before {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, saved).await.unwrap();
    pair.write("webhooks.json", "{\"a\": {\"n\": 9}}");
    let refused = commit.await.unwrap().unwrap_err();
    assert!(matches!(&refused, Error::Conflict { key, .. } if *key == webhook("a")), "{refused}");
    assert_eq!(pair.text("connections.json"), before, "nothing was written");
    assert_eq!(pair.text("webhooks.json"), "{\"a\": {\"n\": 9}}");
}

/// The receiver has one timer for both files, whoever changed the other one: a program that ran a
/// moment ago, an editor.
#[tokio::test]
async fn a_change_by_another_hand_is_waited_for_as_well() {
    let debounce = Duration::from_millis(400);
    let pair = Pair::with_debounce(debounce);
    pair.write("connections.json", "{}");
    pair.put(webhook("a"), "{}").await;
    let modified = |name: &str| fs::metadata(pair.path(name)).unwrap().modified().unwrap();
    let apart = modified("webhooks.json").duration_since(modified("connections.json")).unwrap();
    assert!(apart >= debounce, "{apart:?}");

    // A clock that is far ahead says nothing, and holds nobody up.
    let ahead = SystemTime::now() + Duration::from_secs(3_600);
    File::options().write(true).open(pair.path("connections.json")).unwrap().set_modified(ahead).unwrap();
    let provider = FileProvider::with_debounce(settings(pair.folder.path()), Duration::from_secs(600));
    let set = provider.set(webhook("a"), "1".into(), Expect::Anything, Lease::Keep);
    tokio::time::timeout(PATIENCE, set).await.expect("no pause").unwrap();
}

const FOLDER: &str = "CONFDECK_TEST_FOLDER";

/// Not a test of its own: what is killed between its two saves, which lie a minute apart.
#[tokio::test]
#[ignore = "started by killed_between_the_two_saves_both_files_are_whole"]
async fn commits_to_both() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let provider = FileProvider::with_debounce(settings(&folder), Duration::from_secs(60));
    let _ = provider.commit(both()).await;
}

fn both() -> Vec<confdeck::provider::Op> {
    let webhook = put(webhook("a"), "{\"connection\": \"c\"}", Expect::Absent);
    vec![webhook, put(connection("c"), "{}", Expect::Absent)]
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn backdate(path: &Path) {
    let old = SystemTime::now() - Duration::from_secs(3_600);
    File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
}

#[tokio::test]
async fn killed_between_the_two_saves_both_files_are_whole() {
    let pair = Pair::new();
    for name in ["webhooks.json", "connections.json"] {
        pair.write(name, "{\"z\": {}}");
        backdate(&pair.path(name));
    }
    let mut child = again("order::commits_to_both").env(FOLDER, pair.folder.path()).spawn().unwrap();
    until("connections are saved", || pair.text("connections.json").contains("\"c\""));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(pair.text("connections.json"), "{\"z\": {}, \"c\": {}}");
    assert_eq!(pair.text("webhooks.json"), "{\"z\": {}}", "whole and old");
    assert!(pair.names().len() > 2, "the webhooks lay ready: {:?}", pair.names());

    // The next start sees a pair that fits together, and can end what was begun.
    let follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    assert_eq!(follower.picture(), listed(&pair.provider, KeyPrefix::All).await);
    assert!(follower.picture().contains_key(&connection("c")));
    pair.put(webhook("a"), "{\"connection\": \"c\"}").await;
    pair.put(connection("c"), "{\"n\": 1}").await;
    assert_eq!(pair.names(), ["connections.json", "webhooks.json"]);
}
