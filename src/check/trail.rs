//! The way from a document to one of its values, as rules go it.

use std::fmt;

use crate::domain::escape;
use crate::domain::json::{Member, Span};

/// The most characters of a name that are shown.
const MAX_NAME: usize = 60;

/// The steps from a document to one of its values, each on the stack of who goes there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trail<'t> {
    Document,
    Member(&'t Trail<'t>, &'t Member),
    /// A member that is missing, by its name.
    Missing(&'t Trail<'t>, &'t str),
    /// An item of an array, from 0.
    Item(&'t Trail<'t>, usize),
}

impl Trail<'_> {
    /// The quoted name that leads to the value, if it is a member.
    pub(super) fn key(&self) -> Option<Span> {
        match self {
            Self::Member(_, member) => Some(member.key),
            _ => None,
        }
    }
}

/// `chain[1].module`, its names as [`escape`] writes them; empty for the document.
impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = |before: &Trail<'_>, name: &str| {
            write!(f, "{before}{}", if matches!(before, Trail::Document) { "" } else { "." })?;
            shown_name(name).fmt(f)
        };
        match self {
            Self::Document => Ok(()),
            Self::Member(before, member) => name(before, &member.name),
            Self::Missing(before, missing) => name(before, missing),
            Self::Item(before, at) => write!(f, "{before}[{at}]"),
        }
    }
}

/// A name of a document as diagnostics show it: escaped, and not longer than a line.
pub(super) fn shown_name(name: &str) -> String {
    let shown = escape(name.as_bytes());
    match shown.char_indices().nth(MAX_NAME) {
        Some((at, _)) => format!("{}…", shown.get(..at).unwrap_or_default()),
        None => shown.into_owned(),
    }
}
