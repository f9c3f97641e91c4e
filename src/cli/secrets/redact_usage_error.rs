//! Redacts usage errors of the commands that write a value: `clap` quotes the arguments it was given, which
//! may contain the value or a part of it.

use std::error::Error as _;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Why a value is never taken from the command line, and what to do instead.
pub(super) const NO_VALUE: &str = "no value is taken from the command line, where others can see it; leave it \
                                   out and type it, pipe it, or name its file with --file";

/// The message to print instead of an error that quotes its arguments; `None` for an error that does not, and
/// for arguments of other commands.
pub(crate) fn redacted_message(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let mut words = arguments.iter().skip_while(|word| *word != "secrets");
    if !words.any(|word| word == "set" || word == "generate") {
        return None;
    }
    match error.kind() {
        ErrorKind::UnknownArgument | ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => {
            Some(format!("there is an argument that is not known here, see --help; {NO_VALUE}"))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            // The argument's name as in the help, not as typed.
            let argument =
                error.get(ContextKind::InvalidArg).map_or("an argument".into(), ToString::to_string);
            let valid = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(valid)) if !valid.is_empty() => {
                    Some(format!("possible values: {}", valid.join(", ")))
                }
                // Errors from our own parsers and from number parsing do not quote their input.
                _ => error.source().map(ToString::to_string),
            };
            Some(format!(
                "{argument} does not take what it was given: {}",
                valid.unwrap_or("see --help".into())
            ))
        }
        _ => None,
    }
}
