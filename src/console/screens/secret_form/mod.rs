//! A new version of a secret: the form, its review and its undo.

mod input;
mod state;
pub(in crate::console) mod undo;
mod update;
mod view;

pub use input::{MAX_VALUE, SecretInput, TooLong};
pub use state::{
    FieldChange, GeneratePrompt, NewSecretValue, SecretBase, SecretForm, SecretFormRow, SecretReview,
    ValuePrompt, is_plain_field,
};
pub(in crate::console) use update::{
    accept, add_field, ask_generate, ask_name, ask_rebase, back, cancel_value, change_version, enter_value,
    generate, key, on_generated, open, paste, rebase, review, step, step_alphabet, stop_rebasing,
    toggle_removal, write,
};
pub(in crate::console) use view::draw;
