//! Where a value comes from: its layer, and the place in it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::Revision;

/// Where a value comes from. It holds no value, so it can be shown and logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueOrigin {
    /// The name of the layer.
    pub layer: Arc<str>,
    pub place: ValuePlace,
}

/// The place of a value in its layer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValuePlace {
    File {
        path: Arc<PathBuf>,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// The variables that `${NAME}` in the value, or the file's own path, was replaced by, in order.
        variables: Vec<Arc<str>>,
    },
    /// An environment variable, by its name.
    Variable(Arc<str>),
    EtcdKey {
        /// The whole key.
        key: Arc<str>,
        /// The revision that wrote it.
        revision: Revision,
        /// The JSON pointer within the key's document; empty if its value is the whole.
        pointer: Arc<str>,
    },
    Url {
        /// Without a user and a query, which may hold secrets.
        url: Arc<str>,
        /// As it was sent.
        etag: Option<Arc<str>>,
        /// The JSON pointer within the answer.
        pointer: Arc<str>,
    },
    /// An argument of the command line, by its position among the settings given there, from 1.
    Argument(usize),
    /// The default in the application file.
    Default { path: Arc<PathBuf>, line: usize, column: usize },
    /// A value that the program itself gave to the builder.
    Program,
    /// Nowhere yet: a value that is to be written.
    Planned,
    /// The place in words, as the folder of an earlier process's versions remembers it.
    Remembered(Arc<str>),
}

impl ValuePlace {
    /// What is said after a place that only an earlier process has seen.
    pub(super) const REMEMBERED: &str = ", as last seen";
}

/// `APP_DEBUG, in the layer environment`
impl fmt::Display for ValueOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, in the layer {}", self.place, self.layer)
    }
}

/// `config/app.yaml:3:9`, `APP_DEBUG`, `/APPS/ControlUnit/LogLevel at 12`, …
impl fmt::Display for ValuePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column, variables } => {
                write!(f, "{}:{line}:{column}", path.display())?;
                variables.iter().try_for_each(|name| write!(f, " ${{{name}}}"))
            }
            Self::Variable(name) => f.write_str(name),
            Self::EtcdKey { key, revision, pointer } => write!(f, "{key}{pointer} at {}", revision.0),
            Self::Url { url, etag, pointer } => {
                write!(f, "{url}{pointer}")?;
                etag.as_ref().map_or(Ok(()), |etag| write!(f, " {etag}"))
            }
            Self::Argument(position) => write!(f, "argument {position}"),
            Self::Default { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Program => f.write_str("the program"),
            Self::Planned => f.write_str("the new value"),
            Self::Remembered(place) => write!(f, "{place}{}", Self::REMEMBERED),
        }
    }
}
