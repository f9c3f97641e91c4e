//! The file provider on real files: what a save leaves alone, what an outside hand may do, and what
//! a broken file does to the picture.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, missing_docs, reason = "the support modules are shared between test programs")]

mod support;

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use confdeck::domain::{
    Condition, ConnectionName, KeyPrefix, LinkState, Namespace, ResourceKey, Token, WebhookId,
};
use confdeck::provider::file::{FileProvider, FileSettings};
use confdeck::provider::{ConfigReader, ConfigWriter, Error, Expect, Lease, Op};
use notify::event::ModifyKind;
use notify::{EventKind, RecursiveMode, Watcher};
use support::picture::{Follower, PATIENCE, listed};
use tempfile::TempDir;

struct Pair {
    folder: TempDir,
    provider: FileProvider,
}

fn settings(folder: &Path) -> FileSettings {
    FileSettings { webhooks: folder.join("webhooks.json"), connections: folder.join("connections.json") }
}

impl Pair {
    fn new() -> Self {
        Self::with_debounce(Duration::ZERO)
    }

    fn with_debounce(debounce: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let provider = FileProvider::with_debounce(settings(folder.path()), debounce);
        Self { folder, provider }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    async fn put(&self, key: ResourceKey, text: &str) {
        self.provider.set(key, text.into(), Expect::Anything, Lease::Keep).await.unwrap();
    }

    async fn token(&self, key: &ResourceKey) -> Token {
        self.provider.get(key).await.unwrap().unwrap().token
    }
}

fn webhook(id: &str) -> ResourceKey {
    ResourceKey::webhook(Namespace::default(), WebhookId::new(id).unwrap())
}

fn connection(name: &str) -> ResourceKey {
    ResourceKey::connection(ConnectionName::new(name).unwrap())
}

fn put(key: ResourceKey, text: &str, expect: Expect) -> Op {
    Op::Put { key, document: text.into(), expect, lease: Lease::Keep }
}

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
async fn a_folder_that_comes_later_is_found_by_looking() {
    let pair = Pair::new();
    let folder = pair.path("later");
    let provider = FileProvider::new(settings(&folder));
    let mut follower = Follower::synced(&provider, KeyPrefix::All).await;
    let refused = provider.set(webhook("a"), "{}".into(), Expect::Absent, Lease::Keep).await.unwrap_err();
    assert!(matches!(&refused, Error::Unavailable { .. }), "{refused}");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("webhooks.json"), "{\"a\": {}}").unwrap();
    follower.until_holds(&webhook("a"), Some(b"{}")).await;
}

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

/// Adds 1 to a counter until it has done so `times` times, as a polite program does.
async fn count(folder: &Path, times: usize) {
    let provider = FileProvider::with_debounce(settings(folder), Duration::ZERO);
    let mut done = 0;
    while done < times {
        let now = provider.get(&webhook("counter")).await.unwrap().unwrap();
        let number: usize = now.document.text().unwrap().parse().unwrap();
        let next = (number + 1).to_string().into();
        match provider.set(now.key, next, Expect::Token(now.token), Lease::Keep).await {
            Ok(_) => done += 1,
            Err(Error::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

const COUNT_IN: &str = "CONFDECK_TEST_COUNT_IN";
const TIMES: usize = 50;

/// Not a test of its own: what the other process of the next one runs.
#[tokio::test]
#[ignore = "started by two_processes_lose_no_write"]
async fn counting_process() {
    if let Some(folder) = std::env::var_os(COUNT_IN) {
        count(Path::new(&folder), TIMES).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_lose_no_write() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"counter\": 0, \"other\": {}}");
    let program = std::env::current_exe().unwrap();
    let children: Vec<_> = (0..2)
        .map(|_| {
            let mut command = std::process::Command::new(&program);
            command.args(["--exact", "counting_process", "--ignored"]).env(COUNT_IN, pair.folder.path());
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    let here = (0..2).map(|_| count(pair.folder.path(), TIMES));
    futures::future::join_all(here).await;
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let total = 4 * TIMES;
    assert_eq!(pair.text("webhooks.json"), format!("{{\"counter\": {total}, \"other\": {{}}}}"));
    assert_eq!(pair.names(), ["webhooks.json"]);
}
