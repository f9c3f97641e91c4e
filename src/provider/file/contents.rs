//! Parses one of the two files into documents by key, or says why it cannot be read.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::domain::json::{BYTE_ORDER_MARK, Member, Node, NodeValue, line_column, parse_outline};
use crate::domain::{ConnectionName, Document, KeyPrefix, Namespace, ResourceKey, Token, WebhookId};
use crate::provider::{Error, Result};

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FileKind {
    Webhooks,
    Connections,
}

impl FileKind {
    /// The prefix of a foreign key: `webhooks/NAME`, `connections/NAME`.
    fn folder(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks/",
            Self::Connections => "connections/",
        }
    }

    /// The key of a member. A name that is empty or contains `/` is not a valid key segment: its key is
    /// foreign, as it would be in etcd.
    pub(crate) fn key(self, name: &str) -> ResourceKey {
        let key = match self {
            Self::Webhooks => WebhookId::new(name).map(|id| ResourceKey::webhook(Namespace::default(), id)),
            Self::Connections => ConnectionName::new(name).map(ResourceKey::connection),
        };
        key.unwrap_or_else(|_| ResourceKey::foreign([self.folder(), name].concat().into_bytes()))
    }

    /// The file and the member name of a key; `None` where no member could have this key.
    pub(super) fn locate(key: &ResourceKey) -> Option<(Self, &str)> {
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

    /// Whether a range includes documents of this file.
    pub(super) fn in_range(self, prefix: &KeyPrefix) -> bool {
        match prefix {
            KeyPrefix::All => true,
            KeyPrefix::Namespace(namespace) | KeyPrefix::Ids { namespace, .. } => {
                self == Self::Webhooks && *namespace == Namespace::default()
            }
            KeyPrefix::Connections => self == Self::Connections,
            KeyPrefix::Key(key) => Self::locate(key).is_some_and(|(kind, _)| kind == self),
        }
    }
}

/// The token of a member: the first 6 bytes of the SHA-256 of its value.
pub(super) fn token_of(bytes: &[u8]) -> Token {
    let [a, b, c, d, e, f, ..] = <[u8; 32]>::from(Sha256::digest(bytes));
    Token::digest([a, b, c, d, e, f])
}

/// A member as a document.
#[derive(Debug, Clone)]
pub(super) struct MemberDocument {
    pub(super) document: Document,
    pub(super) token: Token,
}

/// The text of a file that is one JSON object, without its byte order mark, and its members.
pub(super) struct FileContents {
    pub(super) has_bom: bool,
    pub(super) text: String,
    /// The object and its members; nested values are validated and not retained.
    pub(super) root: Node,
}

impl FileContents {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the path, line and column, and nothing of the text.
    pub(super) fn of(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        let invalid = |(line, column): (usize, usize), reason: &str| {
            Error::invalid(format!("{}: line {line}, column {column}: {reason}", path.display()))
        };
        let mut text = String::from_utf8(bytes).map_err(|error| {
            let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let good = String::from_utf8_lossy(good);
            invalid(line_column(&good, good.len()), "the text is not UTF-8")
        })?;
        let marked = text.starts_with(BYTE_ORDER_MARK);
        let text = if marked { text.split_off(BYTE_ORDER_MARK.len_utf8()) } else { text };
        let root = parse_outline(&text).map_err(|error| invalid((error.line, error.column), error.reason))?;
        if !matches!(root.value, NodeValue::Object(_)) {
            let at = line_column(&text, root.span.start);
            return Err(invalid(at, "a JSON object is expected, this is another kind of value"));
        }
        Ok(Self { has_bom: marked, text, root })
    }

    /// The bytes of the file: the byte order mark if any, and the text.
    pub(super) fn bytes(&self) -> [&[u8]; 2] {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        [if self.has_bom { MARK } else { &[] }, self.text.as_bytes()]
    }

    /// Whether the file consists of exactly these bytes.
    pub(super) fn is(&self, bytes: &[u8]) -> bool {
        let [mark, text] = self.bytes();
        bytes.strip_prefix(mark).is_some_and(|rest| rest == text)
    }

    /// The members by key; of duplicate names, the last one counts.
    pub(super) fn documents(&self, which: FileKind) -> BTreeMap<ResourceKey, MemberDocument> {
        let document = |member: &Member| {
            let text = member.value.span.of(&self.text);
            let found = MemberDocument { document: Document::from(text), token: token_of(text.as_bytes()) };
            (which.key(&member.name), found)
        };
        self.root.members().iter().map(document).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::parse;

    #[test]
    fn every_name_has_one_key_and_back() {
        for which in [FileKind::Webhooks, FileKind::Connections] {
            for name in ["orders", "", "a/b", "é ", "/"] {
                let key = which.key(name);
                assert_eq!(FileKind::locate(&key), Some((which, name)));
                assert_eq!(key.is_foreign(), name.is_empty() || name.contains('/'));
            }
        }
        let alias = ResourceKey::foreign(b"webhooks/orders".as_slice());
        assert_eq!(FileKind::locate(&alias), None, "a foreign key is no second name of a webhook");
    }

    #[test]
    fn broken_files_are_told_by_place() {
        let reason =
            |bytes: &[u8]| FileContents::of(Path::new("w.json"), bytes.to_vec()).err().unwrap().to_string();
        assert_eq!(
            reason(b"{\n \"a\": secret}"),
            "w.json: line 2, column 7: not a JSON value; expected \", {, [, a number, true, false or null"
        );
        assert_eq!(reason(b"{\n\"\xff\""), "w.json: line 2, column 2: the text is not UTF-8");
        assert!(reason(b" []").starts_with("w.json: line 1, column 2: a JSON object is expected"));
        assert!(reason("\u{feff}{".as_bytes()).starts_with("w.json: line 1, column 2: the text ends"));
    }

    #[test]
    fn an_outline_is_the_tree_without_what_is_below_the_members() {
        let text = r#" {"a": {"b": [1, {"a": 2}]}, "c\n": [], "a": {"a": null}, "n": -1} "#;
        let (outline, tree) = (parse_outline(text).unwrap(), parse(text).unwrap());
        let spans = |node: &Node| -> Vec<_> {
            node.members().iter().map(|m| (m.name.clone(), m.key, m.value.span)).collect()
        };
        assert_eq!((outline.span, spans(&outline)), (tree.span, spans(&tree)));
        assert!(outline.members().iter().all(|member| member.value.members().is_empty()));
    }

    #[test]
    fn the_members_are_those_that_the_receiver_serves() {
        let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let text = format!(
            r#"{{"n": {{"a": NaN, "b": 1e999, "c": "\ud800"}}, "twice": 1, "deep": {}, "twice": {{}}}}"#,
            deep(992)
        );
        let documents = |text: &str| {
            let read = FileContents::of(Path::new("w.json"), text.into());
            read.map(|contents| contents.documents(FileKind::Webhooks))
        };
        let found = documents(&text).unwrap();
        let text_of = |id: &str| found[&FileKind::Webhooks.key(id)].document.text().unwrap();
        assert_eq!(text_of("n"), r#"{"a": NaN, "b": 1e999, "c": "\ud800"}"#);
        assert_eq!((text_of("twice"), text_of("deep")), ("{}", deep(992).as_str()));
        assert_eq!(found.len(), 3);
        let refused = documents(&text.replace(&deep(992), &deep(993))).err().unwrap().to_string();
        assert!(refused.contains("nested more than 993 deep"), "{refused}");
    }

    #[test]
    fn a_token_is_the_start_of_the_digest() {
        assert_eq!(token_of(b"{}").to_string(), "44136fa355b3");
    }
}
