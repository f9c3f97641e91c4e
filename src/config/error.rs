//! Errors in the settings, each with its place.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Origin, WithOrigin};
use crate::private_file::io_reason;

pub(super) type Result<T> = std::result::Result<T, SettingsError>;

/// Why the settings cannot be used: the place, what is wrong there, and what would be right. From a file it
/// quotes only names of settings and contexts, never a password or other text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A mistake at a line of the config file or of a variables file.
    #[error("{}:{line}:{column}: {problem}", path.display())]
    At {
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A mistake in a variable or a flag, or in a combination of them.
    #[error("{source_name}: {problem}")]
    Of {
        source_name: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A requested file cannot be read.
    #[error("cannot read {} ({asked_by}): {reason}", path.display())]
    Unreadable {
        path: PathBuf,
        /// What named it: a flag, a variable, or the default location.
        asked_by: String,
        reason: String,
    },
}

impl SettingsError {
    /// A mistake in a value that came from `origin`.
    pub(super) fn of(origin: &Origin, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        match origin {
            Origin::File { path, line, column } => {
                Self::At { path: path.to_path_buf(), line: *line, column: *column, problem }
            }
            other => Self::Of { source_name: other.to_string(), problem },
        }
    }

    /// The same at the same place, in other words.
    pub(super) fn with_words(&self, words: impl FnOnce(&str) -> String) -> Self {
        match self.clone() {
            Self::At { path, line, column, problem } => {
                Self::At { path, line, column, problem: words(&problem) }
            }
            Self::Of { source_name, problem } => Self::Of { source_name, problem: words(&problem) },
            unreadable @ Self::Unreadable { .. } => unreadable,
        }
    }

    pub(super) fn unreadable(path: &Path, asked_by: impl Into<String>, error: &std::io::Error) -> Self {
        Self::Unreadable { path: path.to_path_buf(), asked_by: asked_by.into(), reason: io_reason(error) }
    }
}

impl<T> WithOrigin<T> {
    /// An error about this value.
    pub(super) fn wrong(&self, problem: impl Into<String>) -> SettingsError {
        SettingsError::of(&self.origin, problem)
    }
}
