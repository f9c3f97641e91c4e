//! Glyph and colour of a row's mark for what its document needs: missing or forbidden secrets, one in plaintext, all present.

use crate::check::NeedMark;
use crate::console::theme::{StyleRole, glyph};

/// A mark's glyph and colour.
pub(crate) fn mark_badge(mark: NeedMark) -> (&'static str, StyleRole) {
    match mark {
        NeedMark::Missing => (glyph::BAD, StyleRole::Bad),
        NeedMark::Forbidden => (glyph::FORBIDDEN, StyleRole::Warning),
        NeedMark::Unreachable => (glyph::UNREACHABLE, StyleRole::Warning),
        NeedMark::Fallback => (glyph::FALLBACK, StyleRole::Warning),
        NeedMark::Plaintext => (glyph::PLAINTEXT, StyleRole::Warning),
        NeedMark::Unknown => (glyph::UNKNOWN, StyleRole::Dim),
        NeedMark::Asking => (glyph::DOT, StyleRole::Dim),
        NeedMark::Present => (glyph::GOOD, StyleRole::Good),
        NeedMark::Nothing => (glyph::NONE, StyleRole::Dim),
    }
}

/// The legend of the marks, one per line.
pub(crate) fn legend() -> [(&'static str, StyleRole, &'static str); NeedMark::ALL.len()] {
    NeedMark::ALL.map(|mark| {
        let (glyph, style) = mark_badge(mark);
        (glyph, style, mark.word())
    })
}
