//! The `clap` definition of the command line; [`super::parse`] checks what the grammar cannot.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::check::CheckArgs;
use super::document_arg::DocumentArg;
use super::list::ListCommand;
use super::output::OutputArgs;
use super::secrets::{RevealArgs, SecretsCommand};
use super::settings::SettingsArgs;
use crate::config::{Overrides, THEMES};
use crate::domain::{KeyPrefix, Namespace, moment};

/// Live configuration of webhook receivers, in JSON files or etcd.
///
/// Without a command it opens the console.
#[derive(Debug, Parser)]
#[command(name = "confdeck", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 usage or no terminal, 3 conflict, 4 not found, \
5 denied, 6 unavailable, 7 outcome unknown, 8 invalid, 9 a needed secret is missing (secrets presence \
--fail-on-missing). health has its own: 0 healthy, 1 degraded, 2 unusable.")]
pub(super) struct CliArgs {
    /// The console's colours
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(THEMES), ignore_case = true, help_heading = "Console")]
    pub(super) theme: Option<String>,

    /// Open the console on made-up data
    #[arg(help_heading = "Console", long, value_enum, value_name = "STORE", num_args = 0..=1, require_equals = true, default_missing_value = "memory")]
    pub(super) demo: Option<Demo>,

    /// Show the settings of this application in the console too
    #[arg(help_heading = "Console", long, value_name = "FILE")]
    pub(super) app: Option<PathBuf>,

    /// Ask for the name to be typed before the console deletes
    #[arg(help_heading = "Console", long)]
    pub(super) protected: bool,

    #[command(flatten)]
    pub(super) global: GlobalArgs,

    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct GlobalArgs {
    /// Use this context of the config file
    #[arg(long, global = true, value_name = "NAME")]
    context: Option<String>,

    /// Read this config file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Read variables from this file; they win over the process's
    #[arg(long, global = true, value_name = "FILE")]
    env_file: Option<PathBuf>,

    /// Build no writer
    #[arg(long, global = true)]
    read_only: bool,

    /// Use no colours
    #[arg(long, global = true)]
    no_color: bool,
}

impl CliArgs {
    /// The settings that the flags override.
    pub(super) fn overrides(&self) -> Overrides {
        let GlobalArgs { context, config, env_file, read_only, no_color } = &self.global;
        Overrides {
            context: context.clone(),
            config: config.clone(),
            env_file: env_file.clone(),
            read_only: *read_only,
            protected: self.protected,
            application: match &self.command {
                Some(Command::Settings(SettingsArgs { app: Some(app), .. })) => Some(app.clone()),
                _ => self.app.clone(),
            },
            theme: self.theme.clone(),
            no_color: *no_color,
        }
    }
}

/// What `--demo` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Demo {
    /// Three namespaces in this process
    Memory,
    /// One namespace in files of a temporary folder
    Files,
}

/// One command; each is described where its arguments are.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List what is stored, without values
    #[command(subcommand)]
    List(ListCommand),
    Get(GetArgs),
    Put(PutArgs),
    Delete(DeleteArgs),
    Watch(WatchArgs),
    /// Ask the backend how it is: exit code 0 healthy, 1 degraded, 2 unusable.
    Health(OutputArgs),
    Explain(ExplainArgs),
    Resolve(ResolveArgs),
    Check(CheckArgs),
    Audit(AuditArgs),
    Settings(SettingsArgs),
    #[command(subcommand)]
    Secrets(SecretsCommand),
}

/// Print one document.
///
/// As a table its secret fields are hidden. json prints the bytes exactly as they are stored, so
/// that they can be stored again (a final newline is added where there is none); yaml prints the
/// same document converted. On a terminal, characters that could disturb it are made visible.
#[derive(Debug, Args)]
pub(super) struct GetArgs {
    /// NAMESPACE/ID, connections/NAME, or key:RAW; an ID alone is in the context's namespace
    pub(super) address: DocumentArg,

    /// As its receiver uses it: references resolved, own secrets in it if it merges them. What is not visible
    /// from here stays as it is written. Without --reveal no secret is read, and what may be one stays
    /// as it is written, or masked
    #[arg(long)]
    pub(super) merged: bool,

    #[command(flatten)]
    pub(super) reveal: RevealArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Tell what the receiver makes of a webhook's document, and who gets in.
///
/// The checks in the receiver's order, the parts that are ignored, what references become, and the document as the
/// receiver holds it, with secrets hidden. json and yaml have a member anonymous with the status that a POST of a
/// small JSON body gets without credentials from a foreign address, and the check that gives it.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// NAMESPACE/ID; an ID alone is in the context's namespace
    #[arg(required_unless_present = "file")]
    pub(super) address: Option<DocumentArg>,

    /// Take the document from this file, - for standard input; no store is asked
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Tell which document serves a request's path, or why none does.
///
/// The exit code is 0 if one does, 4 if the receiver answers 404, and 8 if it answers 400.
#[derive(Debug, Args)]
pub(super) struct ResolveArgs {
    /// /webhook/ID, /webhook/NAMESPACE/ID, or a whole address
    pub(super) path: String,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Store one document, byte for byte.
///
/// Without --create or --expect-revision whatever is there is replaced, as etcdctl does. The token
/// before and after is printed; the latter is what the next --expect-revision takes.
#[derive(Debug, Args)]
pub(super) struct PutArgs {
    /// NAMESPACE/ID or connections/NAME; an ID alone is in the context's namespace
    pub(super) address: DocumentArg,

