use crate::check::{Diagnostic, Rule, Subject};
use crate::domain::json::Severity;

/// The receiver cannot use it at all: it is empty, not text, not JSON, or no object.
pub struct UnusableDocument;

impl Rule for UnusableDocument {
    fn id(&self) -> &'static str {
        "unusable-document"
    }

    fn severity(&self) -> Severity {
        Severity::Error
    }

    fn check(&self, subject: Subject<'_>, found: &mut Vec<Diagnostic>) {
        if let Subject::Document { key, facts, .. } = subject
            && let Some(error) = &facts.error
        {
            // The receiver ignores a foreign key's value, so nothing can be wrong with it.
            let severity = if key.is_foreign() { Severity::Info } else { self.severity() };
            found.push(Diagnostic { severity, ..self.diagnostic(error.to_string()) });
        }
    }
}
