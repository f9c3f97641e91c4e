//! Which secrets exist. No type here can contain a value.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use super::SecretVersion;
use crate::domain::WebhookId;
use crate::domain::escape::escape;

/// The name of one of a webhook's own secrets: a fixed set (docs/receiver.md, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretField(&'static str);

impl SecretField {
    /// The token that callers send as `Authorization: Bearer …`.
    pub const BEARER_TOKEN: Self = Self("bearer-token");
    /// The token of the channel that the module `webhook_connect` publishes to.
    pub const CHANNEL_TOKEN: Self = Self("channel-token");
    /// The key for the signature of the body.
    pub const HMAC_SECRET: Self = Self("hmac-secret");
    /// The name of the header that contains the signature; not a secret, but stored with them.
    pub const HMAC_HEADER: Self = Self("hmac-header");
    /// The algorithm of the signature; not a secret either.
    pub const HMAC_ALGORITHM: Self = Self("hmac-algorithm");

    /// All of them, secrets first.
    pub const ALL: [Self; 5] =
        [Self::BEARER_TOKEN, Self::CHANNEL_TOKEN, Self::HMAC_SECRET, Self::HMAC_HEADER, Self::HMAC_ALGORITHM];

    /// The name as stored.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The name as a field of any secret.
    pub fn name(self) -> FieldName {
        FieldName(self.0.into())
    }
}

/// The own secrets that variables can contain; the signature's header and algorithm have none.
pub const OWN_VARIABLES: [SecretField; 3] =
    [SecretField::BEARER_TOKEN, SecretField::CHANNEL_TOKEN, SecretField::HMAC_SECRET];

/// The variable of one secret of a webhook, such as `WEBHOOK_{ID}_TOKEN`: the id is upper-cased and `-`
/// becomes `_`. A field outside [`OWN_VARIABLES`] is named by the same rule.
pub fn variable_name(id: &WebhookId, field: SecretField) -> String {
    let field = if field == SecretField::BEARER_TOKEN { "token" } else { field.as_str() };
    format!("webhook-{}-{field}", id.as_str()).to_uppercase().replace('-', "_")
}

/// The name of a field of any secret: any text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldName(Arc<str>);

impl FieldName {
    /// Any text is a name.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as stored; shown, it is the `Display` form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As shown: see [`escape`].
impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&escape(self.0.as_bytes()))
    }
}

impl std::borrow::Borrow<str> for FieldName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What a provider knows about one secret without reading its values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    Present(SecretContents),
    /// It does not exist, and never did, as far as the store reports.
    Missing,
    /// Its newest version was deleted; it can be undeleted.
    Deleted {
        /// That version, where the store has versions.
        version: SecretVersion,
        /// When, by the server's clock.
        at: Option<SystemTime>,
    },
    /// The value of its newest version was destroyed permanently.
    Destroyed {
        version: SecretVersion,
    },
    /// This user may not see it, so it is not known whether it exists.
    Forbidden {
        /// The missing permission, exactly: `read on webhooks/subkeys/orders/secrets`.
        permission: String,
    },
    /// The store did not answer, so it is not known whether it exists.
    Unreachable {
        reason: String,
    },
    /// It cannot be known without reading the secret.
    Unknown {
        reason: String,
    },
}

impl Presence {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Present(_) => FieldState::Present.word(),
            Self::Missing => "missing",
            Self::Deleted { .. } => "deleted",
            Self::Destroyed { .. } => "destroyed",
            Self::Forbidden { .. } => "forbidden",
            Self::Unreachable { .. } => "unreachable",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Its newest version, in whatever state, as far as known.
    pub fn version(&self) -> Option<SecretVersion> {
        match self {
            Self::Present(contents) => contents.version,
            Self::Deleted { version, .. } | Self::Destroyed { version } => Some(*version),
            _ => None,
        }
    }

    /// Whether it is certain that no value can be read.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Missing | Self::Deleted { .. } | Self::Destroyed { .. })
    }
}

/// The contents of an existing secret, without values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretContents {
    /// Its fields by name, sorted, each once.
    pub fields: Vec<(FieldName, FieldState)>,
    /// Its newest version, where the store has versions.
    pub version: Option<SecretVersion>,
    /// When that version was written, by the server's clock.
    pub written: Option<SystemTime>,
}

impl SecretContents {
    /// The state of one field; `None` if it does not exist.
    pub fn field(&self, name: &str) -> Option<FieldState> {
        self.fields.iter().find(|(field, _)| field.as_str() == name).map(|(_, state)| *state)
    }
}

/// The state of an existing field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldState {
    /// It exists and, as far as known, is not empty.
    Present,
    /// It is an empty string. Where a provider cannot tell, the field is reported as present.
    Empty,
    /// It consists of bytes that are not UTF-8, which makes it unusable.
    NotText,
}

impl FieldState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Empty => "empty",
            Self::NotText => "not UTF-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_after_the_id() {
        let id = WebhookId::new("my-Order_1").unwrap();
        let names = OWN_VARIABLES.map(|field| variable_name(&id, field));
        let expected = [
            "WEBHOOK_MY_ORDER_1_TOKEN",
            "WEBHOOK_MY_ORDER_1_CHANNEL_TOKEN",
            "WEBHOOK_MY_ORDER_1_HMAC_SECRET",
        ];
        assert_eq!(names, expected);
    }
}
