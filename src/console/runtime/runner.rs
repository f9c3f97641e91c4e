//! Carries effects out: every provider call in a task of its own, under a deadline, answered by a
//! message. Nothing here is awaited by the loop.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::presence::Desk;
use super::secrets::Secrets;
use super::{journal, ledger};
use crate::audit::{Audit, Pending};
use crate::console::drafts::{Order, Outcome, Worker};
use crate::console::effect::{Note, Request};
use crate::console::gate::Gate;
use crate::console::message::{Answer, Event};
use crate::console::model::{Ask, Check, Finish, NeedsAsk, NotReady, Sides, look};
use crate::console::outside::{self, ExternalEditor, Outside, OutsideDraft, Running};
use crate::console::secret_jobs::Reading;
use crate::console::terminal::Clipboard;
use crate::domain::{Health, LeaseId, SecretPath};
use crate::provider::{CALL_DEADLINE, ConfigReader, ConfigWriter, Error, HEALTH_DEADLINE, Op, find_out};

/// How many answers wait for the loop.
const ANSWERS: usize = 64;

/// What a provider may take beyond its own deadline before it is not waited for any more.
const GRACE: Duration = Duration::from_secs(1);

/// What the clipboard's two ways may take together.
const CLIPBOARD_DEADLINE: Duration = Duration::from_secs(3);

/// Runs effects. Dropping it ends what still runs.
pub(super) struct Runner {
    reader: Arc<dyn ConfigReader>,
    gate: Gate<dyn ConfigWriter>,
    pub(super) secrets: Secrets,
    desk: Option<Desk>,
    backend: &'static str,
    clipboard: Clipboard,
    drafts: Worker,
    editor: ExternalEditor,
    pub(super) audit: Arc<Audit>,
    tasks: JoinSet<()>,
    answers: mpsc::Sender<(Request, Reply)>,
}

/// What came of a task.
#[derive(Debug)]
pub(super) enum Reply {
    /// The effect is finished.
    Answer(Answer),
    /// What happens to a draft in another program.
    Outside(Outside),
    /// No program took the text: it goes through the terminal, which is the loop's.
    CopyByTerminal(String),
    /// The same for a secret value, in what was found.
    CopySecretByTerminal(Box<Reading>),
}

impl Runner {
    /// With the channel its answers arrive on.
    pub(super) fn new(
        reader: Arc<dyn ConfigReader>,
        (gate, secrets): (Gate<dyn ConfigWriter>, Secrets),
        backend: &'static str,
        clipboard: Clipboard,
        audit: Arc<Audit>,
        state: Option<PathBuf>,
        editor: ExternalEditor,
    ) -> io::Result<(Self, mpsc::Receiver<(Request, Reply)>)> {
        let (answers, receiver) = mpsc::channel(ANSWERS);
        let tell = answers.clone();
        let drafts = Worker::start(state, move |request, outcome| {
            // The loop is gone only when the console is being left.
            let _ = tell.blocking_send((request, Reply::Answer(outcome.into())));
        })?;
        let tasks = JoinSet::new();
        let desk = secrets.reader().map(|reader| Desk::open(reader, answers.clone()));
        Ok((
            Self { reader, gate, secrets, desk, backend, clipboard, drafts, editor, audit, tasks, answers },
            receiver,
        ))
    }

    /// Looks at these secrets from now on.
    pub(super) fn look(&self, paths: Vec<SecretPath>) {
        if let Some(desk) = &self.desk {
            desk.look(paths);
        }
    }

    /// Looks at one that was written.
    pub(super) fn look_again(&self, path: SecretPath) {
        if let Some(desk) = &self.desk {
            desk.look_again(path);
        }
    }

    /// Looks at all of them without waiting for their turn.
    pub(super) fn look_at_all(&self) {
        if let Some(desk) = &self.desk {
            desk.look_at_all();
        }
    }

    /// Has something done with saved drafts; answers at once where nothing can be done.
    pub(super) fn order(&self, order: Order) -> Option<Event> {
        match self.drafts.order(order) {
            Err(Order::Save(request, _)) => {
                let reason = "the disk is too slow for it; type on, it is tried again".to_owned();
                Some(Event::Answer(request, Answer::DraftSaved(Err(reason))))
            }
            Err(Order::TakeUp(request, _)) => {
                Some(Event::Answer(request, Answer::DraftTaken(Err("the disk is too slow for it".into()))))
            }
            Err(Order::ThrowAway(request, _)) => {
                let reason = "the disk is too slow for it".to_owned();
                Some(Event::Answer(request, Answer::DraftThrownAway(Err(reason))))
            }
            _ => None,
        }
    }

