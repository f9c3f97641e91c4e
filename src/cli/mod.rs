//! The subcommands for scripts: one file each, on top of [`crate::manager::UnifiedConfigManager`].
//!
//! Tables are for people: escaped, with secrets masked. `-o json` and `-o yaml` are for programs.
//! Errors go to standard error as one paragraph, and every kind has its exit code ([`Exit`]).

mod args;
mod audit;
mod check;
mod delete;
mod document_arg;
mod error;
mod explain;
mod get;
mod health;
mod input;
mod list;
mod output;
mod put;
mod redact_usage_error;
mod resolve;
mod secrets;
mod session;
mod settings;
mod stderr;
mod stop;
mod surroundings;
mod watch;
mod write;
mod yaml;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;
use rustix::process::{Resource, Rlimit, setrlimit};

pub use args::Demo;
pub use error::Exit;
pub use session::open_audit;

use self::args::{CliArgs, Command};
use self::error::{CliError, Result};
use self::output::Printer;
use self::redact_usage_error::redacted_message;
use self::session::CliSession;
use self::stderr::print_note;
use crate::config::{SettingSources, Settings};

/// How long a finished command waits for the store to shut down, which takes a moment at most unless a store
/// that hangs is left with something to clean up.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(3);

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
}

/// Reads the arguments and resolves the settings.
///
/// # Errors
/// The exit code if there is nothing to run: after `--help`, a usage error or invalid settings. The message
/// has been printed by then.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> std::result::Result<Invocation, Exit> {
    let given: Vec<OsString> = arguments.into_iter().collect();
    let arguments =
        CliArgs::try_parse_from(&given).map_err(|error| match redacted_message(&error, &given) {
            Some(words) => report(&Exit::USAGE.because(words)),
            None => print_clap_error(&error),
        })?;
    invocation(arguments).map_err(|failure| report(&failure))
}

fn invocation(mut arguments: CliArgs) -> Result<Invocation> {
    if arguments.command.is_some() && (arguments.demo.is_some() || arguments.theme.is_some()) {
        let flag = if arguments.demo.is_some() { "--demo" } else { "--theme" };
        return Err(
            Exit::USAGE.because(format!("{flag} is for the console: leave out the command, or the flag"))
        );
    }
    let mut overrides = arguments.overrides();
    // The audit of a context stays readable after the context was removed from the config file.
    if let Some(Command::Audit(audit)) = &mut arguments.command {
        audit.context = overrides.context.take();
    }
    let sources = SettingSources::gather(overrides)?;
    let settings = Box::new(Settings::resolve(&sources)?);
    Ok(match arguments.command {
        Some(command) => Invocation::Command(CommandLine { settings, command }),
        None => Invocation::Console { settings, demo: arguments.demo },
    })
}

/// Prints `clap`'s message: help if requested, else a usage error.
fn print_clap_error(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe is not a failure, and any other error could not be reported either.
            let _ = io::stdout().write_all(text.as_bytes());
            return Exit::DONE;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            print_note("a command is missing here");
            // This is standard error: there is nowhere left to report a failure.
            let _ = write!(io::stderr(), "\n{text}");
        }
        _ => print_note(text.strip_prefix("error: ").unwrap_or(&text)),
    }
    Exit::USAGE
}

/// Explains why there is no console if standard input or output is not a terminal.
pub fn refuse_without_terminal() -> Option<Exit> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return None;
    }
    print_note(
        "the console needs a terminal on standard input and output; for scripts there are commands, see confdeck --help",
    );
    Some(Exit::USAGE)
}

/// Explains why nothing is done if fewer files than this may be opened, after raising the limit where that is
/// allowed: with too few, any part of the program could fail at any time.
pub fn refuse_without_files(needed: usize) -> Option<Exit> {
    let missing = || {
        let files: Vec<_> = std::iter::repeat_with(|| rustix::io::dup(rustix::stdio::stderr()))
            .take(needed)
            .map_while(std::result::Result::ok)
            .collect();
        needed - files.len()
    };
    if missing() == 0 {
        return None;
    }
    let limits = rustix::process::getrlimit(Resource::Nofile);
    // No further than needed: programs that are started from here inherit it, and some look at every number.
    let raised = limits.current.map(|current| current.saturating_add(needed as u64));
    let allowed = raised.into_iter().chain(limits.maximum).min();
    // What counts is what can be opened then.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: allowed, ..limits });
    let missing = missing();
    if missing == 0 {
        return None;
    }
    print_note(&format!(
        "this process may open {} more files and confdeck needs {needed}: raise the limit (ulimit -n)",
        needed - missing
    ));
    Some(Exit::FAILED)
}

/// Prints why the console could not be opened.
pub fn fail(error: &impl std::fmt::Display) -> Exit {
    print_note(&error.to_string());
    Exit::FAILED
}

fn report(failure: &CliError) -> Exit {
    if !matches!(failure, CliError::ClosedPipe) {
        print_note(&failure.to_string());
    }
    failure.exit()
}

pub async fn run(line: CommandLine) -> Exit {
    let session = CliSession::new(line.settings);
    let is_terminal = io::stdout().is_terminal();
    let mut writer = io::BufWriter::new(io::stdout().lock());
    let mut out = Printer { writer: &mut writer, is_terminal };
    let ended = dispatch(&session, line.command, &mut out).await;
    let ended = ended.and_then(|exit| out.flush().map(|()| exit).map_err(CliError::from));
    let exit = ended.unwrap_or_else(|failure| report(&failure));
    // A store that hangs is abandoned; its connections end with the process.
    let _ = tokio::time::timeout(SHUTDOWN_WITHIN, session.manager.shutdown()).await;
    exit
}

async fn dispatch(session: &CliSession, command: Command, out: &mut Printer<'_>) -> Result<Exit> {
    match command {
        Command::List(list) => list::run(session, list, out).await?,
        Command::Get(get) => get::run(session, get, out).await?,
        Command::Put(put) => put::run(session, put, out).await?,
        Command::Delete(delete) => delete::run(session, delete, out).await?,
        Command::Watch(watch) => watch::run(session, watch, out).await?,
        Command::Health(output) => return health::run(session, output.format, out).await,
        Command::Explain(arguments) => explain::run(session, arguments, out).await?,
        Command::Resolve(arguments) => return resolve::run(session, arguments, out).await,
        Command::Check(check) => return check::run(session, check, out).await,
        Command::Audit(audit) => audit::run(session, &audit, out)?,
        Command::Settings(settings) => return settings::run(session, settings, out).await,
        Command::Secrets(secrets) => return secrets::run(session, secrets, out).await,
    }
    Ok(Exit::DONE)
}
