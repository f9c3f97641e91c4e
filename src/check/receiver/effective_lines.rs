//! A document as lines, each with what is to be said of it, and with the members that the receiver adds.

use std::collections::{BTreeMap, HashSet};

use crate::domain::json::{BYTE_ORDER_MARK, Node, NodeValue, indent_valid, parse};
use crate::domain::{Document, Masking, escape};
use crate::text::{DocumentLayout, Masked, Safe};

/// The columns by which a level of an indented text is set off.
const STEP: usize = 2;

/// A line of the document, or a member that the receiver adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveLine {
    pub text: LineText,
    pub notes: Vec<LineNote>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineText {
    /// A line of the masked document, counted from 0.
    Document(usize),
    /// What the document does not hold: `  "header": "X-HMAC-Signature"`.
    Added(Safe<'static>),
}

/// What is to be said of a line; without values of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineNote {
    pub kind: LineNoteKind,
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineNoteKind {
    /// A reference becomes a value that is there.
    Value,
    /// A reference becomes something else.
    Substitute,
    Cleaned,
    NotKnown,
    Ignored,
    /// The receiver adds it.
    Added,
}

/// What is to be said of places of a document, and what is added to it; by paths such as `chain[0].module`.
#[derive(Debug, Default)]
pub(super) struct Marks {
    notes: BTreeMap<String, Vec<LineNote>>,
    /// By the path of the object that they are added to, whose last name may be missing in the document, too.
    added: BTreeMap<String, Vec<(String, String, String)>>,
}

impl Marks {
    pub(super) fn note(&mut self, place: &str, kind: LineNoteKind, words: String) {
        self.notes.entry(place.to_owned()).or_default().push(LineNote { kind, words });
    }

    /// A member with its value, as JSON text, and where it comes from.
    pub(super) fn add(&mut self, path: &str, value: String, words: String) {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        self.added.entry(parent.to_owned()).or_default().push((name.to_owned(), value, words));
    }
}

/// The lines of a document that may be shown once it is masked. One that is no object has neither notes nor additions.
pub(super) fn lines(
    shown: &Document,
    masking: &Masking,
    is_object: bool,
    mut marks: Marks,
) -> (Masked, Vec<EffectiveLine>) {
    let text = shown.text().unwrap_or_default();
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let laid_out = if is_object { indent_valid(text) } else { None };
    let root = laid_out.as_deref().and_then(|text| parse(text).ok());
    let masked = match &laid_out {
        Some(text) => {
            let laid_out = Document::from(text.as_str());
            Masked::of_checked(masking, &laid_out, None, DocumentLayout::Stored).0
        }
        None => Masked::of(masking, shown),
    };
    let mut places = Places::default();
    if let Some((text, root)) = laid_out.zip(root) {
        // Objects that are added to, and are not there themselves, are members of the document.
        let absent: Vec<_> = marks.added.keys().filter(|path| !path.is_empty()).cloned().collect();
        for path in
            absent.into_iter().filter(|path| root.member(path).is_none() && !path.contains(['.', '[']))
        {
            for (name, value, words) in marks.added.remove(&path).unwrap_or_default() {
                marks.added.entry(String::new()).or_default().push((format!("{path}.{name}"), value, words));
            }
        }
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        let mut walk = MarkWalk { marks: &mut marks, breaks, places: &mut places, path: String::new() };
        walk.value(&root, 0);
    }
    let mut lines = Vec::with_capacity(masked.line_count());
    for line in 0..masked.line_count() {
        let (before, after) = (places.before.remove(&line), places.after.remove(&line));
        lines.extend(before.into_iter().flatten());
        let notes = places.notes.remove(&line).unwrap_or_default();
        lines.push(EffectiveLine { text: LineText::Document(line), notes });
        lines.extend(after.into_iter().flatten());
    }
    (masked, lines)
}

/// What belongs to lines.
#[derive(Default)]
struct Places {
    notes: BTreeMap<usize, Vec<LineNote>>,
    /// Added before the line that ends an object, or after the line that an empty one is on.
    before: BTreeMap<usize, Vec<EffectiveLine>>,
    after: BTreeMap<usize, Vec<EffectiveLine>>,
}

struct MarkWalk<'a> {
    marks: &'a mut Marks,
    /// Where lines end.
    breaks: Vec<usize>,
    places: &'a mut Places,
    path: String,
}

impl MarkWalk<'_> {
    fn line_of(&self, offset: usize) -> usize {
        self.breaks.partition_point(|end| *end < offset)
    }

    /// `depth`: how many containers the value is in.
    fn value(&mut self, node: &Node, depth: usize) {
        if let Some(notes) = self.marks.notes.remove(&self.path) {
            let line = self.line_of(node.span.start);
            self.places.notes.entry(line).or_default().extend(notes);
        }
        let length = self.path.len();
        match &node.value {
            NodeValue::Object(members) => {
                let mut later = HashSet::new();
                let last: Vec<_> = members.iter().rev().map(|member| later.insert(&*member.name)).collect();
                for (member, is_last) in members.iter().zip(last.into_iter().rev()) {
                    if !is_last {
                        let words = "ignored: the last member of this name counts".to_owned();
                        let line = self.line_of(member.key.start);
                        let note = LineNote { kind: LineNoteKind::Ignored, words };
                        self.places.notes.entry(line).or_default().push(note);
                        continue;
                    }
                    self.path.push_str(if length == 0 { "" } else { "." });
                    self.path.push_str(&escape(member.name.as_bytes()));
                    self.value(&member.value, depth + 1);
                    self.path.truncate(length);
                }
                self.add(node, depth);
            }
            NodeValue::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.path.push_str(&format!("[{at}]"));
                    self.value(item, depth + 1);
                    self.path.truncate(length);
                }
            }
            NodeValue::Scalar(_) => {}
        }
    }

    fn add(&mut self, object: &Node, depth: usize) {
        let Some(added) = self.marks.added.remove(&self.path) else { return };
        let indent = STEP * (depth + 1);
        let line = |(name, value, words): (String, String, String)| EffectiveLine {
            text: LineText::Added(Safe::from(format!("{:indent$}\"{name}\": {value}", ""))),
            notes: vec![LineNote { kind: LineNoteKind::Added, words }],
        };
        let lines = added.into_iter().map(line);
        let end = self.line_of(object.span.end);
        let is_empty = object.members().is_empty();
        let place = if is_empty { &mut self.places.after } else { &mut self.places.before };
        place.entry(end).or_default().extend(lines);
    }
}
