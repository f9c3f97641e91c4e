use crate::check::{Diagnostic, Rule, Subject};
use crate::domain::json::Severity;

/// A byte order mark is stored before the text.
pub struct ByteOrderMark;

impl Rule for ByteOrderMark {
    fn id(&self) -> &'static str {
        "byte-order-mark"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn check(&self, subject: Subject<'_>, found: &mut Vec<Diagnostic>) {
        if let Subject::Draft { byte_order_mark: true, .. } = subject {
            let message =
                "a byte order mark is stored before this text; the receiver cannot read it in a file";
            found.push(Diagnostic { place: Some((1, 1)), ..self.diagnostic(message.into()) });
        }
    }
}
