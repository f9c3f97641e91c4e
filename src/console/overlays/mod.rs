//! What is open above a screen: help, a prompt, a question, a chooser, drafts, a secret value.

pub mod chooser;
pub mod help;
pub mod prompt;
mod question;
mod state;
mod view;

pub use state::{Confirm, ConfirmAction, DestroyTarget, Overlay, Prompt, PromptPurpose};
pub(in crate::console) use view::draw;
