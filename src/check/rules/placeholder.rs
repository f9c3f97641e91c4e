use super::MAX_DIAGNOSTICS;
use crate::check::{Diagnostic, Rule, Subject};
use crate::domain::json::Severity;
use crate::domain::json::line_column;
use crate::text::placeholders::unfillable;

/// A placeholder stands for no secret.
pub struct UnfilledPlaceholder;

impl Rule for UnfilledPlaceholder {
    fn id(&self) -> &'static str {
        "unfilled-placeholder"
    }

    fn severity(&self) -> Severity {
        Severity::Error
    }

    fn check(&self, subject: Subject<'_>, found: &mut Vec<Diagnostic>) {
        let Subject::Draft { text, concealed, .. } = subject else { return };
        found.extend(unfillable(text, concealed.unwrap_or(0)).take(MAX_DIAGNOSTICS).map(|(span, reason)| {
            let place = Some(line_column(text, span.start));
            Diagnostic { span, place, ..self.diagnostic(reason.into()) }
        }));
    }
}
