//! Usage errors that repeat nothing of a document or a secret: `clap` quotes the arguments it was given, and
//! one in the wrong place may be either, or a part of it.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::domain::AddressError;

/// Why a value is never taken from the command line, and what to do instead.
pub(super) const NO_VALUE: &str = "no value is taken from the command line, where others can see it; leave it \
                                   out and type it, pipe it, or name its file with --file";

/// How a document is given to `put`.
const ONE_DOCUMENT: &str = "write put ADDRESS DOCUMENT, the document in quotes, or give it with --file or on \
                            standard input";

/// How a value is given to `settings set`.
const ONE_VALUE: &str = "write settings set PATH VALUE, the value in quotes, after -- if it begins with -, or give it \
                         on standard input";

/// The longest argument that is repeated, in bytes.
const LONGEST: usize = 128;

/// The message to print instead of an error that quotes its arguments; `None` for an error that does not, or
/// quotes no more than the name of a flag or a command.
pub(super) fn redacted_message(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    match error.kind() {
        ErrorKind::UnknownArgument
        | ErrorKind::InvalidSubcommand
        | ErrorKind::TooManyValues
        | ErrorKind::WrongNumberOfValues => match hint(arguments) {
            None if quotes_a_name(error) => None,
            hint => Some(format!(
                "there is an argument that is not known here, see --help{}",
                hint.map(|hint| format!("; {hint}")).unwrap_or_default()
            )),
        },
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            // The argument's name as in the help, not as typed.
            let argument =
                error.get(ContextKind::InvalidArg).map_or("an argument".into(), ToString::to_string);
            let valid = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(valid)) if !valid.is_empty() => {
                    Some(format!("possible values: {}", valid.join(", ")))
                }
                _ => error.source().map(|source| match source.downcast_ref::<AddressError>() {
                    Some(error) => error.rule(),
                    // Errors from our other parsers and from number parsing do not quote their input.
                    None => source.to_string(),
                }),
            };
            Some(format!(
                "{argument} does not take what it was given: {}",
                valid.unwrap_or("see --help".into())
            ))
        }
        _ => None,
    }
}

/// What to do instead, for the commands that are given documents or values: nothing of theirs is repeated.
fn hint(arguments: &[OsString]) -> Option<&'static str> {
    let has = |group: &str, commands: &[&str]| {
        let mut words = arguments.iter().skip_while(|word| *word != group);
        words.any(|word| commands.iter().any(|command| word == command))
    };
    if has("secrets", &["set", "generate"]) {
        return Some(NO_VALUE);
    }
    if has("settings", &["set"]) {
        return Some(ONE_VALUE);
    }
    arguments.iter().any(|word| word == "put").then_some(ONE_DOCUMENT)
}

/// Whether the error quotes what can only be a mistyped command or flag.
fn quotes_a_name(error: &clap::Error) -> bool {
    let quoted = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let is_word = |word: &str, also: &str| {
        (1..=20).contains(&word.len()) && word.chars().all(|c| c.is_ascii_lowercase() || also.contains(c))
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            quoted(ContextKind::InvalidSubcommand).is_some_and(|word| is_word(word, ""))
        }
        ErrorKind::UnknownArgument => quoted(ContextKind::InvalidArg)
            .and_then(|flag| flag.strip_prefix('-'))
            .is_some_and(|flag| is_word(flag, "-")),
        _ => false,
    }
}

/// An argument in a message: as it was typed if it is made of what addresses and paths are made of, and
/// `otherwise` if it may be a document.
pub(super) fn quoted(argument: &str, otherwise: &str) -> String {
    if is_plain(argument) { format!("{argument:?}") } else { otherwise.to_owned() }
}

pub(super) fn is_plain(argument: &str) -> bool {
    argument.len() <= LONGEST && argument.chars().all(|c| c.is_alphanumeric() || "._-/:".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_repeated_and_a_document_is_not() {
        assert_eq!(quoted("secret/a//b", "it"), "\"secret/a//b\"");
        for hidden in [r#"{"a":1}"#, "Pa55 word", "a=b", "a\nb", &"x".repeat(LONGEST + 1)] {
            assert_eq!(quoted(hidden, "it"), "it", "{hidden}");
        }
    }
}
