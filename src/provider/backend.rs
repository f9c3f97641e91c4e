//! The properties of a backend; each backend's module declares them in one `BACKEND` constant.

/// A store of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend {
    /// The name on the badge, in the health view and in the address.
    pub name: &'static str,
    /// The value of `CONFIG_BACKEND`.
    pub setting: &'static str,
    /// Reached over a network: the console starts locked, and the receiver's environment is not assumed to
    /// be ours.
    pub remote: bool,
    /// When the receiver applies a write, as worded in a review.
    pub takes_up: &'static str,
    /// When the receiver resolves references again.
    pub looks_up: &'static str,
}

/// A store of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretBackend {
    /// The name on the badge, in the health view and in the address, and the value of `SECRETS_BACKEND`.
    pub name: &'static str,
    /// Reached over a network.
    pub remote: bool,
    /// Secrets have a mount and a path; otherwise they are variables, which need no connection.
    pub key_value: bool,
}

/// etcd, whether or not its client is built in: settings name it, and the memory store is like it.
pub(crate) const ETCD: Backend = Backend {
    name: "etcd",
    setting: "etcd",
    remote: true,
    takes_up: "takes it live in about a second",
    looks_up: "looks references up when it loads a document: it goes on with the old value until that is written again",
};

/// Vault or OpenBao, whether or not its client is built in.
pub(crate) const VAULT: SecretBackend = SecretBackend { name: "vault", remote: true, key_value: true };
