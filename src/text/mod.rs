//! TEMPORARY SHAPES, replaced by branch w/text at merge.
#![allow(missing_docs)]
mod safe;
use crate::domain::{Document, DocumentKind};
pub use safe::Safe;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Punctuation,
    Key,
    String,
    Number,
    Word,
    Reference,
    Secret,
    Bad,
    Plain,
    Note,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub text: Safe<'static>,
    pub role: Role,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedLine {
    pub segments: Vec<Segment>,
}
#[derive(Debug, Clone)]
pub struct Masked {
    pub lines: Vec<MaskedLine>,
}
impl Masked {
    pub fn of(_kind: DocumentKind, document: &Document) -> Self {
        let text = document.text().unwrap_or_default();
        Self {
            lines: crate::compare::format(text)
                .lines()
                .map(|l| MaskedLine {
                    segments: vec![Segment { text: l.to_owned().into(), role: Role::Plain }],
                })
                .collect(),
        }
    }
    pub fn lines(&self) -> &[MaskedLine] {
        &self.lines
    }
}
#[derive(Debug, Default)]
pub struct Kept;
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfilled {
    pub line: usize,
    pub column: usize,
    pub placeholder: String,
}
pub fn conceal(_kind: DocumentKind, text: &str) -> (String, Kept) {
    (text.into(), Kept)
}
pub fn fill(draft: &str, _kept: &Kept) -> Result<String, Unfilled> {
    Ok(draft.into())
}

impl std::fmt::Display for Unfilled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.placeholder)
    }
}
