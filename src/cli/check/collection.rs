//! The documents of a `webhooks.json` or `connections.json`, and what is wrong with the file as a whole.

use std::collections::HashMap;
use std::sync::Arc;

use super::place::{Place, PlaceCursor};
use crate::check::Diagnostic;
use crate::check::rules::{MAX_DIAGNOSTICS, UNUSABLE_DOCUMENT};
use crate::domain::json::{
    BYTE_ORDER_MARK, Node, NodeValue, Severity, Span, line_column, parse, parse_outline, problems,
};
use crate::domain::{Document, Masking, ResourceKey, SecretNames, escape};
use crate::inventory::Facts;
use crate::provider::file::FileKind;

/// A document, and where it stands.
pub(super) struct CheckedDocument {
    pub(super) key: ResourceKey,
    pub(super) facts: Facts,
    pub(super) origin: Option<DocumentOrigin>,
}

/// Where the text of a document begins in a file.
pub(super) struct DocumentOrigin {
    pub(super) file: Arc<str>,
    pub(super) start: Place,
    /// What is said of the document as a whole is said here: its name in the file.
    pub(super) name: (Place, Place),
}

/// What is wrong with a file as a whole.
pub(super) struct FileFinding {
    pub(super) file: Arc<str>,
    pub(super) diagnostic: Diagnostic,
    pub(super) end: Option<Place>,
}

#[derive(Default)]
pub(super) struct Collection {
    pub(super) documents: Vec<CheckedDocument>,
    pub(super) findings: Vec<FileFinding>,
    /// Whether the receiver can load it.
    pub(super) is_readable: bool,
}

impl CheckedDocument {
    pub(super) fn new(
        key: ResourceKey,
        document: &Document,
        names: &SecretNames,
        origin: Option<DocumentOrigin>,
    ) -> Self {
        let facts = Facts::scan(&Masking::of(&key, names), document);
        Self { key, facts, origin }
    }

    /// Its text; empty for one that is not UTF-8.
    pub(super) fn text(&self) -> &str {
        self.facts.document.text().unwrap_or_default()
    }
}

/// Whether a text is a file of documents and not a document: some member is one.
pub(super) fn is_collection(text: &str) -> bool {
    const MARKS: [&str; 3] = ["module", "chain", "type"];
    let has = |node: &Node| MARKS.iter().any(|mark| node.member(mark).is_some());
    parse(text).is_ok_and(|root| !has(&root) && root.members().iter().any(|member| has(&member.value)))
}

impl Collection {
    pub(super) fn read(kind: FileKind, file: &Arc<str>, bytes: Vec<u8>, names: &SecretNames) -> Self {
        let mut collection = Self::default();
        let mut tell = |diagnostic, end| {
            collection.findings.push(FileFinding { file: Arc::clone(file), diagnostic, end });
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
                let place = line_column(&String::from_utf8_lossy(good), good.len());
                tell(of_file(place, "the file is not UTF-8: the receiver cannot read it".into()), None);
                return collection;
            }
        };
        let text = match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => {
                let message = "a byte order mark before the text: the receiver ends when it starts";
                let remedy = "save the file as UTF-8 without one";
                tell(Diagnostic { remedy, ..of_file((1, 1), message.into()) }, None);
                rest
            }
            None => &text,
        };
        let Ok(root) = parse_outline(text) else {
            let errors = problems(text, MAX_DIAGNOSTICS);
            for problem in errors.into_iter().filter(|problem| problem.severity == Severity::Error) {
                let expected = match problem.expected {
                    "" => String::new(),
                    expected => format!("; expected {expected}"),
                };
                let message = format!("the file is not JSON: {}{expected}", problem.reason);
                let place = (problem.line, problem.column);
                let end = Some(line_column(text, problem.span.end));
                tell(of_file(place, message), end);
            }
            return collection;
        };
        if !matches!(root.value, NodeValue::Object(_)) {
            let message = "the file is not an object: the receiver loads nothing from it";
            tell(of_file(line_column(text, root.span.start), message.into()), None);
            return collection;
        }
        let last: HashMap<&str, usize> =
            root.members().iter().enumerate().map(|(at, member)| (member.name.as_str(), at)).collect();
        let mut cursor = PlaceCursor::new(text);
        for (at, member) in root.members().iter().enumerate() {
            let name = (cursor.go(member.key.start), cursor.go(member.key.end));
            if last.get(member.name.as_str()) != Some(&at) {
                let shown = escape(member.name.as_bytes());
                let message = format!("{shown} stands in this file again: the receiver takes the last one");
                let remedy = "keep one of them";
                let twice = Diagnostic { remedy, pointer: shown.into(), ..of_file(name.0, message) };
                tell(twice, Some(name.1));
                continue;
            }
            let start = cursor.go(member.value.span.start);
            let origin = Some(DocumentOrigin { file: Arc::clone(file), start, name });
            let document = Document::from(member.value.span.of(text));
            collection.documents.push(CheckedDocument::new(kind.key(&member.name), &document, names, origin));
        }
        collection.is_readable = true;
        collection
    }
}

fn of_file(place: Place, message: String) -> Diagnostic {
    Diagnostic {
        rule: UNUSABLE_DOCUMENT.id,
        severity: Severity::Error,
        span: Span { start: 0, end: 0 },
        place: Some(place),
        pointer: String::new(),
        message,
        remedy: "",
        fix: None,
    }
}
