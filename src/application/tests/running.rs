//! Applications that follow their sources: subscribers, rollbacks, versions, tasks.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use serde_json::json;

use super::super::*;
use super::support::*;

async fn counting() -> (Application, Arc<FakeSource>) {
    let made = TestApplication::with(&["file"]);
    let file = made.source("file");
    file.set_quietly(&json!({"n": 0}));
    (made.builder().keep_versions(4).start().await.ok().unwrap(), file)
}

async fn count_to(application: &Application, file: &FakeSource, n: u64) {
    file.set(&json!({"n": n}));
    until("it is accepted", || application.versions()[0].get::<u64>("n").unwrap() == n).await;
}

#[tokio::test]
async fn a_change_of_a_source_is_in_force_without_being_asked_for() {
    let (application, file) = counting().await;
    let mut updates = application.subscribe();
    file.set(&json!({"n": 1, "new": true}));
    let update = updates.next().await.unwrap();
    let told: Vec<_> = update.changes.iter().map(|it| (it.path.to_string(), it.kind().word())).collect();
    assert_eq!(told, [("n".to_owned(), "modified"), ("new".to_owned(), "added")]);
    let modified = &update.changes[0];
    assert_eq!(modified.before.as_ref().unwrap().value().expose(), &json!(0));
    assert_eq!(modified.after.as_ref().unwrap().value().expose(), &json!(1));
    file.set(&json!({"new": true}));
    let update = updates.next().await.unwrap();
    assert_eq!(update.changes[0].kind(), SettingChangeKind::Deleted);
    assert!(Arc::ptr_eq(&update.version, &application.version()));
}

#[tokio::test]
async fn a_slow_subscriber_gets_the_newest_picture_and_blocks_nobody() {
    let (application, file) = counting().await;
    let mut slow = application.subscribe();
    for n in 1..=30 {
        count_to(&application, &file, n).await;
    }
    let update = slow.next().await.unwrap();
    assert_eq!(update.version.number(), 31);
    // All that it missed is one difference, from what it saw last to what is.
    let change = &update.changes[0];
    let values = [&change.before, &change.after].map(|it| it.as_ref().unwrap().value().expose().clone());
    assert_eq!(values, [json!(0), json!(30)]);
    assert!(slow.next().now_or_never().is_none(), "there is no queue of older ones");
}

#[tokio::test]
async fn who_watches_a_path_is_told_of_what_changes_there_alone() {
    let made = TestApplication::with(&["file"]);
    let file = made.source("file");
    file.set_quietly(&json!({"a": {"b": {"c": 1}}, "x": 1}));
    let application = made.start().await;
    let mut watch = application.watch_path(&path("a.b"));
    file.set(&json!({"a": {"b": {"c": 1}}, "x": 2}));
    until("it is in force", || application.get::<u8>("x").unwrap() == 2).await;
    assert!(watch.next().now_or_never().is_none());
    file.set(&json!({"a": {"b": {"c": 2}}, "x": 3}));
    let paths =
        |update: SettingUpdate| -> Vec<_> { update.changes.iter().map(|it| it.path.to_string()).collect() };
    assert_eq!(paths(watch.next().await.unwrap()), ["a.b.c"]);
    // A value in place of the section above.
    file.set(&json!({"a": 5, "x": 3}));
    assert_eq!(paths(watch.next().await.unwrap()), ["a", "a.b.c"]);
}

#[tokio::test]
async fn subscriptions_end_with_the_application_and_so_do_its_tasks() {
    let (application, file) = counting().await;
    let mut updates = application.subscribe();
    assert_eq!(application.metrics().subscriptions, 1);
    let clone = application.clone();
    drop(application);
    file.set(&json!({"n": 1}));
    assert!(updates.next().await.is_some(), "a handle is left");
    drop(clone);
    assert!(updates.next().await.is_none());
    until("nobody holds the source any more", || Arc::strong_count(&file) == 1).await;
}

