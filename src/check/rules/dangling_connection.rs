use crate::check::{Diagnostic, Rule, Subject};
use crate::domain::json::Severity;

/// It names a connection that does not exist.
pub struct DanglingConnection;

impl Rule for DanglingConnection {
    fn id(&self) -> &'static str {
        "dangling-connection"
    }

    fn severity(&self) -> Severity {
        Severity::Warning
    }

    fn check(&self, subject: Subject<'_>, found: &mut Vec<Diagnostic>) {
        let Subject::Document { facts, around, .. } = subject else { return };
        for name in facts.connections.iter().filter(|name| around.lacks_connection(name)) {
            let message = format!("connection {name} does not exist");
            found.push(Diagnostic { pointer: name.to_string(), ..self.diagnostic(message) });
        }
    }
}
