//! Which secrets what is on the screen needs.

use super::Model;
use crate::console::keymap::Place;
use crate::domain::SecretPath;

impl Model {
    /// The secrets that documents on the screen need: the visible rows' from top to bottom, then the
    /// selected one's, each once. While what is to be read again covers the lists, the secrets in it;
    /// nothing while something else does.
    pub fn paths_in_sight(&self) -> Vec<SecretPath> {
        if self.context.secrets.is_none() {
            return Vec::new();
        }
        if let (Place::Reread, Some(page)) = (self.place(), &self.hands.rereads.page) {
            return page.parts.iter().map(|part| part.changed.path.clone()).collect();
        }
        if self.is_covered() {
            return Vec::new();
        }
        match self.browse() {
            Some(_) => self.needs.visible_paths(),
            None => self.secrets_in_sight(),
        }
    }
}
