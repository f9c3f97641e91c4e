//! What one of the two files holds: its members as documents, or why it cannot be read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::domain::json::{BYTE_ORDER_MARK, Node, Value, parse, place};
use crate::domain::{ConnectionName, Document, KeyPrefix, Namespace, ResourceKey, Token, WebhookId};
use crate::provider::ASK_FOR_IT;
use crate::provider::{Error, Result};

/// The file of a pair that a key lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Webhooks,
    Connections,
}

impl Which {
    /// The first part of a foreign key: `webhooks/NAME`, `connections/NAME`.
    fn folder(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks/",
            Self::Connections => "connections/",
        }
    }

    /// The key of a member. A name that is empty or holds `/` fits no key segment: it is foreign,
    /// as the same name would be in etcd.
    pub(super) fn key(self, name: &str) -> ResourceKey {
        let key = match self {
            Self::Webhooks => WebhookId::new(name).map(|id| ResourceKey::webhook(Namespace::default(), id)),
            Self::Connections => ConnectionName::new(name).map(ResourceKey::connection),
        };
        key.unwrap_or_else(|_| ResourceKey::foreign([self.folder(), name].concat().into_bytes()))
    }

    /// The file and the member that a key names; `None` where no member could have this key.
    pub(super) fn place(key: &ResourceKey) -> Option<(Self, &str)> {
        match key {
            ResourceKey::Webhook { namespace, id } => {
                (*namespace == Namespace::default()).then_some((Self::Webhooks, id.as_str()))
            }
            ResourceKey::Connection { name } => Some((Self::Connections, name.as_str())),
            ResourceKey::Foreign { raw } => {
                let text = std::str::from_utf8(raw).ok()?;
                [Self::Webhooks, Self::Connections].into_iter().find_map(|which| {
                    let name = text.strip_prefix(which.folder())?;
                    (name.is_empty() || name.contains('/')).then_some((which, name))
                })
            }
        }
    }

    /// Whether a range reaches into this file.
    pub(super) fn in_range(self, prefix: &KeyPrefix) -> bool {
        match prefix {
            KeyPrefix::All => true,
            KeyPrefix::Namespace(namespace) => self == Self::Webhooks && *namespace == Namespace::default(),
            KeyPrefix::Connections => self == Self::Connections,
        }
    }
}

/// What a conditional write of a file's member compares: the start of the SHA-256 of its bytes.
pub(super) fn token_of(bytes: &[u8]) -> Token {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let [a, b, c, d, e, f, ..] = hash;
    Token::digest([a, b, c, d, e, f])
}

/// A member as a document.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) document: Document,
    pub(super) token: Token,
}

/// The text of a file that is one JSON object, byte order mark apart, with its tree.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) marked: bool,
    pub(super) text: String,
    pub(super) root: Node,
}

impl Contents {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the path and the place of the offence, and nothing of the text.
    pub(super) fn of(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        let invalid = |(line, column): (usize, usize), reason: &str| Error::Invalid {
            reason: format!("{}: line {line}, column {column}: {reason}", path.display()),
        };
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let good = String::from_utf8_lossy(good);
            invalid(place(&good, good.len()), "the text is not UTF-8")
        })?;
        let (marked, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => (true, rest.to_owned()),
            None => (false, text),
        };
        let root = parse(&text).map_err(|error| invalid((error.line, error.column), error.reason))?;
        if !matches!(root.value, Value::Object(_)) {
            let at = place(&text, root.span.start);
            return Err(invalid(at, "a JSON object is expected, this is another kind of value"));
        }
        Ok(Self { marked, text, root })
    }

    /// The bytes of a text as this file stores it.
    pub(super) fn bytes(&self, text: &str) -> Vec<u8> {
        let mark = if self.marked { BYTE_ORDER_MARK.to_string() } else { String::new() };
        [mark.as_str(), text].concat().into_bytes()
    }

    /// The members a reader sees: of those of one name, the last.
    pub(super) fn documents(&self, which: Which) -> BTreeMap<ResourceKey, Found> {
        let members = self.root.members().iter();
        members
            .map(|member| {
                let bytes: Arc<[u8]> = member.value.span.of(&self.text).as_bytes().into();
                let token = token_of(&bytes);
                (which.key(&member.name), Found { document: Document::new(bytes), token })
            })
            .collect()
    }
}

/// What tells that a file has not changed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(file: &std::fs::Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }

    /// Seconds since the epoch of the last change to the file or its attributes.
    pub(super) fn changed_at(&self) -> i64 {
        self.changed.0
    }
}

/// Reads a file whole, with the stamp it had before the first byte; `None` if there is none.
///
/// # Errors
/// [`Error::Denied`] or [`Error::Unavailable`], with the path.
pub(super) fn read(path: &Path) -> Result<Option<(Stamp, Vec<u8>)>> {
    let read = || -> io::Result<_> {
        let mut file = File::open(path)?;
        let stamp = Stamp::of(&file.metadata()?);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((stamp, bytes))
    };
    match read() {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// An I/O error as a caller can act on it. The operating system's words name no content.
pub(super) fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            Error::Denied { permission: format!("to {what} {}", path.display()), remedy: ASK_FOR_IT }
        }
        kind @ ErrorKind::ReadOnlyFilesystem => {
            Error::Denied { permission: format!("to {what} {} ({kind})", path.display()), remedy: ASK_FOR_IT }
        }
        kind => Error::Unavailable {
            reason: format!("cannot {what} {} ({kind})", path.display()),
            retry_in: None,
        },
    }
}

/// The file that a save must replace: behind every symbolic link, also where it does not exist yet.
///
/// # Errors
/// [`Error::Unavailable`] for links that lead in a circle or cannot be read.
pub(super) fn target(path: &Path) -> Result<PathBuf> {
    // The same bound as Linux sets for one lookup.
    const LINKS: usize = 40;
    let mut at = path.to_owned();
    for _ in 0..LINKS {
        match std::fs::read_link(&at) {
            Ok(next) => at = folder(&at).join(next),
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(at);
            }
            Err(error) => return Err(failed("follow the link", &at, &error)),
        }
    }
    Err(Error::Unavailable {
        reason: format!("the links of {} lead in a circle", path.display()),
        retry_in: None,
    })
}

/// The folder a path lies in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_one_key_and_back() {
        for which in [Which::Webhooks, Which::Connections] {
            for name in ["orders", "", "a/b", "é ", "/"] {
                let key = which.key(name);
                assert_eq!(Which::place(&key), Some((which, name)));
                assert_eq!(key.is_foreign(), name.is_empty() || name.contains('/'));
            }
        }
        let alias = ResourceKey::foreign(b"webhooks/orders".as_slice());
        assert_eq!(Which::place(&alias), None, "a foreign key is no second name of a webhook");
    }

    #[test]
    fn broken_files_are_told_by_place() {
        let reason =
            |bytes: &[u8]| Contents::of(Path::new("w.json"), bytes.to_vec()).unwrap_err().to_string();
        assert_eq!(
            reason(b"{\n \"a\": secret}"),
            "w.json: line 2, column 7: not a JSON value; expected \", {, [, a number, true, false or null"
        );
        assert_eq!(reason(b"{\n\"\xff\""), "w.json: line 2, column 2: the text is not UTF-8");
        assert!(reason(b" []").starts_with("w.json: line 1, column 2: a JSON object is expected"));
        assert!(reason("\u{feff}{".as_bytes()).starts_with("w.json: line 1, column 2: the text ends"));
    }

    #[test]
    fn a_token_is_the_start_of_the_digest() {
        assert_eq!(token_of(b"{}").to_string(), "44136fa355b3");
    }
}
