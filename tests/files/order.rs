//! Commits over both files: connections first, a receiver's debounce apart, both or neither.

use std::time::Duration;

use confdeck::domain::KeyPrefix;
use confdeck::provider::{ConfigWriter, Error, Expect};

use crate::pair::{Pair, connection, put, webhook};
use crate::support::picture::{Follower, PATIENCE};

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
