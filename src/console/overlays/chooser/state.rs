//! State of the chooser of a new document's template.

use crate::check::{DocumentType, document_types};
use crate::console::widgets::ListState;
use crate::domain::{DocumentKind, ResourceKey};

/// The modules of a new webhook or the types of a new connection, filtered by what is typed.
#[derive(Debug)]
pub struct Chooser {
    /// The new document.
    pub key: ResourceKey,
    /// The matches; the list's filter is the typed text.
    pub list: ListState<usize>,
}

impl Chooser {
    pub fn new(key: ResourceKey) -> Self {
        Self { key, list: ListState::default() }
    }

    /// The choices whose name or help contains what was typed, ignoring case; names that start with it
    /// come first.
    pub fn matches(&self) -> Vec<&'static DocumentType> {
        let typed = self.list.filter.text().trim().to_lowercase();
        let has = |choice: &&DocumentType| {
            choice.name.contains(&typed) || choice.help.to_lowercase().contains(&typed)
        };
        let mut found: Vec<_> = document_types(DocumentKind::of(&self.key)).iter().filter(has).collect();
        found.sort_by_key(|choice| !choice.name.starts_with(&typed));
        found
    }

    pub fn choice(&self) -> Option<&'static DocumentType> {
        self.matches().get(self.list.cursor).copied()
    }
}
