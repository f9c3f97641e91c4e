//! The subcommands, for scripts: one file each, on the manager that everything else uses.
//!
//! Tables are for people: safe, and with secrets hidden. `-o json` and `-o yaml` are for programs.
//! Errors go to standard error, one paragraph, and every kind has its exit code ([`Exit`]).

mod args;
mod ask;
mod audit;
mod delete;
mod failure;
mod get;
mod health;
mod list;
mod output;
mod pipe;
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
pub use failure::Exit;

use self::args::{Arguments, Command};
use self::failure::Failure;
use self::output::Out;
use self::secrets::hush;
use crate::audit::Audit;
use crate::domain::Token;
use crate::manager::UnifiedConfigManager;
use crate::provider::Expect;
use crate::settings::{Settings, Sources};
use crate::text::Safe;

/// How long a finished command waits for the store to say goodbye.
const PARTING: Duration = Duration::from_millis(500);

/// What the arguments ask for, with the settings in force.
#[derive(Debug)]
pub enum Invocation {
    /// Open the console.
    Console {
        /// The settings.
        settings: Box<Settings>,
        /// Made-up data instead of the settings' target.
        demo: Option<Demo>,
    },
    /// Run one command.
    Command(CommandLine),
}

/// One command, ready to [`run`].
#[derive(Debug)]
pub struct CommandLine {
    settings: Box<Settings>,
    command: Command,
    /// The context whose records `audit` is to show.
    audited: Option<String>,
}

/// Reads the arguments and resolves the settings.
///
/// # Errors
/// The exit code where there is nothing to run: after `--help`, a usage error or a mistake in the
/// settings, which have been printed.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, Exit> {
    let given: Vec<OsString> = arguments.into_iter().collect();
    let arguments = Arguments::try_parse_from(&given).map_err(|error| {
        let hushed = Some(&error).filter(|_| hush::writes_a_value(&given)).and_then(hush::hushed);
        hushed.map_or_else(|| explain(&error), |words| report(&Failure::Usage(words)))
    })?;
    invocation(arguments).map_err(|failure| report(&failure))
}

fn invocation(arguments: Arguments) -> Result<Invocation, Failure> {
    if arguments.command.is_some() && (arguments.demo.is_some() || arguments.theme.is_some()) {
        let flag = if arguments.demo.is_some() { "--demo" } else { "--theme" };
        return Err(Failure::Usage(format!("{flag} is for the console: leave out the command, or the flag")));
    }
    let mut overrides = arguments.overrides();
    // What was done in a context can be read when the config file does not have it any more.
    let audits = matches!(arguments.command, Some(Command::Audit(_)));
    let audited = if audits { overrides.context.take() } else { None };
    let sources = Sources::gather(overrides)?;
    let settings = Box::new(Settings::resolve(&sources)?);
    Ok(match arguments.command {
        Some(command) => Invocation::Command(CommandLine { settings, command, audited }),
        None => Invocation::Console { settings, demo: arguments.demo },
    })
}

/// Prints what `clap` has to say: help where help was asked for, else a usage error.
fn explain(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A closed pipe is no failure, and nothing else can be done about another one.
        let _ = io::stdout().write_all(text.as_bytes());
        return Exit::DONE;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        complain("a command is missing here");
        // Standard error is where this goes; there is no better place to say that it failed.
        let _ = write!(io::stderr(), "\n{text}");
        return Exit::USAGE;
    }
    complain(text.strip_prefix("error: ").unwrap_or(&text));
    Exit::USAGE
}

/// Says on standard error why there is no console.
pub fn refuse_console() -> Exit {
    complain(
        "the console needs a terminal on standard input and output; for scripts there are commands, see confdeck --help",
    );
    Exit::USAGE
}

/// Whether the console can be shown.
pub fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Says why the console could not be opened.
pub fn fail(error: &impl std::fmt::Display) -> Exit {
    complain(&error.to_string());
    Exit::FAILED
}

fn report(failure: &Failure) -> Exit {
    if !matches!(failure, Failure::ClosedPipe) {
        complain(&failure.to_string());
    }
    failure.exit()
}

/// Writes an error where errors go; what it quotes may come from a store.
fn complain(text: &str) {
    let mut stderr = io::stderr().lock();
    for (index, line) in text.trim_end().lines().enumerate() {
        let prefix = if index == 0 { "confdeck: " } else { "" };
        // There is no better place to say that this failed.
        let _ = writeln!(stderr, "{prefix}{}", Safe::new(line));
    }
}

/// Says beside the output what its reader should know.
fn remark(text: &str) {
    complain(text);
}

/// Runs a command to its end.
pub async fn run(line: CommandLine) -> Exit {
    let session = Session::new(line.settings, line.audited);
    let is_terminal = io::stdout().is_terminal();
    let mut writer = io::BufWriter::new(io::stdout().lock());
    let mut out = Out::new(&mut writer, is_terminal);
    let ended = session.dispatch(line.command, &mut out).await;
    let ended = ended.and_then(|exit| out.flush().map(|()| exit).map_err(Failure::from));
    // A store that hangs is left behind; its connections end with the process.
    let _ = tokio::time::timeout(PARTING, session.manager.shutdown()).await;
    ended.unwrap_or_else(|failure| report(&failure))
}

/// What every command works with.
struct Session {
    settings: Box<Settings>,
    manager: UnifiedConfigManager,
    audit: Arc<Audit>,
    audited: Option<String>,
}

impl Session {
    fn new(settings: Box<Settings>, audited: Option<String>) -> Self {
        let manager = UnifiedConfigManager::from_settings(&settings);
        let folder = settings.console.state_dir.as_deref();
        let audit = Audit::new(folder, settings.context.name.clone(), settings.target.located())
            .with_secrets(settings.secrets.located());
        Self { settings, manager, audit: Arc::new(audit), audited }
    }

    async fn dispatch(&self, command: Command, out: &mut Out<'_>) -> Result<Exit, Failure> {
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

    /// The condition that `--expect-revision` names.
    fn expect(&self, token: &str) -> Result<Expect, Failure> {
        let kind = self.manager.reader().capabilities().tokens;
        Token::parse(kind, token).map(Expect::Token).ok_or_else(|| {
            Failure::Usage(format!(
                "{token:?} is not a token of this store; confdeck get prints the current one"
            ))
        })
    }
}
