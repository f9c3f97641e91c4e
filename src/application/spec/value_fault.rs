//! Why a value does not fit its setting.

use thiserror::Error;

/// Why a value does not fit its setting, and what would. It never quotes the value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ValueFault {
    /// No layer has it.
    #[error("it has no value in any layer, and needs one: {wanted}; {remedy}")]
    Missing { wanted: &'static str, remedy: String },
    /// It is of another type, or a text that is none of its type.
    #[error("it must be {wanted}; it is {found}")]
    Type { wanted: &'static str, found: &'static str },
    /// An item of a list; counted from 1.
    #[error("item {at}: {fault}")]
    Item { at: usize, fault: Box<ValueFault> },
    #[error("it is less than {least}, the least that it may be")]
    BelowMin { least: String },
    #[error("it is more than {most}, the most that it may be")]
    AboveMax { most: String },
    #[error("it needs {least} or more {counted}")]
    TooShort { least: usize, counted: &'static str },
    #[error("it does not match the pattern {pattern}")]
    Pattern { pattern: String },
    /// What is allowed is left out where the setting is a secret.
    #[error("it is none of the values that are allowed{}", list(allowed))]
    NotAllowed { allowed: Vec<String> },
    /// It says where the value is to be found, in a way that this program does not know.
    #[error("it is {what}, which is not built in; {remedy}")]
    NotBuiltIn { what: &'static str, remedy: &'static str },
}

fn list(allowed: &[String]) -> String {
    if allowed.is_empty() { String::new() } else { format!(": {}", allowed.join(", ")) }
}
