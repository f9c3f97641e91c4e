//! The kinds of syntax errors, with the message of each.

use super::super::Oddity;
use super::super::walk::{TOO_DEEP, TOO_MANY_DIGITS};
use super::{LineColumns, Severity};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SyntaxErrorKind {
    ByteOrderMark,
    Comment,
    SingleQuotes,
    NoClosingQuote,
    NoOpeningQuote,
    /// An escape or a control character, in the words of [`crate::domain::json::unquote`].
    InString(&'static str),
    UnquotedName,
    /// Text before a name.
    NotAName,
    UnquotedText,
    /// `True`, `None`, and the like.
    ForeignWord,
    MalformedNumber,
    TooManyDigits,
    NoName,
    NoColon,
    EqualsSign,
    NoColonAndValue,
    NoValue,
    NoComma {
        object: bool,
    },
    TrailingComma {
        object: bool,
    },
    ExtraComma,
    ExtraColon,
    Unexpected {
        object: bool,
    },
    StrayClose,
    /// A bracket of the other kind than the one opened there.
    WrongClose {
        opened: usize,
        object: bool,
    },
    NeverClosed {
        object: bool,
    },
    AfterTheEnd,
    Empty,
    NotAnObject,
    TooDeep,
    /// A member whose name occurred before.
    Duplicate {
        first: usize,
    },
    /// The receiver takes it, others do not.
    Odd(Oddity),
}

const VALUE: &str = "\", {, [, a number, true, false or null";

impl SyntaxErrorKind {
    pub(super) fn severity(self) -> Severity {
        match self {
            Self::Duplicate { .. } | Self::Odd(_) => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// A second offset that its message mentions.
    pub(super) fn related_offset(self) -> Option<usize> {
        match self {
            Self::WrongClose { opened, .. } => Some(opened),
            Self::Duplicate { first } => Some(first),
            _ => None,
        }
    }

    /// What is wrong, and what is expected instead.
    pub(super) fn words(self, places: &LineColumns) -> (String, &'static str) {
        let (reason, expected) = match self {
            Self::WrongClose { opened, object } => {
                let (line, column) = places.of(opened);
                let reason =
                    format!("this does not match the bracket opened at line {line}, column {column}");
                return (reason, if object { "}" } else { "]" });
            }
            Self::Duplicate { first } => {
                let (line, column) = places.of(first);
                let reason = format!(
                    "this name is there already, at line {line}, column {column}; the receiver reads the last one"
                );
                return (reason, "");
            }
            Self::ByteOrderMark => ("a byte order mark, which the receiver cannot read in a file", "{"),
            Self::Comment => ("JSON has no comments", ""),
            Self::SingleQuotes => ("JSON strings take double quotes", "\""),
            Self::NoClosingQuote => ("this string has no closing quote on its line", "\""),
            Self::NoOpeningQuote => ("the opening quote is missing", "\""),
            Self::InString(reason) => (reason, ""),
            Self::UnquotedName => ("a member's name must be in double quotes", "\""),
            Self::NotAName => ("only a member's name may stand here", "\""),
            Self::UnquotedText => ("a text must be in double quotes", VALUE),
            Self::ForeignWord => ("JSON spells this word another way", "true, false or null"),
            Self::TooManyDigits => (TOO_MANY_DIGITS, ""),
            Self::MalformedNumber => ("not a number as JSON writes it", "a number such as 12, -0.5 or 1e3"),
            Self::NoName => ("a member's name is missing before this", "\""),
            Self::NoColon => ("a colon is missing between name and value", ":"),
            Self::EqualsSign => ("a colon stands between name and value", ":"),
            Self::NoColonAndValue => ("a colon and a value are missing after the name", ":"),
            Self::NoValue => ("a value is missing here", VALUE),
            Self::NoComma { object: true } => ("a comma is missing before this", "\",\" or \"}\""),
            Self::NoComma { object: false } => ("a comma is missing before this", "\",\" or \"]\""),
            Self::TrailingComma { object: true } => ("no comma may stand before the end of an object", "\""),
            Self::TrailingComma { object: false } => ("no comma may stand before the end of an array", VALUE),
            Self::ExtraComma => ("one comma too many", ""),
            Self::ExtraColon => ("one colon too many", VALUE),
            Self::Unexpected { object: true } => ("this cannot stand behind a value", "\",\" or \"}\""),
            Self::Unexpected { object: false } => ("this cannot stand behind a value", "\",\" or \"]\""),
            Self::StrayClose => ("this bracket closes nothing", ""),
            Self::NeverClosed { object: true } => ("this bracket is never closed", "}"),
            Self::NeverClosed { object: false } => ("this bracket is never closed", "]"),
            Self::AfterTheEnd => ("nothing may follow the end of the object", ""),
            Self::Empty => ("the text is empty; a JSON object is expected", "{"),
            Self::NotAnObject => ("a JSON object is expected, this is another kind of value", "{"),
            Self::TooDeep => (TOO_DEEP, ""),
            Self::Odd(oddity) => (oddity.reason(), ""),
        };
        (reason.to_owned(), expected)
    }
}