    /// Starts the user's own editor on a draft; its thread tells what happens there.
    pub(super) fn outside(&self, request: Request, draft: OutsideDraft) -> io::Result<Running> {
        let tell = self.answers.clone();
        outside::start(self.editor.clone(), draft, move |news| {
            let _ = tell.blocking_send((request, Reply::Outside(news)));
        })
    }

    /// The saved drafts.
    pub(super) fn drafts(&self) -> &Worker {
        &self.drafts
    }

    /// The gate before the writer.
    pub(super) fn gate(&mut self) -> &mut Gate<dyn ConfigWriter> {
        &mut self.gate
    }

    /// What watches are opened on.
    pub(super) fn reader(&self) -> &dyn ConfigReader {
        &*self.reader
    }

    /// The escape sequence for a text, if it is not too long for one.
    pub(super) fn osc52(&self, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.clipboard.osc52(text)
    }

    /// Writes, if the gate lets it pass, and keeps in the audit what came of it.
    pub(super) fn commit(&mut self, request: Request, ops: Vec<Op>) {
        let writer = self.gate.pass();
        let mut pending = self.audit.begin(request.0, &ops);
        let intent = journal::intent(&ops);
        self.spawn_audited(request, async move {
            let outcome = match writer {
                Ok(writer) => {
                    let outcome = commit(&*writer, ops, writer.commit_deadline() + GRACE).await;
                    pending.answered(&outcome);
                    outcome
                }
                Err(refused) => {
                    pending.refused();
                    Err(refused)
                }
            };
            journal::written(&intent, &outcome);
            (Answer::Commit(outcome), Some(pending))
        });
    }

    /// Finds out what became of an earlier commit.
    pub(super) fn find_out(&mut self, request: Request, of: Request, ops: Vec<Op>) {
        let (reader, audit) = (Arc::clone(&self.reader), Arc::clone(&self.audit));
        let limit = CALL_DEADLINE * 2 + GRACE;
        self.spawn_audited(request, async move {
            let found = timeout(limit, find_out(&*reader, &ops)).await.unwrap_or_else(|_| {
                let reason = format!("nothing within {} s", limit.as_secs());
                Err(Error::Unavailable { reason, retry_in: None })
            });
            let pending = found.as_ref().ok().map(|found| ledger::found(&audit, of, &ops, found));
            journal::found(&journal::intent(&ops), &found);
            (Answer::Found(found), pending)
        });
    }

    /// Keeps something in the audit that is no write.
    pub(super) fn note(&mut self, note: Note) {
        let (audit, answers) = (Arc::clone(&self.audit), self.answers.clone());
        self.tasks.spawn(async move {
            if let Some(trouble) = ledger::note(audit, note).await {
                let _ = answers.send((Request::default(), Reply::Answer(Answer::Unaudited(trouble)))).await;
            }
        });
    }

    /// Compares texts on a thread of its own.
    pub(super) fn compare(&mut self, request: Request, sides: Vec<Sides>) {
        self.spawn(request, async move {
            // Without looks, a plan is never said to be compared, and never written.
            let looks = spawn_blocking(move || look(&sides)).await.unwrap_or_default();
            Reply::Answer(Answer::Compared(looks))
        });
    }

    /// Asks how the backend is, and the store of secrets, which answers for itself.
    pub(super) fn check_health(&mut self, request: Request) {
        if let Some(desk) = &self.desk {
            desk.ask_health();
        }
        let (reader, backend) = (Arc::clone(&self.reader), self.backend);
        self.spawn(request, async move {
            let limit = HEALTH_DEADLINE + GRACE;
            let health = timeout(limit, reader.health()).await.unwrap_or_else(|_| silent(backend, limit));
            Reply::Answer(Answer::Health(vec![health]))
        });
    }

    /// Asks how long a lease has left.
    pub(super) fn ask_lease(&mut self, request: Request, lease: LeaseId) {
        let reader = Arc::clone(&self.reader);
        self.spawn(request, async move {
            let left = timeout(CALL_DEADLINE + GRACE, reader.lease_left(lease)).await;
            let left = left.ok().and_then(Result::ok).flatten();
            Reply::Answer(Answer::Lease(lease, left))
        });
    }

    /// Looks for problems in a large draft.
    pub(super) fn check_draft(&mut self, request: Request, check: Check) {
        self.spawn(request, async move {
            let found = spawn_blocking(move || check.run()).await.unwrap_or_default();
            Reply::Answer(Answer::Checked(found))
        });
    }

