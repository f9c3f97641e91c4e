//! How a saved draft relates to what is stored.

use crate::console::drafts::DraftSummary;
use crate::console::model::Model;
use crate::domain::Token;
use crate::inventory::Inventory;

/// How the base of a saved draft relates to what is stored now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftStatus {
    /// The base is what is stored now, or neither exists.
    AsStored,
    StoredNow(Token),
    Deleted,
    /// It is from another store.
    OtherStore,
    /// It is from another context, where it stays.
    OtherContext,
    /// It cannot be read, or nothing has been loaded yet.
    Unknown,
}

impl DraftStatus {
    pub fn of(model: &Model, summary: &DraftSummary) -> Self {
        let inventory: &Inventory = &model.inventory;
        if summary.context != model.context.name {
            return Self::OtherContext;
        }
        if !model.link.has_loaded {
            return Self::Unknown;
        }
        if summary.store.as_ref() != inventory.store() {
            return Self::OtherStore;
        }
        match (summary.token, inventory.get(&summary.key).map(|row| row.token())) {
            (_, None) if !inventory.coverage().covers(&summary.key) => Self::Unknown,
            (Some(base), Some(now)) if base == now => Self::AsStored,
            (None, None) => Self::AsStored,
            (_, Some(now)) => Self::StoredNow(now),
            (Some(_), None) => Self::Deleted,
        }
    }
}
