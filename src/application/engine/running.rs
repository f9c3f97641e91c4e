//! What the handles of an application and its tasks share.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::super::LayerContents;
use super::super::version::ApplicationVersion;
use super::state::ApplicationState;
use super::state_folder::{LayerToKeep, StateFolder, VersionToKeep, folder_fault};

/// A running application. Readers touch nothing but `current`.
pub(super) struct RunningApplication {
    pub(super) current: ArcSwap<ApplicationVersion>,
    pub(super) state: Mutex<ApplicationState>,
    /// For subscribers: sent while the state is locked, so that versions come in their order.
    pub(super) versions: watch::Sender<Arc<ApplicationVersion>>,
    pub(super) folder: Option<StateFolder>,
    /// Sent when a snapshot may show something else: a load has ended, or a version was pinned.
    pub(super) standing: watch::Sender<()>,
    /// Whether the folder is another process's, and nothing is kept there.
    pub(super) is_observer: bool,
    /// Sent when there is something else to keep.
    pub(super) to_keep: watch::Sender<()>,
    pub(super) folder_fault: Mutex<Option<String>>,
    /// What an earlier process kept, until the application has started.
    pub(super) remembered: Mutex<HashMap<String, (LayerContents, SystemTime)>>,
}

impl RunningApplication {
    pub(super) fn remembered(&self, layer: &str) -> Option<(LayerContents, SystemTime)> {
        self.remembered.lock().remove(layer)
    }

    /// Lets readers and subscribers see the version in force.
    pub(super) fn publish(&self, state: &ApplicationState) {
        let Some(version) = state.in_force() else { return };
        let before = self.current.load_full();
        if Arc::ptr_eq(&before, version) {
            return;
        }
        self.current.store(version.clone());
        self.to_keep.send_replace(());
        // Where only the places of values are others, there is nothing to tell.
        if before.number() != version.number() {
            self.versions.send_replace(version.clone());
        }
    }

    /// Writes the newest version to the folder of versions, if there is one.
    pub(super) async fn keep(self: &Arc<Self>) {
        if self.is_observer {
            return;
        }
        let engine = self.clone();
        // It fails only if the runtime ends.
        let _ = tokio::task::spawn_blocking(move || {
            let Some(folder) = &engine.folder else { return };
            let Some(version) = engine.version_to_keep() else { return };
            let fault =
                folder.keep(&version).err().map(|error| folder_fault(folder.path(), "written", &error));
            if let Some(fault) = &fault {
                tracing::warn!("{fault}");
            }
            *engine.folder_fault.lock() = fault;
        })
        .await;
    }

    fn version_to_keep(&self) -> Option<VersionToKeep> {
        let state = self.state.lock();
        let version = state.versions().next()?.clone();
        let layers = state.layers.iter().filter_map(|it| {
            let answered = it.remembered.or(it.answered)?;
            Some(LayerToKeep { layer: it.in_force.clone()?, answered, remembered: it.remembered.is_some() })
        });
        Some(VersionToKeep { version, layers: layers.collect(), declared: state.declared.clone() })
    }
}
