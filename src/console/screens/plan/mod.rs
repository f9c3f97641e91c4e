//! Several writes reviewed as one commit: delete, copy, rename, undo, rewrite.

pub(in crate::console) mod builder;
pub(in crate::console) mod names;
pub(in crate::console) mod send;
mod state;
mod undo_log;
mod update;
mod view;

pub use state::{
    DiffInput, MAX_STEPS, Plan, PlanConflict, PlanKind, PlanStep, StepConflict, StepDiff, StepDiffs, diff,
};
pub use undo_log::{UndoChange, UndoEntry, UndoLog};
pub(in crate::console) use update::{
    leave, on_conflict, on_typed, on_written, renew, scroll, toggle_full, write,
};
pub(in crate::console) use view::{draw, is_undo, may_be_renewed};
