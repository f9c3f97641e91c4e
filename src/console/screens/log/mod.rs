//! The screen Log: the last lines of confdeck's own log.

mod state;
mod view;

pub use state::{LOG_LINES, LogPage};
pub(in crate::console) use view::draw;
