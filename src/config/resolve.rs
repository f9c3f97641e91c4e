//! From sources to the settings in effect. Pure.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::Result;
#[cfg(feature = "etcd")]
use super::etcd;
use super::lookup::Lookup;
use super::own_rules::own_rules;
use super::rules;
use super::{
    ContextWarning, EffectiveSetting, Environment, Origin, Overrides, Receiver, SecretSource,
    SettingKey as Key, SettingSources, Target, WithOrigin,
};
use crate::check::{OwnRules, RuleSettings};
use crate::domain::{Finding, SecretNameError, SecretNames};
use crate::provider::file::FileSettings;

/// All settings in effect for one run.
#[derive(Debug, Clone)]
pub struct Settings {
    pub context: Context,
    /// The store it points at.
    pub target: Target,
    /// The file of the application whose settings are looked at.
    pub application: Option<PathBuf>,
    /// Where secrets come from.
    pub secrets: SecretSource,
    /// How the receiver looks up secrets, see [`Settings::receiver_view`].
    pub receiver: Receiver,
    /// The names that are always secret here, and those that are not by their sound.
    pub secret_names: SecretNames,
    /// Which rules are silenced here, or have another severity.
    pub rules: RuleSettings,
    /// Rules of the context itself.
    pub own_rules: OwnRules,
    /// Settings that only the console uses.
    pub console: ConsoleSettings,
    /// Warnings about the connection to the store that are always shown.
    pub warnings: Vec<ContextWarning>,
    /// Values that are read otherwise than they are written, see [`Settings::health`].
    pub findings: Vec<Finding>,
    /// Every value and where it came from, in the order of the table.
    pub effective: Vec<EffectiveSetting>,
    /// The flags they were resolved with.
    pub flags: Overrides,
    /// The names of all contexts of the config file, sorted.
    pub contexts: Vec<String>,
}

/// A context's name and rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its name; the target's if none is configured. Not yet safe to show.
    pub name: String,
    /// Whether the name comes from the config file.
    pub configured: bool,
    /// What made it read-only, if anything did.
    pub read_only: Option<Origin>,
    /// Whether the context is marked as protected.
    pub protected: bool,
}

/// Settings that only the console uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleSettings {
    pub theme: Option<&'static str>,
    /// The colour that tells this context from others.
    pub accent: Option<&'static str>,
    pub no_color: bool,
    /// Whether a secret value may be copied.
    pub copy_secrets: bool,
    /// The folder for logs, observations and the audit; `None` without a home folder.
    pub state_dir: Option<PathBuf>,
    /// The file that the counters are written to on exit.
    pub stats: Option<PathBuf>,
}

impl Settings {
    /// Resolves every setting.
    ///
    /// # Errors
    /// [`SettingsError`](super::SettingsError) for the first mistake found, with its place.
    pub fn resolve(sources: &SettingSources) -> Result<Self> {
        let SettingSources { file, environment, flags } = sources;
        let mut lookup = Lookup::new(flags, environment, file.as_ref())?;
        let name = lookup.text(Key::Context);
        if let Some(name) = &name {
            lookup.enter(name)?;
        }
        let backend = lookup.word(Key::Backend, "file")?;
        let target = match backend.value {
            #[cfg(feature = "etcd")]
            "etcd" => Target::Etcd(Box::new(etcd::settings(&mut lookup)?)),
            #[cfg(not(feature = "etcd"))]
            "etcd" => return Err(backend.wrong(not_built_in("etcd"))),
            _ => {
                lookup.refuse_unused_host()?;
                Target::Files(FileSettings {
                    webhooks: lookup.path_or(Key::WebhooksFile, "webhooks.json")?,
                    connections: lookup.path_or(Key::ConnectionsFile, "connections.json")?,
                })
            }
        };
        let application = lookup.path(Key::Application).map(|path| path.value);
        let secrets = SecretSource::resolve(&mut lookup, Arc::new(environment.variables()))?;
        let receiver = Receiver::resolve(&mut lookup, &target, &secrets)?;
        let context = Context {
            configured: name.is_some(),
            name: name.map_or_else(|| target.to_string(), |name| name.value),
            read_only: lookup.strictest(Key::ReadOnly)?,
            protected: lookup.strictest(Key::Protected)?.is_some(),
        };
        let secret_names = secret_names(&mut lookup)?;
        let own_rules = own_rules(&mut lookup);
        let rules = rules::settings(&mut lookup, &own_rules)?;
        let console = ConsoleSettings {
            theme: lookup.named_word(Key::Theme)?,
            accent: lookup.named_word(Key::Accent)?,
            no_color: lookup.switch(Key::NoColor, false)?,
            copy_secrets: lookup.switch(Key::CopySecrets, false)?,
            state_dir: state_folder(environment),
            stats: lookup.path(Key::Stats).map(|path| path.value),
        };
        let plain = target.plain_remote().map(|host| ContextWarning::PlainHttp { host: host.to_owned() });
        let overridden = lookup.effective.iter().filter(|_| context.configured).filter_map(overridden);
        let warnings = plain.into_iter().chain(secrets.warnings()).chain(overridden).collect();
        let contexts = lookup.contexts();
        let Lookup { effective, mut findings, .. } = lookup;
        findings.extend_from_slice(environment.findings());
        Ok(Self {
            context,
            target,
            application,
            secrets,
            receiver,
            secret_names,
            rules,
            own_rules,
            console,
            warnings,
            findings,
            effective,
            flags: flags.clone(),
            contexts,
        })
    }

