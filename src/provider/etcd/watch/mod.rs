//! The watch task: load, follow, and come back for ever.

mod assemble;
mod follow;
mod ledger;
mod retry;
mod vigil;
mod weave;

use std::convert::Infallible;
use std::sync::Arc;

use tokio::time::Instant;

use super::connect::Connector;
use super::error::{Fault, within};
use super::link::{HEAD_DEADLINE, Head, Link};
use super::load::{Begun, Chunk, Scope};
use super::login::RENEWALS;
use super::rights::Reach;
use crate::domain::{LinkState, Revision, StoreId};
use crate::provider::watch::Closed;
use crate::provider::{PAGE_LIMIT, Watch, WatchEvent, WatchHandle, WatchSender, watch_channel};
use ledger::Ledger;
use retry::Retry;

/// Starts a watch of its own. The task ends when the [`Watch`] is dropped or the provider shut down;
/// ending it drops its streams, which cancels the watch at the server.
pub(super) fn spawn(connector: Arc<Connector>, scope: Scope) -> Watch {
    let (events, watch) = watch_channel();
    let (reader, store) = (events.clone(), Arc::clone(&connector));
    let task = Task {
        retry: Retry::new(connector.endpoints()),
        connector,
        scope,
        events,
        wake: watch.wake.clone(),
        picture: None,
        loaded_before: false,
        renewed: 0,
        told: None,
    };
    tokio::spawn(async move {
        tokio::select! {
            // The end goes first: a provider that was shut down says nothing more.
            biased;
            () = reader.closed() => {}
            () = store.closed() => {}
            Err(_) = task.run() => {}
        }
    });
    watch
}

/// Why one round of a watch ended.
enum End {
    /// The reader is gone.
    Closed,
    /// The link is of no use any more.
    Lost(Fault),
}

impl From<Closed> for End {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Lost(fault)
    }
}

/// What the reader has.
struct Picture {
    store: StoreId,
    /// Everything up to here has been handed on.
    at: Revision,
    /// What it shows.
    reach: Reach,
    ledger: Ledger,
}

/// What to do with a picture when a link is back.
#[derive(Debug, PartialEq, Eq)]
enum Return {
    /// Follow from the next revision.
    Resume,
    /// Load anew: this is another store, or the same one restored to an earlier time.
    Load,
}

impl Return {
    /// etcd would accept a watch from a future revision, and stay silent (etcd issues 14303, 9656).
    fn to(picture: (&StoreId, Revision), now: (&StoreId, Revision)) -> Self {
        if picture.0 == now.0 && picture.1 <= now.1 { Self::Resume } else { Self::Load }
    }
}

struct Task {
    connector: Arc<Connector>,
    scope: Scope,
    events: WatchSender,
    wake: WatchHandle,
    /// `None` before the first load, and while one is under way.
    picture: Option<Picture>,
    loaded_before: bool,
    /// How often a session has lapsed and was opened anew since the picture was last true.
    renewed: usize,
    retry: Retry,
    /// What the members tried since the last wait had to say; the most telling of it.
    told: Option<Fault>,
}

impl Task {
    async fn run(mut self) -> Result<Infallible, Closed> {
        self.state(LinkState::Connecting { error: None, retry_in: None }).await?;
        loop {
            match self.round().await {
                Err(End::Closed) => return Err(Closed),
                Err(End::Lost(fault)) => self.wait(fault).await?,
                Ok(never) => match never {},
            }
        }
    }

    /// The watch is where the store is: what went wrong before is over.
    fn well(&mut self) {
        self.retry.succeeded(Instant::now());
        self.renewed = 0;
        self.told = None;
    }

    async fn state(&self, state: LinkState) -> Result<(), Closed> {
        self.events.send(WatchEvent::State(state)).await
    }

    /// One link, from its first answer to its end.
    async fn round(&mut self) -> Result<Infallible, End> {
        let link = self.connector.link().await?;
        match self.converse(&link).await {
            // A member that denies is as good as any other.
            Err(End::Lost(fault)) if fault != Fault::Denied => {
                Err(End::Lost(self.connector.fail(&link, fault).await))
            }
            ended => ended,
        }
    }

    async fn converse(&mut self, link: &Link) -> Result<Infallible, End> {
        let mut resumed = self.returns_to(link).await? == Return::Resume;
        loop {
            if resumed {
                self.state(LinkState::CatchingUp).await?;
            } else {
                self.load(link).await?;
            }
            link.prove();
            resumed = match self.follow(link, resumed).await? {
                follow::Ended::Reload => false,
                follow::Ended::Reopen => true,
            };
        }
    }

