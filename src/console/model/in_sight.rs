//! Which secrets what is on the screen needs.

use std::collections::HashSet;

use super::Model;
use crate::domain::SecretPath;

/// The most that are looked at; more than fit on any screen.
const MAX_IN_SIGHT: usize = 1_000;

impl Model {
    /// The secrets that documents on the screen need, the visible rows' first, each once.
    pub fn paths_in_sight(&self) -> Vec<SecretPath> {
        if self.context.secrets.is_none() || self.edit.is_some() || self.plan.is_some() || self.hands.covers()
        {
            return Vec::new();
        }
        let paths = self.secret_targets().into_iter().map(|target| target.path);
        let mut known = HashSet::new();
        paths.filter(|path| known.insert(path.clone())).take(MAX_IN_SIGHT).collect()
    }
}
