//! Files far larger than any receiver's: 50 MiB are read and saved, more than 256 MiB are refused.

use std::fs::{self, File};

use confdeck::domain::KeyPrefix;
use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect, Lease};

use crate::pair::{Pair, webhook};
use crate::support::picture::{Follower, listed};

const MIB: usize = 1024 * 1024;
/// Documents of 200 KiB: what is counted here is bytes.
const DOCUMENTS: usize = 256;

#[tokio::test]
async fn of_fifty_mebibytes_a_save_changes_one_document() {
    let pair = Pair::new();
    let ballast = "0123456789abcdef".repeat(50 * MIB / DOCUMENTS / 16);
    let member = |number: usize| format!("\"w{number:03}\": {{\"n\": {number}, \"ballast\": \"{ballast}\"}}");
    let members: Vec<_> = (0..DOCUMENTS).map(member).collect();
    let before = format!("{{\n{}\n}}\n", members.join(",\n"));
    assert!(before.len() >= 50 * MIB);
    pair.write("webhooks.json", &before);
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    assert_eq!(follower.entries.len(), DOCUMENTS);

    let key = webhook("w100");
    let seen = follower.entries[&key].token;
    let put = pair.provider.set(key.clone(), "{\"n\": 1}".into(), Expect::Token(seen), Lease::Keep);
    let written = put.await;
    // On a busy machine it takes longer than a call may, goes on, and is found out by looking.
    assert!(matches!(written, Ok(_) | Err(Error::OutcomeUnknown { .. })), "{written:?}");
    follower.until_holds(&key, Some(b"{\"n\": 1}")).await;
    let after = before.replace(&members[100], "\"w100\": {\"n\": 1}");
    assert!(pair.text("webhooks.json") == after, "every other byte is as it was");
    assert_eq!(follower.batches, [[key]], "one document changed");
    assert_eq!(listed(&pair.provider, KeyPrefix::All).await.len(), DOCUMENTS);
}

#[tokio::test]
async fn a_file_beyond_the_limit_is_refused_unread() {
    let pair = Pair::new();
    // A hole: it takes no room, and reading it would take its size in memory.
    let file = File::create(pair.path("webhooks.json")).unwrap();
    file.set_len(u64::try_from(300 * MIB).unwrap()).unwrap();
    for refused in [
        pair.provider.get(&webhook("a")).await.unwrap_err(),
        pair.try_put(webhook("a"), "{}").await.unwrap_err(),
    ] {
        let said = refused.to_string();
        assert!(matches!(&refused, Error::Invalid { .. }), "{said}");
        assert!(said.contains("300 MiB") && said.contains("256 MiB") && said.contains("split it"), "{said}");
    }
    assert_eq!(fs::metadata(pair.path("webhooks.json")).unwrap().len(), u64::try_from(300 * MIB).unwrap());
    assert_eq!(pair.names(), ["webhooks.json"]);
}
