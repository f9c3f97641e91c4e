//! What the context says of the receiver: how it looks at secrets.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::lookup::Lookup;
use super::{Environment, Origin, SecretSource, SettingKey as Key, Settings, SettingsError, Sourced, Target};
use crate::check::{Eyes, OwnSecrets, OwnTemplate, ReceiverEnv};
use crate::domain::Mount;
use crate::provider::etcd::Layout;

type Result<T> = std::result::Result<T, SettingsError>;

/// The receiver of a context, as its settings describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// Where its variables can be seen.
    pub env: EnvView,
    /// The engine that references are relative to; `None` where it reads no Vault.
    pub references: Option<Mount>,
    /// The engine that holds webhooks' own secrets.
    pub own_mount: Mount,
    /// Their paths in it.
    pub own_path: OwnTemplate,
    /// Whether it merges them into the document.
    pub merges: bool,
}

/// Where the receiver's variables can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvView {
    /// Nowhere but there.
    Unknown,
    /// They are those of this process.
    Process,
    /// In a file of `NAME=VALUE` lines, and who named it.
    File(PathBuf, Origin),
}

impl Receiver {
    pub(super) fn resolve(
        lookup: &mut Lookup<'_>,
        environment: &Environment,
        target: &Target,
    ) -> Result<Self> {
        let flat = matches!(target, Target::Etcd(etcd) if etcd.layout == Layout::Flat);
        let usual = if matches!(target, Target::Files(_)) { "process" } else { "unknown" };
        let env = env(&lookup.text_or(Key::ReceiverEnv, usual)?)?;
        let vault = lookup.switch_or(Key::ReceiverVault, true)?;
        let reference_mount = mount(lookup, environment, Key::ReceiverReferenceMount, "secret")?;
        let own_mount = mount(lookup, environment, Key::ReceiverOwnMount, "webhooks")?;
        let own_path = match lookup.text(Key::ReceiverOwnPath) {
            None => OwnTemplate::default(),
            Some(text) => {
                OwnTemplate::new(&text.value).map_err(|error| wrong(&text, Key::ReceiverOwnPath, &error))?
            }
        };
        let merges = lookup.switch_or(Key::ReceiverMerges, flat)?;
        Ok(Self { env, references: vault.then_some(reference_mount), own_mount, own_path, merges })
    }
}

impl Settings {
    /// What the receiver sees, looked at now: the names of its variables are read from this process, or
    /// from the file that is named.
    ///
    /// # Errors
    /// [`SettingsError`] where that file cannot be read, or a line of it is not `NAME=VALUE`.
    pub fn eyes(&self) -> Result<Eyes> {
        let Receiver { env, references, own_mount, own_path, merges } = &self.receiver;
        let sees_kv = !matches!(self.secrets, SecretSource::Env(_));
        let kept = match &self.secrets {
            SecretSource::Env(_) => OwnSecrets::Variables,
            _ => OwnSecrets::Kv { mount: own_mount.clone(), template: own_path.clone() },
        };
        let own = if *merges { kept.clone() } else { OwnSecrets::NotMerged };
        Ok(Eyes { env: look(env, &self.secrets)?, references: references.clone(), own, kept, sees_kv })
    }
}

/// The process's variables count with those of `--env-file`, as everywhere.
fn look(view: &EnvView, secrets: &SecretSource) -> Result<ReceiverEnv> {
    let variables = match view {
        EnvView::Unknown => return Ok(ReceiverEnv::NotVisible),
        EnvView::File(path, origin) => {
            let text = std::fs::read_to_string(path)
                .map(Zeroizing::new)
                .map_err(|error| SettingsError::unreadable(path, origin.to_string(), &error))?;
            return Ok(ReceiverEnv::Known(
                Environment::default().with_file(path, &text)?.variables().states(),
            ));
        }
        EnvView::Process => secrets.variables(),
    };
    Ok(ReceiverEnv::Known(variables.states()))
}

fn env(found: &Sourced<String>) -> Result<EnvView> {
    match found.value.as_str() {
        "unknown" => Ok(EnvView::Unknown),
        "process" => Ok(EnvView::Process),
        text => match text.strip_prefix("file:").filter(|path| !path.is_empty()) {
            Some(path) => Ok(EnvView::File(located(path, &found.origin), found.origin.clone())),
            None => {
                let problem =
                    format!("{text:?} is no place of variables; write unknown, process or file:PATH");
                Err(SettingsError::of(&found.origin, problem))
            }
        },
    }
}

/// A path of the config file is relative to that file, so that it means the same from everywhere.
fn located(path: &str, origin: &Origin) -> PathBuf {
    match origin {
        Origin::File { path: file, .. } => file.parent().unwrap_or(Path::new("")).join(path),
        _ => path.into(),
    }
}

