use crate::check::{Diagnostic, Rule, Subject};
use crate::domain::json::Severity;
use crate::domain::json::problems;

/// The most that is said of one draft.
pub const MAX_DIAGNOSTICS: usize = 100;

/// The text is no JSON object, or the receiver reads it in an unexpected way.
pub struct InvalidSyntax;

impl Rule for InvalidSyntax {
    fn id(&self) -> &'static str {
        "invalid-syntax"
    }

    fn severity(&self) -> Severity {
        Severity::Error
    }

    fn check(&self, subject: Subject<'_>, found: &mut Vec<Diagnostic>) {
        let Subject::Draft { text, .. } = subject else { return };
        found.extend(problems(text, MAX_DIAGNOSTICS).into_iter().map(|problem| Diagnostic {
            severity: problem.severity,
            span: problem.span,
            place: Some((problem.line, problem.column)),
            remedy: problem.expected,
            fix: problem.fix,
            ..self.diagnostic(problem.reason)
        }));
    }
}
