//! When files change, and what a load says then.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(5);

async fn changes(source: &FileSource) {
    timeout(SOON, source.changed()).await.expect("the change is noticed");
}

async fn stays(source: &FileSource) {
    assert!(timeout(Duration::from_millis(400), source.changed()).await.is_err(), "nothing has changed");
}

async fn load(source: &FileSource, known: &LayerRevision) -> LayerContents {
    match source.load(Some(known)).await.unwrap_or_else(|error| panic!("{error}")) {
        Load::Contents(contents) => contents,
        Load::Unchanged => panic!("it has changed"),
    }
}

/// Written long enough ago that its times tell all later changes.
async fn settle(source: &FileSource) -> LayerContents {
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    loaded(source).await
}

#[tokio::test]
async fn the_values_of_an_unmodified_file_stay_in_a_reload() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.yaml");
    std::fs::write(&path, "a: 1\n").unwrap();
    let source = source(&path);
    let first = loaded(&source).await;
    for _ in 0..2 {
        assert!(matches!(source.load(Some(&first.revision)).await, Ok(Load::Unchanged)));
    }
    // Another process touches it, or writes the same.
    std::fs::write(&path, "a: 1\n").unwrap();
    assert!(matches!(source.load(Some(&first.revision)).await, Ok(Load::Unchanged)));
}

#[tokio::test]
async fn a_change_is_noticed_however_the_file_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("f.json"), "{\"a\": 1}").unwrap();
    let source = source(&at("f.json"));
    let mut known = settle(&source).await.revision;
    stays(&source).await;
    std::fs::write(at("other.json"), "{}").unwrap();
    stays(&source).await;
    for number in 2..5 {
        let text = format!("{{\"a\": {number}}}");
        match number {
            2 => std::fs::write(at("f.json"), &text).unwrap(),
            3 => {
                std::fs::write(at("new"), &text).unwrap();
                std::fs::rename(at("new"), at("f.json")).unwrap();
            }
            _ => {
                std::fs::remove_file(at("f.json")).unwrap();
                std::fs::write(at("f.json"), &text).unwrap();
            }
        }
        changes(&source).await;
        let contents = load(&source, &known).await;
        assert_eq!(rows(&contents), [row("a", json!(number), "f.json:1:7")]);
        known = contents.revision;
    }
}

#[tokio::test]
async fn a_swapped_config_map_is_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (version, text) in [("..1", "a: 1\n"), ("..2", "a: 2\n")] {
        std::fs::create_dir(at(version)).unwrap();
        std::fs::write(at(version).join("f.yaml"), text).unwrap();
    }
    symlink("..1", at("..data")).unwrap();
    symlink("..data/f.yaml", at("f.yaml")).unwrap();
    let source = source(&at("f.yaml"));
    let known = settle(&source).await.revision;
    stays(&source).await;
    symlink("..2", at("..new")).unwrap();
    std::fs::rename(at("..new"), at("..data")).unwrap();
    changes(&source).await;
    assert_eq!(rows(&load(&source, &known).await), [row("a", json!(2), "f.yaml:1:4")]);
}

#[tokio::test]
async fn a_change_between_a_load_and_a_wait_or_in_a_wait_that_is_given_up_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.json");
    std::fs::write(&path, "{\"a\": 1}").unwrap();
    let source = source(&path);
    let known = loaded(&source).await.revision;
    std::fs::write(&path, "{\"a\": 2}").unwrap();
    // Given up at once, and while it gathers.
    for moment in [0, 1, 20, 60] {
        assert!(timeout(Duration::from_millis(moment), source.changed()).await.is_err());
    }
    changes(&source).await;
    assert_eq!(rows(&load(&source, &known).await), [row("a", json!(2), "f.json:1:7")]);
}

#[tokio::test]
async fn a_second_change_in_the_same_tick_of_the_clock_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.json");
    std::fs::write(&path, "{\"a\": 1}").unwrap();
    let source = source(&path);
    let known = loaded(&source).await;
    // As if the same stamp were another text's, before there is a notification.
    std::fs::write(&path, "{\"a\": 2}").unwrap();
    source.watch.set_seen(Some(vec![SeenFile::new(path.clone(), StatStamp::at(&path))]));
    changes(&source).await;
    assert_eq!(rows(&load(&source, &known.revision).await), [row("a", json!(2), "f.json:1:7")]);
}

