//! One pass over a document: what it refers to, where plaintext sits in secret fields, and which of
//! its own secrets it leaves open. No tree is built.

use std::borrow::Cow;
use std::ops::Range;

use super::own::{OwnField, OwnFieldScan};
use super::{Fallback, NeedKind, plaintext};
use crate::domain::json::{JsonEvent, Scalar, Span, unquote, walk};
use crate::domain::reference::{ReferenceLookup, lookups};
use crate::domain::{Document, DocumentKind, FieldName, is_secret_field};

/// How many containers a text may lie in below the outermost one; the receiver leaves deeper ones as
/// they are.
const MAX_DEPTH: usize = 100;

/// The most references listed of one document; real ones have far fewer.
const MAX_FOUND: usize = 2_000;

/// What a document says.
#[derive(Debug, Default)]
pub(super) struct NeedScan {
    pub(super) found: Vec<NeedSite>,
    /// The names of the connections that it names, in their order.
    pub(super) connections: Vec<String>,
    /// The own secrets that fill in; of a webhook alone.
    pub(super) own_fields: Vec<OwnField>,
    /// Whether the limit was exceeded.
    pub(super) truncated: bool,
}

/// One look-up, or one value in plaintext.
#[derive(Debug)]
pub(super) struct NeedSite {
    pub(super) kind: NeedKind,
    pub(super) path: String,
    pub(super) secret: bool,
    pub(super) fallback: Option<Fallback>,
}

/// Reads a document; one that is no JSON object needs nothing, since the receiver skips it.
pub(super) fn scan(kind: DocumentKind, document: &Document) -> NeedScan {
    let Ok(text) = document.text() else { return NeedScan::default() };
    let mut reader = NeedScanner {
        text,
        kind,
        is_object: None,
        steps: Vec::new(),
        frames: Vec::new(),
        list: Vec::new(),
        own: OwnFieldScan::default(),
        truncated: false,
    };
    let walked = walk(text, |event| reader.take(event));
    if walked.is_err() || reader.is_object != Some(true) {
        return NeedScan::default();
    }
    let is_webhook = kind == DocumentKind::Webhook;
    let fillings = if is_webhook { reader.own.own_fields() } else { Vec::new() };
    let mut reading = NeedScan { own_fields: fillings, truncated: reader.truncated, ..NeedScan::default() };
    for listed in reader.list.into_iter().flatten() {
        match listed {
            ScanItem::Found(found) => reading.found.push(found),
            ScanItem::Connection(name) => reading.connections.push(name),
        }
    }
    reading
}

enum ScanItem {
    Found(NeedSite),
    Connection(String),
}

enum ScanStep<'a> {
    Name(Cow<'a, str>),
    Item(usize),
}

impl ScanStep<'_> {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Item(_) => None,
        }
    }
}

/// A container that is open.
struct ScanFrame<'a> {
    object: bool,
    /// How many steps lead to it.
    steps: usize,
    /// The next item of an array.
    next: usize,
    /// The members with something in the list, and where: of two of one name, the last counts.
    members: Vec<(Cow<'a, str>, Range<usize>)>,
    /// Where in the list the member being read began.
    began: usize,
}

struct NeedScanner<'a> {
    text: &'a str,
    kind: DocumentKind,
    is_object: Option<bool>,
    steps: Vec<ScanStep<'a>>,
    frames: Vec<ScanFrame<'a>>,
    list: Vec<Option<ScanItem>>,
    own: OwnFieldScan,
    truncated: bool,
}

