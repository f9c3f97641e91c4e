//! Carries effects out: every provider call in a task of its own, with a deadline, answered by a message.
//! The event loop awaits none of them.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::event_log;
use super::presence::PresencePoller;
use super::secrets::SecretsRuntime;
use crate::audit::Audit;
use crate::console::compute::Compute;
use crate::console::drafts::{DraftJob, DraftJobResult, DraftWorker};
use crate::console::effect::{AuditNote, RequestId};
use crate::console::external_editor::{self, EditorEvent, EditorProcess, ExternalDraft, ExternalEditor};
use crate::console::gate::Gate;
use crate::console::message::{Answer, AppEvent};
use crate::console::secret_jobs::RevealReport;
use crate::console::terminal::Clipboard;
use crate::domain::{Health, LeaseId, SecretPath};
use crate::provider::{CALL_DEADLINE, ConfigReader, ConfigWriter, GRACE, HEALTH_DEADLINE, Op, within};
use crate::write::{Audited, WriteService};

/// Queue length of answers to the event loop.
const ANSWERS: usize = 64;

/// How long an answer waits for its audit record.
const AUDIT_WAIT: Duration = Duration::from_secs(1);

/// How long one attempt to find out an outcome takes: two reads, a second apart.
const OUTCOME_WITHIN: Duration = CALL_DEADLINE.saturating_mul(2).saturating_add(GRACE);

/// How long a clipboard program may take altogether.
const CLIPBOARD_DEADLINE: Duration = Duration::from_secs(3);

/// Runs effects. Dropping it aborts those that still run.
pub(super) struct EffectRunner {
    reader: Arc<dyn ConfigReader>,
    gate: Gate<dyn ConfigWriter>,
    pub(super) secrets: SecretsRuntime,
    presence_poller: Option<PresencePoller>,
    backend: &'static str,
    clipboard: Clipboard,
    drafts: DraftWorker,
    editor: ExternalEditor,
    pub(super) writes: WriteService,
    tasks: JoinSet<()>,
    answers: mpsc::Sender<(RequestId, TaskReply)>,
}

/// The result of a task.
#[derive(Debug)]
pub(super) enum TaskReply {
    /// The answer to the effect.
    Answer(Answer),
    /// An event of the external editor.
    ExternalEditor(EditorEvent),
    /// No program took the text: the event loop, which owns the terminal, sends it there.
    CopyByTerminal(String),
    /// As [`Self::CopyByTerminal`], for the secret value in the report.
    CopySecretByTerminal(Box<RevealReport>),
}

impl EffectRunner {
    /// Returns the runner and the channel of its answers.
    pub(super) fn new(
        reader: Arc<dyn ConfigReader>,
        (gate, secrets): (Gate<dyn ConfigWriter>, SecretsRuntime),
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
        let tasks = JoinSet::new();
        let desk = secrets.reader().map(|reader| PresencePoller::open(reader, answers.clone()));
        Ok((
            Self {
                reader,
                gate,
                secrets,
                presence_poller: desk,
                backend,
                clipboard,
                drafts,
                editor,
                writes: WriteService::new(audit, AUDIT_WAIT),
                tasks,
                answers,
            },
            receiver,
        ))
    }

    /// Replaces the secrets whose presence is polled.
    pub(super) fn watch_presence(&self, paths: Vec<SecretPath>) {
        if let Some(desk) = &self.presence_poller {
            desk.watch(paths);
        }
    }

    /// Queries a secret at once that was written.
    pub(super) fn refresh_presence(&self, path: SecretPath) {
        if let Some(desk) = &self.presence_poller {
            desk.refresh(path);
        }
    }

    /// Queries all polled secrets at once.
    pub(super) fn refresh_all_presence(&self) {
        if let Some(desk) = &self.presence_poller {
            desk.refresh_all();
        }
    }

