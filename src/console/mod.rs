//! The terminal console: a pure model and update, a read-only view, and one runtime that does I/O.
//!
//! ```text
//! key, watch event, answer ─▶ Message ─▶ update(&mut Model) ─▶ Effect ─▶ runtime ─▶ Message
//!                                            │
//!                                            └─▶ view(&Model) ─▶ frame
//! ```
//!
//! `update` and `view` never use a provider, a clock or a file: everything slow is an [`effect::Effect`].

pub mod action;
pub mod age;
mod component;
pub mod compute;
pub mod demo;
pub mod drafts;
pub mod effect;
pub mod external_editor;
pub mod gate;
pub mod keymap;
pub mod message;
pub mod model;
pub mod open;
pub mod overlays;
pub mod panic_hook;
pub mod place;
pub mod request;
pub mod runtime;
pub mod screens;
pub mod secret_jobs;
pub mod shell;
pub mod stamp;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view_settings;
pub mod widgets;
mod words;
