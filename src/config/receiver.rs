//! Settings that describe a context's receiver and how it looks up secrets.

use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::dotenv::DotenvFault;
use super::error::Result;
use super::lookup::Lookup;
use super::secret_source::variables_access;
use super::{Environment, Origin, SecretSource, SettingKey, Settings, SettingsError, Target, WithOrigin};
use crate::check::{KNOWN_VERSION, OwnPathTemplate, OwnSecrets, ReceiverEnv, SecretLookup};
use crate::domain::{Finding, Health, Mount};
use crate::provider::SecretAccess;
use crate::provider::env::EnvVariables;
#[cfg(feature = "etcd")]
use crate::provider::etcd::KeyLayout;

/// A context's receiver, as the settings describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// Where its variables can be seen.
    pub env: EnvSource,
    /// The engine that references are relative to; `None` if the receiver reads no Vault.
    pub references: Option<Mount>,
    /// The engine that holds webhooks' own secrets.
    pub own_mount: Mount,
    /// The path template of own secrets in that engine.
    pub own_path: OwnPathTemplate,
    /// Whether the receiver merges own secrets into the document.
    pub merges: bool,
    /// Its version.
    pub version: String,
    /// Whether it accepts the host `localhost` in connections, if that is set.
    pub allows_localhost: Option<bool>,
    /// Whether it accepts private addresses in connections, if that is set.
    pub allows_private: Option<bool>,
}

/// Where the receiver's variables can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvSource {
    /// Not visible to confdeck.
    Unknown,
    /// The variables of this process.
    Process,
    /// A file of `NAME=VALUE` lines, and which setting named it.
    File(PathBuf, Origin),
}

impl Receiver {
    pub(super) fn resolve(lookup: &mut Lookup<'_>, target: &Target, secrets: &SecretSource) -> Result<Self> {
        let flat = match target {
            Target::Files(_) => false,
            #[cfg(feature = "etcd")]
            Target::Etcd(etcd) => etcd.layout == KeyLayout::Flat,
        };
        let usual = if target.backend().remote { "unknown" } else { "process" };
        let env = env(&lookup.text_or(SettingKey::ReceiverEnv, usual)?)?;
        let mut vault = lookup.switch(SettingKey::ReceiverVault, true)?;
        let named = lookup.non_empty(SettingKey::ReceiverReferenceMount).is_some();
        if vault && !named && secrets.backend().key_value && has_empty_mount(lookup) {
            vault = false;
        }
        let reference_mount = mount(lookup, SettingKey::ReceiverReferenceMount, "secret")?;
        let own_mount = mount(lookup, SettingKey::ReceiverOwnMount, "webhooks")?;
        let own_path = match lookup.text(SettingKey::ReceiverOwnPath) {
            None => OwnPathTemplate::default(),
            Some(text) => OwnPathTemplate::new(&text.value)
                .map_err(|error| wrong(&text, SettingKey::ReceiverOwnPath, &error))?,
        };
        let merges = lookup.switch(SettingKey::ReceiverMerges, flat)?;
        let version = lookup.text_or(SettingKey::ReceiverVersion, KNOWN_VERSION)?.value;
        let allows_localhost = lookup.named_switch(SettingKey::ReceiverLocalhost)?;
        let allows_private = lookup.named_switch(SettingKey::ReceiverPrivate)?;
        let references = vault.then_some(reference_mount);
        Ok(Self { env, references, own_mount, own_path, merges, version, allows_localhost, allows_private })
    }
}

/// What the receiver of a context sees, as far as confdeck does.
pub struct ReceiverView {
    pub lookup: SecretLookup,
    /// Its variables, with their values; `None` if they are not visible from here.
    pub variables: Option<Arc<EnvVariables>>,
    /// What the receiver does not get of the file of its variables, or not as it looks.
    pub findings: Vec<Finding>,
}

impl ReceiverView {
    /// Access to own secrets in the receiver's variables, if that is where they are and they can be seen.
    pub(crate) fn variables_access(&self) -> Option<SecretAccess> {
        let variables = self.variables.as_ref().filter(|_| self.lookup.stored == OwnSecrets::Variables)?;
        Some(variables_access(Arc::clone(variables)))
    }
}

impl Settings {
    /// What the receiver sees at this moment. Its variables are those of this process or of the named file, which
    /// is read on where the receiver's own loader gives up.
    ///
    /// # Errors
    /// [`SettingsError`] if that file cannot be read.
    pub fn receiver_view(&self) -> Result<ReceiverView> {
        let (variables, faults) = receiver_variables(&self.receiver.env, &self.secrets)?;
        Ok(self.view_of(variables, &faults))
    }

    /// As [`Settings::receiver_view`], but without any variable where the receiver's loader refuses the file:
    /// what the receiver has, rather than what can be read.
    ///
    /// # Errors
    /// Those of [`Settings::receiver_view`].
    pub fn receiver_view_as_loaded(&self) -> Result<ReceiverView> {
        let (mut variables, faults) = receiver_variables(&self.receiver.env, &self.secrets)?;
        if faults.iter().any(|fault| fault.refuses_file()) {
            variables = Some(Arc::new(EnvVariables::of::<String, String>([])));
        }
        Ok(self.view_of(variables, &faults))
    }

