//! What rules know about the receiver that a context's documents are for.

use super::{OwnRules, Rule, RuleSettings, SecretLookup, rules};
use crate::domain::Namespace;

/// The version of the receiver whose behaviour the rules describe.
pub const KNOWN_VERSION: &str = "0.2.0";

/// The receiver, as the settings of a context describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverProfile {
    /// Its version; of another than [`KNOWN_VERSION`] less is known.
    pub version: String,
    /// Whether it reads files: a member of them that is no object keeps it from starting.
    pub reads_files: bool,
    /// The namespace of `/webhook/{id}`, the only one that is validated at start (docs/receiver.md, section 2).
    pub default_namespace: Namespace,
    /// Whether it accepts the host `localhost`: its `ALLOW_LOCALHOST_FOR_TESTS`, where that is known.
    pub allows_localhost: Option<bool>,
    /// Whether it accepts private addresses: its `ALLOW_PRIVATE_IP_CONNECTIONS`, where that is known.
    pub allows_private: Option<bool>,
    /// Where it looks up references and own secrets.
    pub lookup: SecretLookup,
    /// Which rules are silenced here, or have another severity.
    pub rules: RuleSettings,
    /// Rules of the context itself.
    pub own_rules: OwnRules,
}

impl ReceiverProfile {
    /// Whether it is the version whose behaviour is known.
    pub fn is_known_version(&self) -> bool {
        self.version == KNOWN_VERSION
    }

    /// The rule with an id: one of all receivers, or an own one.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        rules::rule(id).or_else(|| self.own_rules.rule(id))
    }
}

/// A receiver about which nothing is configured.
impl Default for ReceiverProfile {
    fn default() -> Self {
        Self {
            version: KNOWN_VERSION.to_owned(),
            reads_files: false,
            default_namespace: Namespace::default(),
            allows_localhost: None,
            allows_private: None,
            lookup: SecretLookup::default(),
            rules: RuleSettings::default(),
            own_rules: OwnRules::default(),
        }
    }
}
