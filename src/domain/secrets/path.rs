//! Paths of secrets: mounts, key-value paths and folders.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::domain::WebhookId;
use crate::domain::escape::escape;

/// The longest path, in bytes; a server's own limit is that of a URL.
const MAX_PATH: usize = 1_024;

/// Why a text is not the path of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecretPathError {
    #[error("it is empty; give at least one segment, as in app/github")]
    Empty,
    #[error("it is longer than {MAX_PATH} bytes")]
    TooLong,
    /// It begins or ends with a slash, or two follow each other.
    #[error("a segment of it is empty; leave out slashes at its ends, and doubled ones")]
    EmptySegment,
    /// A segment that has a special meaning in a URL.
    #[error("a segment of it is {0:?}, which a URL gives a meaning of its own")]
    Dots(&'static str),
    /// A character that no server accepts in a path.
    #[error("it holds a control character")]
    Control,
}

fn check(text: &str) -> Result<(), SecretPathError> {
    if text.is_empty() {
        return Err(SecretPathError::Empty);
    }
    if text.len() > MAX_PATH {
        return Err(SecretPathError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(SecretPathError::Control);
    }
    text.split('/').try_for_each(|segment| match segment {
        "" => Err(SecretPathError::EmptySegment),
        "." => Err(SecretPathError::Dots(".")),
        ".." => Err(SecretPathError::Dots("..")),
        _ => Ok(()),
    })
}

macro_rules! place {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Accepts a path that a URL can contain unchanged: no empty segments, no `.` or `..`, no control
            /// characters, not too long.
            ///
            /// # Errors
            /// [`SecretPathError`] with the rule in words.
            pub fn new(text: &str) -> Result<Self, SecretPathError> {
                check(text).map(|()| Self(text.into()))
            }

            /// As the server knows it, without outer slashes; shown, it is the `Display` form.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// As shown: see [`escape`].
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&escape(self.0.as_bytes()))
            }
        }
    };
}

place!(
    /// The mount of a key-value engine, which may have several segments: `secret`, `team/kv`.
    Mount
);
place!(
    /// A secret's path inside its mount.
    KvPath
);

/// Where a secret is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SecretPath {
    /// The variables `WEBHOOK_{ID}_…` of one id, in any namespace.
    Variables(WebhookId),
    /// A secret of a key-value engine of Vault or OpenBao.
    Kv {
        mount: Mount,
        /// The path inside the mount.
        path: KvPath,
    },
}

/// `webhooks/production/orders/secrets`, or `the variables of orders`.
impl fmt::Display for SecretPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variables(id) => write!(f, "the variables of {id}"),
            Self::Kv { mount, path } => write!(f, "{mount}/{path}"),
        }
    }
}

/// A folder of a mount.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretFolder {
    pub mount: Mount,
    /// The folder inside the mount; `None` is the mount itself.
    pub folder: Option<KvPath>,
}

/// `webhooks/production/`.
impl fmt::Display for SecretFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.folder {
            Some(folder) => write!(f, "{}/{folder}/", self.mount),
            None => write!(f, "{}/", self.mount),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_what_a_url_can_hold() {
        for text in ["a", "a/b", "a b/ü%#?", "...", "a.b"] {
            assert_eq!(KvPath::new(text).unwrap().as_str(), text);
        }
        let long = "x".repeat(MAX_PATH + 1);
        for (text, why) in [
            ("", SecretPathError::Empty),
            ("/a", SecretPathError::EmptySegment),
            ("a/", SecretPathError::EmptySegment),
            ("a//b", SecretPathError::EmptySegment),
            ("a/./b", SecretPathError::Dots(".")),
            ("..", SecretPathError::Dots("..")),
            ("a\nb", SecretPathError::Control),
            (&long, SecretPathError::TooLong),
        ] {
            assert_eq!(KvPath::new(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn secrets_of_paths_that_differ_are_told_apart_and_the_server_gets_its_own_bytes() {
        let told = |path: &str| {
            let (mount, inside) = (Mount::new("kv").unwrap(), KvPath::new(path).unwrap());
            assert_eq!(inside.as_str(), path);
            SecretPath::Kv { mount, path: inside }.to_string()
        };
        assert_eq!(told("orders "), r"kv/orders\x20");
        assert_eq!((told("é"), told("e\u{301}")), ("kv/é".into(), r"kv/e\u{301}".into()));
    }

    #[test]
    fn places_are_told_as_the_server_knows_them() {
        let (mount, path) = (Mount::new("team/kv").unwrap(), KvPath::new("orders/secrets").unwrap());
        assert_eq!(SecretPath::Kv { mount: mount.clone(), path }.to_string(), "team/kv/orders/secrets");
        assert_eq!(SecretFolder { mount, folder: None }.to_string(), "team/kv/");
    }
}
