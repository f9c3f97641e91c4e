//! Which secrets exist. Nothing here can hold a value: field names are a fixed set.

use std::fmt;

use super::{Namespace, WebhookId};

/// Which secrets are meant; each provider knows where it keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretPath {
    /// A webhook's own secrets.
    Own {
        /// The webhook's namespace.
        namespace: Namespace,
        /// Its id.
        id: WebhookId,
    },
}

/// `the secrets of production/orders`.
impl fmt::Display for SecretPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Own { namespace, id } = self;
        write!(f, "the secrets of {}/{}", namespace.as_str(), id.as_str())
    }
}

/// The name of one field of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretField(&'static str);

impl SecretField {
    /// The token that callers show as `Authorization: Bearer …`.
    pub const BEARER_TOKEN: Self = Self("bearer-token");
    /// The token of the channel that the module `webhook_connect` publishes to.
    pub const CHANNEL_TOKEN: Self = Self("channel-token");
    /// The key of the signature over the body.
    pub const HMAC_SECRET: Self = Self("hmac-secret");
    /// The header that carries the signature; no secret, but it stands with them.
    pub const HMAC_HEADER: Self = Self("hmac-header");
    /// The algorithm of the signature; no secret either.
    pub const HMAC_ALGORITHM: Self = Self("hmac-algorithm");

    /// The name as stored.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// What a provider knows of a secret without telling a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    /// It is there.
    Present {
        /// Its fields, by name.
        fields: Vec<(SecretField, FieldState)>,
    },
    /// There is none.
    Missing,
}

/// What is known of one field that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldState {
    /// It is there, and as far as can be told it holds something.
    Present,
    /// It is there and holds the empty text. Where a provider cannot tell, it looks present.
    Empty,
    /// It is there and holds bytes that are not UTF-8, which nobody can use.
    NotText,
}
