//! What is shown until a deadline: the message in the status line, a lease that ends.

use std::time::Duration;

use crate::console::request::RequestId;
use crate::domain::LeaseId;

/// When a lease expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseExpiry {
    pub lease: LeaseId,
    /// The pending request.
    pub asked: Option<RequestId>,
    /// When it expires, as time since the start; `None` until answered.
    pub ends: Option<Duration>,
}

/// A message in the status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub tone: Tone,
    /// When it disappears.
    pub until: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Bad,
}
