//! Names that keys are made of; each type accepts only what its rule allows (docs/receiver.md, section 2).

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::escape::{NotText, escape, unescape_text};

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// A namespace that the receiver would skip.
    #[error("a namespace is 1 to 64 of the characters A-Z a-z 0-9 _ -")]
    Namespace,
    /// A webhook id that cannot be part of a key.
    #[error("a webhook id is not empty and holds no \"/\"")]
    WebhookId,
    /// A connection name that cannot be part of a key.
    #[error("a connection name is not empty and holds no \"/\"")]
    ConnectionName,
    /// A typed name whose escapes make no text.
    #[error(transparent)]
    NotText(#[from] NotText),
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $error:expr, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Accepts a text that obeys the rule.
            ///
            /// # Errors
            /// [`NameError`] with the rule in words.
            pub fn new(text: &str) -> Result<Self, NameError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.into())) } else { Err($error) }
            }

            /// The name as stored; shown, it is the `Display` form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        /// As shown: see [`escape`].
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&escape(self.0.as_bytes()))
            }
        }

        /// Reads a typed name; what `Display` writes reads back.
        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(&unescape_text(text)?)
            }
        }
    };
}

name!(
    /// A namespace: `^[a-zA-Z0-9_-]{1,64}$`.
    Namespace,
    NameError::Namespace,
    |text| (1..=64).contains(&text.len()) && text.bytes().all(is_word)
);
name!(
    /// A webhook's id as it can occur in a key. Whether the receiver would route to it is
    /// [`WebhookId::unroutable`]: the store accepts more than the route does.
    WebhookId,
    NameError::WebhookId,
    |text| !text.is_empty() && !text.contains('/')
);
name!(
    /// A connection's name: any text that fits one key segment.
    ConnectionName,
    NameError::ConnectionName,
    |text| !text.is_empty() && !text.contains('/')
);

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl Default for Namespace {
    /// The namespace `default`, the only one in files and in the flat layout.
    fn default() -> Self {
        Self("default".into())
    }
}

const RESERVED_IDS: [&str; 9] =
    ["stats", "health", "docs", "redoc", "api", "admin", "root", "system", "internal"];
const RESERVED_PREFIXES: [&str; 3] = ["internal_", "system_", "admin_"];
const RESERVED_SUFFIXES: [&str; 3] = ["_internal", "_system", "_admin"];

impl WebhookId {
    /// The rule that makes the receiver answer 400 for this id, if there is one
    /// (docs/receiver.md, section 2).
    pub fn unroutable(&self) -> Option<&'static str> {
        let text = self.as_str();
        let lower = text.to_ascii_lowercase();
        if text.len() > 64 {
            Some("an id is at most 64 characters")
        } else if !text.bytes().all(is_word)
            || !text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        {
            Some("an id is letters, digits, _ and -, and starts with a letter or digit")
        } else if text.contains("--") || text.contains("__") {
            Some("an id holds no doubled - or _")
        } else if RESERVED_IDS.contains(&lower.as_str()) {
            Some("this id is reserved by the receiver")
        } else if RESERVED_PREFIXES.iter().any(|p| lower.starts_with(p))
            || RESERVED_SUFFIXES.iter().any(|s| lower.ends_with(s))
        {
            Some("ids may not start or end with internal, system or admin")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_follow_the_receivers_grammar() {
        for good in ["default", "ns-1", "my_namespace", "A", &"n".repeat(64)] {
            assert!(Namespace::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "a.b", "a@b", "a!b", "ä", &"n".repeat(65)] {
            assert_eq!(Namespace::new(bad), Err(NameError::Namespace), "{bad}");
        }
    }

    #[test]
    fn ids_are_kept_but_known_to_be_unroutable() {
        for good in ["orders", "a", "A-1_b", "systems", &"x".repeat(64)] {
            assert_eq!(WebhookId::new(good).unwrap().unroutable(), None, "{good}");
        }
        for bad in ["-a", "a--b", "a__b", "Health", "admin_x", "x_SYSTEM", "a b", &"x".repeat(65)] {
            assert!(WebhookId::new(bad).unwrap().unroutable().is_some(), "{bad}");
        }
        assert_eq!(WebhookId::new("a/b"), Err(NameError::WebhookId));
        assert_eq!(WebhookId::new(""), Err(NameError::WebhookId));
    }
}
