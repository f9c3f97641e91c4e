//! What the receiver does with a webhook's document: what its references become, how it judges a request without
//! credentials, and what it answers. Pure.

mod auth;
mod body_schema;
mod effective;
mod handling;
mod route;
#[cfg(test)]
mod tests;

pub use auth::{Answer, IgnoredPart, JudgedCheck, Judgement, Verdict, explain, judge};
pub use effective::{EffectiveDocument, ReferenceNote, VaultFieldState, effective};
pub use handling::Failure;
pub use route::{CATCH_ALL, RequestedRoute, RouteError, route, routes};
