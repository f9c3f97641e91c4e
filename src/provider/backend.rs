//! What a backend is, said once, by a constant in its folder.

/// A store of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend {
    /// As its badge, its health and its address have it.
    pub name: &'static str,
    /// The value of `CONFIG_BACKEND`.
    pub setting: &'static str,
    /// Reached over a network: locked at start, and the receiver's environment is not taken to be ours.
    pub remote: bool,
    /// When the receiver takes up what was written, in the words of a review.
    pub takes_up: &'static str,
    /// When the receiver looks references up again.
    pub looks_up: &'static str,
}

/// A store of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretBackend {
    /// As its badge, its health and its address have it, and the value of `SECRETS_BACKEND`.
    pub name: &'static str,
    /// Reached over a network.
    pub remote: bool,
    /// Secrets have a mount and a path; otherwise they are variables, which need no connection.
    pub key_value: bool,
}
