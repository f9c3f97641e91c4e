//! Notices that a file has changed: by the system's notification, and by looking now and then.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::reading::{folder, target};
use super::shared::{HESITATION, Shared};
use crate::provider::WatchHandle;

/// How long a burst of events is gathered; an editor's save is several.
const GATHER: Duration = Duration::from_millis(100);

/// How often the files are looked at where notification works, in case it misses one: network file
/// systems, a folder that is replaced.
const SAFETY_NET: Duration = Duration::from_secs(2);

/// How often they are looked at where it does not.
const POLL: Duration = Duration::from_millis(500);

/// Keeps the picture up to the files until it is dropped.
pub(super) async fn observe(shared: Arc<Shared>, wake: WatchHandle) {
    let (ring, mut rung) = mpsc::channel(1);
    let paths = [shared.webhooks.clone(), shared.connections.clone()];
    let bell = tokio::task::spawn_blocking(move || start(&paths, ring)).await.ok().flatten();
    shared.notices_by(match bell {
        Some(_) => "notification, and a look every 2 s",
        None => "a look every 0.5 s: notification does not work here",
    });
    // A change between the first reading and the first notification would be seen by nobody.
    let mut force = true;
    loop {
        let shared = Arc::clone(&shared);
        let reloaded = tokio::task::spawn_blocking(move || shared.reload(force)).await;
        let pause = match reloaded {
            // The worker only fails when the runtime is going down.
            Err(_) => return,
            Ok(true) => HESITATION,
            Ok(false) if bell.is_some() => SAFETY_NET,
            Ok(false) => POLL,
        };
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

/// Watches the folders: a file that is replaced, removed or created is seen there alone.
fn start(paths: &[PathBuf], ring: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let targets = paths.iter().map(|path| target(path).unwrap_or_else(|_| path.clone()));
    let all: BTreeSet<PathBuf> = paths.iter().cloned().chain(targets).collect();
    let names: BTreeSet<OsString> =
        all.iter().filter_map(|path| path.file_name()).map(OsString::from).collect();
    // Folders that are switched by a link of their own (`..data`) say nothing of the names in them.
    let linked = paths.iter().any(|path| path.is_symlink());
    let on_event = move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_write(&event) && (linked || concerns(&event, &names))) {
            // A full channel means that a reading is due anyway.
            let _ = ring.try_send(());
        }
    };
    let mut bell = notify::recommended_watcher(on_event).ok()?;
    let folders: BTreeSet<&Path> = all.iter().map(|path| folder(path)).collect();
    for folder in folders {
        bell.watch(folder, RecursiveMode::NonRecursive).ok()?;
    }
    Some(bell)
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
