//! When frames are drawn, and when they are not.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_terminal_is_stalled_frames_are_skipped_and_the_newest_is_drawn_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stats.json");
    let Setup { mut config, .. } = setup(Fake::default());
    config.stats = Some(path.clone());
    let console = start(config);
    shows(&console, "changes 0").await;
    console.stall(true);
    for _ in 0..50 {
        console.type_keys(b"abcefg").await;
    }
    console.type_keys(b"!").await;
    console.stall(false);
    shows(&console, "key !").await;
    console.type_keys(b"q").await;
    let (_, _, seen) = console.ended().await.unwrap();
    let counted: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(counted["frames"], seen.writes, "one write a frame");
    assert_eq!(counted["bytes"], seen.written.len());
    assert!(counted["frames_skipped"].as_u64().unwrap() > 0);
    assert!(seen.writes < 301, "{} frames for 301 keys", seen.writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_nothing_writes_nothing() {
    let Setup { store, config } = setup(Fake::default());
    let console = start(config);
    shows(&console, "changes 0").await;
    let before = console.snapshot();
    for _ in 0..20 {
        console.type_keys(b"i").await;
        store.say(WatchEvent::Progress { at: Revision(9) }).await;
    }
    // The answer to a key comes after all of them.
    console.type_keys(b"!").await;
    shows(&console, "key !").await;
    assert_eq!(console.snapshot().writes, before.writes + 1);
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}

fn entry(number: usize) -> Entry {
    Entry {
        key: key(number),
        document: Document::new(
            format!("{{\"data_type\":\"json\",\"module\":\"log\",\"n\":{number}}}").into_bytes(),
        ),
        revision: Revision(1),
        token: Token::counter(1),
        created: None,
        version: None,
        lease: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_is_applied_whole_in_few_frames() {
    const BATCHES: usize = 5_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stats.json");
    let Setup { store, mut config } = setup(Fake::default());
    config.stats = Some(path.clone());
    let console = start(config);
    store
        .say(WatchEvent::Load {
            store: StoreId::new("s"),
            at: Revision(1),
            resync: false,
            coverage: Coverage::Whole,
        })
        .await;
    store.say(WatchEvent::Page((0..2_000).map(entry).collect())).await;
    store.say(WatchEvent::Loaded { at: Revision(1) }).await;
    let began = std::time::Instant::now();
    for at in 0..BATCHES {
        let change =
            Change { revision: Revision(2 + at as u64), kind: ChangeKind::Put { entry: entry(at % 100) } };
        store.say(WatchEvent::Batch { at: Revision(2 + at as u64), changes: vec![change] }).await;
    }
    shows(&console, "page 2000").await;
    shows(&console, &format!("changes {BATCHES}")).await;
    let most = 10 + began.elapsed().as_millis() as u64 * 60 / 1_000;
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
    let counted: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(counted["events_applied"], BATCHES);
    assert_eq!((&counted["loads"], &counted["resyncs"]), (&1.into(), &0.into()));
    assert!(counted["frames"].as_u64().unwrap() <= most, "{counted} of {most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_size_is_told_and_drawn() {
    let Setup { config, .. } = setup(Fake::default());
    let console = start(config);
    console.resize(Size { cols: 40, rows: 5 }).await;
    shows(&console, "size 40x5").await;
    console.resize(Size { cols: 1, rows: 1 }).await;
    console.resize(SIZE).await;
    shows(&console, "size 60x8").await;
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_claims_to_be_huge_is_drawn_on_in_part() {
    let Setup { config, .. } = setup(Fake::default());
    let console = start(config);
    console.resize(Size { cols: 10_000, rows: 10_000 }).await;
    shows(&console, "size 1000x500").await;
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_goes_through_the_terminal_over_ssh() {
    let Setup { config, .. } = setup(Fake::default());
    let console = start(config);
    console.type_keys(b"y").await;
    shows(&console, "copied true").await;
    let written = console.snapshot().written;
    let sequence = b"\x1b]52;c;Y29waWVk\x07";
    assert_eq!(written.windows(sequence.len()).filter(|part| part == sequence).count(), 1);
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_lines_reach_the_program() {
    let (sender, receiver) = mpsc::channel(8);
    let Setup { mut config, .. } = setup(Fake::default());
    config.log = Some(receiver);
    let console = start(config);
    sender.send("one line".into()).await.unwrap();
    shows(&console, "log one line").await;
    drop(sender);
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}

/// On one thread, so that all of the keys have come before the loop runs.
#[tokio::test]
async fn keys_that_have_come_at_once_are_one_edit() {
    let console = start(setup(Fake::default()).config);
    shows(&console, "changes 0").await;
    console.type_keys(b"\x7f\x7f\x7f\x7f\x7fXYX!").await;
    shows(&console, "5 times Backspace\ntyped 3\nkey !").await;
    console.type_keys(b"\x7fX!").await;
    shows(&console, "key Backspace\nkey X\nkey !").await;
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}
