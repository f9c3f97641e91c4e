//! What is wrong with an application file: all of it at once, each mistake with its place.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use super::SpecPlace;

/// A mistake in an application file: what is wrong there, and what would be right. It quotes names, and no values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {problem}")]
pub struct SpecMistake {
    pub place: SpecPlace,
    pub problem: String,
}

/// Why there is no application.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ApplicationFileError {
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// All mistakes of the file, in the order of their places; at least one.
    #[error("{}", MistakeLines(.0))]
    Mistakes(Vec<SpecMistake>),
}

struct MistakeLines<'a>(&'a [SpecMistake]);

impl fmt::Display for MistakeLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, mistake)| {
            let gap = if at == 0 { "" } else { "\n" };
            write!(f, "{gap}{mistake}")
        })
    }
}
