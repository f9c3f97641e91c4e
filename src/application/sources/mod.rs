//! The sources of layers, and the writers into them.

#[cfg(feature = "etcd")]
mod etcd;
mod http;
mod remote;
#[allow(dead_code, reason = "sources of files use the rest")]
mod tree;

#[cfg(feature = "etcd")]
pub use etcd::{EtcdSource, EtcdVariables, etcd_root};
pub use http::{HttpSettings, HttpSettingsError, HttpSource};
pub use remote::{RemoteLayer, RemoteSources};