fn mount(lookup: &mut Lookup<'_>, environment: &Environment, key: Key, usual: &str) -> Result<Mount> {
    let usual = environment.text("VAULT_MOUNT_POINT").unwrap_or(usual).trim_matches('/');
    let text = lookup.text_or(key, usual)?;
    Mount::new(text.value.trim_matches('/')).map_err(|error| wrong(&text, key, &error))
}

fn wrong(found: &Sourced<String>, key: Key, error: &dyn std::fmt::Display) -> SettingsError {
    SettingsError::of(&found.origin, format!("{} is no path: {error}", key.setting().name))
}

#[cfg(test)]
mod tests {
    use super::super::{ConfigText, Overrides, Sources};
    use super::*;
    use crate::domain::{FieldState, Namespace, ResourceKey, WebhookId};

    fn resolve(file: &str, variables: &[(&str, &str)]) -> Result<Settings> {
        let text = ConfigText { path: PathBuf::from("/etc/c.toml"), text: file.into(), private: true };
        let environment = Environment::of(variables.iter().copied());
        Settings::resolve(&Sources { file: Some(text), environment, flags: Overrides::default() })
    }

    fn webhook() -> ResourceKey {
        ResourceKey::webhook(Namespace::default(), WebhookId::new("orders").unwrap())
    }

    #[test]
    fn what_is_not_said_follows_from_the_store() {
        let eyes = resolve("", &[("WEBHOOK_X_TOKEN", "")]).unwrap().eyes().unwrap();
        let known = [("WEBHOOK_X_TOKEN".to_owned(), FieldState::Empty)].into_iter().collect();
        assert_eq!(eyes.env, ReceiverEnv::Known(known), "files are read beside the receiver");
        assert_eq!(eyes.own, OwnSecrets::NotMerged);
        assert!(!eyes.sees_kv);
        assert_eq!(eyes.reference_path("a").unwrap().to_string(), "secret/a");

        let etcd = resolve("", &[("CONFIG_BACKEND", "etcd"), ("VAULT_MOUNT_POINT", "team/kv/")]).unwrap();
        let eyes = etcd.eyes().unwrap();
        assert_eq!((&eyes.env, &eyes.own), (&ReceiverEnv::NotVisible, &OwnSecrets::NotMerged));
        assert_eq!(eyes.reference_path("a").unwrap().to_string(), "team/kv/a");

        let flat = resolve("", &[("CONFIG_BACKEND", "etcd"), ("ETCD_LAYOUT", "flat")]).unwrap();
        assert_eq!(flat.eyes().unwrap().own, OwnSecrets::Variables);
    }

    #[test]
    fn a_context_describes_its_receiver_and_the_top_all_of_them() {
        let file = "[receiver]\nmerges_own_secrets = true\nreference_mount = \"all\"\n\
                    [contexts.prod.receiver]\nenv = \"unknown\"\nown_mount = \"hooks\"\nown_path = \"x/{id}\"\n\
                    reference_mount = \"prod\"\n";
        let settings = resolve(file, &[("CONFDECK_CONTEXT", "prod"), ("SECRETS_BACKEND", "vault")]).unwrap();
        let eyes = settings.eyes().unwrap();
        assert_eq!(eyes.env, ReceiverEnv::NotVisible);
        assert_eq!(eyes.own_path(&webhook()).unwrap().to_string(), "hooks/x/orders");
        assert_eq!(eyes.reference_path("a").unwrap().to_string(), "prod/a");
        let other = resolve(file, &[("SECRETS_BACKEND", "vault")]).unwrap().eyes().unwrap();
        assert_eq!(other.own_path(&webhook()).unwrap().to_string(), "webhooks/orders/secrets");
        assert_eq!(other.reference_path("a").unwrap().to_string(), "all/a");
    }

    #[test]
    fn mistakes_name_their_place() {
        let problem = |file: &str| resolve(file, &[]).unwrap_err().to_string();
        assert_eq!(
            problem("[receiver]\nenv = \"here\"\n"),
            "/etc/c.toml:2:7: \"here\" is no place of variables; write unknown, process or file:PATH"
        );
        assert_eq!(
            problem("[contexts.a.receiver]\nmount = \"x\"\n"),
            "/etc/c.toml:2:1: \"mount\" is not known in [contexts.a.receiver]; known are env, vault_enabled, \
             reference_mount, own_mount, own_path, merges_own_secrets"
        );
        assert!(problem("[receiver]\nown_path = \"secrets\"\n").contains("it has no {id}"));
        let missing = resolve("[receiver]\nenv = \"file:none.env\"\n", &[]).unwrap().eyes().unwrap_err();
        assert_eq!(missing.to_string(), "cannot read /etc/none.env (/etc/c.toml:2): entity not found");
    }
}
