//! What the text of a file says: whether it can be read, how many documents it holds, and what the
//! receiver would stumble over in it (domain.md section 1.1).

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::super::reading::{Contents, Which};
use super::super::slot::settled;
use super::super::system::{Stamp, read};
use crate::domain::json::{Event, Scalar, Span, Value, unquote, walk};
use crate::domain::{DocumentKind, is_secret_field, references_in};
use crate::provider::Error;

/// The judgements of both files, kept until a file changes: one may measure 50 MiB.
#[derive(Debug, Default)]
pub(in super::super) struct Judged {
    webhooks: Mutex<Option<(Stamp, Judgement)>>,
    connections: Mutex<Option<(Stamp, Judgement)>>,
}

/// What became of reading a file.
#[derive(Debug, Clone)]
pub(super) enum Judgement {
    /// There is none.
    Missing,
    /// It cannot be read, or is no JSON object.
    Lost(Error),
    /// It can.
    Read(Read),
}

impl Judgement {
    /// Whether nothing can be had from it.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_))
    }
}

/// A file that is a JSON object.
#[derive(Debug, Clone, Default)]
pub(super) struct Read {
    /// How many members a reader sees.
    pub(super) documents: u64,
    /// What the receiver would stumble over, and what to do.
    pub(super) notes: Vec<(String, &'static str)>,
    /// Whether a field that holds a secret holds it as plain text.
    pub(super) plaintext: bool,
}

impl Judged {
    /// The judgement of a file. Blocks on I/O, unless it is the file judged last.
    pub(super) fn of(&self, which: Which, path: &Path) -> Judgement {
        let slot = match which {
            Which::Webhooks => &self.webhooks,
            Which::Connections => &self.connections,
        };
        // Held meanwhile: a second check waits for what the first one finds.
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Stamp::at(path);
        if let (Some((stamp, judgement)), Some(now)) = (&*known, now)
            && *stamp == now
        {
            return judgement.clone();
        }
        *known = None;
        match read(path) {
            Ok(Some((stamp, bytes))) => {
                let judgement = match Contents::of(path, bytes) {
                    Ok(contents) => Judgement::Read(judge(which, &contents)),
                    Err(error) => Judgement::Lost(error),
                };
                *known = settled(stamp).map(|stamp| (stamp, judgement.clone()));
                judgement
            }
            Ok(None) => Judgement::Missing,
            Err(error) => Judgement::Lost(error),
        }
    }
}

fn judge(which: Which, contents: &Contents) -> Read {
    let members = contents.root.members();
    let mut notes = Vec::new();
    if contents.marked {
        notes.push(("starts with a byte order mark, at which the receiver dies".into(), "remove it"));
    }
    let mut names = HashSet::new();
    let twice = members.iter().filter(|member| !names.insert(member.name.as_str())).count();
    if twice > 0 {
        notes
            .push((format!("holds names more than once ({twice}); the last one counts"), "keep one of each"));
    }
    let odd = members.iter().filter(|member| !matches!(member.value.value, Value::Object(_))).count();
    if odd > 0 {
        let text =
            format!("holds members that are no objects ({odd}): the receiver will not start with them");
        notes.push((text, "take them out"));
    }
    let kind = match which {
        Which::Webhooks => DocumentKind::Webhook,
        Which::Connections => DocumentKind::Connection,
    };
    let documents = u64::try_from(names.len()).unwrap_or(u64::MAX);
    Read { documents, notes, plaintext: holds_plaintext(kind, &contents.text) }
}

/// Whether any document of a file holds a secret as plain text.
fn holds_plaintext(kind: DocumentKind, text: &str) -> bool {
    let mut search = Search { text, kind, path: Vec::new(), open: Vec::new(), found: false };
    // A text that ends in an error was searched up to there.
    let _ = walk(text, |event| search.take(event));
    search.found
}

struct Search<'a> {
    text: &'a str,
    kind: DocumentKind,
    /// The names on the way to a value; that of the document comes first.
    path: Vec<String>,
    /// How long the path was where each object or array began.
    open: Vec<usize>,
    found: bool,
}

impl Search<'_> {
    fn take(&mut self, event: Event) {
        match event {
            Event::OpenObject(_) | Event::OpenArray(_) => self.open.push(self.path.len()),
            Event::CloseObject(_) | Event::CloseArray(_) => {
                let length = self.open.pop().unwrap_or_default();
                self.path.truncate(length);
            }
            Event::Key(span) => {
                self.path.truncate(self.open.last().copied().unwrap_or_default());
                self.path.push(unquote(span.of(self.text)).value().unwrap_or_default().into_owned());
            }
            Event::Scalar(Scalar::String, span) if !self.found => self.found = self.is_plaintext(span),
            Event::Scalar(..) => {}
        }
    }

    fn is_plaintext(&self, span: Span) -> bool {
        let Some((_, path)) = self.path.split_first() else { return false };
        if !is_secret_field(self.kind, path) {
            return false;
        }
        let value = unquote(span.of(self.text)).value().unwrap_or_default();
        let references = references_in(&value);
        let hidden: usize = references.iter().map(|(_, span, _)| span.end - span.start).sum();
        let defaults = references.iter().any(|(_, _, default)| default.is_some_and(|at| at.end > at.start));
        defaults || hidden < value.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_plaintext_are_told_from_references() {
        let webhooks = |text| holds_plaintext(DocumentKind::Webhook, text);
        assert!(webhooks(r#"{"a": {"hmac": {"secret": "hunter2"}}}"#));
        assert!(webhooks(r#"{"a": {}, "b": {"chain": [{"module-config": {"headers": {"X": "y"}}}]}}"#));
        assert!(webhooks(r#"{"a": {"authorization": "Bearer {$vault:a#b}"}}"#));
        assert!(webhooks(r#"{"a": {"hmac": {"secret": "{$A:hunter2}"}}}"#));
        assert!(!webhooks(r#"{"a": {"hmac": {"secret": "{$vault:app/x#y}", "algorithm": "sha256"}}}"#));
        assert!(!webhooks(r#"{"password": {"module": "log"}, "token": "x"}"#), "the name of a document");
        assert!(!webhooks(r#"{"a": {"jwt": {"secret": ""}}, "b": [["topic"], {"topic": "t"}]}"#));
        assert!(holds_plaintext(DocumentKind::Connection, r#"{"c": {"pass": "x"}}"#));
    }

    #[test]
    fn a_file_is_judged_once_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.json");
        let judged = Judged::default();
        let documents = || match judged.of(Which::Webhooks, &path) {
            Judgement::Read(read) => read.documents,
            other => panic!("{other:?}"),
        };
        assert!(matches!(judged.of(Which::Webhooks, &path), Judgement::Missing));
        std::fs::write(&path, r#"{"a": {}, "a": {}, "b": {}}"#).unwrap();
        assert_eq!((documents(), documents()), (2, 2));
        std::fs::write(&path, r#"{"a": {}, "b": {}, "c": {}, "d": {}}"#).unwrap();
        assert_eq!(documents(), 4);
        std::fs::write(&path, "[").unwrap();
        assert!(judged.of(Which::Webhooks, &path).is_lost());
    }
}
