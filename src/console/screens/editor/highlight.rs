//! JSON highlighting of a part of a line.

use std::ops::Range;

use crate::console::theme::StyleRole;
use crate::domain::json::{LexemeKind, Lexer, Span};
use crate::domain::references_in;

/// Lines up to this length, in bytes, are read from their start, which is always exact.
const SHORT: usize = 4 * 1024;

/// How far around the visible part a string is read, in bytes, so that tokens overlapping it are recognised.
const AROUND: usize = 1024;

/// The spans of a part of a line, each with its style role.
pub(crate) fn highlight(line: &str, part: Range<usize>) -> Vec<(Range<usize>, StyleRole)> {
    let mut pieces = LineHighlighter { line, part: part.clone(), spans: Vec::new() };
    let mut at = 0;
    if line.len() > SHORT {
        let around = line.floor_char_boundary(part.start.saturating_sub(AROUND));
        match string_around(line, around) {
            Some(end) => {
                pieces.string(around..end);
                at = end;
            }
            None => at = around,
        }
    }
    for lexeme in Lexer::new(line.get(at..).unwrap_or_default()) {
        let bytes = at + lexeme.span.start..at + lexeme.span.end;
        if bytes.start >= part.end {
            break;
        }
        match lexeme.kind {
            LexemeKind::String | LexemeKind::Unterminated => pieces.string(bytes),
            shape => pieces.push(bytes, style(shape)),
        }
    }
    pieces.spans
}

/// The end of the string that contains a byte, if any, determined by the quotes before it.
fn string_around(line: &str, at: usize) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut inside = false;
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        let here = from + found;
        if here >= at && !inside {
            return None;
        }
        let is_escape = bytes.get(here) == Some(&b'\\');
        from = here + 1 + usize::from(is_escape && inside);
        if !is_escape && inside && here >= at {
            return Some(from);
        }
        inside ^= !is_escape;
    }
    inside.then_some(line.len())
}

struct LineHighlighter<'l> {
    line: &'l str,
    part: Range<usize>,
    spans: Vec<(Range<usize>, StyleRole)>,
}

impl LineHighlighter<'_> {
    fn push(&mut self, bytes: Range<usize>, style: StyleRole) {
        let clipped = bytes.start.max(self.part.start)..bytes.end.min(self.part.end);
        if !clipped.is_empty() {
            self.spans.push((clipped, style));
        }
    }

    /// A string with the placeholders and references in it.
    fn string(&mut self, bytes: Range<usize>) {
        if bytes.end <= self.part.start {
            return;
        }
        let after = self.line.get(bytes.end..).unwrap_or_default();
        if after.trim_start_matches([' ', '\t']).starts_with(':') {
            return self.push(bytes, StyleRole::JsonKey);
        }
        let start = bytes.start.max(self.line.floor_char_boundary(self.part.start.saturating_sub(AROUND)));
        let end = bytes.end.min(self.line.floor_char_boundary(self.part.end + AROUND));
        let text = self.line.get(start..end).unwrap_or_default();
        let mut marks: Vec<(Span, StyleRole)> =
            references_in(text).into_iter().map(|(_, span, _)| (span, StyleRole::Reference)).collect();
        marks.extend(placeholders(text).map(|span| (span, StyleRole::Placeholder)));
        marks.sort_unstable_by_key(|(span, _)| span.start);
        let mut at = start;
        for (span, style) in marks {
            let mark = start + span.start..start + span.end;
            if mark.start >= at {
                self.push(at..mark.start, StyleRole::JsonString);
                at = mark.end;
                self.push(mark, style);
            }
        }
        self.push(at..bytes.end, StyleRole::JsonString);
    }
}

fn style(shape: LexemeKind) -> StyleRole {
    match shape {
        LexemeKind::Number => StyleRole::JsonNumber,
        LexemeKind::Bool | LexemeKind::Null => StyleRole::JsonWord,
        LexemeKind::Space => StyleRole::Text,
        LexemeKind::Bad => StyleRole::Bad,
        _ => StyleRole::JsonPunctuation,
    }
}

/// The placeholders in a string, as written by [`crate::text::placeholders`].
fn placeholders(text: &str) -> impl Iterator<Item = Span> {
    const OPEN: &str = "‹kept:";
    const CLOSE: char = '›';
    text.match_indices(OPEN).filter_map(|(start, _)| {
        let end = text.get(start..)?.find(CLOSE)? + start + CLOSE.len_utf8();
        Some(Span { start, end })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found() {
        let text = "\"a ‹kept:1› ‹kept:2› ‹kept\"";
        let found: Vec<&str> = placeholders(text).map(|span| span.of(text)).collect();
        assert_eq!(found, ["‹kept:1›", "‹kept:2›"]);
    }

    #[test]
    fn a_part_of_a_long_line_looks_as_it_does_in_the_whole() {
        let member = r#""name \" {x}": "value {$A} ‹kept:1› é", "n": [1, true, null, -2.5], "#;
        let short = member.repeat(3);
        let line = format!("{{{}", member.repeat(400));
        assert!(line.len() > 4 * SHORT);
        let whole = highlight(&short, 0..short.len());
        let shift = 1 + member.len() * 200;
        for part in [0..40, 10..70, 33..120, 90..150] {
            let there = highlight(&line, part.start + shift..part.end + shift);
            let here: Vec<_> = whole
                .iter()
                .map(|(bytes, style)| (bytes.start.max(part.start)..bytes.end.min(part.end), *style))
                .filter(|(bytes, _)| !bytes.is_empty())
                .map(|(bytes, style)| (bytes.start + shift..bytes.end + shift, style))
                .collect();
            assert_eq!(joined(there), joined(here), "{part:?}");
        }
    }

    /// Merges neighbouring spans with the same role.
    fn joined(pieces: Vec<(Range<usize>, StyleRole)>) -> Vec<(Range<usize>, StyleRole)> {
        let mut out: Vec<(Range<usize>, StyleRole)> = Vec::new();
        for (bytes, style) in pieces {
            match out.last_mut() {
                Some((last, same)) if *same == style && last.end == bytes.start => last.end = bytes.end,
                _ => out.push((bytes, style)),
            }
        }
        out
    }

    #[test]
    fn of_a_long_string_only_the_part_shown_is_cut() {
        let line = format!("\"{}\"", "‹kept:1› ".repeat(100_000));
        let shown = highlight(&line, line.floor_char_boundary(600_000)..line.floor_char_boundary(600_080));
        assert!(shown.len() < 40, "{}", shown.len());
    }
}
