//! The desk that asks which secrets are there, for what is on the screen and nothing else: one request a
//! path, few at a time, again now and then while it stays in sight, given up when it goes. After trouble
//! of the store as a whole one question goes ahead of all the rest.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `table` | what is wanted and known: what is asked next, what is news; without a clock |
//! | `trouble` | when a store that does not answer is tried again |
//!
//! It asks a `SecretReader`, which cannot tell a value.

mod table;
#[cfg(test)]
mod tests;
mod trouble;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

use super::runner::Reply;
use crate::console::effect::Request;
use crate::console::message::{Answer, Reach};
use crate::domain::{Health, Presence, SecretPath, SecretStanding};
use crate::provider::{CALL_DEADLINE, Error, HEALTH_DEADLINE, SecretReader};
use table::{Table, Turn};

/// How many questions are under way at the same time.
pub(super) const AT_ONCE: usize = 8;

/// How many words to the desk wait for it; what does not fit is looked at in its turn.
const WORDS: usize = 64;

/// What a provider may take beyond its own deadline before it is not waited for any more.
const GRACE: Duration = Duration::from_secs(1);

/// Where the loop leaves its wishes. Dropping it ends the desk with all that it has asked.
pub(super) struct Desk {
    list: watch::Sender<Arc<[SecretPath]>>,
    words: mpsc::Sender<Word>,
}

enum Word {
    /// This was written.
    Again(SecretPath),
    /// Somebody waits, or the store is said to have changed: look at everything.
    All,
    /// Ask how the store is.
    Health,
}

impl Desk {
    /// Opens one within a Tokio runtime; it asks nothing before it is told what to look at.
    pub(super) fn open(reader: Arc<dyn SecretReader>, answers: mpsc::Sender<(Request, Reply)>) -> Self {
        let (list, lists) = watch::channel(Arc::from([]));
        let (words, said) = mpsc::channel(WORDS);
        let work = Work {
            reader,
            table: Table::default(),
            asked: JoinSet::new(),
            under_way: HashMap::new(),
            health: JoinSet::new(),
            health_again: false,
            reach: None,
            healthy: None,
        };
        tokio::spawn(work.run(lists, said, answers));
        Self { list, words }
    }

    /// Replaces what is looked at; nothing ends it.
    pub(super) fn look(&self, paths: Vec<SecretPath>) {
        self.list.send_replace(paths.into());
    }

    /// Looks at a path at once, if it is looked at.
    pub(super) fn look_again(&self, path: SecretPath) {
        let _ = self.words.try_send(Word::Again(path));
    }

    /// Looks at everything at once, without waiting for the next try.
    pub(super) fn look_at_all(&self) {
        let _ = self.words.try_send(Word::All);
    }

    /// Asks how the store is.
    pub(super) fn ask_health(&self) {
        let _ = self.words.try_send(Word::Health);
    }
}

/// What was told of a path.
type Told = (SecretPath, Result<Presence, Error>);

/// The desk's task.
struct Work {
    reader: Arc<dyn SecretReader>,
    table: Table,
    asked: JoinSet<Told>,
    /// What is asked by which task, and how it is given up.
    under_way: HashMap<Id, (SecretPath, AbortHandle)>,
    health: JoinSet<Health>,
    health_again: bool,
    /// What is still to be told of the store.
    reach: Option<Reach>,
    healthy: Option<Health>,
}

