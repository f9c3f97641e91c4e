//! How each effect is carried out: provider calls in a task of their own, terminal effects at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::event_loop::{EventLoop, LoopExit};
use super::presence::{PollerCommand, PresencePoller};
use super::runner::{EffectRunner, copy_by_program};
use super::task_reply::TaskReply;
use super::watch_feed::WatchFeed;
use super::{Program, event_log};
use crate::console::compute::Compute;
use crate::console::drafts::DraftJob;
use crate::console::effect::{AuditNote, Effect, RequestId};
use crate::console::message::{Answer, AppEvent};
use crate::console::terminal::Device;
use crate::domain::{Health, LeaseId};
use crate::provider::{CALL_DEADLINE, GRACE, HEALTH_DEADLINE, Op, within};

/// The time limit of one attempt to determine an outcome: two reads, a second apart.
const OUTCOME_WITHIN: Duration = CALL_DEADLINE.saturating_mul(2).saturating_add(GRACE);

impl<P: Program, D: Device> EventLoop<P, D> {
    /// Carries out one effect; returns its answer if that is known immediately.
    pub(super) fn perform(&mut self, effect: Effect) -> Option<AppEvent> {
        match effect {
            Effect::Commit(request, ops) => self.runner.commit(request, ops),
            // Done by `update` already.
            Effect::Act(_) => {}
            Effect::Compute(request, job) => self.runner.compute(request, job),
            Effect::FindOut { request, commit: of, ops } => self.runner.find_out(request, of, ops),
            Effect::Secret(request, job) => self.runner.secret(request, job),
            Effect::WatchPresence(paths) => self.runner.presence(|poller| poller.watch(paths)),
            Effect::RefreshPresence(path) => {
                self.runner.presence(|poller| poller.send(PollerCommand::Refresh(path)))
            }
            Effect::RefreshAllPresence => {
                self.runner.presence(|poller| poller.send(PollerCommand::RefreshAll))
            }
            Effect::ListSecrets(request, folders) => self.runner.list_secrets(request, folders),
            Effect::SecretVersions(request, path) => self.runner.secret_versions(request, path),
            Effect::RecordAudit(note) => self.runner.record_note(note),
            Effect::CheckHealth(request) => self.runner.check_health(request),
            Effect::AskLease(request, lease) => self.runner.ask_lease(request, lease),
            Effect::Copy(request, text) => self.runner.copy(request, text),
            Effect::Unlock(request) => {
                self.runner.gate.unlock();
                self.runner.secret_gate.unlock();
                return Some(AppEvent::Answer(request, Answer::Unlocked));
            }
            Effect::Lock => {
                self.runner.gate.lock();
                self.runner.secret_gate.lock();
            }
            Effect::Retry => {
                self.runner.retry_settings.notify_one();
                self.runner.presence(|poller| poller.send(PollerCommand::RefreshAll));
                if let Some(feeder) = &self.sources.feeder {
                    feeder.retry_now();
                }
            }
            Effect::Reload => {
                // End the old watch first, so that none of its events comes after the new load.
                self.sources.feeder = None;
                self.sources.feeder = Some(WatchFeed::open(&*self.runner.reader, &self.runner.secret_names));
            }
            Effect::LogSecretStatus(change) => event_log::log_secret_status(&change),
            Effect::Draft(job) => return self.runner.draft(job),
            Effect::EditExternally(request, draft) => {
                self.exit = Some(LoopExit::ExternalEditor(request, draft))
            }
            Effect::StopExternalEditor(request) => self.stop_external_editor(request),
            Effect::ResolveContext(request, name) => self.runner.resolve_context(request, name),
            Effect::EnterContext { name, accepts_loss } => {
                self.exit = Some(LoopExit::EnterContext { name, accepts_loss })
            }
            Effect::PrintOnExit(words) => self.exit_message = Some(words),
            Effect::Suspend => self.exit = Some(LoopExit::Suspend),
            Effect::Redraw => self.invalidate_screen(),
            Effect::Quit(code) => {
                self.runner.drafts.begin_exit();
                self.exit = Some(LoopExit::Quit(code));
            }
        }
        None
    }
}

impl EffectRunner {
    fn presence(&self, command: impl FnOnce(&PresencePoller)) {
        self.presence_poller.as_ref().map(command).unwrap_or_default();
    }

