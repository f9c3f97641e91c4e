//! The subcommands for scripts: one file each, on top of [`UnifiedConfigManager`].
//!
//! Tables are for people: escaped, with secrets masked. `-o json` and `-o yaml` are for programs.
//! Errors go to standard error as one paragraph, and every kind has its exit code ([`Exit`]).

mod args;
mod audit;
mod delete;
mod error;
mod get;
mod health;
mod input;
mod list;
mod output;
mod pipe;
mod prompt;
mod put;
mod secrets;
mod watch;
mod write;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;

pub use args::Demo;
pub use error::Exit;

use self::args::{CliArgs, Command};
use self::error::CliError;
use self::output::Printer;
use self::secrets::redact_usage_error;
use crate::audit::Audit;
use crate::config::{SettingSources, Settings};
use crate::domain::Token;
use crate::manager::UnifiedConfigManager;
use crate::provider::Expect;
use crate::text::Safe;
use crate::write::WriteService;

/// How long a finished command waits for the store to shut down.
const SHUTDOWN_WITHIN: Duration = Duration::from_millis(500);

/// The parsed arguments with the resolved settings.
#[derive(Debug)]
pub enum Invocation {
    /// Open the console.
    Console {
        settings: Box<Settings>,
        /// Demo data instead of the settings' target.
        demo: Option<Demo>,
    },
    /// Run one command.
    Command(CommandLine),
}

/// A command with its settings, ready to [`run`].
#[derive(Debug)]
pub struct CommandLine {
    settings: Box<Settings>,
    command: Command,
    /// The context that `audit` filters by.
    audit_context: Option<String>,
}

/// Reads the arguments and resolves the settings.
///
/// # Errors
/// The exit code where there is nothing to run: after `--help`, a usage error or invalid settings; the
/// message has been printed by then.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, Exit> {
    let given: Vec<OsString> = arguments.into_iter().collect();
    let arguments = CliArgs::try_parse_from(&given).map_err(|error| {
        let hushed = Some(&error)
            .filter(|_| redact_usage_error::writes_a_value(&given))
            .and_then(redact_usage_error::redacted_message);
        hushed.map_or_else(|| print_clap_error(&error), |words| report(&CliError::Usage(words)))
    })?;
    invocation(arguments).map_err(|failure| report(&failure))
}

fn invocation(arguments: CliArgs) -> Result<Invocation, CliError> {
    if arguments.command.is_some() && (arguments.demo.is_some() || arguments.theme.is_some()) {
        let flag = if arguments.demo.is_some() { "--demo" } else { "--theme" };
        return Err(CliError::Usage(format!(
            "{flag} is for the console: leave out the command, or the flag"
        )));
    }
    let mut overrides = arguments.overrides();
    // The audit of a context stays readable after the context is removed from the config file.
    let audits = matches!(arguments.command, Some(Command::Audit(_)));
    let audited = if audits { overrides.context.take() } else { None };
    let sources = SettingSources::gather(overrides)?;
    let settings = Box::new(Settings::resolve(&sources)?);
    Ok(match arguments.command {
        Some(command) => Invocation::Command(CommandLine { settings, command, audit_context: audited }),
        None => Invocation::Console { settings, demo: arguments.demo },
    })
}

/// Prints `clap`'s message: help where help was asked for, else a usage error.
fn print_clap_error(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe is no failure, and any other error cannot be reported either.
        let _ = io::stdout().write_all(text.as_bytes());
        return Exit::DONE;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        print_error("a command is missing here");
        // This is standard error: there is nowhere left to report a failure.
        let _ = write!(io::stderr(), "\n{text}");
        return Exit::USAGE;
    }
    print_error(text.strip_prefix("error: ").unwrap_or(&text));
    Exit::USAGE
}

/// Prints why there is no console.
pub fn refuse_console() -> Exit {
    print_error(
        "the console needs a terminal on standard input and output; for scripts there are commands, see confdeck --help",
    );
    Exit::USAGE
}

/// Whether standard input and output are a terminal.
pub fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Prints why the console could not be opened.
pub fn fail(error: &impl std::fmt::Display) -> Exit {
    print_error(&error.to_string());
    Exit::FAILED
}

fn report(failure: &CliError) -> Exit {
    if !matches!(failure, CliError::ClosedPipe) {
        print_error(&failure.to_string());
    }
    failure.exit()
}

/// Prints an error to standard error, escaped, because it may quote stored data.
fn print_error(text: &str) {
    let mut stderr = io::stderr().lock();
    for (index, line) in text.trim_end().lines().enumerate() {
        let prefix = if index == 0 { "confdeck: " } else { "" };
        // There is nowhere left to report a failure.
        let _ = writeln!(stderr, "{prefix}{}", Safe::new(line));
    }
}

/// Prints a note to standard error, so that the output stays machine-readable.
fn print_note(text: &str) {
    print_error(text);
}

pub async fn run(line: CommandLine) -> Exit {
    let session = CliSession::new(line.settings, line.audit_context);
    let is_terminal = io::stdout().is_terminal();
    let mut writer = io::BufWriter::new(io::stdout().lock());
    let mut out = Printer::new(&mut writer, is_terminal);
    let ended = session.dispatch(line.command, &mut out).await;
    let ended = ended.and_then(|exit| out.flush().map(|()| exit).map_err(CliError::from));
    // A store that hangs is abandoned; its connections end with the process.
    let _ = tokio::time::timeout(SHUTDOWN_WITHIN, session.manager.shutdown()).await;
    ended.unwrap_or_else(|failure| report(&failure))
}

/// What every command uses.
struct CliSession {
    settings: Box<Settings>,
    manager: UnifiedConfigManager,
    writes: WriteService,
    audit_context: Option<String>,
}

impl CliSession {
    fn new(settings: Box<Settings>, audit_context: Option<String>) -> Self {
        let manager = UnifiedConfigManager::from_settings(&settings);
        let folder = settings.console.state_dir.as_deref();
        let audit = Audit::new(folder, settings.context.name.clone(), settings.target.location())
            .with_secrets(settings.secrets.location());
        let writes = WriteService::new(Arc::new(audit), write::AUDIT_WAIT);
        Self { settings, manager, writes, audit_context }
    }

    async fn dispatch(&self, command: Command, out: &mut Printer<'_>) -> Result<Exit, CliError> {
        match command {
            Command::List(list) => list::run(self, list, out).await,
            Command::Get(get) => get::run(self, get, out).await,
            Command::Put(put) => put::run(self, put, out).await,
            Command::Delete(delete) => delete::run(self, delete, out).await,
            Command::Watch(watch) => watch::run(self, watch, out).await,
            Command::Health(health) => health::run(self, health, out).await,
            Command::Audit(audit) => audit::run(self, &audit, out),
            Command::Secrets(secrets) => secrets::run(self, secrets, out).await,
        }
    }

    fn expect(&self, token: &str) -> Result<Expect, CliError> {
        let kind = self.manager.reader().capabilities().tokens;
        Token::parse(kind, token).map(Expect::Token).ok_or_else(|| {
            CliError::Usage(format!(
                "{token:?} is not a token of this store; confdeck get prints the current one"
            ))
        })
    }
}
