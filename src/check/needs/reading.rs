//! One pass over a document: what it refers to, where plaintext sits in secret fields, and which of
//! its own secrets it leaves open. No tree is built.

use std::borrow::Cow;
use std::ops::Range;

use super::own::{Filling, Open};
use super::{Fallback, Wanted, plain};
use crate::domain::json::{Event, Scalar, Span, unquote, walk};
use crate::domain::reference::{Use, uses};
use crate::domain::{Document, DocumentKind, FieldName, is_secret_field};

/// How many containers a text may lie in below the outermost one; the receiver leaves deeper ones as
/// they are.
const MAX_DEPTH: usize = 100;

/// How much is told of one document; no honest one comes near.
const MAX_FOUND: usize = 2_000;

/// What a document says.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) found: Vec<Found>,
    /// The names of the connections that it names, in their order.
    pub(super) connections: Vec<String>,
    /// The own secrets that fill in; of a webhook alone.
    pub(super) fillings: Vec<Filling>,
    /// Whether there was more than is told.
    pub(super) cut: bool,
}

/// One look-up, or one value in plaintext.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) wanted: Wanted,
    pub(super) path: String,
    pub(super) secret: bool,
    pub(super) fallback: Option<Fallback>,
}

/// Reads a document; one that is no JSON object needs nothing, since the receiver skips it.
pub(super) fn read(kind: DocumentKind, document: &Document) -> Reading {
    let Ok(text) = document.text() else { return Reading::default() };
    let mut reader = Reader {
        text,
        kind,
        is_object: None,
        steps: Vec::new(),
        frames: Vec::new(),
        list: Vec::new(),
        open: Open::default(),
        cut: false,
    };
    let walked = walk(text, |event| reader.take(event));
    if walked.is_err() || reader.is_object != Some(true) {
        return Reading::default();
    }
    let is_webhook = kind == DocumentKind::Webhook;
    let fillings = if is_webhook { reader.open.fillings() } else { Vec::new() };
    let mut reading = Reading { fillings, cut: reader.cut, ..Reading::default() };
    for listed in reader.list.into_iter().flatten() {
        match listed {
            Listed::Found(found) => reading.found.push(found),
            Listed::Connection(name) => reading.connections.push(name),
        }
    }
    reading
}

enum Listed {
    Found(Found),
    Connection(String),
}

enum Step<'a> {
    Name(Cow<'a, str>),
    Item(usize),
}

impl Step<'_> {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Item(_) => None,
        }
    }
}

/// A container that is open.
struct Frame<'a> {
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

struct Reader<'a> {
    text: &'a str,
    kind: DocumentKind,
    is_object: Option<bool>,
    steps: Vec<Step<'a>>,
    frames: Vec<Frame<'a>>,
    list: Vec<Option<Listed>>,
    open: Open,
    cut: bool,
}

/// The path, if it is short and leads through no array.
fn names_alone<'s>(kind: DocumentKind, steps: &'s [Step<'_>]) -> Option<Vec<&'s str>> {
    if kind != DocumentKind::Webhook || !(1..=2).contains(&steps.len()) {
        return None;
    }
    steps.iter().map(Step::name).collect()
}

impl<'a> Reader<'a> {
    fn take(&mut self, event: Event) {
        self.is_object.get_or_insert(matches!(event, Event::OpenObject(_)));
        match event {
            Event::OpenObject(_) | Event::OpenArray(_) => {
                self.item();
                let object = matches!(event, Event::OpenObject(_));
                let (steps, began) = (self.steps.len(), self.list.len());
                self.frames.push(Frame { object, steps, next: 0, members: Vec::new(), began });
            }
            Event::Key(span) => self.key(span),
            Event::Scalar(scalar, span) => {
                self.item();
                self.ended(event);
                self.scalar(scalar, span);
            }
            Event::CloseObject(_) | Event::CloseArray(_) => {
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
            self.steps.push(Step::Item(top.next));
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
        self.steps.push(Step::Name(name));
        if let Some(path) = names_alone(self.kind, &self.steps) {
            self.open.begin(&path);
        }
    }

    /// The member being read has ended.
    fn leave_member(&mut self) {
        let end = self.list.len();
        let Some(top) = self.frames.last_mut().filter(|top| top.object) else { return };
        let name = self.steps.drain(top.steps..).next();
        if let Some(Step::Name(name)) = name
            && top.began < end
        {
            top.members.push((name, top.began..end));
        }
    }

    fn ended(&mut self, event: Event) {
        if let Some(path) = names_alone(self.kind, &self.steps) {
            self.open.end(&path, event, self.text);
        }
    }

    fn scalar(&mut self, scalar: Scalar, span: Span) {
        let value = match scalar {
            Scalar::String => unquote(span.of(self.text)).value().unwrap_or_default(),
            Scalar::Number => return self.number(),
            Scalar::Bool | Scalar::Null => return,
        };
        if self.kind == DocumentKind::Webhook && self.names_connection() {
            self.list(Listed::Connection(value.clone().into_owned()));
        }
        let secret = is_secret_field(self.kind, &self.names());
        let depth = self.frames.len().saturating_sub(1);
        let found = if depth > MAX_DEPTH { Vec::new() } else { uses(&value) };
        if plain::is_plaintext(&value, secret && !self.is_harmless(), !found.is_empty()) {
            self.found(Wanted::Plaintext, true, None);
        }
        for one in found {
            let (wanted, default) = match one {
                Use::Variable { name, default, whole: _ } => {
                    (Wanted::Variable { name: name.into() }, default)
                }
                Use::Vault { field, default } => {
                    let name = FieldName::new(&field.field);
                    (Wanted::Vault { path: field.path.into(), field: name }, default)
                }
                Use::IllFormed => (Wanted::IllFormed, None),
            };
            let fallback = default.map(|default| Fallback { empty: default.trim().is_empty() });
            self.found(wanted, secret, fallback);
        }
    }

    /// A number can be a password too, where the name says so.
    fn number(&mut self) {
        let named = self.names().last().is_some_and(|name| plain::is_numeric_secret(name));
        if named && is_secret_field(self.kind, &self.names()) {
            self.found(Wanted::Plaintext, true, None);
        }
    }

    fn names(&self) -> Vec<&str> {
        self.steps.iter().filter_map(Step::name).collect()
    }

    /// Whether a text here names a connection: at the top, or in a step of the chain.
    fn names_connection(&self) -> bool {
        match self.steps.as_slice() {
            [Step::Name(name)] => name == "connection",
            [Step::Name(chain), Step::Item(_), Step::Name(name)] => chain == "chain" && name == "connection",
            _ => false,
        }
    }

    /// Whether this is one of the headers that say what a body is, among those that may be secrets.
    fn is_harmless(&self) -> bool {
        matches!(self.names().as_slice(), [.., "headers", name] if plain::is_harmless_header(name))
    }

    fn found(&mut self, wanted: Wanted, secret: bool, fallback: Option<Fallback>) {
        self.list(Listed::Found(Found { wanted, path: self.path(), secret, fallback }));
    }

    fn list(&mut self, listed: Listed) {
        if self.list.len() < MAX_FOUND {
            self.list.push(Some(listed));
        } else {
            self.cut = true;
        }
    }

    /// `chain[0].module-config.headers.X-Key`
    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            match step {
                Step::Name(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Item(at) => {
                    path.push('[');
                    path.push_str(&at.to_string());
                    path.push(']');
                }
            }
        }
        path
    }
}
