//! Which secrets what is on the screen needs.

use super::Model;
use crate::domain::SecretPath;

impl Model {
    /// The secrets that documents on the screen need: the visible rows' from top to bottom, then the
    /// selected one's, each once. Nothing while something covers the lists.
    pub fn paths_in_sight(&self) -> Vec<SecretPath> {
        if self.context.secrets.is_none() || self.edit.is_some() || self.plan.is_some() || self.hands.covers()
        {
            return Vec::new();
        }
        match self.browse() {
            Some(_) => self.needs.visible_paths(),
            None => self.secrets_in_sight(),
        }
    }
}
