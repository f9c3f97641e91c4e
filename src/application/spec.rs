//! What an application file says: the layers of an application, its settings, and rules over several of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{SettingPath, SettingValue, SourceError, SourceFault};

/// An application: its name, its layers in the order of the file, and what is known of its settings.
#[derive(Clone)]
pub struct ApplicationSpec {
    pub name: Arc<str>,
    /// The folder of the application file; relative paths of layers were made absolute with it.
    pub folder: PathBuf,
    pub layers: Vec<LayerSpec>,
    pub settings: BTreeMap<SettingPath, SettingSpec>,
    pub rules: Vec<SettingRule>,
    /// The folder that versions are kept in across restarts.
    pub state: Option<PathBuf>,
}

/// A place in the application file, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecPlace {
    pub path: Arc<PathBuf>,
    pub line: usize,
    pub column: usize,
}

/// A layer as it is declared.
#[derive(Clone)]
pub struct LayerSpec {
    /// Unique in the application.
    pub name: Arc<str>,
    /// A higher one wins. Unique in the application.
    pub rank: u32,
    /// Whether nothing can be started from while this layer has never been loaded.
    pub required: bool,
    pub kind: LayerKind,
    pub place: SpecPlace,
}

impl LayerSpec {
    /// The error of a declaration that cannot be used.
    pub(crate) fn invalid(&self, reason: impl fmt::Display, remedy: &str) -> SourceError {
        let SpecPlace { path, line, column } = &self.place;
        SourceError {
            fault: SourceFault::Invalid,
            place: format!("{}:{line}:{column}", path.display()),
            reason: format!("layer {}: {reason}", self.name),
            remedy: remedy.to_owned(),
        }
    }
}

/// What a layer reads. Variables in its options have been replaced.
#[derive(Clone)]
#[non_exhaustive]
pub enum LayerKind {
    /// The defaults that settings declare.
    Defaults,
    File {
        path: PathBuf,
        format: FileFormat,
        /// The variables in its path.
        variables: Vec<Arc<str>>,
    },
    Environment {
        /// What undeclared variables begin with; without one only declared variables are read.
        prefix: Option<Arc<str>>,
    },
    Etcd {
        /// Its URL; the context's etcd where none is named.
        host: Option<String>,
        /// With a leading slash and without one at the end.
        root: String,
        shape: EtcdShape,
        username: Option<String>,
        password: Option<Zeroizing<String>>,
        ca_cert: Option<PathBuf>,
    },
    Http {
        url: String,
        headers: Vec<(String, Zeroizing<String>)>,
        timeout: Duration,
        refresh: Duration,
    },
    /// What `--set path=value` says.
    Arguments,
    /// A file that overrides are written to.
    Runtime {
        path: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    Json,
    Yaml,
    Toml,
    /// Variables, as in the environment.
    Env,
}

/// How settings are laid out under the root of a layer in etcd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EtcdShape {
    /// A key for each setting that declares one; others are not read.
    KeyMap,
    /// The key `root` holds a JSON document.
    Document,
    /// Every key under the root is a setting: `/` separates its names.
    Tree,
}

/// A setting as it is declared.
#[derive(Clone)]
pub struct SettingSpec {
    pub value_type: ValueType,
    pub default: Option<SettingValue>,
    pub required: bool,
    pub secret: bool,
    /// The only values that it may have; any if there is none.
    pub allowed: Vec<SettingValue>,
    /// Of numbers, of durations in seconds, of bytes; both included.
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// In characters of a text, in items of a list.
    pub min_length: Option<usize>,
    /// As it is written; it is compiled where values are checked.
    pub pattern: Option<regex::Regex>,
    pub description: Arc<str>,
    /// Its variable, whatever the prefix of a layer is.
    pub variable: Option<Arc<str>>,
    /// Its key under the root of a layer in etcd.
    pub etcd_key: Option<Arc<str>>,
    pub place: SpecPlace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    Text,
    Integer,
    Float,
    Boolean,
    /// Of texts; from a text it is split at commas.
    List,
    /// Seconds, or a text as `1h30m`.
    Duration,
    /// A number of bytes, or a text as `64KiB`.
    Bytes,
    Url,
    Json,
}

/// A rule over several settings: an expression in CEL that is true of a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRule {
    pub id: Arc<str>,
    pub when: String,
    pub message: String,
    pub place: SpecPlace,
}
