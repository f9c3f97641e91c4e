//! The connection to the secret store, and the secrets that are watched.

use std::collections::HashSet;
use std::time::Duration;

use super::secrets_summary::lacks_field;
use super::{ConsoleContext, PresenceCache, SecretsSummary};
use crate::check::SecretLookup;
use crate::domain::{LatencyClass, SecretPath, SecretStoreStatus};
use crate::inventory::Inventory;

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
    /// What is known of the secrets in it, watched or not.
    pub summary: SecretsSummary,
    /// The version of the presence that the summary was made from.
    pub(crate) summarized: Option<u64>,
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
    }

    /// Brings the summary up to date; returns whether it changed.
    pub(crate) fn summarize(
        &mut self,
        presence_cache: &mut PresenceCache,
        inventory: &Inventory,
        lookup: &SecretLookup,
    ) -> bool {
        let made_from = Some(presence_cache.version());
        if self.summarized == made_from {
            return false;
        }
        self.summarized = made_from;
        presence_cache.check(|path, contents| lacks_field(path, contents, inventory, lookup));
        let summary = SecretsSummary::of(presence_cache, inventory, lookup);
        std::mem::replace(&mut self.summary, summary) != summary
    }
}
