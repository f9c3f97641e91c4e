//! A line to type: commands and addresses with completion, names, reasons, confirmations.

mod update;
mod view;

pub(in crate::console) use update::{
    accept, ask, ask_typed_words, clone_one, clone_to, command, complete, key, new_document, paste, rename,
    unlock,
};
pub(in crate::console) use view::draw;
