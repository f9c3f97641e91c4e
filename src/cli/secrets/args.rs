//! The `clap` definition of `secrets`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::output::OutputArgs;
use crate::domain::{Alphabet, FieldName, SecretGenerator, SecretVersion, unescape_text};

/// Tell which secrets exist without reading them, and read or write one on purpose.
///
/// A SECRET is MOUNT/PATH in a key-value engine, or the address of a webhook for its own secrets. Where a
/// mount and a namespace have the same name, the mount is meant: kv:MOUNT/PATH and webhook:NAMESPACE/ID
/// say which. No value is ever taken from the command line.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretsCommand {
    /// List what is stored in a folder, names alone; of variables, which webhooks read them
    List {
        /// MOUNT or MOUNT/FOLDER; without it the mounts that the receiver reads
        folder: Option<String>,
        #[command(flatten)]
        output: OutputArgs,
    },
    Presence(SecretPresenceArgs),
    Get(SecretGetArgs),
    Set(SecretSetArgs),
    Generate(SecretGenerateArgs),
    Delete(SecretDeleteArgs),
    /// Take a delete back, of the newest version if none is named.
    Undelete(SecretVersionsArgs),
    Destroy(SecretDestroyArgs),
}

/// Show what a document needs, or which fields a secret has, without reading a value.
///
/// Without an argument: each secret that any document needs, one line each. With --fail-on-missing the
/// exit code is 9 if something that is needed is known to be missing, else 6 if something could not be
/// looked at, else 5 if this user may not look at it. What only a read or the receiver could tell (unknown,
/// not visible from here) does not count.
#[derive(Debug, Args)]
pub(crate) struct SecretPresenceArgs {
    /// A document's address, or MOUNT/PATH; an ID alone is a webhook in the context's namespace
    pub(super) of: Option<String>,

    /// Exit with 9 if something that is needed is missing, with 6 or 5 if that cannot be seen
    #[arg(long)]
    pub(super) fail_on_missing: bool,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Show the fields of a secret: masked, unless --reveal.
///
/// Masked, nothing is read. With --reveal it asks first on a terminal unless --yes, and what was read is
/// counted and kept in the audit with the reason. As a table, the value of a single FIELD is printed alone.
#[derive(Debug, Args)]
pub(crate) struct SecretGetArgs {
    /// MOUNT/PATH, or a webhook's address
    pub(super) secret: String,

    /// Of this field alone
    #[arg(value_parser = field)]
    pub(super) field: Option<FieldName>,

    /// This version instead of the newest
    #[arg(long, value_name = "NUMBER", value_parser = version)]
    pub(super) version: Option<SecretVersion>,

    #[command(flatten)]
    pub(super) reveal: RevealArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What a deliberate look at values needs.
#[derive(Debug, Args)]
pub(crate) struct RevealArgs {
    /// Read and print values
    #[arg(long)]
    pub(crate) reveal: bool,

    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,

    /// Why, for the audit
    #[arg(long, value_name = "TEXT", requires = "reveal")]
    pub(crate) reason: Option<String>,
}

/// On which condition a secret is written, and how.
///
/// Without --create or --expect-version a write replaces the version that is the newest when the command
/// begins, and no other.
#[derive(Debug, Args)]
pub(crate) struct SecretConditionArgs {
    /// Only if there is no such secret
    #[arg(long, conflicts_with = "expect_version")]
    pub(super) create: bool,

    /// Only if this is still its newest version
    #[arg(long, value_name = "NUMBER", value_parser = version)]
    pub(super) expect_version: Option<SecretVersion>,

    /// Where single fields cannot be changed, read the others and write all: a read that is audited
    #[arg(long)]
    pub(super) read_modify_write: bool,

    /// Write these fields alone, whatever others there are
    #[arg(long, conflicts_with = "read_modify_write")]
    pub(super) replace: bool,

    /// Leave out fields with --replace that documents need
    #[arg(long, requires = "replace")]
    pub(super) force: bool,

    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

/// Write fields of a secret as one new version; others keep their values.
///
/// The value of FIELD comes from standard input: on a terminal it is typed twice and not shown, elsewhere
/// all of it is read. One line break at its end is cut off unless --keep-newline. --file takes further
/// fields from files.
#[derive(Debug, Args)]
pub(crate) struct SecretSetArgs {
    /// MOUNT/PATH, or a webhook's address
    pub(super) secret: String,