    /// Queues a job for saved drafts; answers at once if the queue is full.
    fn draft(&self, job: DraftJob) -> Option<AppEvent> {
        let slow = "the disk is too slow for it";
        let (request, answer) = match self.drafts.submit(job).err()? {
            DraftJob::Save(request, _) => {
                (request, Answer::DraftSaved(Err(format!("{slow}; type on, it is tried again"))))
            }
            DraftJob::Resume(request, _) => (request, Answer::DraftResumed(Err(slow.into()))),
            DraftJob::Delete(request, _) => (request, Answer::DraftDeleted(Err(slow.into()))),
            DraftJob::SaveView(request, ..) => (request, Answer::ViewSaved),
            DraftJob::Remove(_) | DraftJob::List(_) | DraftJob::LoadView(..) | DraftJob::Flush(_) => {
                return None;
            }
        };
        Some(AppEvent::Answer(request, answer))
    }

    /// Commits if the gate is open, and records the outcome in the audit.
    fn commit(&mut self, request: RequestId, ops: Vec<Op>) {
        let (service, writer) = (self.writes.clone(), self.gate.pass());
        self.spawn_audited(request, async move {
            let intent = event_log::intent(&ops);
            let outcome = service.commit(request.0, writer, ops).await;
            event_log::log_commit(&intent, &outcome.answer);
            outcome.map(|outcome| TaskReply::Answer(Answer::Commit(outcome)))
        });
    }

    /// Determines the outcome of an earlier commit.
    fn find_out(&mut self, request: RequestId, of: RequestId, ops: Vec<Op>) {
        let (service, reader) = (self.writes.clone(), Arc::clone(&self.reader));
        self.spawn_audited(request, async move {
            let found = service.find_outcome(of.0, &*reader, &ops, OUTCOME_WITHIN).await;
            event_log::log_outcome(&event_log::intent(&ops), &found.answer);
            found.map(|found| TaskReply::Answer(Answer::Found(found)))
        });
    }

    /// Records an operation other than a write in the audit.
    fn record_note(&mut self, note: AuditNote) {
        let service = self.writes.clone();
        let AuditNote::Revealed { key, count } = note;
        self.spawn_streaming(|answers| async move {
            if let Some(trouble) = service.record_reveal(key, count).await {
                let reply = TaskReply::Answer(Answer::AuditFailed(trouble));
                let _ = answers.send((RequestId::default(), reply)).await;
            }
        });
    }

    /// Runs a pure job on a blocking thread. It has no deadline, because it can fail only by panicking.
    fn compute(&mut self, request: RequestId, job: Compute) {
        let (run, failed) = job.split();
        self.spawn(request, async move {
            TaskReply::Answer(Answer::Computed(spawn_blocking(run).await.unwrap_or(failed)))
        });
    }

    /// Queries the health of the backend and of the secret store, which answer separately.
    fn check_health(&mut self, request: RequestId) {
        self.presence(|poller| poller.send(PollerCommand::CheckHealth));
        let (reader, backend) = (Arc::clone(&self.reader), self.backend);
        self.spawn(request, async move {
            let health = within(HEALTH_DEADLINE, reader.health(), |within| {
                let remedy = format!("check that {backend} runs and can be reached");
                Health::unusable(backend, format!("no answer {within}"), remedy)
            })
            .await;
            TaskReply::Answer(Answer::Health(vec![health]))
        });
    }

    /// Queries the remaining time of a lease.
    fn ask_lease(&mut self, request: RequestId, lease: LeaseId) {
        let reader = Arc::clone(&self.reader);
        self.spawn(request, async move {
            let left = within(CALL_DEADLINE, reader.lease_left(lease), |_| Ok(None)).await.ok().flatten();
            TaskReply::Answer(Answer::Lease(lease, left))
        });
    }

    /// Copies a text to the clipboard: with a program, otherwise through the terminal.
    fn copy(&mut self, request: RequestId, text: String) {
        let clipboard = self.clipboard.clone();
        self.spawn(request, async move {
            if copy_by_program(&clipboard, Zeroizing::new(text.clone())).await {
                return TaskReply::Answer(Answer::Copied(true));
            }
            TaskReply::CopyByTerminal(text)
        });
    }
}
