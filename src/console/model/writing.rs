//! A write that was sent and has no answer yet.

use super::Step;
use crate::console::effect::Request;
use crate::domain::{Document, ResourceKey, StoreId};

/// A write on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writing {
    /// The question.
    pub request: Request,
    /// What is written; `None` where the document is removed.
    pub document: Option<Document>,
    /// Which key; the first of several.
    pub key: ResourceKey,
    /// The store that it was meant for.
    pub store: Option<StoreId>,
    /// All that it does.
    pub steps: Vec<Step>,
    /// What it does in words, where it is more than one document's.
    pub said: Option<String>,
    /// The write that it takes back.
    pub undoes: Option<u64>,
}

impl Writing {
    /// What it does, in words: `write production/orders`.
    pub fn what(&self) -> String {
        if let Some(said) = &self.said {
            return said.clone();
        }
        format!("{} {}", if self.document.is_some() { "write" } else { "delete" }, self.key)
    }
}
