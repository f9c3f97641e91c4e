//! Facts of one document, scanned once: module, connections, kinds of authentication, references.

use std::borrow::Cow;
use std::fmt;

use crate::domain::json::{JsonEvent, Scalar, Span, SyntaxError, unquote, walk};
use crate::domain::reference::{ReferenceLookup, VaultField, lookups};
use crate::domain::{Document, DocumentKind, Reference, references_in};

/// The facts of a document; never a JSON tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Why the receiver cannot use it at all.
    pub error: Option<DocumentError>,
    /// A webhook's module (`chain` where steps replace it), or a connection's type.
    pub module: Option<Box<str>>,
    /// The connections a webhook names, its own first, then those of its chain's steps.
    pub connections: Vec<Box<str>>,
    /// How a webhook authenticates its callers.
    pub auth: AuthKinds,
    /// The references in its values, each once.
    pub references: Vec<Reference>,
}

/// Why a document is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentError {
    /// No bytes at all.
    Empty,
    /// Not text; the offset of the first bad byte.
    NotUtf8(usize),
    /// Text, but not JSON.
    NotJson(SyntaxError),
    /// JSON, but not an object.
    NotObject,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "empty value"),
            Self::NotUtf8(offset) => write!(f, "not text: byte {offset} is not UTF-8"),
            Self::NotJson(error) => write!(f, "not JSON: {error}"),
            Self::NotObject => write!(f, "JSON, but not an object"),
        }
    }
}

/// One kind of authentication block (docs/receiver.md, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// `authorization`: the whole header value.
    Authorization,
    /// `basic_auth`
    Basic,
    /// `digest_auth`
    Digest,
    /// `jwt`
    Jwt,
    /// `oauth1`
    OAuth1,
    /// `oauth2`
    OAuth2,
    /// `hmac`
    Hmac,
    /// `query_auth`
    Query,
    /// `header_auth`
    Header,
    /// `recaptcha`
    Recaptcha,
    /// `ip_whitelist`
    Ip,
}

impl Auth {
    pub const ALL: [Self; 11] = [
        Self::Authorization,
        Self::Basic,
        Self::Digest,
        Self::Jwt,
        Self::OAuth1,
        Self::OAuth2,
        Self::Hmac,
        Self::Query,
        Self::Header,
        Self::Recaptcha,
        Self::Ip,
    ];

    /// The member of the document.
    pub fn member(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Basic => "basic_auth",
            Self::Digest => "digest_auth",
            Self::Jwt => "jwt",
            Self::OAuth1 => "oauth1",
            Self::OAuth2 => "oauth2",
            Self::Hmac => "hmac",
            Self::Query => "query_auth",
            Self::Header => "header_auth",
            Self::Recaptcha => "recaptcha",
            Self::Ip => "ip_whitelist",
        }
    }

    /// The short word of a list.
    pub fn word(self) -> &'static str {
        match self {
            Self::Authorization => "bearer",
            Self::Basic => "basic",
            Self::Digest => "digest",
            Self::Query => "query",
            Self::Header => "header",
            Self::Ip => "ip",
            other => other.member(),
        }
    }

    /// Whether an empty object still closes the webhook (every call answers 401) instead of opening it.
    fn empty_closes(self) -> bool {
        matches!(self, Self::Digest | Self::OAuth1 | Self::Query | Self::Header)
    }
}

/// A set of [`Auth`] kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuthKinds(u16);

impl AuthKinds {
    fn add(&mut self, auth: Auth) {
        self.0 |= 1 << auth as u16;
    }

    pub fn has(self, auth: Auth) -> bool {
        self.0 & (1 << auth as u16) != 0
    }

    /// Whether nothing asks a caller who he is.
    pub fn is_open(self) -> bool {
        self.0 == 0
    }

    /// The kinds in the set, in the order they are shown.
    pub fn iter(self) -> impl Iterator<Item = Auth> {
        Auth::ALL.into_iter().filter(move |auth| self.has(*auth))
    }
}

