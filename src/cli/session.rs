//! What all commands share: the store, its settings and the audited writes.

use std::sync::Arc;
use std::time::Duration;

use super::document_arg::DocumentArg;
use super::error::{CliError, Exit, Result};
use super::stderr::print_note;
use crate::audit::Audit;
use crate::check::ReceiverProfile;
use crate::config::Settings;
use crate::domain::{Cause, Finding, Masking, ResourceKey, Token};
use crate::manager::UnifiedConfigManager;
use crate::provider::Expect;
use crate::text::Safe;
use crate::write::WriteService;

/// How long writing the audit may take: longer than another process may hold the lock, because the record
/// would be lost when the command ends.
const AUDIT_WAIT: Duration = Duration::from_secs(6);

pub(super) struct CliSession {
    pub(super) settings: Box<Settings>,
    pub(super) manager: UnifiedConfigManager,
    pub(super) writes: WriteService,
}

impl CliSession {
    pub(super) fn new(settings: Box<Settings>) -> Self {
        let manager = UnifiedConfigManager::from_settings(&settings);
        let writes = WriteService::new(Arc::new(open_audit(&settings)), AUDIT_WAIT);
        Self { settings, manager, writes }
    }

    /// The key of a document that was named on the command line.
    pub(super) fn key(&self, named: &DocumentArg) -> ResourceKey {
        named.key(&self.settings.target.namespace())
    }

    /// Says which settings are wrong, for a command that depends on them.
    pub(super) fn note_findings(&self) {
        note_faults(&self.settings.findings);
    }

    pub(super) fn expect(&self, token: &str) -> Result<Expect> {
        let kind = self.manager.reader().capabilities().tokens;
        // It is not repeated, because it may be a document in the wrong place.
        Token::parse(kind, token).map(Expect::Token).ok_or_else(|| {
            Exit::USAGE.because(
                "what --expect-revision was given is not a token of this store; confdeck get prints the \
                 current one",
            )
        })
    }

    /// The receiver as rules judge by it; where its variables cannot be read, that is told.
    pub(super) fn receiver_profile(&self) -> ReceiverProfile {
        let view = self.settings.receiver_view();
        if let Err(problem) = &view {
            print_note(&format!("the receiver's variables are not known: {problem}"));
        }
        self.settings.receiver_profile(view.ok().as_ref())
    }

    /// What decides which values of a document are secret.
    pub(super) fn masking(&self, key: &ResourceKey) -> Masking {
        Masking::of(key, &self.settings.secret_names)
    }

    /// The error for a requested document that does not exist.
    pub(super) fn absent(&self, key: &ResourceKey) -> CliError {
        Exit::NOT_FOUND
            .because(format!("{key} does not exist in {}", Safe::name(&self.settings.context.name)))
    }
}

/// Says on standard error what is wrong although the command goes on.
pub(super) fn note_faults(findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.cause == Cause::Fault) {
        print_note(&format!("{}; {}", finding.text, finding.remedy));
    }
}

/// The audit used by commands and the console alike.
pub fn open_audit(settings: &Settings) -> Audit {
    let folder = settings.console.state_dir.as_deref();
    Audit::new(folder, settings.context.name.clone(), settings.target.location())
        .with_secrets(settings.secrets.location())
}