    fn view_of(&self, variables: Option<Arc<EnvVariables>>, faults: &[DotenvFault]) -> ReceiverView {
        let findings = match &self.receiver.env {
            EnvSource::File(path, _) => faults.iter().map(|fault| fault.finding(path)).collect(),
            _ => Vec::new(),
        };
        let env = variables.as_ref().map_or(ReceiverEnv::NotVisible, |all| ReceiverEnv::Known(all.states()));
        let lookup = SecretLookup { env, ..self.receiver.secret_lookup(&self.secrets) };
        ReceiverView { lookup, variables, findings }
    }

    /// What the receiver can look up at this moment; see [`Settings::receiver_view`].
    ///
    /// # Errors
    /// Those of [`Settings::receiver_view`].
    pub fn secret_lookup(&self) -> Result<SecretLookup> {
        self.receiver_view().map(|view| view.lookup)
    }

    /// What is wrong with the settings although they could be resolved, as the health of a backend of its own;
    /// a secret store that cannot be opened tells its own.
    pub fn health(&self) -> Health {
        let mut health = Health::new("settings");
        let findings = self.findings.iter().cloned().chain(self.own_rules.findings());
        findings.for_each(|finding| health.push(finding));
        match self.receiver_view() {
            Ok(view) => view.findings.into_iter().for_each(|finding| health.push(finding)),
            Err(problem) => {
                let remedy = "correct it, and start again: until then the receiver's variables are not known";
                health.push(Finding::fault(problem.to_string(), remedy));
            }
        }
        health
    }
}

impl Receiver {
    /// Where the receiver looks for secrets of this source; its variables are not read.
    pub(crate) fn secret_lookup(&self, secrets: &SecretSource) -> SecretLookup {
        let sees_kv = secrets.backend().key_value;
        let kept = if sees_kv {
            OwnSecrets::Kv { mount: self.own_mount.clone(), template: self.own_path.clone() }
        } else {
            OwnSecrets::Variables
        };
        let own = if self.merges { kept.clone() } else { OwnSecrets::NotMerged };
        SecretLookup {
            env: ReceiverEnv::NotVisible,
            references: self.references.clone(),
            own,
            stored: kept,
            can_read_kv: sees_kv,
        }
    }
}

/// The process's variables include those of `--env-file`, as everywhere.
fn receiver_variables(
    source: &EnvSource,
    secrets: &SecretSource,
) -> Result<(Option<Arc<EnvVariables>>, Vec<DotenvFault>)> {
    Ok(match source {
        EnvSource::Unknown => (None, Vec::new()),
        EnvSource::Process => (Some(secrets.variables()), Vec::new()),
        EnvSource::File(path, origin) => {
            let bytes = std::fs::read(path)
                .map(Zeroizing::new)
                .map_err(|error| SettingsError::unreadable(path, origin.to_string(), &error))?;
            let (read, faults) = Environment::default().with_read_file(path, &bytes);
            (Some(Arc::new(read.variables())), faults)
        }
    })
}

fn env(found: &WithOrigin<String>) -> Result<EnvSource> {
    match found.value.as_str() {
        "unknown" => Ok(EnvSource::Unknown),
        "process" => Ok(EnvSource::Process),
        text => match text.strip_prefix("file:").filter(|path| !path.is_empty()) {
            Some(path) => Ok(EnvSource::File(found.relative_path(path), found.origin.clone())),
            None => Err(found
                .wrong(format!("{text:?} is no place of variables; write unknown, process or file:PATH"))),
        },
    }
}

/// Whether the receiver's variable names an empty mount, where no reference of it leads to a secret.
fn has_empty_mount(lookup: &mut Lookup<'_>) -> bool {
    let Some((text, found)) = lookup.receiver_text(SettingKey::VaultMount) else { return false };
    let is_empty = text.trim_matches('/').is_empty();
    if is_empty {
        let problem = found.wrong("it is empty, so that the receiver finds no secret for its references");
        let remedy = "unset it for the mount secret, or name another";
        lookup.findings.push(Finding::fault(problem.to_string(), remedy));
    }
    is_empty
}

fn mount(lookup: &mut Lookup<'_>, key: SettingKey, usual: &str) -> Result<Mount> {
    // Read without recording: `VaultMount` is recorded under its own key.
    let named = lookup.non_empty(SettingKey::VaultMount);
    // A variable of the receiver that is no mount is told where Vault is opened, and stops nothing else.
    let usable = |named: &WithOrigin<String>| {
        !matches!(named.origin, Origin::Variable { .. }) || Mount::new(named.value.trim_matches('/')).is_ok()
    };
    let named = named.filter(usable);
    let usual = named.as_ref().map_or(usual, |named| &named.value).trim_matches('/');
    let text = lookup.text_or(key, usual)?;
    Mount::new(text.value.trim_matches('/')).map_err(|error| wrong(&text, key, &error))
}

fn wrong(found: &WithOrigin<String>, key: SettingKey, error: &dyn std::fmt::Display) -> SettingsError {
    found.wrong(format!("{} is no path: {error}", key.setting().name))
}

#[cfg(test)]
mod tests;
