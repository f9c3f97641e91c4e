//! `settings`: what is in force of an application's settings, and where each value comes from.

mod args;
mod check;
mod explain;
mod export;
mod get;
mod list;
mod shown;
mod watch;

use std::path::PathBuf;

pub(super) use self::args::SettingsArgs;
use self::args::SettingsCommand;
use super::error::{CliError, Exit, Result};
use super::output::Printer;
use super::secrets::{RevealArgs, consent};
use super::session::{CliSession, note_faults};
use super::stderr::print_note;
use crate::application::{
    Application, ApplicationFileError, ApplicationSpec, OpenError, OpenOptions, SourceError, SourceFault,
    StartError,
};
#[cfg(feature = "etcd")]
use crate::config::Target;

pub(super) async fn run(session: &CliSession, settings: SettingsArgs, out: &mut Printer<'_>) -> Result<Exit> {
    session.note_findings();
    let context = SettingsContext::new(session, settings.set)?;
    match settings.command {
        SettingsCommand::List(list) => list::run(&context, list, out).await?,
        SettingsCommand::Get(get) => get::run(&context, get, out).await?,
        SettingsCommand::Explain(explain) => explain::run(&context, explain, out).await?,
        SettingsCommand::Check(check) => return check::run(&context, check, out).await,
        SettingsCommand::Docs => out.exact(context.spec()?.reference_table().as_bytes())?,
        SettingsCommand::Export(export) => export::run(&context, export, out).await?,
        SettingsCommand::Watch(watch) => watch::run(&context, watch, out).await?,
    }
    Ok(Exit::DONE)
}

/// The application that the settings of confdeck name, and what it is opened with.
struct SettingsContext<'s> {
    session: &'s CliSession,
    path: PathBuf,
    options: OpenOptions,
}

/// An application with its declarations. It follows its layers until it is dropped.
struct OpenApplication {
    spec: ApplicationSpec,
    application: Application,
}

impl<'s> SettingsContext<'s> {
    fn new(session: &'s CliSession, arguments: Vec<String>) -> Result<Self> {
        let settings = &session.settings;
        let path = settings.application.clone().ok_or_else(|| {
            Exit::USAGE.because(
                "no application is named: add --app FILE, set CONFDECK_APP, or write application = \"FILE\" in the \
                 context",
            )
        })?;
        let mut options =
            OpenOptions::new().variables(settings.secrets.variables()).arguments(arguments).observing();
        #[cfg(feature = "etcd")]
        if let Target::Etcd(etcd) = &settings.target {
            options = options.etcd((**etcd).clone());
        }
        if settings.context.read_only.is_some() {
            options = options.read_only();
        }
        Ok(Self { session, path, options })
    }

    /// What the application file says.
    fn spec(&self) -> Result<ApplicationSpec> {
        let variables = self.session.settings.secrets.variables();
        ApplicationSpec::open(&self.path, &*variables).map_err(|error| refused(error.into()))
    }

    /// Loads all layers. What is wrong although there is a picture is said on standard error.
    async fn open(&self) -> Result<OpenApplication> {
        let spec = self.spec()?;
        let application = self.options.builder(spec.clone()).map_err(refused)?.start().await;
        let application = application.map_err(|error| refused(error.into()))?;
        note_faults(application.health().findings());
        Ok(OpenApplication { spec, application })
    }

    /// Whether values of secrets are shown; asks first on a terminal, and says so in the audit.
    fn reveals(&self, reveal: &RevealArgs) -> Result<bool> {
        if reveal.reveal {
            consent(
                reveal,
                &format!("read and print the secrets among the settings of {}?", self.path.display()),
            )?;
        }
        Ok(reveal.reveal)
    }
}

/// Whose fault it is that an application cannot be opened.
fn refused(error: OpenError) -> CliError {
    let exit = match &error {
        OpenError::File(ApplicationFileError::Unreadable { .. }) | OpenError::Argument(_) => Exit::USAGE,
        OpenError::Start(StartError::Refused { faults, unavailable }) if faults.is_empty() => unavailable
            .iter()
            .map(|(_, error)| exit_of(error))
            .max_by_key(|exit| exit.0)
            .unwrap_or(Exit::FAILED),
        _ => Exit::INVALID,
    };
    exit.because(error.to_string())
}

fn exit_of(error: &SourceError) -> Exit {
    match error.fault {
        SourceFault::Missing => Exit::NOT_FOUND,
        SourceFault::Unavailable => Exit::UNAVAILABLE,
        SourceFault::Invalid => Exit::INVALID,
    }
}

/// Says how many secrets were printed.
fn note_revealed(count: usize) {
    if count > 0 {
        print_note(&format!("secret values read: {count}"));
    }
}
