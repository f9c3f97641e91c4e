//! A part of a line in the roles of JSON.

use std::ops::Range;

use crate::console::theme::Ink;
use crate::domain::json::{Lexer, Shape, Span};
use crate::domain::references_in;

/// Lines up to this length are cut from their start, which is always right, in bytes.
const SHORT: usize = 4 * 1024;

/// How far around the part shown a string is read, so that what reaches into it is recognised, in bytes.
const AROUND: usize = 1024;

/// The pieces of a part of a line, each with its role.
pub(super) fn pieces(line: &str, part: Range<usize>) -> Vec<(Range<usize>, Ink)> {
    let mut pieces = Pieces { line, part: part.clone(), found: Vec::new() };
    let mut at = 0;
    if line.len() > SHORT {
        let around = boundary(line, part.start.saturating_sub(AROUND));
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
        match lexeme.shape {
            Shape::String | Shape::Unterminated => pieces.string(bytes),
            shape => pieces.push(bytes, ink(shape)),
        }
    }
    pieces.found
}

/// The start of the character that a byte belongs to.
fn boundary(line: &str, at: usize) -> usize {
    let mut at = at.min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Where the string ends that a byte is inside of, if it is: the quotes before it tell.
fn string_around(line: &str, at: usize) -> Option<usize> {
    let bytes = line.as_bytes();
    let mut inside = false;
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        let here = from + found;
        if here >= at && !inside {
            return None;
        }
        match bytes.get(here) {
            Some(b'\\') if inside => from = here + 2,
            Some(b'\\') => from = here + 1,
            _ if inside && here >= at => return Some(here + 1),
            _ => {
                inside = !inside;
                from = here + 1;
            }
        }
    }
    inside.then_some(line.len())
}

struct Pieces<'l> {
    line: &'l str,
    part: Range<usize>,
    found: Vec<(Range<usize>, Ink)>,
}

impl Pieces<'_> {
    fn push(&mut self, bytes: Range<usize>, ink: Ink) {
        let clipped = bytes.start.max(self.part.start)..bytes.end.min(self.part.end);
        if !clipped.is_empty() {
            self.found.push((clipped, ink));
        }
    }

    /// A string with what stands for something else in it: placeholders of stored secrets, references.
    fn string(&mut self, bytes: Range<usize>) {
        if bytes.end <= self.part.start {
            return;
        }
        let after = self.line.get(bytes.end..).unwrap_or_default();
        if after.trim_start_matches([' ', '\t']).starts_with(':') {
            return self.push(bytes, Ink::JsonKey);
        }
        let start = bytes.start.max(boundary(self.line, self.part.start.saturating_sub(AROUND)));
        let end = bytes.end.min(boundary(self.line, self.part.end + AROUND));
        let text = self.line.get(start..end).unwrap_or_default();
        let mut marks: Vec<(Span, Ink)> =
            references_in(text).into_iter().map(|(_, span, _)| (span, Ink::Reference)).collect();
        marks.extend(placeholders(text).map(|span| (span, Ink::Placeholder)));
        marks.sort_unstable_by_key(|(span, _)| span.start);
        let mut at = start;
        for (span, ink) in marks {
            let mark = start + span.start..start + span.end;
            if mark.start >= at {
                self.push(at..mark.start, Ink::JsonString);
                at = mark.end;
                self.push(mark, ink);
            }
        }
        self.push(at..bytes.end, Ink::JsonString);
    }
}

fn ink(shape: Shape) -> Ink {
    match shape {
        Shape::Number => Ink::JsonNumber,
        Shape::Bool | Shape::Null => Ink::JsonWord,
        Shape::Space => Ink::Text,
        Shape::Bad => Ink::Bad,
        _ => Ink::JsonPunctuation,
    }
}

/// The placeholders in a string, as [`crate::text::placeholders`] writes them.
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
        let whole = pieces(&short, 0..short.len());
        let shift = 1 + member.len() * 200;
        for part in [0..40, 10..70, 33..120, 90..150] {
            let there = pieces(&line, part.start + shift..part.end + shift);
            let here: Vec<_> = whole
                .iter()
                .map(|(bytes, ink)| (bytes.start.max(part.start)..bytes.end.min(part.end), *ink))
                .filter(|(bytes, _)| !bytes.is_empty())
                .map(|(bytes, ink)| (bytes.start + shift..bytes.end + shift, ink))
                .collect();
            assert_eq!(joined(there), joined(here), "{part:?}");
        }
    }

    /// Neighbours of one role are one.
    fn joined(pieces: Vec<(Range<usize>, Ink)>) -> Vec<(Range<usize>, Ink)> {
        let mut out: Vec<(Range<usize>, Ink)> = Vec::new();
        for (bytes, ink) in pieces {
            match out.last_mut() {
                Some((last, same)) if *same == ink && last.end == bytes.start => last.end = bytes.end,
                _ => out.push((bytes, ink)),
            }
        }
        out
    }

    #[test]
    fn of_a_long_string_only_the_part_shown_is_cut() {
        let line = format!("\"{}\"", "‹kept:1› ".repeat(100_000));
        let shown = pieces(&line, boundary(&line, 600_000)..boundary(&line, 600_080));
        assert!(shown.len() < 40, "{}", shown.len());
    }
}
