//! The sources that settings are read from, and the one function that reads them.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::Result;
use super::{Environment, Origin, SettingKey, SettingsError};
use crate::private_file::is_private;

/// The flags of one invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--context`
    pub context: Option<String>,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--env-file`
    pub env_file: Option<PathBuf>,
    /// `--read-only`
    pub read_only: bool,
    /// `--protected`
    pub protected: bool,
    /// `--app`
    pub application: Option<PathBuf>,
    /// `--theme`
    pub theme: Option<String>,
    /// `--no-color`
    pub no_color: bool,
}

/// The config file as read.
#[derive(Debug, Clone)]
pub struct ConfigText {
    pub path: PathBuf,
    pub text: String,
    /// Whether only its owner can read it; otherwise a password in it is refused.
    pub private: bool,
}

/// Everything that settings are resolved from.
///
/// ```
/// use confdeck::config::{Environment, SettingSources, Settings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let environment = Environment::of([("CONFIG_BACKEND", "file"), ("WEBHOOKS_CONFIG_FILE", "/etc/webhooks.json")]);
/// let settings = Settings::resolve(&SettingSources { environment, ..SettingSources::default() })?;
/// assert_eq!(settings.target.to_string(), "files /etc/webhooks.json");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct SettingSources {
    /// The config file, if there is one.
    pub file: Option<ConfigText>,
    pub environment: Environment,
    pub flags: Overrides,
}

impl SettingSources {
    /// Reads the process's variables, the file of `--env-file`, and the config file. A config file named
    /// explicitly must exist; the one at the default location is optional.
    ///
    /// # Errors
    /// [`SettingsError`] if a named file cannot be read or a variable is not UTF-8.
    pub fn gather(flags: Overrides) -> Result<Self> {
        let mut environment = Environment::process()?;
        if let Some(path) = &flags.env_file {
            let bytes = std::fs::read(path)
                .map(Zeroizing::new)
                .map_err(|error| SettingsError::unreadable(path, "--env-file", &error))?;
            environment = environment.with_file(path, &*bytes)?;
        }
        let file = match config_path(&flags, &environment) {
            Some((path, origin)) => read_config(path, &origin)?,
            None => None,
        };
        Ok(Self { file, environment, flags })
    }
}

fn config_path(flags: &Overrides, environment: &Environment) -> Option<(PathBuf, Origin)> {
    if let Some(path) = &flags.config {
        return Some((path.clone(), Origin::Flag("--config")));
    }
    let named = SettingKey::Config.setting().variable.and_then(|name| environment.get(name));
    if let Some(named) = named.filter(|named| !named.value.is_empty()) {
        return Some((named.value.into(), named.origin));
    }
    let folder = match environment.text("XDG_CONFIG_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(environment.text("HOME")?).join(".config"),
    };
    Some((folder.join("confdeck").join("config.toml"), Origin::Default))
}

fn read_config(path: PathBuf, origin: &Origin) -> Result<Option<ConfigText>> {
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let private = std::fs::metadata(&path).is_ok_and(|file| is_private(&file));
            Ok(Some(ConfigText { path, text, private }))
        }
        Err(error) if *origin == Origin::Default && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let asked_by = match origin {
                Origin::Default => "the config file's default place".to_owned(),
                named => named.to_string(),
            };
            Err(SettingsError::unreadable(&path, asked_by, &error))
        }
    }
}