#[tokio::test]
async fn a_rollback_pins_an_older_version_until_a_reload_and_newer_ones_are_counted() {
    let (application, file) = counting().await;
    let mut updates = application.subscribe();
    for n in 1..=2 {
        count_to(&application, &file, n).await;
    }
    let pinned = application.rollback(1).unwrap();
    assert_eq!((pinned.number(), application.get::<u64>("n").unwrap()), (2, 1));
    assert_eq!(application.pinned(), Some(PinnedVersion { version: 2, newer: 0 }));
    assert_eq!(updates.next().await.unwrap().version.number(), 2, "subscribers follow what is in force");
    count_to(&application, &file, 3).await;
    assert_eq!(application.get::<u64>("n").unwrap(), 1, "a change does not end it");
    assert_eq!(application.pinned(), Some(PinnedVersion { version: 2, newer: 1 }));
    let health = application.health();
    let said = "this process is rolled back to version 2; newer versions that are not in force: 1";
    assert!(health.findings().iter().any(|it| it.text == said));
    // The ladder tells what the layers have, and that readers get another value.
    let explained = application.explain(&path("n"));
    assert_eq!(explained.in_force.unwrap().value().expose(), &json!(1));
    assert_eq!(application.rollback(1).unwrap().number(), 1, "from what is in force");
    assert_eq!(application.pinned(), Some(PinnedVersion { version: 1, newer: 1 }));
    let report = application.reload(None).await.unwrap();
    assert_eq!((report.status, report.version), (ReloadStatus::Success, 4));
    assert_eq!((application.get::<u64>("n").unwrap(), application.pinned()), (3, None));
    assert_eq!(application.metrics().rollbacks, 2);
}

#[tokio::test]
async fn a_reload_that_fails_does_not_end_a_rollback() {
    let (application, file) = counting().await;
    count_to(&application, &file, 1).await;
    application.rollback(1).unwrap();
    file.fail_quietly(Some(SourceFault::Unavailable));
    assert_eq!(application.reload(None).await.unwrap().status, ReloadStatus::Failed);
    assert_eq!((application.get::<u64>("n").unwrap(), application.pinned().is_some()), (0, true));
}

#[tokio::test]
async fn no_more_versions_are_kept_than_asked_for_and_a_pinned_one_is() {
    let (application, file) = counting().await;
    count_to(&application, &file, 1).await;
    application.rollback(1).unwrap();
    for n in 2..=8 {
        count_to(&application, &file, n).await;
    }
    let numbers: Vec<_> = application.versions().iter().map(|it| it.number()).collect();
    assert_eq!(numbers, [9, 8, 7, 6]);
    assert_eq!(application.get::<u64>("n").unwrap(), 0);
    application.reload(None).await.unwrap();
    let told = application.rollback(4).err().unwrap().to_string();
    assert_eq!(told, "4 versions back from version 9 there is none any more: 3 before it are kept");
    assert_eq!(application.rollback(0).err().unwrap(), RollbackError::NoStep);
    assert_eq!(application.rollback(3).unwrap().number(), 6);
}

#[tokio::test]
async fn a_version_is_immutable_and_equal_settings_have_equal_hashes() {
    let (application, file) = counting().await;
    let first = application.version();
    count_to(&application, &file, 1).await;
    assert_eq!((first.get::<u64>("n").unwrap(), first.number()), (0, 1));
    assert_eq!(application.version().layers()[0].name, "file".into());
    assert_ne!(application.version().hash(), first.hash());
    let (other, _) = counting().await;
    assert_eq!(other.version().hash(), first.hash());
    assert_eq!((first.hash().len(), first.changes().len()), (64, 0));
    assert_eq!(application.version().changes().len(), 1);
}

#[tokio::test]
async fn readers_never_see_half_of_a_change() {
    let made = TestApplication::with(&["file"]);
    let file = made.source("file");
    file.set_quietly(&json!({"a": 0, "b": 0}));
    let application = made.start().await;
    let reader = std::thread::spawn({
        let application = application.clone();
        move || loop {
            let version = application.version();
            let (a, b) = (version.get::<u64>("a").unwrap(), version.get::<u64>("b").unwrap());
            assert_eq!(a, b);
            if a == 200 {
                return;
            }
        }
    });
    for n in 1..=200 {
        file.set_quietly(&json!({"a": n, "b": n}));
        application.reload(None).await.unwrap();
    }
    reader.join().unwrap();
}

