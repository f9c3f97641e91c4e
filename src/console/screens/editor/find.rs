//! Text search in the editor.

use std::fmt;
use std::ops::Range;

use super::text_buffer::{Pos, TextBuffer};
use crate::console::widgets::TextInput;
use crate::text::grouped;

/// Counting stops here.
const MOST: usize = 9_999;

#[derive(Debug, Default)]
pub struct TextSearch {
    /// The search text.
    pub input: TextInput,
    /// Whether the search line has the focus.
    pub typing: bool,
    /// Whether matches are highlighted.
    pub marked: bool,
    /// Where the cursor was when typing began: each changed text is searched from there.
    origin: Pos,
    /// The current match.
    current: Option<(Pos, Pos)>,
    pub(crate) match_count: MatchCount,
}

/// The number of matches, and the number of the current one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MatchCount {
    /// The number of the current match, from 1; 0 if there is none, or if it is beyond those counted.
    pub number: usize,
    pub total: usize,
    /// Whether there are more matches than were counted.
    pub more: bool,
}

impl fmt::Display for MatchCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, total, more } = *self;
        let more = if more { "+" } else { "" };
        match (number, total) {
            (_, 0) => f.write_str("not found"),
            (0, _) => write!(f, "{}{more} places", grouped(total)),
            _ => write!(f, "{} of {}{more}", grouped(number), grouped(total)),
        }
    }
}

impl TextSearch {
    /// Opens an empty search line.
    pub fn open(&mut self, buffer: &TextBuffer) {
        self.typing = true;
        self.marked = true;
        self.origin = buffer.selection().map_or(buffer.cursor(), |(from, _)| from);
        self.match_count = MatchCount::default();
        self.current = None;
        self.input.set("");
    }

    /// Goes to the first match after the position where typing began. Returns whether there is one.
    pub fn search_from_origin(&mut self, buffer: &mut TextBuffer) -> bool {
        self.search(buffer, self.origin, true, self.origin)
    }

    /// Goes to the next or previous match, wrapping around.
    pub fn go_to_match(&mut self, buffer: &mut TextBuffer, forward: bool) -> bool {
        let here = buffer.cursor();
        let from = match self.current {
            // The current match starts at the cursor; search from its end.
            Some((start, end)) if start == here && forward => end,
            _ => here,
        };
        self.marked = true;
        let found = self.search(buffer, from, forward, here);
        self.origin = buffer.cursor();
        found
    }

    fn search(&mut self, buffer: &mut TextBuffer, from: Pos, forward: bool, otherwise: Pos) -> bool {
        let needle = self.needle();
        self.current = needle.as_ref().and_then(|needle| next(buffer, needle, from, forward));
        buffer.move_to(self.current.map_or(otherwise, |(start, _)| start));
        self.match_count = needle.map(|needle| count(buffer, &needle, self.current)).unwrap_or_default();
        self.current.is_some()
    }

    /// Whether there is a match to go to, or may be one: the draft may have been edited since matches were
    /// counted, but not while the search text is typed.
    pub(super) fn has_next(&self) -> bool {
        self.needle().is_some() && (!self.typing || self.match_count.total > 0)
    }

    /// The parsed search text; `None` if it is empty.
    pub fn needle(&self) -> Option<Needle> {
        Needle::of(self.input.text())
    }
}

/// A search text. Case-insensitive unless it contains a capital letter.
#[derive(Clone)]
pub struct Needle {
    text: String,
    exact: bool,
}

impl std::fmt::Debug for Needle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Needle({} bytes)", self.text.len())
    }
}

impl Needle {
    pub(crate) fn of(text: &str) -> Option<Self> {
        let exact = text.chars().any(char::is_uppercase);
        (!text.is_empty()).then(|| Self { text: text.to_owned(), exact })
    }

    /// The first match at or after `from` in a line.
    fn find(&self, line: &str, from: usize) -> Option<Range<usize>> {
        let rest = line.get(from..)?;
        if self.exact {
            let at = memchr::memmem::find(rest.as_bytes(), self.text.as_bytes())? + from;
            return Some(at..at + self.text.len());
        }
        let first = self.text.chars().next()?;
        let mut at = from;
        loop {
            at += candidate(line.get(at..)?, first)?;
            if let Some(len) = self.starts(line.get(at..)?) {
                return Some(at..at + len);
            }
            at += line.get(at..)?.chars().next()?.len_utf8();
        }
    }

    /// The length of the match at the start of a text.
    fn starts(&self, text: &str) -> Option<usize> {
        let mut there = text.chars();
        for wanted in self.text.chars() {
            if !there.next()?.to_lowercase().eq(wanted.to_lowercase()) {
                return None;
            }
        }
        Some(text.len() - there.as_str().len())
    }

    /// The matches in a line, from left to right, without overlaps.
    pub fn all<'l>(&'l self, line: &'l str) -> impl Iterator<Item = Range<usize>> + 'l {
        self.within(line, 0..line.len())
    }

