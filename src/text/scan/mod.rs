//! Splits a document into pieces and decides which of them are secrets. Masking, concealing for the
//! editor and diffs all follow this one decision.
//!
//! What is no JSON is read as well as it can be; wherever that leaves a doubt, more is hidden.

mod json;
mod plain;
mod value;

use super::SegmentRole;
use crate::domain::json::{BYTE_ORDER_MARK, Span, walk};
use crate::domain::{DocumentKind, is_secret_field};

/// A part of a text; the pieces of a text cover it without gap or overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScanPiece {
    pub(crate) span: Span,
    /// Whether it may be seen.
    pub(crate) visibility: Visibility,
}

/// Whether a piece may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// It may, as this.
    Shown(SegmentRole),
    /// It is a secret.
    Hidden {
        /// Whether it is a whole value without quotes: a number or `true`.
        bare: bool,
    },
}

/// The pieces of a whole document.
pub(crate) fn scan(kind: DocumentKind, text: &str) -> Vec<ScanPiece> {
    scan_within::<&str>(kind, &[], text)
}

/// The pieces of a value that stands at this path of member names.
pub(crate) fn scan_within<S: AsRef<str>>(kind: DocumentKind, path: &[S], text: &str) -> Vec<ScanPiece> {
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    scan_checked(kind, path, text, walk(body, |_| ()).map_err(|error| error.offset))
}

/// The same where it is known that the text, without a byte order mark, is JSON; or where it stops being it.
pub(super) fn scan_checked<S: AsRef<str>>(
    kind: DocumentKind,
    path: &[S],
    text: &str,
    checked: Result<(), usize>,
) -> Vec<ScanPiece> {
    let mut pieces = ScanPieces::default();
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mark = text.len() - body.len();
    pieces.push(Span { start: 0, end: mark }, Visibility::Shown(SegmentRole::Bad));
    let secret = is_secret_field(kind, path);
    match checked {
        Ok(()) => json::JsonScanner::new(kind, path, text, None).read(mark, &mut pieces),
        Err(_) if !body.trim_start().starts_with(['{', '[', '"']) => {
            plain::read(text, mark, secret, &mut pieces);
        }
        Err(offset) => {
            json::JsonScanner::new(kind, path, text, Some(mark + offset)).read(mark, &mut pieces);
            join_hidden(text, &mut pieces.0);
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

/// Makes one of hidden pieces with nothing but blanks between them, so that the words of a secret
/// cannot be counted.
fn join_hidden(text: &str, pieces: &mut Vec<ScanPiece>) {
    let mut joined: Vec<ScanPiece> = Vec::with_capacity(pieces.len());
    for piece in pieces.drain(..) {
        if matches!(piece.visibility, Visibility::Hidden { .. })
            && let Some(first) = last_hidden(text, &joined)
        {
            joined.truncate(first + 1);
            if let Some(first) = joined.last_mut() {
                first.span.end = piece.span.end;
                first.visibility = Visibility::Hidden { bare: false };
            }
        } else {
            joined.push(piece);
        }
    }
    *pieces = joined;
}

/// The last piece, or the one before a blank last one, if it is hidden.
fn last_hidden(text: &str, pieces: &[ScanPiece]) -> Option<usize> {
    let hidden = |piece: &ScanPiece| matches!(piece.visibility, Visibility::Hidden { .. });
    match pieces {
        [.., last] if hidden(last) => Some(pieces.len() - 1),
        [.., before, blank]
            if hidden(before) && blank.span.of(text).bytes().all(|b| b == b' ' || b == b'\t') =>
        {
            Some(pieces.len() - 2)
        }
        _ => None,
    }
}