#[tokio::test]
async fn reloads_at_once_do_not_wait_for_each_other_in_a_circle() {
    let made = TestApplication::with(&["a", "b", "c"]);
    let application = made.start().await;
    let all = futures::future::join_all((0..40).map(|n| {
        let application = application.clone();
        let source = made.source(["a", "b", "c"][n % 3]);
        async move {
            source.set(&json!({"n": n}));
            match n % 4 {
                0 => application.reload(Some(["a", "b", "c"][n % 3])).await,
                _ => application.reload(None).await,
            }
        }
    }));
    let reports = tokio::time::timeout(Duration::from_secs(20), all).await.unwrap();
    assert!(reports.into_iter().all(|it| it.unwrap().status == ReloadStatus::Success));
    assert_eq!(application.get::<u64>("n").unwrap(), 38, "c was set to it last");
}

#[tokio::test]
async fn an_answer_that_comes_late_does_not_replace_a_newer_one() {
    let (application, file) = counting().await;
    let loads = || file.loads.load(std::sync::atomic::Ordering::Relaxed);
    let (before, release) = (loads(), file.hold_next());
    file.set(&json!({"n": 1}));
    until("its answer is on its way", || loads() > before).await;
    file.set_quietly(&json!({"n": 2}));
    let mut reload = std::pin::pin!(application.reload(None));
    // As far as it comes while the other answer is not there.
    for _ in 0..20 {
        assert!(futures::poll!(&mut reload).is_pending());
        tokio::task::yield_now().await;
    }
    release.notify_one();
    reload.await.unwrap();
    until("all tasks are done", || application.versions()[0].number() >= 2).await;
    assert_eq!(application.get::<u64>("n").unwrap(), 2);
}

#[tokio::test]
async fn a_layer_that_hangs_delays_no_reader_and_no_other_layer() {
    let made = TestApplication::with(&["file", "http"]);
    let (file, http) = (made.source("file"), made.source("http"));
    http.set_quietly(&json!({"b": 1}));
    let application = made.start().await;
    let loads = http.loads.load(std::sync::atomic::Ordering::Relaxed);
    http.hang(true);
    http.notify();
    until("it hangs", || http.loads.load(std::sync::atomic::Ordering::Relaxed) > loads).await;
    file.set(&json!({"a": 1}));
    until("the other is in force", || application.get_or::<u8>("a", 0).unwrap() == 1).await;
    assert_eq!(application.get::<u8>("b").unwrap(), 1);
}

#[tokio::test]
async fn a_layer_that_failed_is_tried_again_without_a_change() {
    let made = TestApplication::with(&["http"]);
    let http = made.source("http");
    http.set_quietly(&json!({"a": 1}));
    let application = made.start().await;
    http.fail(Some(SourceFault::Unavailable));
    until("it is stale", || matches!(application.sources()[0].condition, LayerCondition::Stale { .. })).await;
    http.set_quietly(&json!({"a": 2}));
    http.fail_quietly(None);
    until("it has recovered by itself", || application.get::<u8>("a").unwrap() == 2).await;
    assert_eq!(application.sources()[0].condition, LayerCondition::Current);
}

#[tokio::test]
async fn a_source_that_is_silent_is_asked_so_that_a_lost_notification_is_made_up_for() {
    let made = TestApplication::with(&["etcd"]);
    let etcd = made.source("etcd");
    let application = made.builder().ask_after(Duration::from_millis(20)).start().await.ok().unwrap();
    etcd.set_quietly(&json!({"a": 1}));
    until("it was asked", || application.get_or::<u8>("a", 0).unwrap() == 1).await;
}

#[tokio::test]
async fn a_layer_that_does_not_exist_is_named_with_those_that_do() {
    let made = TestApplication::with(&["file", "etcd"]);
    let application = made.start().await;
    let told = application.reload(Some("ectd")).await.unwrap_err().to_string();
    assert_eq!(told, "there is no layer ectd; there are file, etcd");
}