    /// Queues a job for saved drafts; returns the answer at once where the queue is full.
    pub(super) fn submit_draft_job(&self, order: DraftJob) -> Option<AppEvent> {
        match self.drafts.submit(order) {
            Err(DraftJob::Save(request, _)) => {
                let reason = "the disk is too slow for it; type on, it is tried again".to_owned();
                Some(AppEvent::Answer(request, Answer::DraftSaved(Err(reason))))
            }
            Err(DraftJob::Resume(request, _)) => Some(AppEvent::Answer(
                request,
                Answer::DraftResumed(Err("the disk is too slow for it".into())),
            )),
            Err(DraftJob::Delete(request, _)) => {
                let reason = "the disk is too slow for it".to_owned();
                Some(AppEvent::Answer(request, Answer::DraftDeleted(Err(reason))))
            }
            _ => None,
        }
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

    pub(super) fn drafts(&self) -> &DraftWorker {
        &self.drafts
    }

    /// The gate in front of the writer.
    pub(super) fn gate(&mut self) -> &mut Gate<dyn ConfigWriter> {
        &mut self.gate
    }

    pub(super) fn reader(&self) -> &dyn ConfigReader {
        &*self.reader
    }

    /// The OSC 52 sequence for a text, unless it is too long.
    pub(super) fn osc52(&self, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.clipboard.osc52(text)
    }

    /// Commits, if the gate is open, and records the outcome in the audit.
    pub(super) fn commit(&mut self, request: RequestId, ops: Vec<Op>) {
        let (service, writer) = (self.writes.clone(), self.gate.pass());
        self.spawn_audited(request, async move {
            let intent = event_log::intent(&ops);
            let outcome = service.commit(request.0, writer, ops).await;
            event_log::log_commit(&intent, &outcome.answer);
            outcome.map(|outcome| TaskReply::Answer(Answer::Commit(outcome)))
        });
    }

    /// Determines the outcome of an earlier commit.
    pub(super) fn find_out(&mut self, request: RequestId, of: RequestId, ops: Vec<Op>) {
        let (service, reader) = (self.writes.clone(), Arc::clone(&self.reader));
        self.spawn_audited(request, async move {
            let found = service.find_outcome(of.0, &*reader, &ops, OUTCOME_WITHIN).await;
            event_log::log_outcome(&event_log::intent(&ops), &found.answer);
            found.map(|found| TaskReply::Answer(Answer::Found(found)))
        });
    }

    /// Records something in the audit that is not a write.
    pub(super) fn record_note(&mut self, note: AuditNote) {
        let service = self.writes.clone();
        let AuditNote::Revealed { key, count } = note;
        self.spawn_streaming(|answers| async move {
            if let Some(trouble) = service.record_reveal(key, count).await {
                let reply = TaskReply::Answer(Answer::AuditFailed(trouble));
                let _ = answers.send((RequestId::default(), reply)).await;
            }
        });
    }

    /// Does a pure job on a blocking thread, without a deadline: it fails only by a panic.
    pub(super) fn compute(&mut self, request: RequestId, job: Compute) {
        let (run, failed) = job.split();
        self.spawn(request, async move {
            TaskReply::Answer(Answer::Computed(spawn_blocking(run).await.unwrap_or(failed)))
        });
    }

    /// Queries the health of the backend, and of the store of secrets, which answers separately.
    pub(super) fn check_health(&mut self, request: RequestId) {
        if let Some(desk) = &self.presence_poller {
            desk.check_health();
        }
        let (reader, backend) = (Arc::clone(&self.reader), self.backend);
        self.spawn(request, async move {
            let health = within(HEALTH_DEADLINE, reader.health(), |within| {
                let remedy = format!("check that {backend} runs and can be reached");
                Health::unusable(backend, format!("no answer {within}"), remedy)
            });
            let health = health.await;
            TaskReply::Answer(Answer::Health(vec![health]))
        });
    }

    /// Queries the remaining time of a lease.
    pub(super) fn ask_lease(&mut self, request: RequestId, lease: LeaseId) {
        let reader = Arc::clone(&self.reader);
        self.spawn(request, async move {
            let left = within(CALL_DEADLINE, reader.lease_left(lease), |_| Ok(None)).await.ok().flatten();
            TaskReply::Answer(Answer::Lease(lease, left))
        });
    }

    /// Copies a text to the clipboard: by a program, else by the terminal.
    pub(super) fn copy(&mut self, request: RequestId, text: String) {
        let clipboard = self.clipboard.clone();
        self.spawn(request, async move {
            if copy_by_program(&clipboard, Zeroizing::new(text.clone())).await {
                return TaskReply::Answer(Answer::Copied(true));
            }
            TaskReply::CopyByTerminal(text)
        });
    }

    pub(super) fn clipboard(&self) -> Clipboard {
        self.clipboard.clone()
    }

    /// Answers once the audit record is written; a failure of the audit is reported afterwards.
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

    /// Spawns `work` with the answer channel, for more than one answer.
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
        }
    }
}

/// Copies a text by a clipboard program, if there is one; returns whether it took the text.
pub(super) async fn copy_by_program(clipboard: &Clipboard, text: Zeroizing<String>) -> bool {
    if !clipboard.has_program() {
        return false;
    }
    let clipboard = clipboard.clone();
    let run = spawn_blocking(move || clipboard.run_program(&text));
    matches!(timeout(CLIPBOARD_DEADLINE, run).await, Ok(Ok(true)))
}
