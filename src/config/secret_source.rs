//! The store that holds webhooks' own secrets: chosen, opened, described.

use std::fmt;
use std::sync::Arc;

use super::error::Result;
use super::lookup::Lookup;
#[cfg(feature = "vault")]
use super::vault as vault_settings;
use super::{ContextWarning, SettingKey, SettingsError};
use crate::domain::SecretStoreStatus;
use crate::provider::env::{self, EnvSecrets, EnvVariables};
use crate::provider::misconfigured::MisconfiguredSecrets;
#[cfg(feature = "vault")]
use crate::provider::vault::{VaultSecrets, VaultSettings};
use crate::provider::{SecretAccess, SecretBackend, SecretRevealer, VAULT};

/// Where webhooks' own secrets, and the variables in references, come from.
#[derive(Clone)]
pub enum SecretSource {
    Env(Arc<EnvVariables>),
    /// Vault or OpenBao, plus environment variables for references that name one.
    #[cfg(feature = "vault")]
    Vault {
        variables: Arc<EnvVariables>,
        /// Address, login and TLS verification.
        settings: Box<VaultSettings>,
    },
    /// A Vault whose settings cannot be used. Documents are read and written all the same.
    Misconfigured {
        variables: Arc<EnvVariables>,
        /// What is missing, for its badge.
        status: SecretStoreStatus,
        problem: SettingsError,
    },
}

impl SecretSource {
    /// The values of `SECRETS_BACKEND`; the first is the default.
    pub(super) const NAMES: &[&str] = &[env::BACKEND.name, VAULT.name];

    /// Either variable of the receiver chooses Vault.
    pub(super) fn resolve(lookup: &mut Lookup<'_>, variables: Arc<EnvVariables>) -> Result<Self> {
        let backend = lookup.receiver_word(SettingKey::SecretsBackend, env::BACKEND.name)?;
        let enabled = lookup.receiver_switch(SettingKey::VaultEnabled);
        let asked_by = if backend.value == VAULT.name {
            backend.origin
        } else if enabled.value {
            enabled.origin
        } else {
            return Ok(Self::Env(variables));
        };
        #[cfg(feature = "vault")]
        let opened = match vault_settings::settings(lookup, &asked_by) {
            Ok(settings) => Self::Vault { variables, settings: Box::new(settings) },
            Err(problem) => {
                Self::Misconfigured { variables, status: vault_settings::missing(lookup), problem }
            }
        };
        #[cfg(not(feature = "vault"))]
        let opened = {
            let problem = SettingsError::of(&asked_by, super::resolve::not_built_in(VAULT.name));
            Self::Misconfigured { variables, status: SecretStoreStatus::Misconfigured, problem }
        };
        Ok(opened)
    }

    /// Why the store that the settings choose cannot be opened: a setting, or a token file that cannot be read now.
    pub fn problem(&self) -> Option<SettingsError> {
        match self {
            Self::Misconfigured { problem, .. } => Some(problem.clone()),
            #[cfg(feature = "vault")]
            Self::Vault { settings, .. } => vault_settings::login_problem(&settings.login),
            Self::Env(_) => None,
        }
    }

    pub fn backend(&self) -> &'static SecretBackend {
        match self {
            Self::Env(_) => &env::BACKEND,
            _ => &VAULT,
        }
    }

    /// The variables of this process, overlaid with those of a named file. Own secrets may be elsewhere.
    pub(crate) fn variables(&self) -> Arc<EnvVariables> {
        match self {
            #[cfg(feature = "vault")]
            Self::Vault { variables, .. } => Arc::clone(variables),
            Self::Env(variables) | Self::Misconfigured { variables, .. } => Arc::clone(variables),
        }
    }

    /// Access to these secrets; connects on first use.
    pub fn access(&self, writable: bool) -> SecretAccess {
        match self {
            Self::Env(variables) => variables_access(Arc::clone(variables)),
            #[cfg(feature = "vault")]
            Self::Vault { settings, .. } => VaultSecrets::new((**settings).clone()).access(writable),
            Self::Misconfigured { problem, status, .. } => {
                let (backend, problem) = (self.backend().name, problem.to_string());
                let store = MisconfiguredSecrets { backend, status: *status, problem };
                SecretAccess::of_store(Arc::new(store), writable)
            }
        }
    }

    /// Kind and address, which identify the store in the audit.
    pub fn location(&self) -> String {
        match self {
            Self::Env(_) | Self::Misconfigured { .. } => self.backend().name.into(),
            #[cfg(feature = "vault")]
            Self::Vault { settings, .. } => format!("{} {}", self.backend().name, settings.address),
        }
    }

    /// Warnings about the connection that are always shown.
    pub(super) fn warnings(&self) -> Vec<ContextWarning> {
        match self {
            #[cfg(feature = "vault")]
            Self::Vault { settings, .. } => {
                let plain =
                    settings.plain_remote().map(|host| ContextWarning::PlainHttp { host: host.to_owned() });
                let unverified =
                    settings.unverified().map(|host| ContextWarning::Unverified { host: host.to_owned() });
                plain.into_iter().chain(unverified).collect()
            }
            Self::Env(_) | Self::Misconfigured { .. } => Vec::new(),
        }
    }
}

/// Access to own secrets in these variables, which are never written.
pub(super) fn variables_access(variables: Arc<EnvVariables>) -> SecretAccess {
    let secrets = Arc::new(EnvSecrets::new(variables));
    let revealer = Arc::clone(&secrets) as Arc<dyn SecretRevealer>;
    SecretAccess::new(secrets, None, move || Arc::clone(&revealer))
}

/// Shows only the kind.
impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretSource({})", self.backend().name)
    }
}
