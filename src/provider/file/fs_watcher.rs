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
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::filesystem::{folder, target};
use super::state::FileState;
use super::tracker::HESITATION;
use crate::provider::WatchHandle;

/// How long to wait for a burst of events to end; an editor's save causes several.
const GATHER: Duration = Duration::from_millis(100);

/// How often the files are polled where notification works, in case it misses something: network
/// file systems, a hard link in another folder.
const SAFETY_NET: Duration = Duration::from_secs(2);

/// How often they are polled where it does not.
const POLL: Duration = Duration::from_millis(500);

/// How changes are detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum WatchMode {
    /// Nobody watches.
    #[default]
    None,
    /// By notification, and every [`SAFETY_NET`].
    Notified,
    /// Every [`POLL`]: no watch could be set.
    Polled,
}

impl WatchMode {
    fn poll_interval(self) -> Duration {
        match self {
            Self::Notified => SAFETY_NET,
            Self::None | Self::Polled => POLL,
        }
    }
}

impl fmt::Display for WatchMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("not watched"),
            Self::Notified => {
                write!(f, "by notification, and looked at every {} s", self.poll_interval().as_secs())
            }
            Self::Polled => {
                write!(
                    f,
                    "looked at every {} ms; notification does not work here",
                    self.poll_interval().as_millis()
                )
            }
        }
    }
}

/// The folders to be watched, each with its device and inode.
type FolderIdentities = BTreeMap<PathBuf, Option<(u64, u64)>>;

/// A watch on the files' folders.
struct FsWatcher {
    watcher: Option<RecommendedWatcher>,
    folders: FolderIdentities,
}

/// Reloads the files on every change, until the future is dropped.
pub(super) async fn watch_files(shared: Arc<FileState>, wake: WatchHandle) {
    let (ring, mut rung) = mpsc::channel(1);
    let mut bell = None;
    // A change between the first load and the first notification would be missed.
    let mut force = true;
    loop {
        let (round, ring) = (Arc::clone(&shared), ring.clone());
        let look = move || {
            let (bell, moved) = refresh_watcher(&round, bell, &ring);
            let attention = if bell.watcher.is_some() { WatchMode::Notified } else { WatchMode::Polled };
            round.set_watch_mode(attention);
            let hesitating = round.reload(force || moved);
            (bell, if hesitating { HESITATION } else { attention.poll_interval() })
        };
        let Ok(hand) = Arc::clone(&shared.permits).acquire_owned().await else { return };
        let looked = spawn_blocking(move || {
            let _hand = hand;
            look()
        });
        // The blocking task only fails when the runtime shuts down.
        let Ok((watching, pause)) = looked.await else { return };
        bell = Some(watching);
        force = tokio::select! {
            Some(()) = rung.recv() => {
                tokio::time::sleep(GATHER).await;
                // Further events belong to the same burst, and are covered by the same reload.
                while rung.try_recv().is_ok() {}
                true
            }
            () = wake.notified() => true,
            () = tokio::time::sleep(pause) => false,
        };
    }
}

/// The watcher, replaced where a link or a folder has changed; and whether it was replaced.
fn refresh_watcher(
    shared: &FileState,
    bell: Option<FsWatcher>,
    ring: &mpsc::Sender<()>,
) -> (FsWatcher, bool) {
    let paths = [&shared.webhooks, &shared.connections];
    let targets = paths.map(|path| target(path).unwrap_or_else(|_| path.clone()));
    let all: BTreeSet<PathBuf> = paths.into_iter().cloned().chain(targets).collect();
    let places: FolderIdentities =
        all.iter().map(|path| folder(path).to_owned()).map(with_identity).collect();
    match bell {
        Some(bell) if bell.folders == places => (bell, false),
        _ => {
            let linked = paths.into_iter().any(|path| path.is_symlink());
            let watcher = start_watcher(&all, &places, linked, ring.clone());
            (FsWatcher { watcher, folders: places }, true)
        }
    }
}

fn with_identity(folder: PathBuf) -> (PathBuf, Option<(u64, u64)>) {
    let identity = std::fs::metadata(&folder).map(|folder| (folder.dev(), folder.ino())).ok();
    (folder, identity)
}

/// Watches folders, not files: only there a replaced, removed or created file is reported.
fn start_watcher(
    files: &BTreeSet<PathBuf>,
    folders: &FolderIdentities,
    linked: bool,
    ring: mpsc::Sender<()>,
) -> Option<RecommendedWatcher> {
    let names: BTreeSet<OsString> =
        files.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
    // A folder that is swapped by a symbolic link (`..data` of Kubernetes) reports no names of its files.
    let on_event = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_write(&event) && (linked || concerns(&event, &names))) {
            // A full channel means that a reload is pending anyway.
            let _ = ring.try_send(());
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
    match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

fn concerns(event: &Event, names: &BTreeSet<OsString>) -> bool {
    event.need_rescan()
        || event.paths.iter().any(|path| path.file_name().is_some_and(|name| names.contains(name)))
}
