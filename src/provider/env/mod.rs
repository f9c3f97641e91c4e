//! Secret store over environment variables: `WEBHOOK_{ID}_TOKEN`, `_CHANNEL_TOKEN`, `_HMAC_SECRET`.
//!
//! The id is upper-cased and `-` becomes `_`; the namespace is not part of the name, so the same id in two
//! namespaces shares its variables by design. [`overlaps`] finds ids that share one.

mod overlap;
mod variables;

use std::sync::Arc;

use async_trait::async_trait;

pub use overlap::{Overlap, overlaps};
pub use variables::EnvVariables;

pub use crate::domain::{OWN_VARIABLES, variable_name};

use super::{
    Error, Result, SecretBackend, SecretCapabilities, SecretData, SecretFields, SecretListItem, SecretReader,
    SecretRevealer,
};
use crate::domain::reference::{Variable, Variables};
use crate::domain::{
    Fact, Health, MissingRights, Presence, SecretContents, SecretField, SecretFolder, SecretMetadata,
    SecretPath, SecretStoreStatus, SecretVersion, WebhookId, escape,
};

pub const BACKEND: SecretBackend = SecretBackend { name: "env", remote: false, key_value: false };

/// Secrets in environment variables. Read-only, see [`EnvSecrets::refusal`].
#[derive(Clone)]
pub struct EnvSecrets {
    variables: Arc<EnvVariables>,
}

impl EnvSecrets {
    /// Reads from these variables, without caching.
    pub fn new(variables: Arc<EnvVariables>) -> Self {
        Self { variables }
    }

    /// The error for every write: a process cannot change the variables of another one.
    pub fn refusal(&self, id: &WebhookId) -> Error {
        let names: Vec<_> = fields(id).map(|(_, name)| escape(name.as_bytes()).into_owned()).collect();
        Error::unsupported(
            format!("writing the variables of {id}"),
            format!(
                "they are environment variables; set {} where the receiver is started, and start it anew",
                names.join(", ")
            ),
        )
    }
}

fn fields(id: &WebhookId) -> impl Iterator<Item = (SecretField, String)> {
    OWN_VARIABLES.into_iter().map(|field| (field, variable_name(id, field)))
}

fn not_variables(path: &SecretPath) -> Error {
    Error::unsupported(
        format!("looking for {path}"),
        "this context keeps its secrets in environment variables",
    )
}

#[async_trait]
impl SecretReader for EnvSecrets {
    fn capabilities(&self) -> SecretCapabilities {
        SecretCapabilities { versions: false, patch: false, write: false }
    }

    async fn presence(&self, path: &SecretPath) -> Result<Presence> {
        let SecretPath::Variables(id) = path else { return Err(not_variables(path)) };
        let state = |(field, name): (SecretField, String)| Some((field.name(), self.variables.state(&name)?));
        let fields: Vec<_> = fields(id).filter_map(state).collect();
        Ok(if fields.is_empty() {
            Presence::Missing
        } else {
            Presence::Present(SecretContents { fields, ..SecretContents::default() })
        })
    }

    async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretListItem>> {
        Err(Error::unsupported(format!("listing {folder}"), "environment variables have no folders"))
    }

    async fn versions(&self, path: &SecretPath) -> Result<Option<SecretMetadata>> {
        Err(Error::unsupported(format!("telling the versions of {path}"), "environment variables keep none"))
    }

    async fn missing_rights(&self, paths: &[SecretPath]) -> Result<Vec<MissingRights>> {
        Ok(vec![MissingRights::default(); paths.len()])
    }

    async fn health(&self) -> Health {
        let mut health = Health::new(BACKEND.name);
        health.secret_store = Some(SecretStoreStatus::Variables);
        health.facts.push(Fact::text("secrets", "WEBHOOK_{ID}_TOKEN, _CHANNEL_TOKEN and _HMAC_SECRET"));
        health.facts.push(Fact::text("from", self.variables.origin()));
        health.facts.push(Fact::text("writing", "not from here: set them where the receiver is started"));
        health
    }

    fn last_status(&self) -> SecretStoreStatus {
        SecretStoreStatus::Variables
    }

    async fn shutdown(&self) {}
}

#[async_trait]
impl SecretRevealer for EnvSecrets {
    async fn reveal(&self, path: &SecretPath, version: Option<SecretVersion>) -> Result<Option<SecretData>> {
        let SecretPath::Variables(id) = path else { return Err(not_variables(path)) };
        if version.is_some() {
            return Err(Error::unsupported(
                format!("a version of {path}"),
                "environment variables keep none",
            ));
        }
        let value = |(field, name): (SecretField, String)| match self.variables.variable(&name) {
            Variable::Unset | Variable::NotVisible => None,
            Variable::Text(value) => Some(Ok((field, value))),
            Variable::NotText => Some(Err(Error::invalid(format!(
                "the variable {name} is not UTF-8 text; set it anew where this process is started"
            )))),
        };
        let fields: SecretFields = fields(id).filter_map(value).collect::<Result<_>>()?;
        Ok((!fields.is_empty()).then_some(SecretData { fields, version: None }))
    }
}
