//! All rules, a row each.

mod byte_order_mark;
mod dangling_connection;
mod mask;
mod open_to_anyone;
mod placeholder;
mod shared_variable;
mod syntax;
mod unroutable;
mod unusable;

pub use byte_order_mark::ByteOrderMark;
pub use dangling_connection::DanglingConnection;
pub use mask::MaskForSecret;
pub use open_to_anyone::OpenToAnyone;
pub use placeholder::UnfilledPlaceholder;
pub use shared_variable::SharedVariable;
pub use syntax::{InvalidSyntax, MAX_DIAGNOSTICS};
pub use unroutable::UnroutableId;
pub use unusable::UnusableDocument;

use super::{Diagnostic, Rule, Subject};

static RULES: [&dyn Rule; 9] = [
    &UnroutableId,
    &UnusableDocument,
    &DanglingConnection,
    &SharedVariable,
    &OpenToAnyone,
    &ByteOrderMark,
    &InvalidSyntax,
    &UnfilledPlaceholder,
    &MaskForSecret,
];

/// What all rules say of a subject, in their order.
pub fn diagnose(subject: Subject<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    RULES.iter().for_each(|rule| rule.check(subject, &mut found));
    found
}
