//! Watches the two files for changes: by file system notification, and by polling.
//!
//! There is no way to find out whether notification works: on a network file system a watch can be set,
//! but changes made by other machines are never reported. So the files are polled in any case, which
//! costs four `stat` calls: every [`SAFETY_NET`] where a watch is set, every [`POLL`] where none can be.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::filesystem::{folder, target};
use super::state::FileState;
use super::tracker::HESITATION;
use crate::provider::WatchHandle;

/// How long to wait for a burst of events to end; an editor's save causes several.
const GATHER: Duration = Duration::from_millis(100);

/// How often the files are polled where notification works, in case it misses something: network
/// file systems, a hard link in another folder.
const SAFETY_NET: Duration = Duration::from_secs(2);

/// How often they are polled where it does not work.
const POLL: Duration = Duration::from_millis(500);

/// How long the file system may take to answer: with [`SAFETY_NET`] less than the three seconds after which a
/// view is called stale.
const SILENT_AFTER: Duration = Duration::from_millis(700);

/// How changes are detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum WatchMode {
    /// There is no watch.
    #[default]
    None,
    /// By notification, and every [`SAFETY_NET`].
    Notified,
    /// Every [`POLL`]: no watch could be set.
    Polled,
}

impl fmt::Display for WatchMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (net, poll) = (SAFETY_NET.as_secs(), POLL.as_millis());
        match self {
            Self::None => f.write_str("not watched"),
            Self::Notified => write!(f, "by notification, and looked at every {net} s"),
            Self::Polled => write!(f, "looked at every {poll} ms; notification does not work here"),
        }
    }
}

/// The folders to be watched, each with its device and inode.
type FolderIdentities = BTreeMap<PathBuf, Option<(u64, u64)>>;

/// A watch on the files' folders.
struct FsWatcher {
    /// `None` where notification does not work.
    watcher: Option<RecommendedWatcher>,
    folders: FolderIdentities,
}

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
            let (watcher, moved) = refresh_watcher(shared, watcher, changed);
            drop(looking);
            let (mode, interval) = if watcher.watcher.is_some() {
                (WatchMode::Notified, SAFETY_NET)
            } else {
                (WatchMode::Polled, POLL)
            };
            *shared.watch_mode.lock() = mode;
            let hesitating = shared.reload(force || moved);
            (watcher, if hesitating { HESITATION } else { interval })
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

/// The watcher, replaced where a link or a folder has changed; and whether it was replaced.
fn refresh_watcher(
    shared: &FileState,
    watcher: Option<FsWatcher>,
    changed: mpsc::Sender<()>,
) -> (FsWatcher, bool) {
    let paths = [&shared.webhooks, &shared.connections];
    let targets = paths.map(|path| target(path).unwrap_or_else(|_| path.clone()));
    let all: BTreeSet<PathBuf> = paths.into_iter().cloned().chain(targets).collect();
    let with_identity = |path: &PathBuf| {
        let folder = folder(path);
        let identity = std::fs::metadata(folder).map(|folder| (folder.dev(), folder.ino())).ok();
        (folder.to_owned(), identity)
    };
    let folders: FolderIdentities = all.iter().map(with_identity).collect();
    match watcher {
        Some(watcher) if watcher.folders == folders => (watcher, false),
        _ => {
            let linked = paths.into_iter().any(|path| path.is_symlink());
            (FsWatcher { watcher: start_watcher(&all, &folders, linked, changed), folders }, true)
        }
    }
}

/// Watches folders, not files: only a folder's watch reports files that are replaced, removed or created.
fn start_watcher(
    files: &BTreeSet<PathBuf>,
    folders: &FolderIdentities,
    linked: bool,
    changed: mpsc::Sender<()>,
) -> Option<RecommendedWatcher> {
    let names: BTreeSet<OsString> =
        files.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
    // A folder that is swapped by a symbolic link (`..data` of Kubernetes) reports no names of its files.
    let on_event = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_write(&event) && (linked || concerns(&event, &names))) {
            // A full channel means that a reload is pending anyway.
            let _ = changed.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(on_event).ok()?;
    for folder in folders.keys() {
        watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    }
    Some(watcher)
}

/// Whether an event can have changed a file; our own reads must not cause a reload.
fn is_write(event: &Event) -> bool {
    !event.kind.is_access() || event.kind == EventKind::Access(AccessKind::Close(AccessMode::Write))
}

fn concerns(event: &Event, names: &BTreeSet<OsString>) -> bool {
    event.need_rescan()
        || event.paths.iter().any(|path| path.file_name().is_some_and(|name| names.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_reported_within_three_seconds() {
        assert!(SAFETY_NET + SILENT_AFTER + SILENT_AFTER / 4 <= Duration::from_secs(3));
        assert!(POLL < SAFETY_NET);
    }
}
