//! Splits a document into pieces and decides which of them are secrets. Masking, concealing for the
//! editor and diffs all follow this one decision.
//!
//! Text that is not JSON is parsed as far as possible; if in doubt, it is hidden.

mod json;
mod plain;
mod value;

use super::SegmentRole;
use crate::domain::Masking;
use crate::domain::json::{BYTE_ORDER_MARK, Span, walk};

/// A part of a text; the pieces of a text cover it without gap or overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScanPiece {
    pub(crate) span: Span,
    /// Whether it may be shown.
    pub(crate) visibility: Visibility,
}

/// Whether a piece may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// It may be shown, in this role.
    Shown(SegmentRole),
    /// It is a secret.
    Hidden {
        /// Whether it is a whole value without quotes: a number or `true`.
        bare: bool,
    },
}

impl ScanPiece {
    pub(crate) fn is_hidden(&self) -> bool {
        matches!(self.visibility, Visibility::Hidden { .. })
    }
}

/// The pieces of a whole document.
pub(crate) fn scan(masking: &Masking, text: &str) -> Vec<ScanPiece> {
    scan_within::<&str>(masking, &[], text)
}

/// The pieces of a value at this path of member names.
pub(crate) fn scan_within<S: AsRef<str>>(masking: &Masking, path: &[S], text: &str) -> Vec<ScanPiece> {
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    scan_checked(masking, path, text, walk(body, |_| ()).map_err(|error| error.offset))
}

/// The same, if it is known where the text, without its byte order mark, stops being JSON, if anywhere.
pub(super) fn scan_checked<S: AsRef<str>>(
    masking: &Masking,
    path: &[S],
    text: &str,
    checked: Result<(), usize>,
) -> Vec<ScanPiece> {
    let mut pieces = ScanPieces::default();
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mark = text.len() - body.len();
    pieces.push(Span { start: 0, end: mark }, Visibility::Shown(SegmentRole::Bad));
    let secret = masking.is_secret_field(path);
    match checked {
        Ok(()) => json::JsonScanner::new(masking, path, text, None).read(mark, &mut pieces),
        Err(_) if !body.trim_start().starts_with(['{', '[', '"']) => {
            plain::read(masking.names(), text, mark, secret, &mut pieces);
        }
        Err(offset) => {
            json::JsonScanner::new(masking, path, text, Some(mark + offset)).read(mark, &mut pieces);
            return join_hidden(text, pieces.0);
        }
    }
    pieces.0
}

/// The pieces so far.
#[derive(Debug, Default)]
pub(super) struct ScanPieces(Vec<ScanPiece>);

impl ScanPieces {
    fn push(&mut self, span: Span, look: Visibility) {
        if !span.is_empty() {
            self.0.push(ScanPiece { span, visibility: look });
        }
    }

    fn shown(&mut self, span: Span, role: SegmentRole) {
        self.push(span, Visibility::Shown(role));
    }
}

/// Merges hidden pieces with only blanks between them, so that the words of a secret cannot be
/// counted.
fn join_hidden(text: &str, pieces: Vec<ScanPiece>) -> Vec<ScanPiece> {
    let mut joined: Vec<ScanPiece> = Vec::with_capacity(pieces.len());
    // The last hidden piece, if only blanks have followed it.
    let mut hidden: Option<usize> = None;
    for piece in pieces {
        match hidden.and_then(|at| joined.get_mut(at)) {
            Some(first) if piece.is_hidden() => {
                first.span.end = piece.span.end;
                first.visibility = Visibility::Hidden { bare: false };
                joined.truncate(hidden.map_or(0, |at| at + 1));
            }
            _ => {
                if piece.is_hidden() {
                    hidden = Some(joined.len());
                } else if !piece.span.of(text).bytes().all(|byte| byte == b' ' || byte == b'\t') {
                    hidden = None;
                }
                joined.push(piece);
            }
        }
    }
    joined
}

#[cfg(test)]
mod tests;
