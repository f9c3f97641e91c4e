//! Keys of stored documents, ranges of keys, and the addresses that users type.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::escape::{escape, unescape};
use super::{ConnectionName, NameError, Namespace, WebhookId};

/// The key of one document.
///
/// ```
/// use confdeck::domain::{Address, Namespace, ResourceKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = ResourceKey::webhook("production".parse()?, "orders".parse()?);
/// assert_eq!(key.to_string(), "production/orders");
/// // What is shown of a key can be typed.
/// let Address(typed) = "production/orders".parse()?;
/// assert_eq!(typed, key);
/// assert!("a b".parse::<Namespace>().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKey {
    Webhook {
        namespace: Namespace,
        id: WebhookId,
    },
    /// A connection; connections are shared by all namespaces.
    Connection {
        name: ConnectionName,
    },
    /// A key whose shape the receiver ignores, as raw bytes after the prefix. It can only be viewed and
    /// deleted, but in a store of an application's settings, where every key is of this kind.
    Foreign {
        /// The bytes after the store's prefix.
        raw: Arc<[u8]>,
    },
}

impl ResourceKey {
    pub fn webhook(namespace: Namespace, id: WebhookId) -> Self {
        Self::Webhook { namespace, id }
    }

    pub fn connection(name: ConnectionName) -> Self {
        Self::Connection { name }
    }

    /// A key the receiver ignores.
    pub fn foreign(raw: impl Into<Arc<[u8]>>) -> Self {
        Self::Foreign { raw: raw.into() }
    }

    /// The namespace of a webhook.
    pub fn namespace(&self) -> Option<&Namespace> {
        match self {
            Self::Webhook { namespace, .. } => Some(namespace),
            _ => None,
        }
    }

    /// Whether only viewing and deleting are allowed.
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign { .. })
    }

    /// The last part of the name as bytes: the id, the connection's name, or the raw key.
    pub fn short_bytes(&self) -> &[u8] {
        match self {
            Self::Webhook { id, .. } => id.as_str().as_bytes(),
            Self::Connection { name } => name.as_str().as_bytes(),
            Self::Foreign { raw } => raw,
        }
    }

    /// The same as shown.
    pub fn short(&self) -> Cow<'_, str> {
        escape(self.short_bytes())
    }
}

/// The address that users type and read: `production/orders`, `connections/redis_main`, `key:RAW`, with its
/// names as [`escape`] writes them. A webhook in a namespace called `connections` reads
/// `webhook:connections/ID`.
impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook { namespace, id } if namespace.as_str() == CONNECTIONS => {
                write!(f, "webhook:{namespace}/{id}")
            }
            Self::Webhook { namespace, id } => write!(f, "{namespace}/{id}"),
            Self::Connection { name } => write!(f, "{CONNECTIONS}/{name}"),
            Self::Foreign { raw } => write!(f, "key:{}", escape(raw)),
        }
    }
}

const CONNECTIONS: &str = "connections";

/// A range of keys, for `list` and `watch`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPrefix {
    /// Everything under the store's prefix, foreign keys included.
    All,
    /// The webhooks of one namespace.
    Namespace(Namespace),
    /// The webhooks of one namespace whose ids begin so, as they are stored.
    Ids {
        namespace: Namespace,
        start: String,
    },
    Connections,
    /// One key.
    Key(ResourceKey),
}

impl KeyPrefix {
    /// Whether a key lies in this range.
    pub fn covers(&self, key: &ResourceKey) -> bool {
        match self {
            Self::All => true,
            Self::Namespace(wanted) => key.namespace() == Some(wanted),
            Self::Ids { namespace: wanted, start } => match key {
                ResourceKey::Webhook { namespace, id } => {
                    namespace == wanted && id.as_str().starts_with(start.as_str())
                }
                _ => false,
            },
            Self::Connections => matches!(key, ResourceKey::Connection { .. }),
            Self::Key(wanted) => key == wanted,
        }
    }
}

/// A key as typed on the command line or in the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(pub ResourceKey);

/// Why a text is not the address of a document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Neither `NAMESPACE/ID` nor one of the prefixed forms.
    #[error("\"{0}\" is not an address: {SHAPES}")]
    Shape(String),
    /// A part violates its rule.
    #[error("\"{text}\" is not an address: {source}")]
    Name {
        text: String,
        /// The violated rule.
        source: NameError,
    },
}

/// What an address may be.
const SHAPES: &str = "write NAMESPACE/ID, connections/NAME, webhook:NAMESPACE/ID, connection:NAME or key:RAW";

impl AddressError {
    /// What is wrong, without the text that was given, which may be a document in the wrong place.
    pub fn rule(&self) -> String {
        match self {
            Self::Shape(_) => SHAPES.to_owned(),
            Self::Name { source, .. } => source.to_string(),
        }
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let shape = || AddressError::Shape(text.into());
        let name = |source| AddressError::Name { text: text.into(), source };
        let webhook = |rest: &str| {
            let (namespace, id) = rest.split_once('/').ok_or_else(shape)?;
            Ok(ResourceKey::webhook(namespace.parse().map_err(name)?, id.parse().map_err(name)?))
        };
        let connection = |rest: &str| rest.parse().map(ResourceKey::connection).map_err(name);

        match (text.split_once(':'), text.split_once('/')) {
            (Some(("key", raw)), _) if !raw.is_empty() => {
                Ok(ResourceKey::foreign(unescape(raw).into_owned()))
            }
            (Some(("key", _)), _) => Err(shape()),
            (Some(("webhook", rest)), _) => webhook(rest),
            (Some(("connection", rest)), _) | (_, Some((CONNECTIONS, rest))) => connection(rest),
            (_, Some(_)) => webhook(text),
            (_, None) => Err(shape()),
        }
        .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::escape::tests::names;

    /// Keys of every kind whose names are any bytes; a name that is not valid makes a foreign key.
    fn keys() -> impl Strategy<Value = ResourceKey> {
        let namespace = prop::sample::select(&["default", "prod", "connections", "key", "webhook"]);
        (0..3, namespace, names()).prop_map(|(kind, namespace, name)| {
            let text = std::str::from_utf8(&name).unwrap_or_default();
            let known = match kind {
                0 => WebhookId::new(text)
                    .map(|id| ResourceKey::webhook(Namespace::new(namespace).unwrap(), id)),
                1 => ConnectionName::new(text).map(ResourceKey::connection),
                _ => Err(NameError::WebhookId),
            };
            known.unwrap_or_else(|_| ResourceKey::foreign(name))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

        #[test]
        fn every_key_is_addressed_by_what_is_shown_of_it(key in keys()) {
            let shown = key.to_string();
            prop_assert_eq!(shown.parse::<Address>(), Ok(Address(key)), "{}", shown);
        }

        #[test]
        fn two_keys_that_differ_are_never_shown_alike(one in keys(), other in keys()) {
            prop_assert_eq!(one == other, one.to_string() == other.to_string());
        }
    }

    #[test]
    fn addresses_read_back_what_keys_print() {
        for text in ["production/orders", "connections/redis main", "webhook:connections/x", "key:a/b/c"] {
            let Address(key) = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
        }
        assert_eq!("connection:a".parse::<Address>().unwrap().0.to_string(), "connections/a");
    }

    #[test]
    fn a_bad_address_says_what_to_write() {
        for text in ["", "orders", "a b/orders", "a/b/c", "key:", "connections/", "connection:a/b"] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(&format!("\"{text}\"")), "{error}");
        }
    }
}
