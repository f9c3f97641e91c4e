//! The chooser of a template for a new document, narrowed by typing.

mod state;
mod update;
mod view;

pub use state::Chooser;
pub(in crate::console) use update::{accept, ask, key, paste, step};
pub(in crate::console) use view::draw;
