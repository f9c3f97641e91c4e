//! The thread that reads and writes drafts, one job at a time, so that an earlier save cannot write a deleted
//! draft again. The event loop waits for it only on exit.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout_at;

use super::{DraftEntry, DraftFolder, DraftId, SavedDraft, UnsavedDraft};
use crate::console::external_editor;
use crate::console::request::RequestId;
use crate::domain::ResourceKey;

/// Queue length; a draft has one save in flight at a time.
const ORDERS: usize = 256;

#[derive(Debug)]
pub enum DraftJob {
    Save(RequestId, Box<UnsavedDraft>),
    /// Removes the file of a draft of this session.
    Remove(ResourceKey),
    /// Lists the drafts of ended sessions.
    List(RequestId),
    /// Moves the draft of an ended session into this session.
    Resume(RequestId, DraftId),
    Delete(RequestId, DraftId),
    /// Answers once all earlier jobs are done.
    Flush(oneshot::Sender<Option<String>>),
}

#[derive(Debug)]
pub(crate) enum DraftJobResult {
    /// How many secrets were left out, or why it was not saved.
    Saved(Result<usize, String>),
    Listed(Vec<DraftEntry>),
    /// The draft, or why it could not be resumed.
    Resumed(Result<Box<SavedDraft>, String>),
    /// The error says why it still exists.
    Deleted(Result<(), String>),
}

/// A handle to the thread.
#[derive(Debug)]
pub(crate) struct DraftWorker {
    jobs: mpsc::Sender<DraftJob>,
    /// Set on exit: from then on a saved file is in place before it is synced.
    leaving: Arc<AtomicBool>,
}

impl DraftWorker {
    /// Starts the thread on a state folder, if any; `tell` is called on that thread.
    pub(crate) fn start(
        state: Option<PathBuf>,
        tell: impl Fn(RequestId, DraftJobResult) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (orders, received) = mpsc::channel(ORDERS);
        let leaving = Arc::new(AtomicBool::new(false));
        let thread = DraftThread {
            folder: state.as_ref().map(|state| DraftFolder::new(state.join(super::FOLDER))),
            state,
            failed: BTreeMap::new(),
            leaving: Arc::clone(&leaving),
        };
        thread::Builder::new().name("drafts".into()).spawn(move || thread.run(received, tell))?;
        Ok(Self { jobs: orders, leaving })
    }

    /// Queues a job; returns it if the queue is full or the thread has ended.
    pub(crate) fn submit(&self, order: DraftJob) -> Result<(), DraftJob> {
        self.jobs.try_send(order).map_err(mpsc::error::TrySendError::into_inner)
    }

    /// From now on a saved file is in place before it is synced, and so survives the end of the process.
    pub(crate) fn begin_exit(&self) {
        self.leaving.store(true, Ordering::SeqCst);
    }

    /// Waits until all jobs are done, but not past `until`; returns why the latest text of a draft is not
    /// saved.
    pub(crate) async fn flush(&self, until: Instant) -> Option<String> {
        let (sender, settled) = oneshot::channel();
        if self.submit(DraftJob::Flush(sender)).is_err() {
            return Some("the disk takes nothing".into());
        }
        match timeout_at(until.into(), settled).await {
            Ok(Ok(failed)) => failed,
            _ => Some("the disk took longer than leaving may take".into()),
        }
    }
}

struct DraftThread {
    state: Option<PathBuf>,
    folder: Option<DraftFolder>,
    /// Why the latest text of a draft is not saved.
    failed: BTreeMap<ResourceKey, String>,
    leaving: Arc<AtomicBool>,
}

impl DraftThread {
    fn run(mut self, mut orders: mpsc::Receiver<DraftJob>, tell: impl Fn(RequestId, DraftJobResult)) {
        while let Some(order) = orders.blocking_recv() {
            match order {
                DraftJob::Save(request, unsaved) => {
                    let durable = !self.leaving.load(Ordering::SeqCst);
                    let saved = self.in_folder(|folder| folder.save(&unsaved, durable));
                    match &saved {
                        Ok(_) => self.failed.remove(&unsaved.key),
                        Err(reason) => self.failed.insert(unsaved.key.clone(), reason.clone()),
                    };
                    tell(request, DraftJobResult::Saved(saved));
                }
                DraftJob::Remove(key) => {
                    self.failed.remove(&key);
                    if let Some(folder) = &mut self.folder {
                        folder.remove(&key);
                    }
                }
                DraftJob::List(request) => {
                    if let Some(state) = &self.state {
                        external_editor::remove_leftovers(&state.join(external_editor::FOLDER));
                    }
                    let listed = self.folder.as_ref().map(DraftFolder::list).unwrap_or_default();
                    tell(request, DraftJobResult::Listed(listed));
                }
                DraftJob::Resume(request, id) => {
                    let taken = self.in_folder(|folder| folder.resume(&id).map(Box::new));
                    tell(request, DraftJobResult::Resumed(taken));
                }
                DraftJob::Delete(request, id) => {
                    tell(request, DraftJobResult::Deleted(self.in_folder(|folder| folder.delete(&id))));
                }
                DraftJob::Flush(settled) => {
                    let first = self.failed.iter().next();
                    drop(settled.send(first.map(|(key, reason)| format!("the draft of {key}: {reason}"))));
                }
            }
        }
    }

    fn in_folder<T>(
        &mut self,
        work: impl FnOnce(&mut DraftFolder) -> Result<T, super::DraftFolderError>,
    ) -> Result<T, String> {
        match &mut self.folder {
            Some(folder) => work(folder).map_err(|error| error.to_string()),
            None => Err("there is no folder for it: set HOME or XDG_STATE_HOME".into()),
        }
    }
}
