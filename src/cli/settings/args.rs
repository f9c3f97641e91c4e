//! The `clap` definition of `settings`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::application::SettingPath;
use crate::cli::args::WatchFormat;
use crate::cli::check::FailOn;
use crate::cli::output::OutputArgs;
use crate::cli::secrets::RevealArgs;

/// Show the settings of an application, and where each value comes from; change one in its layer.
///
/// The application is the file of --app, of CONFDECK_APP, or of the context (application = "FILE"). Secrets
/// are shown as ***.
#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    /// The application file
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) app: Option<PathBuf>,

    /// Set a value as the layer of arguments has it, for this command alone
    #[arg(long, value_name = "PATH=VALUE", global = true)]
    pub(super) set: Vec<String>,

    #[command(subcommand)]
    pub(super) command: SettingsCommand,
}

/// Each is described where its arguments are.
#[derive(Debug, Subcommand)]
pub(super) enum SettingsCommand {
    List(SettingListArgs),
    Get(SettingGetArgs),
    Explain(SettingExplainArgs),
    Set(SettingSetArgs),
    Unset(SettingUnsetArgs),
    /// List the versions that the application has kept in its folder of versions (state), the newest first
    Versions(OutputArgs),
    Rollback(SettingRollbackArgs),
    Check(SettingCheckArgs),
    /// Write a table of all settings as Markdown: variable, etcd key, type, default, limits, description
    Docs,
    Export(SettingExportArgs),
    Watch(SettingWatchArgs),
}

/// List the settings in force, each with its layer and place.
///
/// The column SHADOWS counts the values of lower layers that are hidden. json and yaml print for each what
/// get prints.
#[derive(Debug, Args)]
pub(super) struct SettingListArgs {
    /// A setting, or a section with all that lies in it
    #[arg(value_parser = path)]
    pub(super) path: Option<SettingPath>,

    /// Only those whose value comes from this layer
    #[arg(long, value_name = "NAME")]
    pub(super) layer: Option<String>,

    #[command(flatten)]
    pub(super) reveal: RevealArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Print the value of a setting.
///
/// As a table it is the value alone. json and yaml have path, value, origin (layer and place) and shadows:
/// what lower layers have there, from the next lower down.
#[derive(Debug, Args)]
pub(super) struct SettingGetArgs {
    /// A path, as database.pool_size
    #[arg(value_parser = path)]
    pub(super) path: SettingPath,

    #[command(flatten)]
    pub(super) reveal: RevealArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Tell why a setting has its value: what each layer has there, from the winner down, and what is declared.
#[derive(Debug, Args)]
pub(super) struct SettingExplainArgs {
    /// A path, as database.pool_size
    #[arg(value_parser = path)]
    pub(super) path: SettingPath,

    #[command(flatten)]
    pub(super) reveal: RevealArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Write a value into a layer.
///
/// Without --layer into the one whose value is in force, if it can be written, else into the highest one that
/// can have it and is above that. The value is judged by its declaration and by the rules before it is
/// written, and written on the condition that the layer is still as it was read. The value of a secret is not
/// taken from the command line: it is typed, or read from standard input.
#[derive(Debug, Args)]
pub(super) struct SettingSetArgs {
    /// A path, as database.pool_size
    #[arg(value_parser = path)]
    pub(super) path: SettingPath,

    /// The value; from standard input if it is not given
    #[arg(allow_negative_numbers = true)]
    pub(super) value: Option<String>,

    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

/// Remove a value from a layer, and show what is then in force.
///
/// Without --layer from the one whose value is in force. On a terminal it asks first; elsewhere it needs
/// --yes.
#[derive(Debug, Args)]
pub(super) struct SettingUnsetArgs {
    /// A setting, or a section with all that lies in it
    #[arg(value_parser = path)]
    pub(super) path: SettingPath,

    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,

    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// Write into this layer
    #[arg(long, value_name = "NAME")]
    pub(super) layer: Option<String>,

    /// Only show what would be written, and what would then be in force
    #[arg(long)]
    pub(super) dry_run: bool,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Put the values of a version back into the layers that held them.
///
/// Prints the writes; with --yes it does them, each on the condition that its layer is still as it was read.
/// Values of secrets are not kept in versions on disk, so they stay as they are, and are named.
#[derive(Debug, Args)]
pub(super) struct SettingRollbackArgs {
    /// The number of a version, see versions
    pub(super) version: u64,

    /// Do it
    #[arg(long)]
    pub(super) yes: bool,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Check the application file and the values of its layers, each mistake with its place.
///
/// Types, limits, required settings, rules, names that are not declared, and credentials that are written in
/// files. The exit code is 8 if anything is found that is as severe as --fail-on says, and 6 if the only
/// errors are layers that do not answer.
#[derive(Debug, Args)]
pub(super) struct SettingCheckArgs {
    /// Reach no remote layer (etcd, HTTP); what only they could have is not asked for
    #[arg(long)]
    pub(super) offline: bool,

    /// The least severity that makes the command fail
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "error")]
    pub(super) fail_on: FailOn,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Print all settings in force, for programs that read no application file.
///
/// Secrets are left out unless --reveal. env is for a shell (eval "$(…)"), dotenv a file of variables; both
/// name a setting by its variable, else by its path in capitals behind the prefix of the environment's layer.
/// What cannot be written is left out and named on standard error.
#[derive(Debug, Args)]
pub(super) struct SettingExportArgs {
    #[command(flatten)]
    pub(super) reveal: RevealArgs,

    /// How to print
    #[arg(short = 'o', long = "output", value_enum, value_name = "FORMAT", default_value = "dotenv")]
    pub(super) format: ExportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    Env,
    Dotenv,
    Json,
    Yaml,
    Toml,
}

/// Print the settings in force, then every change, until interrupted.
///
/// A line of JSON each: {type, path, value, origin, version}. The types are load (it was there), created,
/// updated, deleted, and state: a layer is another than before (stale, refused, missing, current), with the
/// reason.
#[derive(Debug, Args)]
pub(super) struct SettingWatchArgs {
    /// A setting, or a section with all that lies in it
    #[arg(value_parser = path)]
    pub(super) path: Option<SettingPath>,

    #[command(flatten)]
    pub(super) reveal: RevealArgs,

    /// How to print
    #[arg(short = 'o', long = "output", value_enum, value_name = "FORMAT", default_value = "json")]
    pub(super) format: WatchFormat,
}

/// The text is not repeated: in the wrong place it may be a value.
fn path(text: &str) -> Result<SettingPath, String> {
    text.parse().map_err(|_| {
        "write names joined by dots, as database.pool_size; a name with other characters than letters, \
         digits, _ and - in double quotes"
            .to_owned()
    })
}
