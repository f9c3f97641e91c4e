//! Whether the files of a source have changed since they were loaded last.
//!
//! What counts is a comparison with what the last load saw of each file, so that no change is lost between
//! two waits, whatever notification does; notification decides only when it is made.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::provider::file::{FsWatcher, IoThreads, StatStamp, WatchMode, settled};

/// A file as the last load saw it.
pub(super) struct SeenFile {
    path: PathBuf,
    /// From before it was read; `None` if there was no such file, or it was out of reach.
    stamp: Option<StatStamp>,
    /// Whether a later change cannot have the same stamp.
    is_settled: bool,
}

impl SeenFile {
    pub(super) fn new(path: PathBuf, stamp: Option<StatStamp>) -> Self {
        Self { path, stamp, is_settled: stamp.is_none_or(|stamp| settled(stamp).is_some()) }
    }

    /// Whether it may be another one now.
    fn differs(&self, now: Option<StatStamp>) -> bool {
        self.stamp != now || (!self.is_settled && now.is_none_or(|now| settled(now).is_some()))
    }
}

pub(super) struct FileWatch {
    /// How long a burst of changes may take; an editor's save causes several.
    debounce: Duration,
    threads: IoThreads,
    notified: Arc<Notify>,
    state: tokio::sync::Mutex<WatchState>,
    /// `None` where that is not known: before the first load, and after one that did not come to an end.
    seen: Arc<Mutex<Option<Vec<SeenFile>>>>,
    mode: Mutex<WatchMode>,
}

#[derive(Default)]
struct WatchState {
    /// `None` also where a wait was given up while it was looking at the files.
    watcher: Option<FsWatcher>,
    /// Whether a change was noticed in a wait that was given up before its end.
    is_pending: bool,
}

impl FileWatch {
    pub(super) fn new(debounce: Duration, threads: IoThreads) -> Self {
        Self {
            debounce,
            threads,
            notified: Arc::default(),
            state: tokio::sync::Mutex::default(),
            seen: Arc::default(),
            mode: Mutex::default(),
        }
    }

    /// Keeps what a load saw.
    pub(super) fn set_seen(&self, files: Option<Vec<SeenFile>>) {
        *self.seen.lock() = files;
    }

    /// How changes are noticed, for people.
    pub(super) fn description(&self) -> String {
        self.mode.lock().to_string()
    }

    /// Resolves when a load may see something else than the last one; never, if that saw no file at all. It
    /// may be dropped at any time.
    pub(super) async fn changed(&self) {
        let mut state = self.state.lock().await;
        while !state.is_pending {
            let watcher = state.watcher.take();
            let (seen, notified) = (Arc::clone(&self.seen), Arc::clone(&self.notified));
            let look = self.threads.run(move || look(watcher, &seen, &notified)).await;
            // The runtime ends.
            let Some((watcher, difference)) = look else { return std::future::pending().await };
            let mode = watcher.as_ref().map(FsWatcher::mode).unwrap_or_default();
            *self.mode.lock() = mode;
            state.watcher = watcher;
            state.is_pending = match difference {
                Difference::Changed => true,
                Difference::NoFiles => return std::future::pending().await,
                // Not at once: what could not be loaded need not be there yet.
                Difference::Unknown => {
                    sleep(WatchMode::Polled.interval()).await;
                    true
                }
                Difference::None => tokio::select! {
                    () = self.notified.notified() => true,
                    () = sleep(mode.interval()) => false,
                },
            };
        }
        sleep(self.debounce).await;
        // What was notified meanwhile belongs to the same burst.
        let _ = self.notified.notified().now_or_never();
        state.is_pending = false;
    }
}

enum Difference {
    None,
    Changed,
    /// Nothing is known to compare with.
    Unknown,
    NoFiles,
}

/// Sets the watch, then compares: a change before is seen, and one after is notified.
fn look(
    watcher: Option<FsWatcher>,
    seen: &Mutex<Option<Vec<SeenFile>>>,
    notified: &Arc<Notify>,
) -> (Option<FsWatcher>, Difference) {
    let paths =
        seen.lock().as_ref().map(|files| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>());
    let Some(paths) = paths else { return (watcher, Difference::Unknown) };
    if paths.is_empty() {
        return (None, Difference::NoFiles);
    }
    let notified = Arc::clone(notified);
    let files: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let (watcher, _) = FsWatcher::refreshed(watcher, &files, move || notified.notify_one());
    let now: Vec<_> = paths.iter().map(|path| StatStamp::at(path)).collect();
    let seen = seen.lock();
    let Some(files) = &*seen else { return (Some(watcher), Difference::Unknown) };
    let differs = files.len() != now.len() || files.iter().zip(now).any(|(file, now)| file.differs(now));
    (Some(watcher), if differs { Difference::Changed } else { Difference::None })
}