#[tokio::test]
async fn the_debounce_can_be_set_and_a_burst_is_one_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.json");
    std::fs::write(&path, "{\"a\": 0}").unwrap();
    let debounce = Duration::from_millis(600);
    let source = FileSource::with_debounce(layer(&path), debounce);
    let known = loaded(&source).await.revision;
    let began = Instant::now();
    let write = async {
        for number in 1..6 {
            std::fs::write(&path, format!("{{\"a\": {number}}}")).unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::join!(write, changes(&source));
    assert!(began.elapsed() >= debounce);
    assert_eq!(rows(&load(&source, &known).await), [row("a", json!(5), "f.json:1:7")]);
    stays(&source).await;
}

#[tokio::test]
async fn a_file_that_is_being_written_is_no_error_and_one_that_stays_so_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.json");
    std::fs::write(&path, "{\"a\": 1}").unwrap();
    let source = source(&path);
    let known = loaded(&source).await.revision;
    std::fs::write(&path, "").unwrap();
    let written = path.clone();
    let editor = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        std::fs::write(written, "{\"a\": 2}").unwrap();
    });
    assert_eq!(rows(&load(&source, &known).await), [row("a", json!(2), "f.json:1:7")]);
    editor.join().unwrap();

    std::fs::write(&path, "{\"a\":").unwrap();
    let error = source.load(Some(&known)).await.err().unwrap();
    assert_eq!(error.fault, SourceFault::Invalid);
    // It recovers by itself.
    std::fs::write(&path, "{\"a\": 1}").unwrap();
    changes(&source).await;
    assert!(matches!(source.load(Some(&known)).await, Ok(Load::Unchanged)));
}

#[tokio::test]
async fn a_file_that_comes_into_being_is_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.toml");
    let source = source(&path);
    assert_eq!(error_of(&source).await.fault, SourceFault::Missing);
    std::fs::write(&path, "a = 1\n").unwrap();
    changes(&source).await;
    assert_eq!(rows(&loaded(&source).await), [row("a", json!(1), "f.toml:1:5")]);
}

#[tokio::test]
async fn a_file_in_a_folder_that_comes_into_being_is_a_change_though_nothing_can_be_notified() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    let source = source(&inner.join("f.toml"));
    assert_eq!(error_of(&source).await.fault, SourceFault::Unavailable);
    stays(&source).await;
    assert_eq!(source.facts()[1].1, "looked at every 500 ms; notification does not work here");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("f.toml"), "a = 1\n").unwrap();
    changes(&source).await;
    assert_eq!(rows(&loaded(&source).await), [row("a", json!(1), "f.toml:1:5")]);
}

#[tokio::test]
async fn how_changes_are_noticed_is_a_fact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.toml");
    std::fs::write(&path, "").unwrap();
    let source = source(&path);
    settle(&source).await;
    stays(&source).await;
    let facts = source.facts();
    assert_eq!(facts[0], ("file", path.display().to_string()));
    assert_eq!(facts[1], ("changes", "by notification, and looked at every 2 s".to_owned()));
}

#[tokio::test]
async fn a_file_system_that_does_not_answer_is_told_and_the_file_is_read_when_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.toml");
    std::fs::write(&path, "a = 1\n").unwrap();
    let source = Arc::new(source(&path));
    let (release, hang) = std::sync::mpsc::channel::<()>();
    let hang = Arc::new(std::sync::Mutex::new(hang));
    for _ in 0..THREADS {
        let (source, hang) = (Arc::clone(&source), Arc::clone(&hang));
        tokio::spawn(async move { source.threads.run(move || hang.lock().unwrap().recv().is_ok()).await });
    }
    tokio::task::yield_now().await;
    let error = error_of(&source).await;
    assert_eq!(error.fault, SourceFault::Unavailable);
    assert!(error.to_string().contains("the file system does not answer; check the mount"), "{error}");
    drop(release);
    changes(&source).await;
    assert_eq!(rows(&loaded(&source).await), [row("a", json!(1), "f.toml:1:5")]);
}