    /// Makes the review of a large draft.
    pub(super) fn prepare_review(&mut self, request: Request, finish: Finish) {
        self.spawn(request, async move {
            // Nothing in there waits, so it is joined without a deadline; it fails only by a panic.
            let review = spawn_blocking(move || finish.review()).await.unwrap_or(Err(NotReady::Failed));
            Reply::Answer(Answer::Reviewed(Box::new(review)))
        });
    }

    /// Merges a large draft.
    pub(super) fn prepare_merge(&mut self, request: Request, ask: Ask) {
        self.spawn(request, async move {
            let broken = || Err("the merge broke down, see the log".into());
            let merging = spawn_blocking(move || ask.merging()).await.unwrap_or_else(|_| broken());
            Reply::Answer(Answer::Merged(Box::new(merging)))
        });
    }

    /// Reads what a large document needs.
    pub(super) fn read_needs(&mut self, request: Request, ask: NeedsAsk) {
        self.spawn(request, async move {
            let broken = ask.broken();
            let read = spawn_blocking(move || ask.run()).await.unwrap_or(broken);
            Reply::Answer(Answer::NeedsRead(Box::new(read)))
        });
    }

    /// Puts a text on the clipboard: by a program first, else by the terminal.
    pub(super) fn copy(&mut self, request: Request, text: String) {
        let clipboard = self.clipboard.clone();
        self.spawn(request, async move {
            if by_program(&clipboard, Zeroizing::new(text.clone())).await {
                return Reply::Answer(Answer::Copied(true));
            }
            Reply::CopyByTerminal(text)
        });
    }

    /// The way to the clipboard.
    pub(super) fn clipboard(&self) -> Clipboard {
        self.clipboard.clone()
    }

    /// Answers once the audit has it, and tells afterwards what the audit lacks.
    pub(super) fn spawn_audited<R: Into<Reply>>(
        &mut self,
        request: Request,
        work: impl Future<Output = (R, Option<Pending>)> + Send + 'static,
    ) {
        while self.tasks.try_join_next().is_some() {}
        let answers = self.answers.clone();
        self.tasks.spawn(async move {
            let (reply, pending) = work.await;
            let reply = reply.into();
            let trouble = match pending {
                Some(pending) => ledger::keep(pending).await,
                None => None,
            };
            // The loop is gone only when the console is being left.
            let _ = answers.send((request, reply)).await;
            if let Some(trouble) = trouble {
                let _ = answers.send((request, Reply::Answer(Answer::Unaudited(trouble)))).await;
            }
        });
    }

    /// Answers as often as `work` has something to tell.
    pub(super) fn spawn_telling<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        work: impl FnOnce(mpsc::Sender<(Request, Reply)>) -> F,
    ) -> AbortHandle {
        while self.tasks.try_join_next().is_some() {}
        self.tasks.spawn(work(self.answers.clone()))
    }

    pub(super) fn spawn(&mut self, request: Request, work: impl Future<Output = Reply> + Send + 'static) {
        while self.tasks.try_join_next().is_some() {}
        let answers = self.answers.clone();
        self.tasks.spawn(async move {
            let reply = work.await;
            // The loop is gone only when the console is being left.
            let _ = answers.send((request, reply)).await;
        });
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Saved(result) => Self::DraftSaved(result),
            Outcome::Listed(listed) => Self::Drafts(listed),
            Outcome::TakenUp(taken) => Self::DraftTaken(taken),
            Outcome::ThrownAway(result) => Self::DraftThrownAway(result),
        }
    }
}

pub(super) async fn commit(
    writer: &dyn ConfigWriter,
    ops: Vec<Op>,
    limit: Duration,
) -> Result<crate::provider::Commit, Error> {
    let Some(key) = ops.first().map(|op| op.key().clone()) else {
        return Err(Error::Invalid { reason: "a commit of nothing; give it at least one operation".into() });
    };
    timeout(limit, writer.commit(ops)).await.unwrap_or_else(|_| {
        Err(Error::OutcomeUnknown { key, reason: format!("nothing within {} s", limit.as_secs()) })
    })
}

/// Puts a text on the clipboard by a program, if there is one; says whether it took it.
pub(super) async fn by_program(clipboard: &Clipboard, text: Zeroizing<String>) -> bool {
    if !clipboard.has_program() {
        return false;
    }
    let clipboard = clipboard.clone();
    let run = spawn_blocking(move || clipboard.run_program(&text));
    matches!(timeout(CLIPBOARD_DEADLINE, run).await, Ok(Ok(true)))
}

fn silent(backend: &'static str, limit: Duration) -> Health {
    let text = format!("no answer within {} s", limit.as_secs());
    Health::unusable(backend, text, format!("check that {backend} runs and can be reached"))
}
