//! The state of the watch on one store: whether what is shown is current.

use std::time::Duration;

/// The state of the link to one store, from its watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// No answer yet.
    Connecting {
        /// Why the last attempt failed, if there was one.
        error: Option<String>,
        /// When it is tried again, counted from this message.
        retry_in: Option<Duration>,
    },
    /// A full load is under way; so many entries have arrived.
    Loading {
        /// Entries so far.
        entries: usize,
    },
    /// What is shown equals the store.
    Synced,
    /// The link is back; changes made meanwhile are being replayed.
    CatchingUp,
    /// What is shown was current and may not be any more.
    Stale {
        /// What broke, in words.
        reason: String,
        /// When it is tried again, counted from this message.
        retry_in: Option<Duration>,
    },
    /// The store denies access.
    Denied {
        /// The missing permission, in words.
        permission: String,
        /// When it is tried again, counted from this message.
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
            Self::CatchingUp => "CATCHING UP",
            Self::Stale { .. } => "STALE",
            Self::Denied { .. } => "DENIED",
        }
    }

    /// What is wrong, in words, if anything is.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Connecting { error, .. } => error.as_deref(),
            Self::Stale { reason, .. } | Self::Denied { permission: reason, .. } => Some(reason),
            Self::Loading { .. } | Self::Synced | Self::CatchingUp => None,
        }
    }

    /// When it is tried again, counted from this message.
    pub fn retry_in(&self) -> Option<Duration> {
        match self {
            Self::Connecting { retry_in, .. }
            | Self::Stale { retry_in, .. }
            | Self::Denied { retry_in, .. } => *retry_in,
            Self::Loading { .. } | Self::Synced | Self::CatchingUp => None,
        }
    }

    /// Whether what is shown equals the store.
    pub fn is_synced(&self) -> bool {
        matches!(self, Self::Synced)
    }
}
