use crate::check::{Diagnostic, Rule, Subject};
use crate::domain::ResourceKey;
use crate::domain::json::Severity;

/// The receiver answers 400 for its id.
pub struct UnroutableId;

impl Rule for UnroutableId {
    fn id(&self) -> &'static str {
        "unroutable-id"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn check(&self, subject: Subject<'_>, found: &mut Vec<Diagnostic>) {
        if let Subject::Document { key: ResourceKey::Webhook { id, .. }, .. } = subject {
            found.extend(id.unroutable().map(|rule| self.diagnostic(rule.into())));
        }
    }
}
