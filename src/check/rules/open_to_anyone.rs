use crate::check::{Diagnostic, Rule, Subject};
use crate::domain::ResourceKey;
use crate::domain::json::Severity;

/// Nothing asks a caller of the webhook who he is.
pub struct OpenToAnyone;

impl Rule for OpenToAnyone {
    fn id(&self) -> &'static str {
        "open-to-anyone"
    }

    fn severity(&self) -> Severity {
        Severity::Info
    }

    fn check(&self, subject: Subject<'_>, found: &mut Vec<Diagnostic>) {
        if let Subject::Document { key: ResourceKey::Webhook { .. }, facts, around } = subject
            && facts.error.is_none()
            && facts.auth.is_open()
            && !around.has_own_auth()
        {
            found.push(self.diagnostic("none: open to anyone".into()));
        }
    }
}
