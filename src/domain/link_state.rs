//! The state of the watch on one store: whether what is shown is current.

use std::time::Duration;

use super::Revision;

/// The state of the link to one store, from its watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// No answer yet.
    Connecting {
        /// Why the last attempt failed, if there was one.
        error: Option<String>,
        /// When the next attempt is made, counted from this message.
        retry_in: Option<Duration>,
    },
    /// A full load is in progress.
    Loading {
        /// The number of entries received so far.
        entries: usize,
        /// The rate at which they arrive, once that has taken a second.
        bytes_per_second: Option<u64>,
    },
    /// The displayed contents match the store.
    Synced,
    /// Behind the store: the link is back and changes made meanwhile are being replayed, or changes arrive later
    /// than they are made.
    CatchingUp {
        /// What is displayed.
        applied: Revision,
        /// The store's revision; `None` while the line is so busy with what was written that the store cannot be
        /// asked.
        store: Option<Revision>,
    },
    /// The displayed contents were current, but may no longer be.
    Stale {
        /// What broke, in words.
        reason: String,
        /// When the next attempt is made, counted from this message.
        retry_in: Option<Duration>,
    },
    /// The store denies access.
    Denied {
        /// The missing permission, in words.
        permission: String,
        /// When the next attempt is made, counted from this message.
        retry_in: Option<Duration>,
    },
}

impl LinkState {
    /// The word on the badge.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Connecting { .. } => "CONNECTING",
            Self::Loading { .. } => "LOADING",
            Self::Synced => "SYNCED",
            Self::CatchingUp { .. } => "CATCHING UP",
            Self::Stale { .. } => "STALE",
            Self::Denied { .. } => "DENIED",
        }
    }

    /// What is wrong, in words, if anything is.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Connecting { error, .. } => error.as_deref(),
            Self::Stale { reason, .. } | Self::Denied { permission: reason, .. } => Some(reason),
            Self::Loading { .. } | Self::Synced | Self::CatchingUp { .. } => None,
        }
    }

    /// When the next attempt is made, counted from this message.
    pub fn retry_in(&self) -> Option<Duration> {
        match self {
            Self::Connecting { retry_in, .. }
            | Self::Stale { retry_in, .. }
            | Self::Denied { retry_in, .. } => *retry_in,
            Self::Loading { .. } | Self::Synced | Self::CatchingUp { .. } => None,
        }
    }

    /// Whether the displayed contents match the store.
    pub fn is_synced(&self) -> bool {
        matches!(self, Self::Synced)
    }
}
