//! What a person does with one secret: reveal, copy, set, delete, undelete, destroy, undo.

pub(in crate::console) mod destroy;
pub(in crate::console) mod reveal;
mod state;
mod targets;
mod update;
mod view;

pub use state::{
    PendingSecretWrite, PickerItems, REVEALED_FOR, RevealedValue, SecretAction, SecretActions, SecretPicker,
    SecretTarget, SecretUndoEntry, SecretUndoLog, SecretUndoReview, SecretWriteKind,
};
pub(in crate::console) use update::{absence_reason, accept, begin, is_busy, on_answer, step};
pub(in crate::console) use view::{countdown, generate, pick, shown, value};