    async fn returns_to(&self, link: &Link) -> Result<Return, Fault> {
        let Some(picture) = &self.picture else { return Ok(Return::Load) };
        let mark = self.connector.mark_seen(&picture.store, picture.at);
        let now = match within(HEAD_DEADLINE, picture.reach.head(link, 0)).await {
            // The load finds out what may still be read.
            Err(Fault::Denied) => return Ok(Return::Load),
            now => now?,
        };
        self.connector.judge(mark, link, now);
        if picture.reach.coverage.is_partial() {
            let reach = Reach::ask(link, &self.scope).await?;
            if reach.coverage != picture.reach.coverage {
                return Ok(Return::Load);
            }
        }
        let store = self.connector.store(now.cluster);
        Ok(Return::to((&picture.store, picture.at), (&store, now.revision)))
    }

    /// Tells what broke and when it is tried again, and waits for that, or for a person.
    async fn wait(&mut self, fault: Fault) -> Result<(), Closed> {
        if self.lapsed(&fault) {
            return Ok(());
        }
        let wait = self.retry.after_failure(Instant::now());
        let fault = match self.told.take() {
            Some(earlier) => earlier.or_more_telling(fault),
            None => fault,
        };
        if wait.is_zero() {
            self.told = Some(fault.clone());
        }
        let retry_in = Some(wait);
        let reason = fault.words(&self.connector.name());
        self.state(match fault {
            Fault::Denied => LinkState::Denied { permission: self.scope.permission(), retry_in },
            Fault::NoLogin | Fault::BadLogin => LinkState::Denied { permission: reason, retry_in },
            _ if self.loaded_before => LinkState::Stale { reason, retry_in },
            _ => LinkState::Connecting { error: Some(reason), retry_in },
        })
        .await?;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.wake.woken() => {
                self.retry.reset();
                self.connector.log_in_again();
            }
        }
        Ok(())
    }

    /// Whether the session alone has lapsed, so that nobody need be told before a new login has failed.
    fn lapsed(&mut self, fault: &Fault) -> bool {
        matches!(fault, Fault::Expired | Fault::NoLogin)
            && self.connector.settings().login.is_some()
            && self.may_renew()
    }

    fn may_renew(&mut self) -> bool {
        self.renewed += 1;
        self.renewed <= RENEWALS
    }

    /// A full load; begins again where the store compacts the revision that is being read.
    async fn load(&mut self, link: &Link) -> Result<(), End> {
        loop {
            match self.load_once(link).await {
                Err(End::Lost(Fault::Compacted)) => {}
                ended => return ended,
            }
        }
    }

    async fn load_once(&mut self, link: &Link) -> Result<(), End> {
        let mark = self.connector.mark();
        let Begun { reach, first: mut chunk, mut pager } = Begun::on(link, &self.scope, false).await?;
        self.connector.judge(mark, link, chunk.head);
        let Head { cluster, revision: at, .. } = chunk.head;
        let store = self.connector.store(cluster);
        self.picture = None;
        let resync = self.loaded_before;
        let coverage = reach.coverage.clone();
        self.events.send(WatchEvent::Load { store: store.clone(), at, resync, coverage }).await?;

        let (mut ledger, mut entries) = (Ledger::default(), 0);
        loop {
            // The next answer is on its way while this one is handed on.
            let (sent, next) = tokio::join!(self.hand_on(chunk, &mut ledger), pager.next());
            entries += sent?;
            self.state(LinkState::Loading { entries }).await?;
            match next? {
                Some(more) => chunk = more,
                None => break,
            }
        }
        self.events.send(WatchEvent::Loaded { at }).await?;
        self.loaded_before = true;
        self.picture = Some(Picture { store, at, reach, ledger });
        Ok(())
    }

    async fn hand_on(&self, chunk: Chunk, ledger: &mut Ledger) -> Result<usize, Closed> {
        let mut count = 0;
        // By value: each answer's memory shrinks as its pages leave.
        let mut rest = chunk.kvs.into_iter();
        loop {
            let part: Vec<_> = rest.by_ref().take(PAGE_LIMIT).collect();
            if part.is_empty() {
                return Ok(count);
            }
            let page: Vec<_> = part.iter().filter_map(|kv| self.scope.entry(kv)).collect();
            drop(part);
            count += page.len();
            for entry in &page {
                ledger.put(entry);
            }
            if !page.is_empty() {
                self.events.send(WatchEvent::Page(page)).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_resumes_only_in_the_same_store_at_no_lower_a_revision() {
        let (ours, other) = (StoreId::new("a"), StoreId::new("b"));
        let at = Revision(7);
        assert_eq!(Return::to((&ours, at), (&ours, Revision(7))), Return::Resume);
        assert_eq!(Return::to((&ours, at), (&ours, Revision(9))), Return::Resume);
        assert_eq!(Return::to((&ours, at), (&ours, Revision(6))), Return::Load);
        assert_eq!(Return::to((&ours, at), (&other, Revision(9))), Return::Load);
    }
}
