//! The screen Health: what needs attention, whether the picture is current, and every backend in detail.

pub(in crate::console) mod backend;
mod findings;
mod grid;
mod link;
mod secrets;
mod state;
mod view;

pub use state::HealthPage;
pub(in crate::console) use view::{draw, height};
