//! The documents of one store in memory, kept current by its watch, with indexes. Pure.
//!
//! Each value is scanned once into [`Facts`], outside the event loop, by [`scan_event`]. The
//! [`Inventory`] keeps a compact row for each key, and sorted indexes over the rows; nothing is stored twice.

mod event;
mod facts;
mod index;
mod query;
mod row;
mod site_arena;
mod slot_set;
mod store;

pub use event::{InventoryEvent, ScannedEntry, scan_event};
pub use facts::{
    Auth, AuthKinds, BlockMembers, BlockValue, CheckState, CheckStates, DocumentError, Facts, ValueSite,
    ValueSites, is_exact_address, is_unknown,
};
pub use query::{RowCounts, Scope};
pub use row::{RowRef, Slot};
pub use slot_set::SlotSet;
pub use store::{Delta, DeltaKind, Inventory};
