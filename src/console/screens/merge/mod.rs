//! The three-way merge of a draft with what is stored now.

mod state;
mod update;
mod view;

pub use state::{MERGE_COLUMNS_FROM, MergeInput, MergeState};
pub(in crate::console) use update::{
    ask_value, choose, choose_all, conflict, finish, follow, open, step, take_value, toggle_full,
};
pub(in crate::console) use view::draw;
