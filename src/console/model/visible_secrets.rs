//! The secrets whose presence is watched: those that the screen shows.

use super::Model;
use crate::console::place::Place;
use crate::domain::SecretPath;

impl Model {
    /// The secrets that documents on the screen need: first the visible rows', top to bottom, then the
    /// selected row's, each once. While the stale dependents cover the lists, the secrets in there; none
    /// while something else covers them.
    pub fn visible_secret_paths(&self) -> Vec<SecretPath> {
        if self.context.secrets.is_none() {
            return Vec::new();
        }
        if let (Place::StaleDependents, Some(page)) =
            (self.place(), &self.secret_actions.stale_dependents.page)
        {
            return page.parts.iter().map(|part| part.change.path.clone()).collect();
        }
        if self.is_covered() {
            return Vec::new();
        }
        match self.browse() {
            Some(_) => self.needs.visible_paths(),
            None => self.visible_page_secrets(),
        }
    }
}
