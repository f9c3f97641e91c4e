//! Notices that a file has changed: by the system's notification, and by looking now and then.
//!
//! Nothing tells whether notification works: on a network file system the watch is granted, and what
//! other machines write never arrives. So the files are looked at in any case, which costs four
//! look-ups of metadata: every [`SAFETY_NET`] where a watch is granted, every [`POLL`] where none is.

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

use super::shared::Shared;
use super::slot::HESITATION;
use super::system::{folder, target};
use crate::provider::WatchHandle;

/// How long a burst of events is gathered; an editor's save is several.
const GATHER: Duration = Duration::from_millis(100);

/// How often the files are looked at where notification works, in case it misses something: network
/// file systems, a second name of a file in another folder.
const SAFETY_NET: Duration = Duration::from_secs(2);

/// How often they are looked at where it does not.
const POLL: Duration = Duration::from_millis(500);

/// How changes are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Attention {
    /// Nobody watches.
    #[default]
    None,
    /// By notification, and every [`SAFETY_NET`].
    Notified,
    /// Every [`POLL`]: no watch was granted.
    Polled,
}

impl Attention {
    fn pause(self) -> Duration {
        match self {
            Self::Notified => SAFETY_NET,
            Self::None | Self::Polled => POLL,
        }
    }
}

impl fmt::Display for Attention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("not watched"),
            Self::Notified => write!(f, "by notification, and looked at every {} s", self.pause().as_secs()),
            Self::Polled => {
                write!(f, "looked at every {} ms; notification does not work here", self.pause().as_millis())
            }
        }
    }
}

/// The folders to be watched, each with the device and the inode it has now.
type Places = BTreeMap<PathBuf, Option<(u64, u64)>>;

/// A watch on the folders of the files.
struct Bell {
    watcher: Option<RecommendedWatcher>,
    places: Places,
}

/// Keeps the picture up to the files until it is dropped.
pub(super) async fn observe(shared: Arc<Shared>, wake: WatchHandle) {
    let (ring, mut rung) = mpsc::channel(1);
    let mut bell = None;
    // A change between the first reading and the first notification would be seen by nobody.
    let mut force = true;
    loop {
        let (round, ring) = (Arc::clone(&shared), ring.clone());
        let look = move || {
            let (bell, moved) = watched(&round, bell, &ring);
            let attention = if bell.watcher.is_some() { Attention::Notified } else { Attention::Polled };
            round.attend(attention);
            let hesitating = round.reload(force || moved);
            (bell, if hesitating { HESITATION } else { attention.pause() })
        };
        let Ok(hand) = Arc::clone(&shared.hands).acquire_owned().await else { return };
        let looked = spawn_blocking(move || {
            let _hand = hand;
            look()
        });
        // The worker only fails when the runtime is going down.
        let Ok((watching, pause)) = looked.await else { return };
        bell = Some(watching);
        force = tokio::select! {
            Some(()) = rung.recv() => {
                tokio::time::sleep(GATHER).await;
                // Whatever rang meanwhile belongs to the same burst, and is read with it.
                while rung.try_recv().is_ok() {}
                true
            }
            () = wake.woken() => true,
            () = tokio::time::sleep(pause) => false,
        };
    }
}

/// The bell, hung anew where a link or a folder is another than before; and whether that was so.
fn watched(shared: &Shared, bell: Option<Bell>, ring: &mpsc::Sender<()>) -> (Bell, bool) {
    let paths = [&shared.webhooks, &shared.connections];
    let targets = paths.map(|path| target(path).unwrap_or_else(|_| path.clone()));
    let all: BTreeSet<PathBuf> = paths.into_iter().cloned().chain(targets).collect();
    let places: Places = all.iter().map(|path| folder(path).to_owned()).map(known).collect();
    match bell {
        Some(bell) if bell.places == places => (bell, false),
        _ => {
            let linked = paths.into_iter().any(|path| path.is_symlink());
            let watcher = start(&all, &places, linked, ring.clone());
            (Bell { watcher, places }, true)
        }
    }
}

fn known(folder: PathBuf) -> (PathBuf, Option<(u64, u64)>) {
    let identity = std::fs::metadata(&folder).map(|folder| (folder.dev(), folder.ino())).ok();
    (folder, identity)
}

/// Watches the folders: a file that is replaced, removed or created is seen there alone.
fn start(
    files: &BTreeSet<PathBuf>,
    folders: &Places,
    linked: bool,
    ring: mpsc::Sender<()>,
) -> Option<RecommendedWatcher> {
    let names: BTreeSet<OsString> =
        files.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
    // Folders that are switched by a link of their own (`..data`) say nothing of the names in them.
    let on_event = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_write(&event) && (linked || concerns(&event, &names))) {
            // A full channel means that a reading is due anyway.
            let _ = ring.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(on_event).ok()?;
    for folder in folders.keys() {
        watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    }
    Some(watcher)
}

/// Whether an event can have changed a file; our own reading must not ring the bell.
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
