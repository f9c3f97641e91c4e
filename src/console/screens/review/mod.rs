//! The review of a draft before it is written.

pub(in crate::console) mod sections;
mod update;
mod view;

pub(in crate::console) use update::{leave, review};
pub(in crate::console) use view::draw;