    /// The document; from standard input if neither it nor --file is given
    #[arg(conflicts_with = "file")]
    pub(super) value: Option<String>,

    /// Take the document from this file, - for standard input
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    /// Only if it does not exist
    #[arg(long, conflicts_with = "expect_revision")]
    pub(super) create: bool,

    /// Only if its token is still this one
    #[arg(long, value_name = "TOKEN")]
    pub(super) expect_revision: Option<String>,

    /// Let it expire after this time: 90s, 15m, 2h, 1d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) ttl: Option<Duration>,

    /// Store it even if the receiver cannot use it, or serves no webhook because of it
    #[arg(long)]
    pub(super) force: bool,

    /// Write the new webhook's own secrets before it, from this file of a JSON object of texts, - for standard
    /// input
    #[arg(long, value_name = "FILE", requires = "create")]
    pub(super) secrets_from: Option<PathBuf>,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Remove one document.
///
/// On a terminal it asks first, and removes only what it showed. Elsewhere it needs --yes or
/// --expect-revision.
#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// NAMESPACE/ID, connections/NAME, or key:RAW; an ID alone is in the context's namespace
    pub(super) address: DocumentArg,

    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,

    /// Only if its token is still this one
    #[arg(long, value_name = "TOKEN")]
    pub(super) expect_revision: Option<String>,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Print what is there, then every change, until interrupted.
///
/// A line of JSON each: {type, key, revision, token, value}. The types are load (it was there),
/// state (of the link), created, updated, deleted, and resync: the picture was loaded anew, and the
/// lines after it are the differences.
#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// A namespace, or connections; everything without it
    #[arg(value_name = "PREFIX", value_parser = prefix)]
    pub(super) prefix: Option<KeyPrefix>,

    /// Print values as they are stored, secrets included
    #[arg(long)]
    pub(super) raw: bool,

    /// How to print
    #[arg(short = 'o', long = "output", value_enum, value_name = "FORMAT", default_value = "json")]
    pub(super) format: WatchFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WatchFormat {
    Json,
    Table,
}

/// Print who wrote what and what came of it, the newest last; never a value.
///
/// Everything that confdeck has sent to a store, or tried to, on this machine as this user.
/// With --context it shows what was done in that context alone, whether or not the config file has
/// it.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// From then on: 90s, 15m, 2h or 1d ago, or a moment such as 2026-02-03T04:05:06Z
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(super) since: Option<Since>,

    /// Of this document alone: NAMESPACE/ID, connections/NAME, or key:RAW; an ID alone is in the context's
    /// namespace
    #[arg(long, value_name = "ADDRESS")]
    pub(super) key: Option<DocumentArg>,

    /// Of this secret alone: MOUNT/PATH
    #[arg(long, value_name = "PATH")]
    pub(super) secret: Option<String>,

    /// Of this setting of applications alone: a path, as database.pool_size
    #[arg(long, value_name = "PATH")]
    pub(super) setting: Option<String>,

    /// Of this context alone: what `--context` says.
    #[arg(skip)]
    pub(super) context: Option<String>,

    /// At most so many, the newest
    #[arg(long, value_name = "COUNT", default_value = "200")]
    pub(super) limit: usize,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Where `audit --since` begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    Ago(Duration),
    At(SystemTime),
}

fn since(text: &str) -> Result<Since, String> {
    duration(text).map(Since::Ago).or_else(|wrong| {
        let at = moment(text).map(Since::At);
        at.ok_or_else(|| format!("{wrong}; or a moment such as 2026-02-03T04:05:06Z"))
    })
}

fn prefix(text: &str) -> Result<KeyPrefix, String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    if text == "connections" {
        return Ok(KeyPrefix::Connections);
    }
    let name = text.strip_prefix("webhook:").unwrap_or(text);
    Namespace::new(name).map(KeyPrefix::Namespace).map_err(|error| {
        format!(
            "{error}; write a namespace, connections, or webhook:connections for a namespace of that name"
        )
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a whole number above 0 and s, m, h or d, such as 90s or 15m".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match text.get(digits.len()..) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 3_600,
        Some("d") => 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    let whole = count.checked_mul(seconds).filter(|seconds| *seconds > 0).ok_or_else(wrong)?;
    Ok(Duration::from_secs(whole))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        CliArgs::command().debug_assert();
    }

    #[test]
    fn durations_have_a_unit_and_are_never_nothing() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7_200), ("1d", 86_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "s",
            "0",
            "0m",
            "1w",
            "-1s",
            "1.5h",
            "1m30s",
            "99999999999999999999d",
            "9999999999999999999d",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_beginning_is_a_time_ago_or_a_moment() {
        assert_eq!(since("2h"), Ok(Since::Ago(Duration::from_secs(7_200))));
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(951_782_400);
        assert_eq!(since("2000-02-29"), Ok(Since::At(at)));
        assert_eq!(since("2000-02-29T01:00:00+01:00"), Ok(Since::At(at)));
        assert!(since("yesterday").unwrap_err().contains("2026-02-03T04:05:06Z"));
    }

    #[test]
    fn a_prefix_is_a_namespace_or_the_connections() {
        let namespace = |name| KeyPrefix::Namespace(Namespace::new(name).unwrap());
        assert_eq!(prefix("connections/"), Ok(KeyPrefix::Connections));
        assert_eq!(prefix("prod/"), Ok(namespace("prod")));
        assert_eq!(prefix("webhook:connections"), Ok(namespace("connections")));
        assert!(prefix("a/b").is_err());
    }
}
