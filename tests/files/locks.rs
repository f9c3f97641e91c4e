//! The lock: it belongs to a process, not to a file that lies about.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use confdeck::provider::{ConfigReader, Error};
use rustix::process::{Pid, Signal, kill_process};

use crate::pair::{Pair, webhook};
use crate::support::again::again;
use crate::support::picture::PATIENCE;

const LOCK: &str = "CONFDECK_TEST_LOCK";

/// Not a test of its own: what the other process runs. It holds a lock until its input ends.
#[test]
#[ignore = "started by the tests of this module"]
fn holds_a_lock() {
    let Some(path) = std::env::var_os(LOCK) else { return };
    let file = File::create(&path).unwrap();
    file.lock().unwrap();
    File::create(Path::new(&path).with_extension("held")).unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// Another process that holds the lock of the webhooks.
fn holder(pair: &Pair) -> Child {
    let mut command = again("locks::holds_a_lock");
    let child = command.env(LOCK, pair.path(".webhooks.json.lock")).stdin(Stdio::piped()).spawn().unwrap();
    let held = pair.path(".webhooks.json.held");
    let began = Instant::now();
    while !held.exists() {
        assert!(began.elapsed() < PATIENCE, "the other process takes the lock");
        std::thread::sleep(Duration::from_millis(5));
    }
    fs::remove_file(held).unwrap();
    child
}

#[tokio::test]
async fn a_holder_that_hangs_is_named_after_a_while_and_its_death_frees_the_lock() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": 1}");
    let mut child = holder(&pair);
    let id = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(id, Signal::STOP).unwrap();
    let began = Instant::now();
    let refused = pair.try_put(webhook("a"), "2").await.unwrap_err();
    assert!(began.elapsed() < PATIENCE);
    assert!(matches!(&refused, Error::Unavailable { .. }), "{refused}");
    let lock = pair.path(".webhooks.json.lock");
    assert!(
        refused.to_string().contains(&format!("holds {}; nothing was changed", lock.display())),
        "{refused}"
    );
    assert_eq!(pair.text("webhooks.json"), "{\"a\": 1}");
    assert!(pair.provider.get(&webhook("a")).await.is_ok(), "reading needs no lock");

    kill_process(id, Signal::KILL).unwrap();
    child.wait().unwrap();
    assert!(lock.exists(), "it died with its lock file lying about");
    pair.put(webhook("a"), "3").await;
    assert_eq!(pair.text("webhooks.json"), "{\"a\": 3}");
    assert_eq!(pair.names(), ["webhooks.json"]);
}

#[tokio::test]
async fn a_save_goes_on_as_soon_as_the_holder_has_ended() {
    let pair = Pair::new();
    pair.write("webhooks.json", "{\"a\": 1}");
    let mut child = holder(&pair);
    let provider = pair.provider.clone();
    let save = tokio::spawn(async move {
        use confdeck::provider::{ConfigWriter, Expect, Lease};
        provider.set(webhook("a"), "2".into(), Expect::Anything, Lease::Keep).await
    });
    drop(child.stdin.take());
    save.await.unwrap().unwrap();
    child.wait().unwrap();
    assert_eq!(pair.text("webhooks.json"), "{\"a\": 2}");
}
