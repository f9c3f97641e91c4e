use crate::check::{Diagnostic, Rule, Subject};
use crate::domain::json::Severity;
use crate::text::MASK;

/// A mask stands where a secret was.
pub struct MaskForSecret;

impl Rule for MaskForSecret {
    fn id(&self) -> &'static str {
        "mask-for-secret"
    }

    fn severity(&self) -> Severity {
        Severity::Error
    }

    fn check(&self, subject: Subject<'_>, found: &mut Vec<Diagnostic>) {
        if let Subject::Draft { text, concealed: None, .. } = subject
            && text.contains(MASK)
        {
            let message = "the document holds a mask where a secret was; take it from get -o json";
            found.push(self.diagnostic(message.into()));
        }
    }
}