impl Facts {
    /// Reads one document. Never fails: what is wrong is a fact too.
    pub fn scan(kind: DocumentKind, document: &Document) -> Self {
        let text = match document.text() {
            Ok("") => return Self::of_error(DocumentError::Empty),
            Ok(text) => text,
            Err(error) => return Self::of_error(DocumentError::NotUtf8(error.valid_up_to())),
        };
        let mut scan =
            FactScanner { text, kind, path: Vec::new(), depth: 0, root: None, facts: Self::default() };
        let walked = walk(text, |event| scan.take(event));
        let FactScanner { root, mut facts, .. } = scan;
        facts.error = match (walked, root) {
            (Err(error), _) => Some(DocumentError::NotJson(error)),
            (Ok(()), Some(JsonEvent::OpenObject(_))) => None,
            (Ok(()), _) => Some(DocumentError::NotObject),
        };
        facts.references.sort_unstable();
        facts.references.dedup();
        facts
    }

    fn of_error(trouble: DocumentError) -> Self {
        Self { error: Some(trouble), ..Self::default() }
    }
}

/// How many member names deep the interesting facts lie: `chain` > `connection`.
const DEPTH: usize = 2;

/// What the receiver looks up, also where it stands inside of what reads like a default.
fn vault_reference(found: ReferenceLookup<'_>) -> Option<Reference> {
    match found {
        ReferenceLookup::Vault { field: VaultField { path, field }, .. } => {
            Some(Reference::Vault { path, field })
        }
        ReferenceLookup::Variable { .. } | ReferenceLookup::IllFormed => None,
    }
}

struct FactScanner<'a> {
    text: &'a str,
    kind: DocumentKind,
    /// The names of the members that lead here, as far as [`DEPTH`] goes.
    path: Vec<Cow<'a, str>>,
    /// Open objects; an array adds none, so a chain's steps read like members of `chain`.
    depth: usize,
    root: Option<JsonEvent>,
    facts: Facts,
}

impl<'a> FactScanner<'a> {
    fn take(&mut self, event: JsonEvent) {
        self.root.get_or_insert(event);
        match event {
            JsonEvent::OpenObject(_) => self.depth += 1,
            JsonEvent::CloseObject(span) => {
                self.depth = self.depth.saturating_sub(1);
                self.path.truncate(self.depth);
                self.container(span);
            }
            JsonEvent::OpenArray(_) => {}
            JsonEvent::CloseArray(span) => self.container(span),
            JsonEvent::Key(span) => self.key(span),
            JsonEvent::Scalar(scalar, span) => self.scalar(scalar, span),
        }
    }

    fn key(&mut self, span: Span) {
        self.path.truncate(self.depth.saturating_sub(1));
        if self.depth <= DEPTH {
            self.path.push(unquote(span.of(self.text)).value().unwrap_or_default());
        }
    }

    /// An object or array has ended; one that holds anything is an authentication block by itself.
    fn container(&mut self, span: Span) {
        if self.depth != 1 {
            return;
        }
        if self.kind == DocumentKind::Webhook && self.path_is(&["chain"]) {
            self.facts.module = Some("chain".into());
        }
        let inside = span.of(self.text).get(1..span.len().saturating_sub(1)).unwrap_or_default();
        let empty = inside.trim_ascii().is_empty();
        if let Some(auth) = self.auth_here()
            && auth != Auth::Authorization
            && (!empty || auth.empty_closes())
        {
            self.facts.auth.add(auth);
        }
    }

    fn scalar(&mut self, scalar: Scalar, span: Span) {
        if scalar != Scalar::String {
            return;
        }
        let Some(value) = unquote(span.of(self.text)).value() else { return };
        if value.contains("{$") {
            self.facts.references.extend(references_in(&value).into_iter().map(|(reference, ..)| reference));
            self.facts.references.extend(lookups(&value).into_iter().filter_map(vault_reference));
        }
        match self.kind {
            DocumentKind::Webhook => self.webhook_text(&value),
            DocumentKind::Connection if self.depth == 1 && self.path_is(&["type"]) => {
                self.facts.module = Some(value.trim().into());
            }
            _ => {}
        }
    }

