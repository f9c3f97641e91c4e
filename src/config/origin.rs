//! Where a setting's value came from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SettingKey;

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// confdeck's own default.
    Default,
    File {
        path: Arc<Path>,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    Variable {
        name: &'static str,
        /// The file of `--env-file` and the line in it; `None` for the process's own variables.
        file: Option<(Arc<Path>, usize)>,
    },
    /// A flag of this invocation.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(f, "default"),
            Self::File { path, line, .. } => write!(f, "{}:{line}", path.display()),
            Self::Variable { name, file: None } => write!(f, "{name}"),
            Self::Variable { name, file: Some((path, line)) } => {
                write!(f, "{name} ({}:{line})", path.display())
            }
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithOrigin<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> WithOrigin<T> {
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> WithOrigin<U> {
        WithOrigin { value: change(self.value), origin: self.origin }
    }

    /// A path in the config file is relative to that file, so that it does not depend on the working folder.
    pub(super) fn relative_path(&self, path: &str) -> PathBuf {
        match &self.origin {
            Origin::File { path: file, .. } => file.parent().unwrap_or(Path::new("")).join(path),
            _ => path.into(),
        }
    }
}

/// One setting in effect, in a form that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSetting {
    pub key: SettingKey,
    /// Its value; `(hidden)` for a password.
    pub value: String,
    pub origin: Origin,
}
