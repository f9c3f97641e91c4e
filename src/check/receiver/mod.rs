//! What the receiver does with documents, as opposed to what is said of it (docs/receiver.md): what their references
//! become, how it judges a request without credentials, and what it answers. Pure.

mod auth;
mod body_schema;
mod effective;
mod effective_lines;
mod effective_view;
mod handling;
pub(super) mod host;
pub mod module;
mod route;
#[cfg(test)]
mod tests;
pub(super) mod validation;

pub use auth::{AnonymousAnswer, IgnoredPart, JudgedCheck, Judgement, Verdict, explain, judge};
pub use effective::{
    EffectiveDocument, EffectiveSources, ReferenceNote, ReferenceOutcome, VaultFieldState, effective,
};
pub use effective_lines::{EffectiveLine, LineNote, LineNoteKind, LineText};
pub use effective_view::{EffectiveView, ReceiverKnowledge, effective_view, secrets_of};
pub use handling::Failure;
pub use route::{CATCH_ALL, RequestedRoute, RouteError, route, routes};

use crate::domain::json::Node;
use crate::inventory::BlockValue;

/// Whether Python, the receiver's language, takes a value for true.
pub(super) fn is_true(value: &Node, text: &str) -> bool {
    !BlockValue::of(value, text).is_falsy()
}