    fn webhook_text(&mut self, value: &str) {
        let top = self.depth == 1;
        if top && self.path_is(&["module"]) && self.facts.module.is_none() {
            self.facts.module = Some(value.trim().into());
        } else if top && self.path_is(&["connection"]) {
            self.facts.connections.insert(0, value.into());
        } else if self.depth == DEPTH && self.path_is(&["chain", "connection"]) {
            self.facts.connections.push(value.into());
        } else if top
            && let Some(auth) = self.auth_here()
            && !value.trim().is_empty()
        {
            self.facts.auth.add(auth);
        }
    }

    fn auth_here(&self) -> Option<Auth> {
        match (self.kind, self.path.as_slice()) {
            (DocumentKind::Webhook, [name]) => Auth::ALL.into_iter().find(|auth| auth.member() == name),
            _ => None,
        }
    }

    fn path_is(&self, names: &[&str]) -> bool {
        self.path.iter().map(AsRef::as_ref).eq(names.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(text: &str) -> Facts {
        Facts::scan(DocumentKind::Webhook, &text.into())
    }

    #[test]
    fn reads_what_a_list_shows() {
        let facts = webhook(
            r#"{"module": "kafka", "connection": "kafka_main",
                "hmac": {"secret": "{$vault:app/github#hmac}", "nested": {"module": "no"}},
                "ip_whitelist": ["10.0.0.1"], "module-config": {"connection": "no", "hmac": {"a": 1}}}"#,
        );
        assert_eq!(facts.error, None);
        assert_eq!(facts.module.as_deref(), Some("kafka"));
        assert_eq!(facts.connections, ["kafka_main".into()]);
        assert_eq!(facts.auth.iter().map(Auth::word).collect::<Vec<_>>(), ["hmac", "ip"]);
        assert_eq!(facts.references.len(), 1);
    }

    #[test]
    fn a_chain_stands_for_its_steps() {
        let facts = webhook(
            r#"{"module": "log", "connection": "own", "chain": ["log", {"module": "kafka", "connection": "k1"},
                {"module": "mqtt", "connection": "m1", "module-config": {"connection": "no"}}]}"#,
        );
        assert_eq!(facts.module.as_deref(), Some("chain"));
        assert_eq!(facts.connections, ["own".into(), "k1".into(), "m1".into()]);
    }

    #[test]
    fn empty_blocks_open_a_webhook_as_the_receiver_does() {
        for open in [
            r#"{"hmac": {}}"#,
            r#"{"authorization": " "}"#,
            r#"{"jwt": null}"#,
            r#"{"ip_whitelist": []}"#,
            r#"{"authorization": {"a": 1}}"#,
        ] {
            assert!(webhook(open).auth.is_open(), "{open}");
        }
        for closed in [r#"{"digest_auth": {}}"#, r#"{"authorization": "Bearer x"}"#, r#"{"jwt": "text"}"#] {
            assert!(!webhook(closed).auth.is_open(), "{closed}");
        }
    }

    #[test]
    fn trouble_is_a_fact() {
        assert_eq!(webhook("").error, Some(DocumentError::Empty));
        assert_eq!(webhook("[1]").error, Some(DocumentError::NotObject));
        assert!(matches!(webhook("{\"a\": }").error, Some(DocumentError::NotJson(e)) if e.column == 7));
        let binary = Document::new(vec![b'{', 0xff]);
        assert_eq!(Facts::scan(DocumentKind::Unknown, &binary).error, Some(DocumentError::NotUtf8(1)));
    }

    #[test]
    fn a_connection_shows_its_type() {
        let facts = Facts::scan(DocumentKind::Connection, &r#"{"module": "x", "type": "redis-rq"}"#.into());
        assert_eq!(facts.module.as_deref(), Some("redis-rq"));
    }
}
