//! The store that holds webhooks' own secrets: chosen, opened, described.

use std::fmt;
use std::sync::Arc;

use super::error::Result;
use super::lookup::Lookup;
use super::vault as vault_settings;
use super::{ContextWarning, SettingKey};
use crate::provider::env::{self, EnvSecrets, EnvVariables};
use crate::provider::vault::{self, VaultSecrets, VaultSettings};
use crate::provider::{SecretAccess, SecretBackend, SecretRevealer};

/// Where webhooks' own secrets, and the variables in references, come from.
#[derive(Clone)]
pub enum SecretSource {
    Env(Arc<EnvVariables>),
    /// Vault or OpenBao, plus environment variables for references that name one.
    Vault {
        variables: Arc<EnvVariables>,
        /// Address, login and TLS verification.
        settings: Box<VaultSettings>,
    },
}

impl SecretSource {
    /// The values of `SECRETS_BACKEND`; the first is the default.
    pub(super) const NAMES: &[&str] = &[env::BACKEND.name, vault::BACKEND.name];

    pub(super) fn resolve(lookup: &mut Lookup<'_>, variables: Arc<EnvVariables>) -> Result<Self> {
        let backend = lookup.word(SettingKey::SecretsBackend, env::BACKEND.name)?;
        if backend.value == vault::BACKEND.name {
            let settings = Box::new(vault_settings::settings(lookup, &backend.origin)?);
            return Ok(Self::Vault { variables, settings });
        }
        Ok(Self::Env(variables))
    }

    pub fn backend(&self) -> &'static SecretBackend {
        match self {
            Self::Env(_) => &env::BACKEND,
            Self::Vault { .. } => &vault::BACKEND,
        }
    }

    /// The variables of this process, overlaid with those of a named file. Own secrets may be elsewhere.
    pub(crate) fn variables(&self) -> Arc<EnvVariables> {
        match self {
            Self::Env(variables) | Self::Vault { variables, .. } => Arc::clone(variables),
        }
    }

    /// Access to these secrets; connects on first use. Environment variables are never written.
    pub fn access(&self, writable: bool) -> SecretAccess {
        match self {
            Self::Env(variables) => {
                let secrets = Arc::new(EnvSecrets::new(Arc::clone(variables)));
                let revealer = Arc::clone(&secrets) as Arc<dyn SecretRevealer>;
                SecretAccess::new(secrets, None, move || Arc::clone(&revealer))
            }
            Self::Vault { settings, .. } => VaultSecrets::new((**settings).clone()).access(writable),
        }
    }

    /// Kind and address, which identify the store in the audit.
    pub fn location(&self) -> String {
        match self {
            Self::Env(_) => self.backend().name.into(),
            Self::Vault { settings, .. } => format!("{} {}", self.backend().name, settings.address),
        }
    }

    /// Warnings about the connection that are always shown.
    pub(super) fn warnings(&self) -> Vec<ContextWarning> {
        let Self::Vault { settings, .. } = self else { return Vec::new() };
        let plain = settings.plain_remote().map(|host| ContextWarning::PlainHttp { host: host.to_owned() });
        let unverified =
            settings.unverified().map(|host| ContextWarning::Unverified { host: host.to_owned() });
        plain.into_iter().chain(unverified).collect()
    }
}

/// Shows only the kind.
impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretSource({})", self.backend().name)
    }
}
