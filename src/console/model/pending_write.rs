//! A write that has no answer yet, and a write whose answer was lost.

use std::time::Duration;

use super::StoreLink;
use crate::console::request::RequestId;
use crate::console::screens::plan::PlanStep;
use crate::domain::{Document, ResourceKey, StoreId};
use crate::provider::Op;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingWrite {
    pub request: RequestId,
    /// `None` if the document is deleted.
    pub document: Option<Document>,
    /// The key; if there are several, the first.
    pub key: ResourceKey,
    pub store: Option<StoreId>,
    pub steps: Vec<PlanStep>,
    /// Its description, if it writes several documents.
    pub description: Option<String>,
    /// The number of the write that it undoes.
    pub undoes: Option<u64>,
}

impl PendingWrite {
    /// `write production/orders`
    pub fn describe(&self) -> String {
        if let Some(said) = &self.description {
            return said.clone();
        }
        format!("{} {}", if self.document.is_some() { "write" } else { "delete" }, self.key)
    }
}

/// How long after a failed attempt the next one follows, unless the link recovers earlier.
const AGAIN: Duration = Duration::from_secs(2);

/// The last commit, until it is answered.
#[derive(Debug, Clone)]
pub struct SentCommit {
    pub request: RequestId,
    pub store: Option<StoreId>,
    pub ops: Vec<Op>,
}

/// A commit whose outcome is unknown. No other write is sent until it is known.
#[derive(Debug, Clone)]
pub struct UnknownOutcome {
    pub sent: SentCommit,
    /// The pending request for its outcome.
    pub asked: Option<RequestId>,
    pub asked_at: Option<Duration>,
}

impl UnknownOutcome {
    /// When to query the outcome; `None` while a request is pending.
    pub fn next_query(&self, link: &StoreLink) -> Option<Duration> {
        match (self.asked, self.asked_at) {
            (Some(_), _) => None,
            (None, None) => Some(Duration::ZERO),
            (None, Some(asked)) if link.state.is_synced() && link.since > asked => Some(link.since),
            (None, Some(asked)) => Some(asked + AGAIN),
        }
    }
}
