//! Files that are no JSON objects: the last good picture stays, and says that it may be old.

use confdeck::domain::{Condition, KeyPrefix, LinkState};
use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect};

use crate::pair::{Pair, connection, put, webhook};
use crate::support::picture::{Follower, listed};

#[tokio::test]
async fn a_broken_file_keeps_the_last_good_picture() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
    pair.write("connections.json", "{\"c\": {\"n\": 1}}");
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    let broken = "{\n  \"a\": {\"password\": hunter2}\n}";
    pair.write("webhooks.json", broken);
    let stale = |follower: &Follower| matches!(follower.link, Some(LinkState::Stale { .. }));
    follower.until("the broken file is told", stale).await;
    let Some(LinkState::Stale { reason, .. }) = follower.link.clone() else { panic!("stale") };
    assert!(reason.contains("webhooks.json: line 2, column 21: "), "{reason}");
    assert!(!reason.contains("hunter2"));
    assert_eq!(follower.entries.len(), 2, "what was good is still shown");

    // The other file goes on.
    pair.write("connections.json", "{\"c\": {\"n\": 2}}");
    follower.until_holds(&connection("c"), Some(b"{\"n\": 2}")).await;
    pair.put(connection("d"), "{}").await;
    follower.until_holds(&connection("d"), Some(b"{}")).await;
    assert!(stale(&follower), "the picture is still not true");

    let both = vec![put(connection("c"), "{}", Expect::Anything), put(webhook("a"), "{}", Expect::Anything)];
    let connections = pair.text("connections.json");
    for ops in [vec![put(webhook("a"), "{}", Expect::Anything)], both] {
        let refused = pair.provider.commit(ops).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Invalid { reason } if reason.contains("line 2, column 21")),
            "{refused}"
        );
    }
    assert!(matches!(pair.provider.get(&webhook("a")).await, Err(Error::Invalid { .. })));
    assert!(pair.provider.get(&connection("c")).await.unwrap().is_some());
    assert_eq!((pair.text("webhooks.json").as_str(), pair.text("connections.json")), (broken, connections));
    assert_eq!(pair.provider.health().await.condition(), Condition::Degraded);

    pair.write("webhooks.json", "{\"a\": {\"n\": 2}}");
    follower.until_holds(&webhook("a"), Some(b"{\"n\": 2}")).await;
    follower.until("the link is well", Follower::is_synced).await;
    assert_eq!((follower.loads, follower.resyncs), (1, 0));
    assert_eq!(follower.picture(), listed(&pair.provider, KeyPrefix::All).await);
}

#[tokio::test]
async fn a_file_that_is_broken_from_the_start_hides_only_itself() {
    for (broken, place) in
        [("", "line 1, column 1"), ("[]", "line 1, column 1"), ("{\"a\"", "line 1, column 5")]
    {
        let pair = Pair::new();
        pair.write("webhooks.json", broken);
        pair.write("connections.json", "{\"c\": {}}");
        let mut follower = Follower::new(pair.provider.watch(KeyPrefix::All));
        let told = |follower: &Follower| matches!(follower.link, Some(LinkState::Stale { .. }));
        follower.until("the broken file is told", told).await;
        assert_eq!(follower.loads, 1, "the load comes first");
        assert_eq!(follower.picture().into_keys().collect::<Vec<_>>(), [connection("c")]);
        assert!(format!("{:?}", follower.link).contains(place), "{:?}", follower.link);
        std::fs::remove_file(pair.path("webhooks.json")).unwrap();
        follower.until("all is well", Follower::is_synced).await;
    }
}