impl Work {
    async fn run(
        mut self,
        mut lists: watch::Receiver<Arc<[SecretPath]>>,
        mut said: mpsc::Receiver<Word>,
        answers: mpsc::Sender<(Request, Reply)>,
    ) {
        loop {
            self.ask();
            let now = Instant::now();
            let tells = self.reach.is_some() || self.healthy.is_some() || self.table.news_due(now);
            let due = self.table.due(self.asked.len() < AT_ONCE);
            tokio::select! {
                biased;
                changed = lists.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let list = Arc::clone(&lists.borrow_and_update());
                    self.want(&list);
                }
                Some(word) = said.recv() => self.take(word),
                Some(done) = self.asked.join_next_with_id() => self.done(done),
                Some(health) = self.health.join_next() => self.health_came(health.ok()),
                place = answers.reserve(), if tells => {
                    // The loop is gone only when the console is being left.
                    let Ok(place) = place else { return };
                    if let Some(answer) = self.tell() {
                        place.send((Request::default(), Reply::Answer(answer)));
                    }
                }
                () = until(due.filter(|_| !tells)) => self.table.forget(Instant::now()),
            }
        }
    }

    fn want(&mut self, list: &[SecretPath]) {
        let was_idle = self.table.is_idle();
        let gone = self.table.want(list, Instant::now());
        for (path, task) in self.under_way.values() {
            if gone.contains(path) {
                task.abort();
            }
        }
        // Nobody followed what became of it while nothing was looked at.
        if was_idle && self.table.reason().is_some() {
            self.turned();
        }
    }

    fn take(&mut self, word: Word) {
        match word {
            Word::Again(path) => self.table.look_again(path, Instant::now()),
            Word::All => {
                self.reader.retry_now();
                self.table.look_at_all(Instant::now());
                self.ask_health();
            }
            Word::Health => self.ask_health(),
        }
    }

    /// Asks for what is due, as far as there are places. One given up holds its place until it has ended.
    fn ask(&mut self) {
        while self.asked.len() < AT_ONCE
            && let Some(path) = self.table.next(Instant::now())
        {
            self.table.began(&path);
            let (reader, asked) = (Arc::clone(&self.reader), path.clone());
            let task = self.asked.spawn(async move {
                let limit = CALL_DEADLINE + GRACE;
                let answer = timeout(limit, reader.presence(&asked)).await.unwrap_or_else(|_| {
                    let reason = format!("the store of secrets said nothing within {} s", limit.as_secs());
                    Err(Error::Unavailable { reason, retry_in: None })
                });
                (asked, answer)
            });
            self.under_way.insert(task.id(), (path, task));
        }
    }

    fn done(&mut self, done: Result<(Id, Told), JoinError>) {
        let now = Instant::now();
        match done {
            Ok((id, (path, answer))) => {
                self.under_way.remove(&id);
                match self.table.answered(&path, answer, now) {
                    Turn::None => {}
                    Turn::Trouble => {
                        // What else was asked would wait for the same.
                        self.under_way.values().for_each(|(_, task)| task.abort());
                        self.turned();
                    }
                    Turn::Over => self.turned(),
                }
            }
            Err(ended) => {
                if let Some((path, _)) = self.under_way.remove(&ended.id()) {
                    self.table.cancelled(&path, now);
                }
            }
        }
    }

    /// The store answers again, or does not.
    fn turned(&mut self) {
        let standing = self.reader.standing();
        let reach = match self.table.reason() {
            None => Reach { standing, why: None },
            Some(why) => {
                let standing = if standing.serves() { SecretStanding::Unreachable } else { standing };
                Reach { standing, why: Some(why.to_owned()) }
            }
        };
        self.reach = Some(reach);
        self.ask_health();
    }

    /// Asks how the store is, once at a time.
    fn ask_health(&mut self) {
        if !self.health.is_empty() {
            self.health_again = true;
            return;
        }
        let reader = Arc::clone(&self.reader);
        self.health.spawn(async move {
            let limit = HEALTH_DEADLINE + GRACE;
            timeout(limit, reader.health()).await.unwrap_or_else(|_| silent(limit))
        });
    }

    fn health_came(&mut self, health: Option<Health>) {
        self.healthy = health.or(self.healthy.take());
        if std::mem::take(&mut self.health_again) {
            self.ask_health();
        }
    }

    /// The next thing there is to tell; the store comes before what is in it.
    fn tell(&mut self) -> Option<Answer> {
        if let Some(reach) = self.reach.take() {
            return Some(Answer::SecretReach(reach));
        }
        if self.table.news_due(Instant::now()) {
            let news = self.table.take_news();
            // The path may be to blame, or a token that has ended: the store's health tells which.
            if news.iter().any(|(_, presence)| matches!(presence, Presence::Forbidden { .. })) {
                self.ask_health();
            }
            return Some(Answer::Seen(news));
        }
        self.healthy.take().map(|health| Answer::SecretHealth(Box::new(health)))
    }
}

fn silent(limit: Duration) -> Health {
    let text = format!("the store of secrets said nothing within {} s", limit.as_secs());
    let mut health = Health::unusable("secrets", text, "check that it runs and can be reached");
    health.standing = Some(SecretStanding::Unreachable);
    health
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