    /// The matches that overlap a part of a line.
    pub fn within<'l>(
        &'l self,
        line: &'l str,
        part: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + 'l {
        // A letter may be longer in the other case, but never four times as long.
        let around = self.text.len() * 4;
        let mut from = line.ceil_char_boundary(part.start.saturating_sub(around));
        std::iter::from_fn(move || {
            let found = self.find(line.get(..line.ceil_char_boundary(part.end + around))?, from)?;
            from = found.end;
            Some(found)
        })
    }
}

/// The distance to the next place where the first letter may match, in either case.
fn candidate(text: &str, first: char) -> Option<usize> {
    if first.is_ascii() && !first.is_ascii_alphabetic() {
        return memchr::memchr(first as u8, text.as_bytes());
    }
    if matches!(first, 'k' | 's') || !first.is_ascii() {
        // These also match letters beyond ASCII.
        return text
            .char_indices()
            .find(|(_, c)| c.to_lowercase().eq(first.to_lowercase()))
            .map(|(at, _)| at);
    }
    memchr::memchr2(first as u8, first.to_ascii_uppercase() as u8, text.as_bytes())
}

/// The next match from a position, wrapping around the end of the text.
fn next(buffer: &TextBuffer, needle: &Needle, from: Pos, forward: bool) -> Option<(Pos, Pos)> {
    let rows = buffer.rows();
    (0..=rows).find_map(|step| {
        let row = if forward { (from.row + step) % rows } else { (from.row + rows - step % rows) % rows };
        let line = buffer.line(row);
        let found = match (step, forward) {
            (0, true) => needle.find(line, from.at),
            (0, false) => needle.all(line).take_while(|found| found.start < from.at).last(),
            (_, true) => needle.find(line, 0),
            (_, false) => needle.all(line).last(),
        }?;
        Some((Pos { row, at: found.start }, Pos { row, at: found.end }))
    })
}

fn count(buffer: &TextBuffer, needle: &Needle, found: Option<(Pos, Pos)>) -> MatchCount {
    let mut tally = MatchCount::default();
    for (row, line) in buffer.lines(0).enumerate() {
        for place in needle.all(line) {
            if tally.total == MOST {
                tally.more = true;
                return tally;
            }
            tally.total += 1;
            if found.is_some_and(|(start, _)| start == Pos { row, at: place.start }) {
                tally.number = tally.total;
            }
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(buffer: &mut TextBuffer, text: &str) -> TextSearch {
        let mut find = TextSearch::default();
        find.open(buffer);
        find.input.insert(text);
        find.search_from_origin(buffer);
        find
    }

    fn at(buffer: &TextBuffer) -> (usize, usize) {
        (buffer.cursor().row, buffer.cursor().at)
    }

    #[test]
    fn the_first_is_found_as_one_types_and_the_others_round_and_round() {
        let mut buffer = TextBuffer::new("one Two two\nTWO\nthree two");
        buffer.move_to(Pos { row: 0, at: 5 });
        let mut found = find(&mut buffer, "two");
        assert_eq!(at(&buffer), (0, 8));
        assert_eq!(found.match_count, MatchCount { number: 2, total: 4, more: false });
        let mut places = Vec::new();
        for _ in 0..4 {
            found.go_to_match(&mut buffer, true);
            places.push((at(&buffer), found.match_count.number));
        }
        assert_eq!(places, [((1, 0), 3), ((2, 6), 4), ((0, 4), 1), ((0, 8), 2)]);
        found.go_to_match(&mut buffer, false);
        found.go_to_match(&mut buffer, false);
        assert_eq!((at(&buffer), found.match_count.number), ((2, 6), 4));
        found.input.insert("x");
        assert!(!found.search_from_origin(&mut buffer));
        assert_eq!((at(&buffer), found.match_count.total), ((2, 6), 0), "where it was");
    }

    #[test]
    fn a_capital_letter_means_itself() {
        let mut buffer = TextBuffer::new("two Two TWO ſtraße STRASSE É é");
        assert_eq!(find(&mut buffer, "Two").match_count.total, 1);
        assert_eq!(find(&mut buffer, "two").match_count.total, 3);
        assert_eq!(find(&mut buffer, "é").match_count.total, 2);
        assert_eq!(find(&mut buffer, "").match_count.total, 0);
    }

    #[test]
    fn counting_is_bounded() {
        let mut buffer = TextBuffer::new(&"a\n".repeat(20_000));
        let found = find(&mut buffer, "a");
        assert_eq!(found.match_count, MatchCount { number: 1, total: MOST, more: true });
    }

    #[test]
    fn what_reaches_into_a_part_is_found() {
        let line = format!("{}needle{}", "x".repeat(1000), "y".repeat(1000));
        let needle = Needle::of("needle").unwrap();
        for part in [900..1001, 1002..1003, 1005..1100] {
            assert!(needle.within(&line, part).eq(std::iter::once(1000..1006)));
        }
        assert_eq!(needle.within(&line, 0..500).count(), 0);
    }
}
