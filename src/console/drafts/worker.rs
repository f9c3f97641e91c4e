//! The thread that reads and writes drafts and the settings of the view, one job at a time, so that an
//! earlier save cannot write a deleted draft again. The event loop waits for it only on exit.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout_at;

use super::{DraftEntry, DraftFolder, DraftId, DraftSave, SavedDraft, UnsavedDraft};
use crate::console::external_editor;
use crate::console::request::RequestId;
use crate::console::view_settings::ViewSettings;
use crate::domain::ResourceKey;

/// Queue length; a draft has one save in flight at a time.
const ORDERS: usize = 256;

/// How long exit waits for the thread if no draft is to be saved.
const NOTHING_TO_SAVE: Duration = Duration::from_millis(20);

/// The log target: the crate rather than the module.
const LOG: &str = env!("CARGO_PKG_NAME");

/// Why a draft that was saved is not any more.
const DISPLACED: &str = "it made room for newer ones";

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
    /// Reads the view of this context.
    LoadView(RequestId, String),
    SaveView(RequestId, String, Box<ViewSettings>),
    /// Answers once all earlier jobs are done.
    Flush(oneshot::Sender<Option<String>>),
}

#[derive(Debug)]
pub(crate) enum DraftJobResult {
    /// What the save did, or why it was not saved.
    Saved(Result<DraftSave, String>),
    Listed(Vec<DraftEntry>),
    /// The draft, or why it could not be resumed.
    Resumed(Result<Box<SavedDraft>, String>),
    /// The error says why it still exists.
    Deleted(Result<(), String>),
    /// What was kept of the view, if anything can be read.
    ViewLoaded(Option<Box<ViewSettings>>),
    /// The log says whether that failed.
    ViewSaved,
}

/// A handle to the thread.
#[derive(Debug)]
pub(crate) struct DraftWorker {
    jobs: mpsc::Sender<DraftJob>,
    /// Set on exit: from then on a saved file is in place before it is synced.
    leaving: Arc<AtomicBool>,
    /// How many saves are queued or under way.
    saves: Arc<AtomicUsize>,
}

/// All jobs until the console was left.
#[derive(Debug)]
pub(crate) struct DraftFlush {
    /// `None` if the queue is full.
    done: Option<oneshot::Receiver<Option<String>>>,
    saves: Arc<AtomicUsize>,
}

impl DraftWorker {
    /// Starts the thread on a state folder, if any; `tell` is called on that thread.
    pub(crate) fn start(
        state: Option<PathBuf>,
        tell: impl Fn(RequestId, DraftJobResult) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (orders, received) = mpsc::channel(ORDERS);
        let (leaving, saves) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let thread = DraftThread {
            folder: state.as_ref().map(|state| DraftFolder::new(state.join(super::FOLDER))),
            state,
            failed: BTreeMap::new(),
            leaving: Arc::clone(&leaving),
            saves: Arc::clone(&saves),
        };
        thread::Builder::new().name("drafts".into()).spawn(move || thread.run(received, tell))?;
        Ok(Self { jobs: orders, leaving, saves })
    }

    /// Queues a job; returns it if the queue is full or the thread has ended.
    pub(crate) fn submit(&self, order: DraftJob) -> Result<(), DraftJob> {
        let saves = usize::from(matches!(order, DraftJob::Save(..)));
        self.saves.fetch_add(saves, Ordering::SeqCst);
        self.jobs.try_send(order).map_err(|refused| {
            self.saves.fetch_sub(saves, Ordering::SeqCst);
            refused.into_inner()
        })
    }

    /// From now on a saved file is in place before it is synced, and so survives the end of the process.
    pub(crate) fn begin_exit(&self) {
        self.leaving.store(true, Ordering::SeqCst);
    }

    /// Asks for the end of all jobs so far.
    pub(crate) fn flush(&self) -> DraftFlush {
        let (sender, done) = oneshot::channel();
        let done = self.submit(DraftJob::Flush(sender)).is_ok().then_some(done);
        DraftFlush { done, saves: Arc::clone(&self.saves) }
    }
}

impl DraftFlush {
    /// Waits until all jobs are done, but not past `until`; returns why the latest text of a draft is not
    /// saved. A disk that does not answer is waited for only if there is something to save.
    pub(crate) async fn unsaved_by(self, until: Instant) -> Option<String> {
        let pending = || self.saves.load(Ordering::SeqCst) > 0;
        let until = if pending() { until } else { until.min(Instant::now() + NOTHING_TO_SAVE) };
        let slow = || pending().then(|| "the disk took longer than leaving may take".to_owned());
        match self.done {
            Some(done) => match timeout_at(until.into(), done).await {
                Ok(Ok(failed)) => failed,
                _ => slow(),
            },
            None => slow(),
        }
    }
}

