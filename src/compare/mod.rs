//! TEMPORARY SHAPES, replaced by branch w/text at merge.
#![allow(missing_docs)]
use crate::domain::DocumentKind;
use crate::text::{MaskedLine, Role, Safe, Segment};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Removed,
    Changed,
    OrderOnly,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathChange {
    pub path: Safe<'static>,
    pub kind: ChangeKind,
    pub old: Option<Safe<'static>>,
    pub new: Option<Safe<'static>>,
    pub secret: bool,
}
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    pub changes: Vec<PathChange>,
    pub whitespace_only: bool,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    Same,
    Removed,
    Added,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    pub tag: Tag,
    pub line: MaskedLine<'static>,
}
pub fn format(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .and_then(|v| serde_json::to_string_pretty(&v).ok())
        .unwrap_or_else(|| text.into())
}
pub fn restore(_original: &str, edited: &str) -> String {
    edited.into()
}
pub fn diff(_kind: DocumentKind, old: &str, new: &str) -> Diff {
    Diff {
        changes: if old == new {
            vec![]
        } else {
            vec![PathChange {
                path: Safe::literal("a.b"),
                kind: ChangeKind::Changed,
                old: Some(Safe::literal("1")),
                new: Some(Safe::literal("2")),
                secret: false,
            }]
        },
        whitespace_only: false,
    }
}
pub fn lines(_kind: DocumentKind, old: &str, new: &str) -> Vec<DiffLine> {
    let l = |tag, t: &str| {
        t.lines()
            .map(|l| DiffLine {
                tag,
                line: MaskedLine { segments: vec![Segment { text: l.to_owned().into(), role: Role::Plain }] },
            })
            .collect::<Vec<_>>()
    };
    [l(Tag::Removed, old), l(Tag::Added, new)].concat()
}
