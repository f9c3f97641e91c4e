//! The screens: one folder each, with its state, its update and its view.

pub mod browse;
pub mod drafts;
pub mod editor;
pub mod health;
pub mod log;
pub mod merge;
pub mod plan;
pub mod review;
pub mod secret_form;
pub mod secrets;
pub mod stale_dependents;
pub mod tab;

pub use tab::Tab;
