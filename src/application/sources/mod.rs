//! The sources of layers, and the writers into them.

mod arguments;
mod environment;
#[cfg(feature = "etcd")]
mod etcd;
mod exported;
mod file;
mod http;
mod local;
mod remote;
mod tree;
mod variable_names;
mod watch;

pub use arguments::{ArgumentError, ArgumentsSource};
pub use environment::EnvironmentSource;
#[cfg(feature = "etcd")]
pub use etcd::{EtcdSource, EtcdVariables, etcd_root};
pub use exported::{ExportedVariable, VariableExport};
pub use file::{FileLayer, FileSource, FileWriter, SharedVariables};
pub use http::{HttpSettings, HttpSettingsError, HttpSource};
pub use local::LocalSources;
pub use remote::{RemoteLayer, RemoteSources};
pub use variable_names::VariableNames;
