//! A write that has no answer yet.

use crate::console::request::RequestId;
use crate::console::screens::plan::PlanStep;
use crate::domain::{Document, ResourceKey, StoreId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingWrite {
    pub request: RequestId,
    /// `None` if the document is deleted.
    pub document: Option<Document>,
    /// The key; the first of several.
    pub key: ResourceKey,
    pub store: Option<StoreId>,
    pub steps: Vec<PlanStep>,
    /// Its description, if it writes more than one document.
    pub description: Option<String>,
    /// The number of the write that it undoes.
    pub undoes: Option<u64>,
}

impl PendingWrite {
    /// `write production/orders`
    pub fn describe(&self) -> String {
        if let Some(said) = &self.description {
            return said.clone();
        }
        format!("{} {}", if self.document.is_some() { "write" } else { "delete" }, self.key)
    }
}