struct DraftThread {
    state: Option<PathBuf>,
    folder: Option<DraftFolder>,
    /// Why the latest text of a draft is not saved.
    failed: BTreeMap<ResourceKey, String>,
    leaving: Arc<AtomicBool>,
    saves: Arc<AtomicUsize>,
}

impl DraftThread {
    fn run(mut self, mut orders: mpsc::Receiver<DraftJob>, tell: impl Fn(RequestId, DraftJobResult)) {
        while let Some(order) = orders.blocking_recv() {
            match order {
                DraftJob::Save(request, unsaved) => {
                    let durable = !self.leaving.load(Ordering::SeqCst);
                    let saved = self.in_folder(|folder| folder.save(&unsaved, durable));
                    match &saved {
                        Ok(saved) => {
                            self.failed.remove(&unsaved.key);
                            let displaced = saved.displaced.iter().cloned();
                            self.failed.extend(displaced.map(|key| (key, DISPLACED.to_owned())));
                        }
                        Err(reason) => _ = self.failed.insert(unsaved.key.clone(), reason.clone()),
                    }
                    self.saves.fetch_sub(1, Ordering::SeqCst);
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
                DraftJob::LoadView(request, context) => {
                    tell(request, DraftJobResult::ViewLoaded(self.load_view(&context)));
                }
                DraftJob::SaveView(request, context, settings) => {
                    self.save_view(&context, &settings);
                    tell(request, DraftJobResult::ViewSaved);
                }
                DraftJob::Flush(settled) => {
                    let first = self.failed.iter().next();
                    drop(settled.send(first.map(|(key, reason)| format!("the draft of {key}: {reason}"))));
                }
            }
        }
    }

    fn load_view(&self, context: &str) -> Option<Box<ViewSettings>> {
        match ViewSettings::load(self.state.as_deref()?, context) {
            Ok(Some(settings)) => return Some(Box::new(settings)),
            Ok(None) => tracing::info!(target: LOG, "no view of {context} was kept: it is the default"),
            Err(why) => tracing::warn!(target: LOG, "the view of {context} is the default: {why}"),
        }
        None
    }

    fn save_view(&self, context: &str, settings: &ViewSettings) {
        let saved = match &self.state {
            Some(state) => settings.save(state, context),
            None => Err("there is no folder for it: set HOME or XDG_STATE_HOME".into()),
        };
        if let Err(why) = saved {
            tracing::warn!(target: LOG, "the view of {context} is not kept: {why}");
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc as blocking;

    use super::super::saved_draft::tests::unsaved;
    use super::*;

    /// How long a test waits at most.
    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn a_view_is_kept_and_one_that_cannot_be_read_is_the_default() {
        let state = tempfile::tempdir().unwrap();
        let (told, tell) = blocking::channel();
        let worker = DraftWorker::start(Some(state.path().to_owned()), move |_, result| {
            told.send(result).unwrap();
        })
        .unwrap();
        let load = || {
            worker.submit(DraftJob::LoadView(RequestId(1), "prod".into())).unwrap();
            match tell.recv_timeout(PATIENCE) {
                Ok(DraftJobResult::ViewLoaded(loaded)) => loaded,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(load(), None);
        let mut settings = Box::<ViewSettings>::default();
        settings.panes.namespaces = Some(40);
        worker.submit(DraftJob::SaveView(RequestId(2), "prod".into(), settings.clone())).unwrap();
        assert!(matches!(tell.recv_timeout(PATIENCE), Ok(DraftJobResult::ViewSaved)));
        assert_eq!(load(), Some(settings));
        for file in std::fs::read_dir(state.path().join("views")).unwrap() {
            std::fs::write(file.unwrap().path(), "{").unwrap();
        }
        assert_eq!(load(), None);
    }

    #[tokio::test]
    async fn a_thread_that_hangs_is_waited_for_only_if_a_draft_would_be_lost() {
        let state = tempfile::tempdir().unwrap();
        let (release, hang) = blocking::channel::<()>();
        let (hangs, hung) = blocking::channel();
        let worker = DraftWorker::start(Some(state.path().to_owned()), move |request, _| {
            hangs.send(request).unwrap();
            let _ = hang.recv();
        })
        .unwrap();
        worker.submit(DraftJob::List(RequestId(1))).unwrap();
        assert_eq!(hung.recv_timeout(PATIENCE), Ok(RequestId(1)));
        let began = Instant::now();
        assert_eq!(worker.flush().unsaved_by(began + PATIENCE).await, None);
        assert!(began.elapsed() < PATIENCE / 2);

        worker.submit(DraftJob::Save(RequestId(2), Box::new(unsaved("{}")))).unwrap();
        let until = Instant::now() + Duration::from_millis(20);
        let lost = worker.flush().unsaved_by(until).await;
        assert_eq!(lost.as_deref(), Some("the disk took longer than leaving may take"));
        drop(release);
        assert_eq!(worker.flush().unsaved_by(Instant::now() + PATIENCE).await, None, "it answers again");
    }
}
