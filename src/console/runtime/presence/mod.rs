//! Polls the presence of exactly the secrets on the screen: one query per path, few at a time, repeated at an
//! interval while the path is visible, and cancelled when it is not. During an outage of the store a single
//! query probes for its end.
//!
//! | module | what it does |
//! | --- | --- |
//! | `table` | visible paths and known states: what to query next, what to report; without a clock |
//! | `backoff` | when a store that does not answer is tried again |
//!
//! It uses a `SecretReader`, which cannot read values.

mod backoff;
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::OptionFuture;
use table::{OutageChange, PollTable};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::task_reply::TaskReply;
use crate::console::message::{Answer, SecretReachability};
use crate::console::request::RequestId;
use crate::domain::{Health, Presence, SecretPath, SecretStoreStatus};
use crate::provider::{Error, HEALTH_DEADLINE, SecretReader, secret_store_answer, within};

/// How many queries run at once.
pub(super) const AT_ONCE: usize = 8;

/// Queue length of commands; regular polling makes up for a dropped one.
const WORDS: usize = 64;

/// A handle to the polling task. Dropping it ends the task and its queries.
pub(super) struct PresencePoller {
    list: watch::Sender<Arc<[SecretPath]>>,
    commands: mpsc::Sender<PollerCommand>,
}

pub(super) enum PollerCommand {
    /// Query this path at once, if it is polled, because it was written.
    Refresh(SecretPath),
    /// Query everything at once, without waiting for the back-off, because the user asked to retry or the
    /// store may have changed.
    RefreshAll,
    CheckHealth,
}

impl PresencePoller {
    /// Starts the task in the current tokio runtime; it queries nothing before the first [`Self::watch`].
    pub(super) fn open(reader: Arc<dyn SecretReader>, answers: mpsc::Sender<(RequestId, TaskReply)>) -> Self {
        let (list, lists) = watch::channel(Arc::from([]));
        let (commands, said) = mpsc::channel(WORDS);
        let work = PollTask {
            reader,
            table: PollTable::default(),
            queries: JoinSet::new(),
            in_flight: HashMap::new(),
            health: JoinSet::new(),
            health_again: false,
            reachability: None,
            health_news: None,
        };
        tokio::spawn(work.run(lists, said, answers));
        Self { list, commands }
    }

    /// Replaces the polled paths; an empty list stops polling.
    pub(super) fn watch(&self, paths: Vec<SecretPath>) {
        self.list.send_replace(paths.into());
    }

    pub(super) fn send(&self, command: PollerCommand) {
        let _ = self.commands.try_send(command);
    }
}

type PresenceAnswer = (SecretPath, Result<Presence, Error>);

struct PollTask {
    reader: Arc<dyn SecretReader>,
    table: PollTable,
    queries: JoinSet<PresenceAnswer>,
    /// The path of each running query, and the handle to cancel it.
    in_flight: HashMap<Id, (SecretPath, AbortHandle)>,
    health: JoinSet<Health>,
    health_again: bool,
    /// Set until it is reported.
    reachability: Option<SecretReachability>,
    health_news: Option<Health>,
}

