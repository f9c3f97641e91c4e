//! Formatting, diff and three-way merge on token spans: what the editor shows, what is stored, and
//! what a review shows. Pure.

mod align;
mod changes;
mod diff;
#[cfg(test)]
mod fixture;
mod format;
mod lines;
mod member;
pub mod merge;
mod patch;
mod path;
mod splice;
mod tree;

pub use diff::{Diff, DiffKind, PathChange, diff};
pub use format::{format, restore};
pub use lines::{DiffLine, LineTag, lines};
pub use member::set_member;
pub use path::{JsonPath, PathStep};
pub use splice::RawJson;
