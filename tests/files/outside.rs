//! What other hands do to the files: editors of every habit, and things that are no files at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use confdeck::domain::{KeyPrefix, LinkState};
use confdeck::provider::file::FileProvider;
use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect, Lease};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::pair::{Pair, settings, webhook};
use crate::support::picture::{Follower, PATIENCE};

fn is_stale(follower: &Follower) -> bool {
    matches!(follower.link, Some(LinkState::Stale { .. }))
}

/// Why the picture is stale.
fn reason(follower: &Follower) -> &str {
    match &follower.link {
        Some(LinkState::Stale { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_replaced_by_a_rename_is_read() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    // Same size, same modification time: another file all the same.
    pair.write("theirs", "{\"a\": {\"n\": 2}}");
    let modified = fs::metadata(pair.path("webhooks.json")).unwrap().modified().unwrap();
    File::options().write(true).open(pair.path("theirs")).unwrap().set_modified(modified).unwrap();
    fs::rename(pair.path("theirs"), pair.path("webhooks.json")).unwrap();
    follower.until_holds(&webhook("a"), Some(b"{\"n\": 2}")).await;
    assert!(follower.is_synced());
}

#[tokio::test]
async fn an_editor_that_writes_in_place_and_slowly_loses_nothing_from_the_picture() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": {\"n\": 1}, \"b\": {}}");
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    for number in 2..4 {
        let mut file = File::create(pair.path("webhooks.json")).unwrap();
        follower.until("the empty file is told", is_stale).await;
        write!(file, "{{\"a\": {{\"n\": {number}}}, ").unwrap();
        assert_eq!(follower.entries.len(), 2, "the last good picture");
        write!(file, "\"b\": {{}}}}").unwrap();
        drop(file);
        follower.until("the whole file is read", Follower::is_synced).await;
        let expected = format!("{{\"n\": {number}}}");
        follower.until_holds(&webhook("a"), Some(expected.as_bytes())).await;
    }
    assert_eq!(follower.batches, vec![vec![webhook("a")]; 2], "nothing else ever changed");
}

#[tokio::test]
async fn a_file_that_is_deleted_and_created_again_is_followed() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": {}}");
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    fs::remove_file(pair.path("webhooks.json")).unwrap();
    follower.until_holds(&webhook("a"), None).await;
    assert_eq!(pair.provider.get(&webhook("a")).await, Ok(None));
    pair.write("webhooks.json", "{\"a\": {\"n\": 2}}");
    follower.until_holds(&webhook("a"), Some(b"{\"n\": 2}")).await;
    pair.put(webhook("a"), "{\"n\": 3}").await;
    assert_eq!(pair.text("webhooks.json"), "{\"a\": {\"n\": 3}}");
    assert_eq!((follower.loads, follower.resyncs), (1, 0));
}

#[tokio::test]
async fn what_is_no_file_blocks_nothing_and_is_told_by_its_kind() {
    type Make = fn(&Path);
    let make: [(&str, Make); 4] = [
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a named pipe", |path| mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap()),
        ("a device", |path| symlink("/dev/zero", path).unwrap()),
        // A socket cannot even be opened.
        ("cannot read", |path| drop(UnixListener::bind(path).unwrap())),
    ];
    for (kind, make) in make {
        let pair = Pair::new();
        let path = pair.path("webhooks.json");
        pair.write("webhooks.json", "{\"a\": {}}");
        let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
        fs::remove_file(&path).unwrap();
        make(&path);
        follower.until("it is told", is_stale).await;
        assert!(reason(&follower).contains(kind), "{}", reason(&follower));
        assert_eq!(follower.entries.len(), 1, "the last good picture");
        let refused = pair.try_put(webhook("a"), "{}").await.unwrap_err();
        assert!(matches!(&refused, Error::Unavailable { .. }), "{refused}");
        assert!(pair.provider.get(&webhook("a")).await.is_err());
        assert_eq!(pair.names(), ["webhooks.json"]);
        fs::remove_dir(&path).or_else(|_| fs::remove_file(&path)).unwrap();
        pair.write("webhooks.json", "{\"a\": {\"n\": 2}}");
        follower.until("it is a file again", Follower::is_synced).await;
        follower.until_holds(&webhook("a"), Some(b"{\"n\": 2}")).await;
    }
}

#[tokio::test]
async fn a_folder_that_comes_later_is_found_by_looking() {
    let pair = Pair::new();
    let folder = pair.path("later");
    let provider = FileProvider::new(settings(&folder));
    let mut follower = Follower::new(provider.watch(KeyPrefix::All));
    follower.until("the missing folder is told", is_stale).await;
    assert!(reason(&follower).contains("later does not exist; create it, or mount it"));
    let polled = async {
        while !provider.watch_description().contains("every 500 ms") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, polled).await.expect("there is nothing to watch");
    let refused = provider.set(webhook("a"), "{}".into(), Expect::Absent, Lease::Keep).await.unwrap_err();
    assert!(matches!(&refused, Error::Unavailable { .. }), "{refused}");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("webhooks.json"), "{\"a\": {}}").unwrap();
    follower.until_holds(&webhook("a"), Some(b"{}")).await;
    follower.until("all is well", Follower::is_synced).await;
    assert!(provider.watch_description().starts_with("by notification"), "{}", provider.watch_description());
}

#[tokio::test]
async fn a_folder_that_vanishes_takes_no_document_along() {
    let pair = Pair::new();
    let (folder, away) = (pair.path("mounted"), pair.path("away"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("webhooks.json"), "{\"a\": {}}").unwrap();
    let provider = FileProvider::new(settings(&folder));
    let mut follower = Follower::synced(&provider, KeyPrefix::All).await;
    fs::rename(&folder, &away).unwrap();
    follower.until("the missing folder is told", is_stale).await;
    assert_eq!(follower.entries.len(), 1, "the last good picture");
    assert!(provider.get(&webhook("a")).await.is_err());
    fs::rename(&away, &folder).unwrap();
    follower.until("the folder is back", Follower::is_synced).await;

    // Another folder under its name: notification belonged to the first.
    fs::rename(&folder, &away).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("webhooks.json"), "{\"b\": {}}").unwrap();
    follower.until_holds(&webhook("b"), Some(b"{}")).await;
    fs::write(folder.join("webhooks.json"), "{\"b\": {\"n\": 2}}").unwrap();
    follower.until_holds(&webhook("b"), Some(b"{\"n\": 2}")).await;
    assert_eq!((follower.loads, follower.resyncs), (1, 0));
}

/// As on a network file system when another machine writes: the watch stands and says nothing. Here
/// the write goes through a second name of the file, in a folder that nobody watches.
#[tokio::test]
async fn a_change_that_no_notification_tells_is_found_by_looking() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": {\"n\": 1}}");
    let elsewhere = tempfile::tempdir_in(pair.folder.path()).unwrap();
    let second = elsewhere.path().join("second name");
    fs::hard_link(pair.path("webhooks.json"), &second).unwrap();
    let mut follower = Follower::synced(&pair.provider, KeyPrefix::All).await;
    for number in 2..4 {
        let mut file = OpenOptions::new().write(true).truncate(true).open(&second).unwrap();
        let text = format!("{{\"n\": {number}}}");
        write!(file, "{{\"a\": {text}}}").unwrap();
        follower.until_holds(&webhook("a"), Some(text.as_bytes())).await;
    }
    let noticing = pair.provider.watch_description();
    assert_eq!(noticing, "by notification, and looked at every 2 s");
}
