//! `settings`: what is in force of an application's settings, and where each value comes from.

mod args;
mod change;
mod check;
mod explain;
mod export;
mod get;
mod list;
mod shown;
mod versions;
mod watch;

use std::path::PathBuf;

pub(super) use self::args::SettingsArgs;
use self::args::SettingsCommand;
use self::shown::SecretFilter;
use super::error::{CliError, Exit, Result};
use super::output::Printer;
use super::secrets::{RevealArgs, consent};
use super::session::{CliSession, note_faults};
use super::stderr::print_note;
use super::write::{NUMBER, note_unrecorded};
use crate::application::{
    Application, ApplicationFileError, ApplicationSpec, EffectiveValue, OpenApplicationError, OpenOptions,
    SourceError, SourceFault, StartError,
};
use crate::audit::{AuditAction, SettingEvent};
use crate::config::Target;
use crate::provider::Error;

pub(super) async fn run(session: &CliSession, settings: SettingsArgs, out: &mut Printer<'_>) -> Result<Exit> {
    session.note_findings();
    let context = SettingsContext::new(session, settings.set)?;
    match settings.command {
        SettingsCommand::List(list) => list::run(&context, list, out).await?,
        SettingsCommand::Get(get) => get::run(&context, get, out).await?,
        SettingsCommand::Explain(explain) => explain::run(&context, explain, out).await?,
        SettingsCommand::Set(set) => change::set(&context, set, out).await?,
        SettingsCommand::Unset(unset) => change::unset(&context, unset, out).await?,
        SettingsCommand::Versions(output) => versions::run(&context, output.format, out)?,
        SettingsCommand::Rollback(rollback) => change::rollback(&context, rollback, out).await?,
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
struct OpenedApplication {
    spec: ApplicationSpec,
    application: Application,
}

impl<'s> SettingsContext<'s> {
    fn new(session: &'s CliSession, arguments: Vec<String>) -> Result<Self> {
        let settings = &session.settings;
        let path = settings.application.clone().ok_or_else(|| {
            Exit::USAGE.because(
                "no application is named: add --app FILE, set CONFDECK_APP, or write application = \"FILE\" \
                 in the context",
            )
        })?;
        let mut options =
            OpenOptions::new().variables(settings.secrets.variables()).arguments(arguments).observing();
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
    async fn open(&self) -> Result<OpenedApplication> {
        let spec = self.spec()?;
        let application = self.options.builder(spec.clone()).map_err(refused)?.start().await;
        let application = application.map_err(|error| refused(error.into()))?;
        note_faults(application.health().findings());
        Ok(OpenedApplication { spec, application })
    }

    /// The same although values are refused, which is said on standard error: so that they can be explained
    /// and corrected.
    async fn open_to_repair(&self) -> Result<OpenedApplication> {
        let spec = self.spec()?;
        let started = self.options.builder(spec.clone()).map_err(refused)?.start_to_repair().await;
        let (application, refused) = started.map_err(|error| self::refused(error.into()))?;
        match refused {
            Some(error) => print_note(&error.to_string()),
            None => note_faults(application.health().findings()),
        }
        Ok(OpenedApplication { spec, application })
    }

    /// What is hidden, with the names of the context.
    fn filter(&self, reveals: bool) -> SecretFilter {
        SecretFilter::new(reveals, &self.session.settings.secret_names)
    }

    /// What is hidden; asks on a terminal before nothing is.
    fn consented(&self, reveal: &RevealArgs) -> Result<SecretFilter> {
        if reveal.reveal {
            let path = self.path.display();
            consent(reveal, &format!("read and print the secrets among the settings of {path}?"))?;
        }
        Ok(self.filter(reveal.reveal))
    }

    /// Keeps in the audit which secrets are shown, and says how many.
    async fn note_revealed<'v>(
        &self,
        open: &OpenedApplication,
        filter: &SecretFilter,
        reveal: &RevealArgs,
        values: impl IntoIterator<Item = &'v EffectiveValue>,
    ) {
        let secrets = values.into_iter().filter(|it| filter.is_secret(it.path(), it.is_secret()));
        let event = |value: &EffectiveValue| SettingEvent {
            action: AuditAction::RevealSetting,
            application: open.application.name().to_owned(),
            layer: value.origin().layer.to_string(),
            path: value.path().to_string(),
            before: None,
            reason: reveal.reason.clone(),
        };
        let shown: Vec<_> = secrets.filter(|_| filter.reveals).map(event).collect();
        if !shown.is_empty() {
            print_note(&format!("secret values read: {}; the audit says so", shown.len()));
            note_unrecorded(self.session.writes.record_settings_reveal(NUMBER, shown).await);
        }
    }

    /// # Errors
    /// The context is read-only.
    fn check_writable(&self) -> Result<()> {
        match &self.session.settings.context.read_only {
            Some(origin) => Err(Error::Denied {
                permission: format!("writing, which is off by {origin}"),
                remedy: "take that back, or use another context",
            }
            .into()),
            None => Ok(()),
        }
    }
}

/// Whose fault it is that an application cannot be opened.
fn refused(error: OpenApplicationError) -> CliError {
    let exit = match &error {
        OpenApplicationError::File(ApplicationFileError::Unreadable { .. })
        | OpenApplicationError::Argument(_) => Exit::USAGE,
        OpenApplicationError::Start(StartError::Refused { faults, unavailable }) if faults.is_empty() => {
            unavailable
                .iter()
                .map(|(_, error)| exit_of(error))
                .max_by_key(|exit| exit.0)
                .unwrap_or(Exit::FAILED)
        }
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
