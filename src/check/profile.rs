//! What rules know about the receiver that a context's documents are for.

use super::SecretLookup;
use crate::domain::Namespace;

/// The receiver, as the settings of a context describe it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceiverProfile {
    /// The namespace of `/webhook/{id}`, the only one that is validated at start (docs/receiver.md, section 2).
    pub default_namespace: Namespace,
    /// Whether it accepts the host `localhost`: its `ALLOW_LOCALHOST_FOR_TESTS`.
    pub allows_localhost: bool,
    /// Whether it accepts private addresses: its `ALLOW_PRIVATE_IP_CONNECTIONS`.
    pub allows_private: bool,
    /// Where it looks up references and own secrets.
    pub lookup: SecretLookup,
}
