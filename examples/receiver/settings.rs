//! The receiver's own settings: of an application file, whose changes come into force while it runs, or else
//! of the variables `HOST` and `PORT`.

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use confdeck::application::{Application, EffectiveValue, OpenOptions, SettingChange, SettingUpdates};
use confdeck::config::Target;
use confdeck::text::{MASK, Safe};
use serde::Deserialize;
use tokio::sync::watch;

use crate::log::{Log, LogLevel};

/// The most that is told of a value, in characters.
const VALUE_MAX: usize = 200;

/// What is not set is as [`ReceiverSettings::default`] has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct ReceiverSettings {
    pub(crate) listen: ListenAddress,
    pub(crate) limits: Limits,
    pub(crate) log: LogSettings,
}

/// Where it listens; port 0 takes a free one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct ListenAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// What it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Limits {
    /// The longest body, in bytes.
    pub(crate) body: usize,
    /// How many webhooks at once.
    pub(crate) requests: usize,
    /// How long requests that have begun may go on after SIGTERM.
    pub(crate) grace: Duration,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct LogSettings {
    pub(crate) level: LogLevel,
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self { host: "127.0.0.1".into(), port: 8000 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { body: 10 << 20, requests: 1024, grace: Duration::from_secs(5) }
    }
}

/// The settings in force, and what keeps them so.
pub(crate) struct LiveSettings {
    application: Option<Application>,
    in_force: watch::Receiver<ReceiverSettings>,
}

impl LiveSettings {
    /// Of the application file that `--app` or `CONFDECK_APP` names, if one does. `target` names the etcd
    /// that its layers mean which name none.
    pub(crate) async fn open(target: &Target, log: Log) -> Result<Self, Box<dyn Error>> {
        let Some(file) = application_file()? else {
            let settings = ReceiverSettings { listen: address()?, ..ReceiverSettings::default() };
            return Ok(Self { application: None, in_force: watch::channel(settings).1 });
        };
        let options = OpenOptions::new().read_only();
        let options = match target {
            Target::Etcd(etcd) => options.etcd((**etcd).clone()),
            Target::Files(_) => options,
        };
        let application = options.open(&file).await?;
        // Before they are read, so that no change is lost in between.
        let updates = application.subscribe();
        let settings: ReceiverSettings = application.version().settings()?;
        log.set_level(settings.log.level);
        let (to_readers, in_force) = watch::channel(settings);
        tokio::spawn(follow(updates, to_readers, log));
        Ok(Self { application: Some(application), in_force })
    }

    pub(crate) fn limits(&self) -> Limits {
        self.in_force.borrow().limits
    }

    /// The settings, now and whenever they change.
    pub(crate) fn watch(&self) -> watch::Receiver<ReceiverSettings> {
        self.in_force.clone()
    }

    /// How the layers are, in a word; `None` without an application file.
    pub(crate) fn health(&self) -> Option<String> {
        self.application.as_ref().map(|application| application.health().condition().word().to_lowercase())
    }
}

/// Puts each version in force that is one of the receiver's settings, and tells what is different in it.
async fn follow(mut updates: SettingUpdates, to_readers: watch::Sender<ReceiverSettings>, log: Log) {
    while let Some(update) = updates.next().await {
        update.changes.iter().for_each(tell);
        match update.version.settings::<ReceiverSettings>() {
            Ok(settings) => {
                log.set_level(settings.log.level);
                to_readers.send_replace(settings);
            }
            Err(error) => tracing::warn!("{}; what was there stays", Safe::display(&error)),
        }
    }
}

fn tell(change: &SettingChange) {
    let words = match &change.after {
        Some(now) => format!("{} is {}, by {}", change.path, shown(now), now.origin()),
        None => format!("{} has no value any more", change.path),
    };
    tracing::info!("{}", Safe::from(words));
}

/// A secret is told by a mask alone.
fn shown(value: &EffectiveValue) -> String {
    match value.is_secret() {
        true => MASK.to_owned(),
        false => Safe::prefix(&value.value().expose().to_string(), VALUE_MAX).to_string(),
    }
}

/// `--app FILE`, else `CONFDECK_APP`.
fn application_file() -> Result<Option<PathBuf>, String> {
    let mut arguments = env::args_os().skip(1);
    match (arguments.next(), arguments.next(), arguments.next()) {
        (None, ..) => Ok(env::var_os("CONFDECK_APP").filter(|file| !file.is_empty()).map(PathBuf::from)),
        (Some(flag), Some(file), None) if flag == "--app" => Ok(Some(file.into())),
        _ => Err("the only argument is --app FILE, an application file".into()),
    }
}

/// `HOST` and `PORT`.
fn address() -> Result<ListenAddress, String> {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let ListenAddress { host, port } = ListenAddress::default();
    let port = variable("PORT").map_or(Ok(port), |port| port.parse());
    let port = port.map_err(|_| "PORT is not a number from 0 to 65535")?;
    Ok(ListenAddress { host: variable("HOST").unwrap_or(host), port })
}