    /// The field whose value is given on standard input
    #[arg(value_parser = field, required_unless_present = "file")]
    pub(super) field: Option<FieldName>,

    #[arg(hide = true, num_args = 0.., value_parser = surplus)]
    pub(super) surplus: Vec<Surplus>,

    /// Take the value of a field from a file
    #[arg(long, value_name = "FIELD=FILE", value_parser = from_file)]
    pub(super) file: Vec<(FieldName, PathBuf)>,

    /// Keep a line break at the end of a value
    #[arg(long)]
    pub(super) keep_newline: bool,

    /// Write an empty value too; most receivers take one for no protection at all
    #[arg(long)]
    pub(super) allow_empty: bool,

    #[command(flatten)]
    pub(super) condition: SecretConditionArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Write a value made at random into a field; it is not shown.
#[derive(Debug, Args)]
pub(crate) struct SecretGenerateArgs {
    /// MOUNT/PATH, or a webhook's address
    pub(super) secret: String,

    /// The field
    #[arg(value_parser = field)]
    pub(super) field: FieldName,

    #[arg(hide = true, num_args = 0.., value_parser = surplus)]
    pub(super) surplus: Vec<Surplus>,

    /// How many characters
    #[arg(long, value_name = "COUNT", default_value_t = SecretGenerator::LENGTH)]
    pub(super) length: usize,

    /// Which: letters-digits, hex, base64url or printable
    #[arg(long, value_name = "NAME", default_value = "letters-digits", value_parser = alphabet)]
    pub(super) alphabet: Alphabet,

    #[command(flatten)]
    pub(super) condition: SecretConditionArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// Delete versions of a secret, the newest if none is named; undelete takes it back.
///
/// On a terminal it asks first. Elsewhere it needs --yes or --versions.
#[derive(Debug, Args)]
pub(crate) struct SecretDeleteArgs {
    #[command(flatten)]
    pub(super) versions: SecretVersionsArgs,

    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
}

/// Destroy versions of a secret for ever, or with --all the secret itself.
///
/// On a terminal the path has to be typed. Elsewhere it needs --yes.
#[derive(Debug, Args)]
pub(crate) struct SecretDestroyArgs {
    #[command(flatten)]
    pub(super) versions: SecretVersionsArgs,

    /// All versions, and all that is known about the secret
    #[arg(long, conflicts_with = "versions")]
    pub(super) all: bool,

    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SecretVersionsArgs {
    /// MOUNT/PATH, or a webhook's address
    pub(super) secret: String,

    /// Which versions, as 1,2
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', value_parser = version)]
    pub(super) versions: Vec<SecretVersion>,

    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

fn field(text: &str) -> Result<FieldName, String> {
    if text.is_empty() {
        return Err("a field has a name".into());
    }
    unescape_text(text).map(|name| FieldName::new(&name)).map_err(|error| error.to_string())
}

/// A surplus argument: it is likely to be a value, so no error may repeat it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surplus;

#[expect(clippy::unnecessary_wraps, reason = "what clap takes for a parser answers a result")]
fn surplus(_: &str) -> Result<Surplus, String> {
    Ok(Surplus)
}

fn version(text: &str) -> Result<SecretVersion, String> {
    let number = text.strip_prefix('v').unwrap_or(text).parse().ok().filter(|number| *number > 0);
    number.map(SecretVersion).ok_or_else(|| "write a version such as 3 or v3".to_owned())
}

fn from_file(text: &str) -> Result<(FieldName, PathBuf), String> {
    let parts = text.split_once('=').filter(|(name, path)| !name.is_empty() && !path.is_empty());
    let (name, path) = parts.ok_or("write FIELD=FILE")?;
    Ok((field(name)?, path.into()))
}

fn alphabet(text: &str) -> Result<Alphabet, String> {
    let names = || Alphabet::ALL.map(Alphabet::name).join(", ");
    Alphabet::from_name(text).ok_or_else(|| format!("write one of {}", names()))
}
