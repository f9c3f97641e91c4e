//! The connection to the secret store, and the secrets that are watched.

use std::collections::HashSet;
use std::time::Duration;

use super::{ConsoleContext, PresenceCache};
use crate::domain::{LatencyClass, Presence, SecretPath, SecretStoreStatus};

/// The connection to the secret store, as its badge shows it.
#[derive(Debug, Default)]
pub struct SecretLink {
    pub backend: &'static str,
    /// `None` before the first answer.
    pub standing: Option<SecretStoreStatus>,
    /// Why the visible secrets cannot be watched, if they cannot.
    pub blocked_reason: Option<String>,
    /// Since when it has this status, as time since the start.
    pub since: Duration,
    /// The latency class of the health checks.
    pub latency: Option<LatencyClass>,
    /// The host that it redirects to.
    pub redirect: Option<String>,
    /// Whether the token was ever a root token.
    pub root: bool,
    /// The secrets that are watched, the most important first.
    pub watched: Vec<SecretPath>,
    /// How many of them may not be read.
    pub forbidden: usize,
}

impl SecretLink {
    pub(super) fn new(context: &ConsoleContext) -> Self {
        let backend = context.secret_backend;
        let standing = (!backend.key_value).then_some(SecretStoreStatus::Variables);
        Self { backend: backend.name, standing, ..Self::default() }
    }

    /// Sets the status; returns whether it changed. Setting the same status again keeps its age.
    pub fn set_standing(&mut self, standing: SecretStoreStatus, now: Duration) -> bool {
        let news = self.standing != Some(standing);
        if news {
            (self.standing, self.since) = (Some(standing), now);
        }
        news
    }

    pub fn set_watched(&mut self, paths: Vec<SecretPath>, presence_cache: &mut PresenceCache, now: Duration) {
        let kept: HashSet<_> = paths.iter().collect();
        for gone in self.watched.iter().filter(|path| !kept.contains(path)) {
            presence_cache.mark_hidden(gone, now);
        }
        for path in &paths {
            presence_cache.mark_visible(path, now);
        }
        self.watched = paths;
        self.count_forbidden(presence_cache);
    }

    /// Recounts the secrets that may not be read.
    pub fn count_forbidden(&mut self, presence_cache: &PresenceCache) {
        let seen = self.watched.iter().filter_map(|path| presence_cache.presence(path));
        self.forbidden = seen.filter(|presence| matches!(presence, Presence::Forbidden { .. })).count();
    }
}
