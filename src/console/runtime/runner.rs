//! Carries out effects: each provider call runs in a task of its own, with a deadline, and is answered by a
//! message. The event loop awaits none of them.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::context::ResolveContext;
use super::presence::PresencePoller;
use super::task_reply::TaskReply;
use crate::audit::Audit;
use crate::console::drafts::{DraftJobResult, DraftWorker};
use crate::console::external_editor::{self, EditorProcess, ExternalDraft, ExternalEditor};
use crate::console::gate::Gate;
use crate::console::message::Answer;
use crate::console::request::RequestId;
use crate::console::terminal::Clipboard;
use crate::domain::SecretNames;
use crate::provider::{ConfigReader, ConfigWriter, SecretAccess, SecretReader, SecretWriter};
use crate::write::{Audited, WriteService};

/// Queue length of answers to the event loop.
const ANSWERS: usize = 64;

/// How long an answer waits for its audit record.
const AUDIT_WAIT: Duration = Duration::from_secs(1);

/// The overall time limit for a clipboard program.
const CLIPBOARD_DEADLINE: Duration = Duration::from_secs(3);

/// Runs effects. Dropping it aborts those still running.
pub(super) struct EffectRunner {
    pub(super) reader: Arc<dyn ConfigReader>,
    /// The names of the context, for what is scanned of its documents.
    pub(super) secret_names: SecretNames,
    pub(super) gate: Gate<dyn ConfigWriter>,
    /// The secret store, if any; its writer is available only through the gate.
    pub(super) secrets: Option<SecretAccess>,
    pub(super) secret_gate: Gate<dyn SecretWriter>,
    /// The running listing of secrets.
    pub(super) listing: Option<AbortHandle>,
    pub(super) presence_poller: Option<PresencePoller>,
    pub(super) backend: &'static str,
    pub(super) clipboard: Clipboard,
    pub(super) drafts: DraftWorker,
    editor: ExternalEditor,
    /// Reads the settings of a context, where there are others.
    pub(super) resolve_context: Option<ResolveContext>,
    pub(super) writes: WriteService,
    /// Has the application opened again, or its layers loaded.
    pub(super) retry_settings: Arc<Notify>,
    tasks: JoinSet<()>,
    answers: mpsc::Sender<(RequestId, TaskReply)>,
}

impl EffectRunner {
    /// Returns the runner and the channel of its answers.
    pub(super) fn new(
        (reader, secret_names): (Arc<dyn ConfigReader>, SecretNames),
        (writer, mut secrets, locked): (Option<Arc<dyn ConfigWriter>>, Option<SecretAccess>, bool),
        backend: &'static str,
        clipboard: Clipboard,
        audit: Arc<Audit>,
        state: Option<PathBuf>,
        editor: ExternalEditor,
    ) -> io::Result<(Self, mpsc::Receiver<(RequestId, TaskReply)>)> {
        let (answers, receiver) = mpsc::channel(ANSWERS);
        let tell = answers.clone();
        let drafts = DraftWorker::start(state, move |request, outcome| {
            // The event loop is gone only on exit.
            let _ = tell.blocking_send((request, TaskReply::Answer(outcome.into())));
        })?;
        let poller =
            |access: &SecretAccess| PresencePoller::open(Arc::clone(&access.reader), answers.clone());
        let runner = Self {
            reader,
            secret_names,
            gate: Gate::new(writer, locked),
            presence_poller: secrets.as_ref().map(poller),
            secret_gate: Gate::new(secrets.as_mut().and_then(|access| access.writer.take()), locked),
            secrets,
            listing: None,
            backend,
            clipboard,
            drafts,
            editor,
            resolve_context: None,
            writes: WriteService::new(audit, AUDIT_WAIT),
            retry_settings: Arc::default(),
            tasks: JoinSet::new(),
            answers,
        };
        Ok((runner, receiver))
    }

    /// Starts the user's own editor on a draft; its thread reports events.
    pub(super) fn start_external_editor(
        &self,
        request: RequestId,
        draft: ExternalDraft,
    ) -> io::Result<EditorProcess> {
        let tell = self.answers.clone();
        external_editor::start(self.editor.clone(), draft, move |news| {
            let _ = tell.blocking_send((request, TaskReply::ExternalEditor(news)));
        })
    }

    pub(super) fn secret_reader(&self) -> Option<Arc<dyn SecretReader>> {
        self.secrets.as_ref().map(|access| Arc::clone(&access.reader))
    }

    /// Answers once the audit record is written; an audit failure is reported after the answer.
    pub(super) fn spawn_audited(
        &mut self,
        request: RequestId,
        work: impl Future<Output = Audited<TaskReply>> + Send + 'static,
    ) {
        self.spawn_streaming(|answers| async move {
            let Audited { answer, unrecorded } = work.await;
            // The event loop is gone only on exit.
            let _ = answers.send((request, answer)).await;
            if let Some(trouble) = unrecorded {
                let _ = answers.send((request, TaskReply::Answer(Answer::AuditFailed(trouble)))).await;
            }
        });
    }

    /// Spawns `work` with the answer channel, so that it can send more than one answer.
    pub(super) fn spawn_streaming<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        work: impl FnOnce(mpsc::Sender<(RequestId, TaskReply)>) -> F,
    ) -> AbortHandle {
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(work(self.answers.clone()))
    }

    pub(super) fn spawn(
        &mut self,
        request: RequestId,
        work: impl Future<Output = TaskReply> + Send + 'static,
    ) {
        self.spawn_streaming(|answers| async move {
            // The event loop is gone only on exit.
            let _ = answers.send((request, work.await)).await;
        });
    }
}

impl From<DraftJobResult> for Answer {
    fn from(outcome: DraftJobResult) -> Self {
        match outcome {
            DraftJobResult::Saved(result) => Self::DraftSaved(result),
            DraftJobResult::Listed(listed) => Self::Drafts(listed),
            DraftJobResult::Resumed(taken) => Self::DraftResumed(taken),
            DraftJobResult::Deleted(result) => Self::DraftDeleted(result),
            DraftJobResult::ViewLoaded(loaded) => Self::ViewLoaded(loaded),
            DraftJobResult::ViewSaved => Self::ViewSaved,
        }
    }
}

/// Copies a text with a clipboard program, if there is one; returns whether it accepted the text.
pub(super) async fn copy_by_program(clipboard: &Clipboard, text: Zeroizing<String>) -> bool {
    if !clipboard.may_have_program() {
        return false;
    }
    let clipboard = clipboard.clone();
    let run = spawn_blocking(move || clipboard.run_program(&text));
    matches!(timeout(CLIPBOARD_DEADLINE, run).await, Ok(Ok(true)))
}
