//! Finding out the outcome of a write whose answer was lost.

use std::time::Duration;

use super::StoreLink;
use crate::console::request::RequestId;
use crate::domain::StoreId;
use crate::provider::Op;

/// How long after a failed attempt the next one follows, unless the link is back before.
const AGAIN: Duration = Duration::from_secs(2);

/// The last commit, until its answer comes.
#[derive(Debug, Clone)]
pub struct SentCommit {
    pub request: RequestId,
    pub store: Option<StoreId>,
    pub ops: Vec<Op>,
}

/// A commit whose outcome is unknown. No other write is sent meanwhile.
#[derive(Debug, Clone)]
pub struct UnknownOutcome {
    pub sent: SentCommit,
    /// The pending request for its outcome.
    pub asked: Option<RequestId>,
    pub asked_at: Option<Duration>,
}

impl UnknownOutcome {
    /// When to ask; `None` while a request is pending.
    pub fn next_query(&self, link: &StoreLink) -> Option<Duration> {
        match (self.asked, self.asked_at) {
            (Some(_), _) => None,
            (None, None) => Some(Duration::ZERO),
            (None, Some(asked)) if link.state.is_synced() && link.since > asked => Some(link.since),
            (None, Some(asked)) => Some(asked + AGAIN),
        }
    }
}
