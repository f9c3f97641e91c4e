//! Versions on disk: what a process starts from when its layers are away.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use super::super::*;
use super::support::*;

/// An application of two layers, one of which may go away, with a folder of versions.
fn application(folder: &Path, etcd: &Value) -> TestApplication {
    let secret = SettingSpec { secret: true, ..setting(ValueType::Text) };
    let mut made = TestApplication::with(&["file", "etcd"]).setting("dsn", secret);
    made.state = Some(folder.join("state"));
    made.source("file").set_quietly(&json!({"a": 1}));
    made.source("etcd").set_quietly(etcd);
    made
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> =
        fs::read_dir(folder.join("state")).unwrap().map(|it| it.unwrap().path()).collect();
    found.sort();
    found
}

#[tokio::test]
async fn a_process_starts_from_its_last_good_picture_when_a_remote_layer_is_away_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let made = application(folder.path(), &json!({"b": {"c": [1, "x"]}, "dsn": "planted-dsn"}));
    let first = made.start().await;
    made.source("etcd").set(&json!({"b": {"c": [2]}, "dsn": "planted-dsn"}));
    until("it is in force", || first.version().number() == 2).await;
    first.shutdown().await;

    for fault in [SourceFault::Unavailable, SourceFault::Invalid] {
        made.source("etcd").fail_quietly(Some(fault));
        let second = made.start().await;
        assert_eq!(tree(&second.version()), json!({"a": 1, "b": {"c": [2]}}), "without the secret");
        let status = second.sources().remove(0);
        assert!(matches!(status.condition, LayerCondition::Remembered { .. }));
        let origin = second.version().value("b.c").unwrap().unwrap().origin().to_string();
        assert_eq!(origin, "app.yaml:1:1, as last seen, in the layer etcd");
        let health = second.health();
        let said = "the layer etcd has not answered; its values are those of ";
        assert!(health.findings().iter().any(|it| it.text.starts_with(said)));
        // A second process that has not seen it either keeps what there is, however often.
        second.shutdown().await;
    }

    let third = made.start().await;
    made.source("etcd").fail_quietly(None);
    third.reload(Some("etcd")).await.unwrap();
    assert_eq!(third.sources()[0].condition, LayerCondition::Current);
    assert_eq!(third.get::<String>("dsn").unwrap(), "planted-dsn");
    assert!(third.version().number() > 2, "versions are counted across restarts");
}

#[tokio::test]
async fn what_is_positively_not_there_is_not_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let made = application(folder.path(), &json!({"b": 1}));
    made.start().await.shutdown().await;
    made.source("etcd").fail_quietly(Some(SourceFault::Missing));
    let second = made.start().await;
    assert_eq!(
        (tree(&second.version()), second.sources()[0].condition),
        (json!({"a": 1}), LayerCondition::Missing)
    );
}

#[tokio::test]
async fn no_secret_is_on_disk_and_nobody_else_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = json!({
        "dsn": "planted-dsn", "password": "planted-password", "deep": {"api_key": "planted-key"},
        "list": [{"token": "planted-token"}], "level": "info"
    });
    let made = application(folder.path(), &secrets);
    let first = made.start().await;
    let text = texts(&[("app_secret_key", "planted-text"), ("level", "debug")]);
    made.source("etcd").set_contents(text);
    until("it is in force", || first.version().number() == 2).await;
    first.shutdown().await;
    let files = files(folder.path());
    assert!(files.len() >= 4);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("state")), 0o700);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("planted"), "a secret is in {}", file.display());
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn the_folder_holds_no_more_versions_than_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let made = application(folder.path(), &json!({"n": 0}));
    let first = made.builder().keep_versions(3).start().await.ok().unwrap();
    for n in 1..=8 {
        made.source("etcd").set(&json!({"n": n}));
        until("it is in force", || first.get::<u64>("n").unwrap() == n).await;
        let listed = || fs::read_to_string(folder.path().join("state/versions.json")).unwrap_or_default();
        until("it is kept", || listed().contains(first.version().hash())).await;
    }
    first.shutdown().await;
    // The list, its lock, the layer that never changed, and three of the other.
    assert_eq!(files(folder.path()).len(), 6);
}

#[tokio::test]
async fn a_damaged_folder_hinders_no_start_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let made = application(folder.path(), &json!({"b": 1}));
    made.start().await.shutdown().await;
    fs::write(folder.path().join("state/versions.json"), "{").unwrap();
    let second = made.start().await;
    assert_eq!(tree(&second.version()), json!({"a": 1, "b": 1}));
    second.shutdown().await;
    made.source("etcd").fail_quietly(Some(SourceFault::Unavailable));
    let third = made.start().await;
    assert_eq!(tree(&third.version()), json!({"a": 1, "b": 1}), "it was written anew");
    third.shutdown().await;
    for file in files(folder.path()).iter().filter(|it| it.to_string_lossy().ends_with(".layer.json")) {
        fs::write(file, fs::read_to_string(file).unwrap().replace("app.yaml", "other.yaml")).unwrap();
    }
    let fourth = made.start().await;
    assert_eq!(
        (tree(&fourth.version()), fourth.sources()[0].condition),
        (json!({"a": 1}), LayerCondition::Missing)
    );
}

#[tokio::test]
async fn remembered_values_that_do_not_fit_any_more_are_left_out_and_hinder_no_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = application(folder.path(), &json!({"b": "text"}));
    made.start().await.shutdown().await;
    made.source("etcd").fail_quietly(Some(SourceFault::Unavailable));
    made = made.setting("b", setting(ValueType::Integer));
    let second = made.start().await;
    assert_eq!(
        (tree(&second.version()), second.sources()[0].condition),
        (json!({"a": 1}), LayerCondition::Missing)
    );
}

#[tokio::test]
async fn a_required_layer_that_is_away_can_be_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let mut made = application(folder.path(), &json!({"b": 1}));
    made.layers[1].0.required = true;
    made.source("etcd").fail_quietly(Some(SourceFault::Unavailable));
    assert!(made.builder().start().await.is_err(), "there is nothing to start from");
    made.source("etcd").fail_quietly(None);
    made.start().await.shutdown().await;
    made.source("etcd").fail_quietly(Some(SourceFault::Unavailable));
    assert_eq!(tree(&made.start().await.version()), json!({"a": 1, "b": 1}));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("state"), "a file in its place").unwrap();
    let made = application(folder.path(), &json!({"b": 1}));
    let application = made.start().await;
    let told = || {
        let health = application.health();
        health
            .findings()
            .iter()
            .any(|it| it.text.starts_with("the versions in ") && it.text.contains("cannot be"))
    };
    until("it is told", told).await;
    assert_eq!(tree(&application.version()), json!({"a": 1, "b": 1}));
}

#[tokio::test]
async fn a_folder_that_others_use_is_left_as_it_is_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    let application = application(folder.path(), &json!({"b": 1})).start().await;
    application.shutdown().await;
    let health = application.health();
    let said =
        "cannot be written: others may use that folder; name one that is for nothing else, or run chmod 700";
    assert!(health.findings().iter().any(|it| it.text.ends_with(said)));
    assert_eq!(state.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(files(folder.path()).len(), 0);
}
