//! The link to the store of secrets: how it stands, and what is being looked at.

use std::collections::HashSet;
use std::time::Duration;

use super::{Context, Sight};
use crate::check::OwnSecrets;
use crate::domain::{LatencyClass, Presence, SecretPath, SecretStanding};

/// The link to the store of secrets as its badge tells it.
#[derive(Debug, Default)]
pub struct SecretLink {
    /// Its kind as on its badge: `vault`, `env`.
    pub backend: &'static str,
    /// How it stands; `None` before anything was heard of it.
    pub standing: Option<SecretStanding>,
    /// Why what is in sight cannot be asked for, while it cannot.
    pub why: Option<String>,
    /// Since when it stands so, as time since the program started.
    pub since: Duration,
    /// The class of the health checks' round trips.
    pub latency: Option<LatencyClass>,
    /// The token is a root token. Once seen, it stays.
    pub root: bool,
    /// What is being looked at, the most important first.
    pub looked_at: Vec<SecretPath>,
    /// How many of those may not be seen.
    pub forbidden: usize,
}

impl SecretLink {
    /// Of a context's store of secrets, of which nothing is known yet.
    pub(super) fn new(context: &Context) -> Self {
        let backend = match &context.secrets {
            // The demo's are in this process too.
            Some(_) if context.backend == "memory" => "secrets",
            Some(eyes) if matches!(eyes.kept, OwnSecrets::Kv { .. }) => "vault",
            _ => "env",
        };
        // Variables need no connection.
        let standing = (backend == "env").then_some(SecretStanding::Variables);
        Self { backend, standing, ..Self::default() }
    }

    /// Takes in how it stands; answers whether that is news. Repeats keep its age.
    pub fn enter(&mut self, standing: SecretStanding, now: Duration) -> bool {
        let news = self.standing != Some(standing);
        if news {
            (self.standing, self.since) = (Some(standing), now);
        }
        news
    }

    /// Takes in another list of what is looked at.
    pub fn look_at(&mut self, paths: Vec<SecretPath>, sight: &mut Sight, now: Duration) {
        let kept: HashSet<_> = paths.iter().collect();
        for gone in self.looked_at.iter().filter(|path| !kept.contains(path)) {
            sight.leave(gone, now);
        }
        for path in &paths {
            sight.enter(path, now);
        }
        self.looked_at = paths;
        self.count(sight);
    }

    /// Counts anew what may not be seen.
    pub fn count(&mut self, sight: &Sight) {
        let seen = self.looked_at.iter().filter_map(|path| sight.presence(path));
        self.forbidden = seen.filter(|presence| matches!(presence, Presence::Forbidden { .. })).count();
    }
}