    /// Reads the sources again, for another context. Blocks on I/O.
    ///
    /// # Errors
    /// Those of [`SettingSources::gather`] and [`Settings::resolve`].
    pub fn of_context(&self, name: &str) -> Result<Self> {
        let flags = Overrides { context: Some(name.to_owned()), ..self.flags.clone() };
        Self::resolve(&SettingSources::gather(flags)?)
    }

    /// The line of the file, the variable or the flag that set a value.
    pub fn origin(&self, key: Key) -> Option<&Origin> {
        self.effective.iter().find(|explained| explained.key == key).map(|explained| &explained.origin)
    }
}

/// `$XDG_STATE_HOME/confdeck`, else `~/.local/state/confdeck`. A relative path is ignored, as the XDG base
/// directory specification requires.
fn state_folder(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name| environment.text(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(base.join("confdeck"))
}

/// A variable that overrides which store a context points at, so that the context's name misleads.
fn overridden(explained: &EffectiveSetting) -> Option<ContextWarning> {
    use Key::{Backend, ConnectionsFile, Host, Layout, Port, Prefix, WebhooksFile};
    let where_to = [Backend, WebhooksFile, ConnectionsFile, Host, Port, Prefix, Layout];
    match explained.origin {
        Origin::Variable { name, .. } if where_to.contains(&explained.key) => {
            Some(ContextWarning::Overridden { variable: name })
        }
        _ => None,
    }
}

/// Why a store cannot be opened whose client this program was built without.
#[cfg(not(all(feature = "etcd", feature = "vault")))]
pub(super) fn not_built_in(feature: &str) -> String {
    format!(
        "{feature} is not built into this program: build it with the feature \"{feature}\" of confdeck, or \
         choose another store"
    )
}

/// A name that any source hides stays hidden; of those that are shown, the nearest list alone counts.
fn secret_names(lookup: &mut Lookup<'_>) -> Result<SecretNames> {
    let mut names = SecretNames::default();
    let (hidden, shown) = (lookup.all_lists(Key::HideNames), lookup.list(Key::ShowNames));
    let wrong = |key: Key, name: &WithOrigin<String>, error: SecretNameError| {
        name.wrong(format!("{} has {error}; write the name of a member, or leave it out", key.setting().name))
    };
    for name in &hidden {
        names = names.hide(&name.value).map_err(|error| wrong(Key::HideNames, name, error))?;
    }
    for name in &shown {
        names = names.show(&name.value).map_err(|error| wrong(Key::ShowNames, name, error))?;
    }
    Ok(names)
}

/// Applies a rule of the domain or of a provider, and adds the value's place to its error.
#[cfg(any(feature = "etcd", feature = "vault"))]
pub(super) fn checked<T, E: std::fmt::Display>(
    text: &WithOrigin<String>,
    rule: impl FnOnce(&str) -> std::result::Result<T, E>,
) -> Result<T> {
    rule(&text.value).map_err(|error| text.wrong(error.to_string()))
}

/// Two settings that are only valid together.
#[cfg(any(feature = "etcd", feature = "vault"))]
pub(super) fn both<A, B>(
    first: Key,
    a: Option<WithOrigin<A>>,
    second: Key,
    b: Option<WithOrigin<B>>,
) -> Result<Option<(WithOrigin<A>, WithOrigin<B>)>> {
    let missing = |set: Key, missing: Key| {
        let (set, missing) = (set.setting(), missing.setting());
        let variable = missing.variable.unwrap_or_default();
        format!("{} needs {} beside it: set {variable}, or leave both out", set.name, missing.name)
    };
    match (a, b) {
        (Some(a), None) => Err(a.wrong(missing(first, second))),
        (None, Some(b)) => Err(b.wrong(missing(second, first))),
        (a, b) => Ok(a.zip(b)),
    }
}
