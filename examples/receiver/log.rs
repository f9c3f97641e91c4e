//! The log on standard error, whose level changes while it is written. It takes lines of the receiver and of
//! confdeck alone: what others log may hold bodies.

use std::io;

use serde::Deserialize;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// The least that is worth a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    Error,
    #[default]
    Warn,
    Info,
    Debug,
}

/// The log that this process writes.
pub(crate) struct Log(reload::Handle<Targets, Registry>);

impl Log {
    /// Begins it, at the level that is the default.
    pub(crate) fn start() -> Result<Self, TryInitError> {
        let (filter, handle) = reload::Layer::new(filter(LogLevel::default()));
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::stderr);
        tracing_subscriber::registry().with(filter).with(lines).try_init()?;
        Ok(Self(handle))
    }

    pub(crate) fn set_level(&self, level: LogLevel) {
        // It fails where nobody writes the log any more.
        let _ = self.0.reload(filter(level));
    }
}

fn filter(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    Targets::new().with_targets([("confdeck", level), ("receiver", level)])
}
