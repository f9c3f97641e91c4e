//! TEMPORARY SHAPES, replaced by branch w/text at merge.
#![allow(missing_docs)]
use crate::domain::DocumentKind;
use crate::text::{Masked, MaskedLine, Safe};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffKind {
    Added,
    Removed,
    Changed,
    OrderOnly,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathChange {
    pub path: Safe<'static>,
    pub kind: DiffKind,
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
pub enum LineTag {
    Same,
    Removed,
    Added,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    pub tag: LineTag,
    pub old: Option<usize>,
    pub new: Option<usize>,
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
                kind: DiffKind::Changed,
                old: Some(Safe::literal("1")),
                new: Some(Safe::literal("2")),
                secret: false,
            }]
        },
        whitespace_only: false,
    }
}
pub fn lines(kind: DocumentKind, old: &str, new: &str) -> Vec<DiffLine> {
    let side = |tag, text: &str| {
        let masked = Masked::text(kind, text);
        masked
            .lines(0..usize::MAX)
            .map(|line| DiffLine { tag, old: None, new: None, line: line.into_owned() })
            .collect::<Vec<_>>()
    };
    [side(LineTag::Removed, old), side(LineTag::Added, new)].concat()
}
