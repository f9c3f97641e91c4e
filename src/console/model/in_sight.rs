//! Which secrets what is on the screen needs.

use super::Model;
use crate::domain::SecretPath;

impl Model {
    /// The secrets that documents on the screen need: the visible rows' from top to bottom, then the
    /// selected one's, each once. Nothing while something covers the lists.
    pub fn paths_in_sight(&self) -> Vec<SecretPath> {
        if self.context.secrets.is_none() || self.is_covered() {
            return Vec::new();
        }
        match self.browse() {
            Some(_) => self.needs.visible_paths(),
            None => self.secrets_in_sight(),
        }
    }
}
