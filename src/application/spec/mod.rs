//! What an application file says: the layers of an application, its settings, and rules over several of them.

mod coerce;
mod credentials;
mod docs;
mod error;
mod file;
mod fit;
mod json_schema;
mod layer;
mod limits;
mod member_tables;
mod members;
mod reader;
mod rules;
mod setting;
mod store_references;
mod units;
mod value_fault;
mod value_type;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{SettingPath, SettingValue, SourceError, SourceFault};
#[cfg(feature = "etcd")]
pub(super) use coerce::boolean;
pub use credentials::{CredentialRule, HardcodedCredential};
pub use error::{ApplicationFileError, SpecMistake};
pub(super) use fit::read_text;
pub use json_schema::application_schema;
pub use layer::etcd_root;
pub use member_tables::{member_tables, rank_table, type_table};
pub(super) use members::ARGUMENTS_RANK;
pub use rules::{RuleViolation, SettingRule, SpecRules};
pub use value_fault::ValueFault;
pub use value_type::ValueType;

/// How many versions are kept unless it is said.
pub const VERSIONS_KEPT: usize = 10;

/// An application: its name, its layers, and what is known of its settings.
#[derive(Clone, Default)]
pub struct ApplicationSpec {
    pub name: Arc<str>,
    /// The folder of the application file; relative paths of layers have been joined to it.
    pub folder: PathBuf,
    /// From the lowest to the highest. Layers that the file turns off are left out.
    pub layers: Vec<LayerSpec>,
    pub settings: BTreeMap<SettingPath, SettingSpec>,
    pub rules: SpecRules,
    /// The folder that versions are kept in across restarts.
    pub state: Option<PathBuf>,
    /// How many versions are kept, the one in force included.
    pub kept_versions: usize,
    /// Credentials in options of its layers.
    pub credentials: Vec<HardcodedCredential>,
}

/// A place in the application file, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecPlace {
    pub path: Arc<PathBuf>,
    pub line: usize,
    pub column: usize,
}

/// `billing.toml:3:9`
impl fmt::Display for SpecPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

/// A layer as it is declared.
#[derive(Clone)]
pub struct LayerSpec {
    /// Unique in the application.
    pub name: Arc<str>,
    /// A higher one wins. Files without a rank of their own share one, and of these the later in the file wins; no
    /// other two layers have the same.
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
        /// Whether a change of the file is noticed without being asked.
        watch: bool,
        /// How long the file has to rest before it is read again.
        debounce: Duration,
    },
    Environment {
        /// What undeclared variables begin with; without one only declared variables are read.
        prefix: Option<Arc<str>>,
    },
    Etcd {
        /// Its URL; the context's etcd where none is named.
        host: Option<String>,
        /// As [`etcd_root`] makes it.
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
        /// The trusted authorities, as PEM; `None` for those of the system.
        ca_cert: Option<PathBuf>,
    },
    /// What `--set path=value` says.
    Arguments,
    /// A file that overrides are written to.
    Runtime { path: PathBuf },
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

impl SettingSpec {
    /// A setting of a type, without limits, that is neither required nor secret.
    pub fn new(value_type: ValueType, place: SpecPlace) -> Self {
        Self {
            value_type,
            default: None,
            required: false,
            secret: false,
            allowed: Vec::new(),
            min: None,
            max: None,
            min_length: None,
            pattern: None,
            description: Arc::default(),
            variable: None,
            etcd_key: None,
            place,
        }
    }
}

#[cfg(test)]
mod tests;
