//! `put --secrets-from`: a new webhook's own secrets, written and verified before its document.
//!
//! Secrets come first, because a webhook without them might accept unauthenticated requests.

use std::path::Path;

use serde::Serialize;

use super::{SecretsContext, input};
use crate::cli::error::{CliError, Exit, Result};
use crate::cli::output::change_line;
use crate::cli::session::CliSession;
use crate::domain::{Opaque, ResourceKey, SecretVersion};
use crate::manager::CreateWebhookError;
use crate::provider::{Error, SecretExpect};
use crate::text::Safe;
use crate::write::{SecretWrite, SecretWriteMode};

/// The secrets that were written.
#[derive(Serialize)]
pub(in crate::cli) struct NewSecrets {
    secret: String,
    version: Option<String>,
    fields: Vec<String>,
}

impl NewSecrets {
    pub(in crate::cli) fn line(&self) -> Safe<'static> {
        change_line(&self.secret, None, Some(self.version.as_deref().unwrap_or("written")))
    }

    /// The error of the document that was to follow.
    pub(in crate::cli) fn without_document(&self, error: &CliError) -> CliError {
        let at = self.version.as_ref().map(|version| format!(" as {version}")).unwrap_or_default();
        error.exit().because(format!(
            "{} was written{at}; then: {error}. Put the document alone, or delete that version of the secret",
            self.secret
        ))
    }
}

/// Writes the own secrets of a webhook that does not exist yet, and looks whether they are there.
pub(in crate::cli) async fn write_new(
    session: &CliSession,
    key: &ResourceKey,
    from: &Path,
) -> Result<NewSecrets> {
    let context = SecretsContext::new(session)?;
    let path = context.lookup.own_path(key).ok_or_else(|| {
        Exit::INVALID.because(format!(
            "the receiver merges no secrets of {key}'s own (receiver.merges_own_secrets): name them in the \
             document by references; nothing was written"
        ))
    })?;
    let writer = context.writer(&path)?;
    let fields = input::own_fields(from)?;
    if let Some(entry) = session.manager.reader().get(key).await? {
        let error = Error::Exists { key: key.clone(), now: Box::new(entry) };
        return Err(error.into());
    }
    let set = Opaque(fields.copied());
    let mode = SecretWriteMode::Replace;
    let write =
        SecretWrite { path: path.clone(), mode, expect: SecretExpect::Absent, set, remove: Vec::new() };
    let outcome = context.request(None).write(Ok(writer), write).await.noted();
    let version: Option<SecretVersion> = match outcome.result {
        Ok(version) => version,
        Err(error @ Error::SecretUnknown { .. }) => {
            let error = CreateWebhookError::SecretUnknown { key: key.clone(), path, error };
            return Err(Exit::OUTCOME_UNKNOWN.because(error.to_string()));
        }
        Err(error) => return Err(error.of_creation().into()),
    };
    if let Err(found) = session.manager.verify_secret(&path, version, &fields).await {
        let error = CreateWebhookError::SecretNotThere { key: key.clone(), path, version, found };
        return Err(Exit::FAILED.because(error.to_string()));
    }
    Ok(NewSecrets {
        secret: path.to_string(),
        version: version.map(|version| version.to_string()),
        fields: fields.iter().map(|(name, _)| name.as_str().to_owned()).collect(),
    })
}
