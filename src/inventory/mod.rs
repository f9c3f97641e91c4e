//! The live picture of one store: apply what the watch says, ask what is there. Pure.
//!
//! Each value is scanned once into [`Facts`], outside the loop that draws, by [`prepare`]. The
//! [`Inventory`] keeps a compact row for each key and sorted indexes over them; nothing is kept twice.

mod facts;
mod feed;
mod index;
mod query;
mod references;
mod row;
mod store;

pub use facts::{Auth, AuthKinds, Facts, Trouble};
pub use feed::{Feed, Scanned, ScannedChange, prepare};
pub use query::{Scope, Tally};
pub use row::{RowRef, Slot};
pub use store::{Delta, DeltaKind, Inventory};