/// The path, if it is short and leads through no array.
fn names_alone<'s>(kind: DocumentKind, steps: &'s [ScanStep<'_>]) -> Option<Vec<&'s str>> {
    if kind != DocumentKind::Webhook || !(1..=2).contains(&steps.len()) {
        return None;
    }
    steps.iter().map(ScanStep::name).collect()
}

impl<'a> NeedScanner<'a> {
    fn take(&mut self, event: JsonEvent) {
        self.is_object.get_or_insert(matches!(event, JsonEvent::OpenObject(_)));
        match event {
            JsonEvent::OpenObject(_) | JsonEvent::OpenArray(_) => {
                self.item();
                let object = matches!(event, JsonEvent::OpenObject(_));
                let (steps, began) = (self.steps.len(), self.list.len());
                self.frames.push(ScanFrame { object, steps, next: 0, members: Vec::new(), began });
            }
            JsonEvent::Key(span) => self.key(span),
            JsonEvent::Scalar(scalar, span) => {
                self.item();
                self.ended(event);
                self.scalar(scalar, span);
            }
            JsonEvent::CloseObject(_) | JsonEvent::CloseArray(_) => {
                self.leave_member();
                if let Some(frame) = self.frames.pop() {
                    self.steps.truncate(frame.steps);
                }
                self.ended(event);
            }
        }
    }

    /// A value begins; in an array it is the next item.
    fn item(&mut self) {
        if let Some(top) = self.frames.last_mut().filter(|top| !top.object) {
            self.steps.truncate(top.steps);
            self.steps.push(ScanStep::Item(top.next));
            top.next += 1;
        }
    }

    fn key(&mut self, span: Span) {
        self.leave_member();
        let name = unquote(span.of(self.text)).value().unwrap_or_default();
        let Some(top) = self.frames.last_mut() else { return };
        top.began = self.list.len();
        if let Some(at) = top.members.iter().position(|(known, _)| *known == name) {
            let (_, dead) = top.members.swap_remove(at);
            self.list.iter_mut().take(dead.end).skip(dead.start).for_each(|listed| *listed = None);
        }
        self.steps.push(ScanStep::Name(name));
        if let Some(path) = names_alone(self.kind, &self.steps) {
            self.own.begin(&path);
        }
    }

    /// The member being read has ended.
    fn leave_member(&mut self) {
        let end = self.list.len();
        let Some(top) = self.frames.last_mut().filter(|top| top.object) else { return };
        let name = self.steps.drain(top.steps..).next();
        if let Some(ScanStep::Name(name)) = name
            && top.began < end
        {
            top.members.push((name, top.began..end));
        }
    }

    fn ended(&mut self, event: JsonEvent) {
        if let Some(path) = names_alone(self.kind, &self.steps) {
            self.own.end(&path, event, self.text);
        }
    }

    fn scalar(&mut self, scalar: Scalar, span: Span) {
        let value = match scalar {
            Scalar::String => unquote(span.of(self.text)).value().unwrap_or_default(),
            Scalar::Number => return self.number(),
            Scalar::Bool | Scalar::Null => return,
        };
        if self.kind == DocumentKind::Webhook && self.names_connection() {
            self.list(ScanItem::Connection(value.clone().into_owned()));
        }
        let secret = is_secret_field(self.kind, &self.names());
        let depth = self.frames.len().saturating_sub(1);
        let found = if depth > MAX_DEPTH { Vec::new() } else { lookups(&value) };
        if plaintext::is_plaintext(&value, secret && !self.is_harmless(), !found.is_empty()) {
            self.found(NeedKind::Plaintext, true, None);
        }
        for one in found {
            let (wanted, default) = match one {
                ReferenceLookup::Variable { name, default, whole: _ } => {
                    (NeedKind::Variable { name: name.into() }, default)
                }
                ReferenceLookup::Vault { field, default } => {
                    let name = FieldName::new(&field.field);
                    (NeedKind::Vault { path: field.path.into(), field: name }, default)
                }
                ReferenceLookup::IllFormed => (NeedKind::IllFormed, None),
            };
            let fallback = default.map(|default| Fallback { empty: default.trim().is_empty() });
            self.found(wanted, secret, fallback);
        }
    }

    /// A number can be a password too, where the name says so.
    fn number(&mut self) {
        let named = self.names().last().is_some_and(|name| plaintext::is_numeric_secret(name));
        if named && is_secret_field(self.kind, &self.names()) {
            self.found(NeedKind::Plaintext, true, None);
        }
    }

    fn names(&self) -> Vec<&str> {
        self.steps.iter().filter_map(ScanStep::name).collect()
    }

    /// Whether a text here names a connection: at the top, or in a step of the chain.
    fn names_connection(&self) -> bool {
        match self.steps.as_slice() {
            [ScanStep::Name(name)] => name == "connection",
            [ScanStep::Name(chain), ScanStep::Item(_), ScanStep::Name(name)] => {
                chain == "chain" && name == "connection"
            }
            _ => false,
        }
    }

    /// Whether this is one of the headers that say what a body is, among those that may be secrets.
    fn is_harmless(&self) -> bool {
        matches!(self.names().as_slice(), [.., "headers", name] if plaintext::is_harmless_header(name))
    }

    fn found(&mut self, wanted: NeedKind, secret: bool, fallback: Option<Fallback>) {
        self.list(ScanItem::Found(NeedSite { kind: wanted, path: self.path(), secret, fallback }));
    }

    fn list(&mut self, listed: ScanItem) {
        if self.list.len() < MAX_FOUND {
            self.list.push(Some(listed));
        } else {
            self.truncated = true;
        }
    }

    /// `chain[0].module-config.headers.X-Key`
    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            match step {
                ScanStep::Name(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                ScanStep::Item(at) => {
                    path.push('[');
                    path.push_str(&at.to_string());
                    path.push(']');
                }
            }
        }
        path
    }
}