impl PollTask {
    async fn run(
        mut self,
        mut lists: watch::Receiver<Arc<[SecretPath]>>,
        mut said: mpsc::Receiver<PollerCommand>,
        answers: mpsc::Sender<(RequestId, TaskReply)>,
    ) {
        loop {
            self.ask();
            let now = Instant::now();
            let tells = self.reachability.is_some() || self.health_news.is_some() || self.table.news_due(now);
            let due = self.table.due(self.queries.len() < AT_ONCE);
            tokio::select! {
                biased;
                changed = lists.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let list = Arc::clone(&lists.borrow_and_update());
                    self.want(&list);
                }
                Some(word) = said.recv() => self.handle(word),
                Some(done) = self.queries.join_next_with_id() => self.query_done(done),
                Some(health) = self.health.join_next() => self.health_came(health.ok()),
                place = answers.reserve(), if tells => {
                    // The event loop is gone only on exit.
                    let Ok(place) = place else { return };
                    if let Some(answer) = self.next_answer() {
                        place.send((RequestId::default(), TaskReply::Answer(answer)));
                    }
                }
                Some(()) = OptionFuture::from(due.filter(|_| !tells).map(sleep_until)) => {
                    self.table.forget(Instant::now());
                }
            }
        }
    }

    fn want(&mut self, list: &[SecretPath]) {
        let was_idle = self.table.is_idle();
        let gone = self.table.want(list, Instant::now());
        for (path, task) in self.in_flight.values() {
            if gone.contains(path) {
                task.abort();
            }
        }
        // The outage was not tracked while nothing was polled.
        if was_idle && self.table.reason().is_some() {
            self.outage_changed();
        }
    }

    fn handle(&mut self, word: PollerCommand) {
        match word {
            PollerCommand::Refresh(path) => self.table.refresh(path, Instant::now()),
            PollerCommand::RefreshAll => {
                self.reader.retry_now();
                self.table.refresh_all(Instant::now());
                self.check_health();
            }
            PollerCommand::CheckHealth => self.check_health(),
        }
    }

    /// Starts the queries that are due, up to the limit. A cancelled query counts until it has ended.
    fn ask(&mut self) {
        while self.queries.len() < AT_ONCE
            && let Some(path) = self.table.next(Instant::now())
        {
            self.table.query_started(&path);
            let (reader, asked) = (Arc::clone(&self.reader), path.clone());
            let task = self.queries.spawn(async move {
                let answer = secret_store_answer(reader.presence(&asked)).await;
                (asked, answer)
            });
            self.in_flight.insert(task.id(), (path, task));
        }
    }

    fn query_done(&mut self, done: Result<(Id, PresenceAnswer), JoinError>) {
        let now = Instant::now();
        match done {
            Ok((id, (path, answer))) => {
                self.in_flight.remove(&id);
                let is_unseen = |presence| matches!(presence, Some(&Presence::Unreachable { .. }));
                let last = is_unseen(self.table.last_reported(&path));
                let turned = answer.as_ref().is_ok_and(|now| is_unseen(Some(now)) != last);
                let change = self.table.answered(&path, answer, now);
                if change == OutageChange::Began {
                    // The other queries would fail in the same way.
                    self.in_flight.values().for_each(|(_, task)| task.abort());
                }
                if change != OutageChange::None {
                    self.outage_changed();
                } else if turned {
                    // Perhaps it is not the store that answers any more, which one path does not tell.
                    self.check_health();
                }
            }
            Err(ended) => {
                if let Some((path, _)) = self.in_flight.remove(&ended.id()) {
                    self.table.cancelled(&path, now);
                }
            }
        }
    }

    /// An outage began or ended, or its reason changed.
    fn outage_changed(&mut self) {
        let reason = self.table.reason().map(str::to_owned);
        let standing = match self.reader.last_status() {
            standing if standing.serves() && reason.is_some() => SecretStoreStatus::Unreachable,
            standing => standing,
        };
        self.reachability = Some(SecretReachability { standing, reason });
        self.check_health();
    }

    /// Queries the store's health, one query at a time.
    fn check_health(&mut self) {
        if !self.health.is_empty() {
            self.health_again = true;
            return;
        }
        let reader = Arc::clone(&self.reader);
        self.health.spawn(async move {
            within(HEALTH_DEADLINE, reader.health(), |within| {
                let text = format!("the store of secrets said nothing {within}");
                let mut health = Health::unusable("secrets", text, "check that it runs and can be reached");
                health.secret_store = Some(SecretStoreStatus::Unreachable);
                health
            })
            .await
        });
    }

    fn health_came(&mut self, health: Option<Health>) {
        self.health_news = health.or(self.health_news.take());
        if std::mem::take(&mut self.health_again) {
            self.check_health();
        }
    }

    /// The next answer to report; the store's state comes before that of its secrets.
    fn next_answer(&mut self) -> Option<Answer> {
        if let Some(reachability) = self.reachability.take() {
            return Some(Answer::SecretReachability(reachability));
        }
        if self.table.news_due(Instant::now()) {
            let news = self.table.take_news();
            // Either the path is forbidden or the token has expired: the store's health shows which.
            if news.iter().any(|(_, presence)| matches!(presence, Presence::Forbidden { .. })) {
                self.check_health();
            }
            return Some(Answer::PresenceChanged(news));
        }
        self.health_news.take().map(|health| Answer::SecretHealth(Box::new(health)))
    }
}
