//! Watches the two files for changes: by file system notification, and by polling.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::fs_watcher::{FsWatcher, GATHER};
use super::state::FileState;
use super::tracker::HESITATION;
use crate::provider::WatchHandle;

/// How long the file system may take to answer: with the longest pause between two looks less than the three
/// seconds after which a view is called stale.
const SILENT_AFTER: Duration = Duration::from_millis(700);

/// Reloads the files on every change, until the future is dropped.
pub(super) async fn watch_files(shared: Arc<FileState>, wake: WatchHandle) {
    let (changed, mut changes) = mpsc::channel(1);
    let mut watcher = None;
    // A change between the first load and the first notification would be missed otherwise.
    let mut force = true;
    loop {
        let changed = changed.clone();
        let started = Arc::new(AtomicBool::new(false));
        let starts = Arc::clone(&started);
        let looked = Arc::clone(&shared).blocking(move |shared| {
            starts.store(true, Ordering::Relaxed);
            let looking = shared.io.begin();
            // A full channel means that a reload is pending anyway.
            let on_change = move || {
                let _ = changed.try_send(());
            };
            let paths = [&shared.webhooks, &shared.connections].map(PathBuf::as_path);
            let (watcher, moved) = FsWatcher::refreshed(watcher, &paths, on_change);
            drop(looking);
            let mode = watcher.mode();
            *shared.watch_mode.lock() = mode;
            let hesitating = shared.reload(force || moved);
            (watcher, if hesitating { HESITATION } else { mode.interval() })
        });
        let Some((watching, pause)) = unless_silent(&shared, looked, &started).await else { return };
        watcher = Some(watching);
        force = tokio::select! {
            Some(()) = changes.recv() => {
                tokio::time::sleep(GATHER).await;
                // Further events belong to the same burst, and are covered by the same reload.
                while changes.try_recv().is_ok() {}
                true
            }
            () = wake.notified() => true,
            () = tokio::time::sleep(pause) => false,
        };
    }
}

/// The result of looking at the files; meanwhile, reports a file system that does not answer.
async fn unless_silent<T>(shared: &FileState, looked: impl Future<Output = T>, started: &AtomicBool) -> T {
    let mut looked = pin!(looked);
    let begun = Instant::now();
    loop {
        if let Ok(looked) = timeout(SILENT_AFTER / 4, &mut looked).await {
            return looked;
        }
        // It does not start where all threads hang.
        let silence = if started.load(Ordering::Relaxed) { shared.io.silence() } else { begun.elapsed() };
        if silence >= SILENT_AFTER {
            shared.report_silence();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fs_watcher::WatchMode;
    use super::*;

    #[test]
    fn silence_is_reported_within_three_seconds() {
        let longest = WatchMode::Notified.interval();
        assert!(longest + SILENT_AFTER + SILENT_AFTER / 4 <= Duration::from_secs(3));
        assert!(WatchMode::Polled.interval() < longest);
    }
}
