//! A write whose answer was lost, until it is found out what became of it.

use std::time::Duration;

use super::Link;
use crate::console::effect::Request;
use crate::domain::StoreId;
use crate::provider::Op;

/// How long after an attempt that met nobody the next one comes, unless the link is back before.
const AGAIN: Duration = Duration::from_secs(2);

/// What the last commit was to do, until its answer comes.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The question.
    pub request: Request,
    /// The store it went to.
    pub store: Option<StoreId>,
    /// The operations.
    pub ops: Vec<Op>,
}

/// A commit of which nobody knows whether it was done. No other write is sent meanwhile.
#[derive(Debug, Clone)]
pub struct Unknown {
    /// The commit.
    pub sent: Sent,
    /// The question under way.
    pub asked: Option<Request>,
    /// When the last one was asked.
    pub asked_at: Option<Duration>,
}

impl Unknown {
    /// When to ask; `None` while a question is under way.
    pub fn next(&self, link: &Link) -> Option<Duration> {
        match (self.asked, self.asked_at) {
            (Some(_), _) => None,
            (None, None) => Some(Duration::ZERO),
            (None, Some(asked)) if link.state.is_true() && link.since > asked => Some(link.since),
            (None, Some(asked)) => Some(asked + AGAIN),
        }
    }
}
