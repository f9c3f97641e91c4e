//! Environment variables as a store of secrets: `WEBHOOK_{ID}_TOKEN`, `_CHANNEL_TOKEN`, `_HMAC_SECRET`.
//!
//! The id is upper-cased and `-` becomes `_`; the namespace plays no part, so the same id in two
//! namespaces shares its variables by design. [`overlaps`] tells where ids share one.

mod names;
mod variables;

use std::sync::Arc;

use async_trait::async_trait;

pub use names::{OWN_FIELDS, Overlap, overlaps, variable_name};
pub use variables::EnvVariables;

use super::{Error, Result, SecretFields, SecretReader, SecretRevealer};
use crate::domain::reference::{Variable, Variables};
use crate::domain::{FieldState, Presence, SecretField, SecretPath};

/// Secrets in variables. Nothing is written here, see [`EnvSecrets::refusal`].
#[derive(Clone)]
pub struct EnvSecrets {
    variables: Arc<EnvVariables>,
}

impl EnvSecrets {
    /// Reads from these variables, each at the moment it is asked for.
    pub fn new(variables: Arc<EnvVariables>) -> Self {
        Self { variables }
    }

    /// What a wish to change a secret is answered with: a process cannot change the variables of
    /// another one.
    pub fn refusal(&self, path: &SecretPath) -> Error {
        let names: Vec<_> = fields(path).map(|(_, name)| name).collect();
        Error::Unsupported {
            what: format!("writing {path}"),
            remedy: format!(
                "they are environment variables; set {} where the receiver is started, and start it anew",
                names.join(", ")
            ),
        }
    }
}

fn fields(path: &SecretPath) -> impl Iterator<Item = (SecretField, String)> {
    let SecretPath::Own { id, .. } = path;
    OWN_FIELDS.into_iter().map(|field| (field, variable_name(id, field)))
}

#[async_trait]
impl SecretReader for EnvSecrets {
    async fn presence(&self, path: &SecretPath) -> Result<Presence> {
        let state = |(field, name): (SecretField, String)| {
            let state = match self.variables.variable(&name) {
                Variable::Unset => return None,
                Variable::NotText => FieldState::NotText,
                Variable::Text(value) if value.expose().is_empty() => FieldState::Empty,
                Variable::Text(_) => FieldState::Present,
            };
            Some((field, state))
        };
        let fields: Vec<_> = fields(path).filter_map(state).collect();
        Ok(if fields.is_empty() { Presence::Missing } else { Presence::Present { fields } })
    }
}

#[async_trait]
impl SecretRevealer for EnvSecrets {
    async fn reveal(&self, path: &SecretPath) -> Result<SecretFields> {
        let value = |(field, name): (SecretField, String)| match self.variables.variable(&name) {
            Variable::Unset => None,
            Variable::Text(value) => Some(Ok((field, value))),
            Variable::NotText => Some(Err(Error::Invalid {
                reason: format!(
                    "the variable {name} is not UTF-8 text; set it anew where this process is started"
                ),
            })),
        };
        fields(path).filter_map(value).collect()
    }
}
