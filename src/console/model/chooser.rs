//! A list to choose from: what a new document is to be of.

use super::Input;
use crate::check::{Choice, choices};
use crate::domain::{DocumentKind, ResourceKey};

/// The modules for a new webhook, or the types for a new connection, narrowed by what is typed.
#[derive(Debug)]
pub struct Chooser {
    /// The new document.
    pub key: ResourceKey,
    /// What was typed.
    pub input: Input,
    /// Which of those that match is selected.
    pub selected: usize,
}

impl Chooser {
    /// All there is for a document.
    pub fn new(key: ResourceKey) -> Self {
        Self { key, input: Input::of(""), selected: 0 }
    }

    /// Those whose name or help has what was typed, in any letter case; the names that begin with it
    /// come first.
    pub fn matches(&self) -> Vec<&'static Choice> {
        let typed = self.input.text().trim().to_lowercase();
        let has =
            |choice: &&Choice| choice.name.contains(&typed) || choice.help.to_lowercase().contains(&typed);
        let mut found: Vec<_> = choices(DocumentKind::of(&self.key)).iter().filter(has).collect();
        found.sort_by_key(|choice| !choice.name.starts_with(&typed));
        found
    }

    /// The selected one, if any matches.
    pub fn choice(&self) -> Option<&'static Choice> {
        self.matches().get(self.selected).copied()
    }
}
