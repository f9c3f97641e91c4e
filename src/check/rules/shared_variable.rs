use crate::check::{Diagnostic, Rule, Subject};
use crate::domain::json::Severity;

/// Another id reads one of the variables of its own secrets.
pub struct SharedVariable;

impl Rule for SharedVariable {
    fn id(&self) -> &'static str {
        "shared-variable"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn check(&self, subject: Subject<'_>, found: &mut Vec<Diagnostic>) {
        if let Subject::Document { around, .. } = subject
            && around.has_variable_conflict()
        {
            found.push(self.diagnostic("another id reads one of its variables".into()));
        }
    }
}
