//! Notification of changes of files, whose folders are watched, and how often the files are looked at
//! besides.
//!
//! There is no way to find out whether notification works: on a network file system a watch can be set, but
//! changes made by other machines are never reported. So files are polled in any case, which costs a few
//! `stat` calls: every [`SAFETY_NET`] where a watch is set, every [`POLL`] where none can be.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::filesystem::{folder, target};

/// How long to wait for a burst of events to end; an editor's save causes several.
pub(crate) const GATHER: Duration = Duration::from_millis(100);

/// How often the files are polled where notification works, in case it misses something: network
/// file systems, a hard link in another folder.
const SAFETY_NET: Duration = Duration::from_secs(2);

/// How often they are polled where it does not work.
const POLL: Duration = Duration::from_millis(500);

/// How changes are detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum WatchMode {
    /// There is no watch.
    #[default]
    None,
    /// By notification, and every [`SAFETY_NET`].
    Notified,
    /// Every [`POLL`]: no watch could be set.
    Polled,
}

impl WatchMode {
    /// The longest pause between two looks at the files.
    pub(crate) fn interval(self) -> Duration {
        match self {
            Self::Notified => SAFETY_NET,
            Self::None | Self::Polled => POLL,
        }
    }
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

/// A watch on the folders of some files.
pub(crate) struct FsWatcher {
    /// `None` where notification does not work.
    watcher: Option<RecommendedWatcher>,
    files: BTreeSet<PathBuf>,
    folders: FolderIdentities,
}

impl FsWatcher {
    /// The watch on these files: the same one, or another where a link or a folder has changed; and whether
    /// it is another. `on_change` is called from a thread of the watch. Blocks on I/O.
    pub(crate) fn refreshed(
        old: Option<Self>,
        paths: &[&Path],
        on_change: impl Fn() + Send + 'static,
    ) -> (Self, bool) {
        let targets = paths.iter().map(|path| target(path).unwrap_or_else(|_| path.to_path_buf()));
        let all: BTreeSet<PathBuf> = paths.iter().map(|path| path.to_path_buf()).chain(targets).collect();
        let with_identity = |path: &PathBuf| {
            let folder = folder(path);
            let identity = std::fs::metadata(folder).map(|folder| (folder.dev(), folder.ino())).ok();
            (folder.to_owned(), identity)
        };
        let folders: FolderIdentities = all.iter().map(with_identity).collect();
        match old {
            Some(watcher) if watcher.folders == folders && watcher.files == all => (watcher, false),
            _ => {
                let linked = paths.iter().any(|path| path.is_symlink());
                let watcher = start_watcher(&all, &folders, linked, on_change);
                (Self { watcher, files: all, folders }, true)
            }
        }
    }

    pub(crate) fn mode(&self) -> WatchMode {
        if self.watcher.is_some() { WatchMode::Notified } else { WatchMode::Polled }
    }
}

/// Watches folders, not files: only a folder's watch reports files that are replaced, removed or created.
fn start_watcher(
    files: &BTreeSet<PathBuf>,
    folders: &FolderIdentities,
    linked: bool,
    on_change: impl Fn() + Send + 'static,
) -> Option<RecommendedWatcher> {
    let names: BTreeSet<OsString> =
        files.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
    // A folder that is swapped by a symbolic link (`..data` of Kubernetes) reports no names of its files.
    let on_event = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_write(&event) && (linked || concerns(&event, &names))) {
            on_change();
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
