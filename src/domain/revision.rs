//! Revisions, which order a store; store ids; and tokens, which writes are conditional on.

use std::fmt;
use std::sync::Arc;

/// Identifies a store: an etcd cluster id, a device and path of a file. A revision or a token is
/// meaningful only together with the store it came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreId(Arc<str>);

impl StoreId {
    /// Names a store; the text is opaque and safe to log.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text it was built from.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A point in a store's history. For files it is counted by this process and meaningless outside of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// The lease a key is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub i64);

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// How a provider's tokens are written and parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A counter, printed in decimal (etcd's mod_revision, the memory store's counter).
    Counter,
    /// The first 12 hex digits of the SHA-256 of the document's bytes (files).
    Digest,
}

/// The precondition of one document: opaque, equality only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    kind: TokenKind,
    value: u64,
}

impl Token {
    /// A token of a store that counts its writes.
    pub fn counter(value: u64) -> Self {
        Self { kind: TokenKind::Counter, value }
    }

    /// A token from the first six bytes of a digest.
    pub fn digest(bytes: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = bytes;
        Self { kind: TokenKind::Digest, value: u64::from_be_bytes([0, 0, a, b, c, d, e, f]) }
    }

    /// The counter, if this token comes from a store that counts; such a store compares it.
    pub fn as_counter(self) -> Option<u64> {
        (self.kind == TokenKind::Counter).then_some(self.value)
    }

    /// Parses the output of [`fmt::Display`].
    pub fn parse(kind: TokenKind, text: &str) -> Option<Self> {
        match kind {
            TokenKind::Counter => text.strip_prefix('r').unwrap_or(text).parse().ok().map(Self::counter),
            TokenKind::Digest if text.len() == 12 => {
                let value = u64::from_str_radix(text, 16).ok()?;
                Some(Self { kind, value })
            }
            TokenKind::Digest => None,
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TokenKind::Counter => write!(f, "{}", self.value),
            TokenKind::Digest => write!(f, "{:012x}", self.value),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_what_they_print() {
        let digest = Token::digest([0, 0xab, 1, 2, 3, 0xff]);
        assert_eq!(digest.to_string(), "00ab010203ff");
        assert_eq!(Token::parse(TokenKind::Digest, "00ab010203ff"), Some(digest));
        assert_eq!(Token::parse(TokenKind::Counter, "r12"), Some(Token::counter(12)));
        assert_eq!(Token::parse(TokenKind::Digest, "12"), None);
        assert_ne!(Token::counter(7), Token::digest([0, 0, 0, 0, 0, 7]));
    }
}
