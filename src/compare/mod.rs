//! Format, restore and diff, on token spans: what the editor opens, what is stored after it, and
//! what a review shows. Pure.

mod diff;
mod format;
mod lines;

pub use diff::{Diff, DiffKind, PathChange, diff};
pub use format::{format, restore};
pub use lines::{DiffLine, LineTag, lines};
