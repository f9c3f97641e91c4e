//! Looking for a text in the draft.

use std::fmt;
use std::ops::Range;

use super::input::Input;
use super::pad::{Pad, Pos};
use crate::text::grouped;

/// Counting ends here; nobody reads the number then.
const MOST: usize = 9_999;

/// A search.
#[derive(Debug, Default)]
pub struct Find {
    /// What is looked for, as typed.
    pub input: Input,
    /// Whether keys go to the line where it is typed.
    pub typing: bool,
    /// Whether what is found is marked.
    pub marked: bool,
    /// The place that typing began at, so that a longer text is looked for from there again.
    origin: Pos,
    /// The place found.
    found: Option<(Pos, Pos)>,
    tally: Tally,
}

/// Which of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number of the one found, from 1; 0 if none is, or it is past what was counted.
    pub number: usize,
    /// How many there are.
    pub total: usize,
    /// Whether there are more than were counted.
    pub more: bool,
}

impl fmt::Display for Tally {
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

impl Find {
    /// Opens the line; what was looked for before is there to be replaced or looked for again.
    pub fn open(&mut self, pad: &Pad) {
        self.typing = true;
        self.marked = true;
        self.origin = pad.selection().map_or(pad.cursor(), |(from, _)| from);
        self.tally = Tally::default();
        self.found = None;
    }

    /// Which of how many is found.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Goes to the first from where typing began. Says whether there is one.
    pub fn typed(&mut self, pad: &mut Pad) -> bool {
        let found = self.needle().and_then(|needle| next(pad, &needle, self.origin, true));
        self.arrive(pad, found, self.origin)
    }

    /// Goes to the next one, or the one before, round and round.
    pub fn step(&mut self, pad: &mut Pad, forward: bool) -> bool {
        let here = pad.cursor();
        let from = match self.found {
            // The one found begins at the cursor; the next begins behind that.
            Some((start, end)) if start == here && forward => end,
            _ => here,
        };
        let found = self.needle().and_then(|needle| next(pad, &needle, from, forward));
        self.marked = true;
        let arrived = self.arrive(pad, found, here);
        self.origin = pad.cursor();
        arrived
    }

    fn arrive(&mut self, pad: &mut Pad, found: Option<(Pos, Pos)>, otherwise: Pos) -> bool {
        self.found = found;
        pad.go(found.map_or(otherwise, |(start, _)| start));
        self.tally = self.needle().map_or_else(Tally::default, |needle| count(pad, &needle, found));
        found.is_some()
    }

    /// What is looked for; none where nothing was typed.
    pub fn needle(&self) -> Option<Needle> {
        Needle::of(self.input.text())
    }
}

/// A text to look for. Without a capital letter it stands for both cases.
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
    fn of(text: &str) -> Option<Self> {
        let exact = text.chars().any(char::is_uppercase);
        (!text.is_empty()).then(|| Self { text: text.to_owned(), exact })
    }

    /// The first place at or behind `from` in a line.
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

    /// The length of what it stands for at the start of a text.
    fn starts(&self, text: &str) -> Option<usize> {
        let mut there = text.chars();
        for wanted in self.text.chars() {
            if !there.next()?.to_lowercase().eq(wanted.to_lowercase()) {
                return None;
            }
        }
        Some(text.len() - there.as_str().len())
    }

    /// The places in a line, from left to right, none in another.
    pub fn all<'l>(&'l self, line: &'l str) -> impl Iterator<Item = Range<usize>> + 'l {
        let mut from = 0;
        std::iter::from_fn(move || {
            let found = self.find(line, from)?;
            from = found.end;
            Some(found)
        })
    }

    /// The places that reach into a part of a line.
    pub fn within<'l>(
        &'l self,
        line: &'l str,
        part: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + 'l {
        // A letter in the other case may be longer, though never four times.
        let around = self.text.len() * 4;
        let mut start = part.start.saturating_sub(around);
        while !line.is_char_boundary(start) {
            start += 1;
        }
        let mut from = start;
        std::iter::from_fn(move || {
            let found = self.find(line.get(..line.len().min(end_of(line, part.end + around)))?, from)?;
            from = found.end;
            Some(found)
        })
    }
}

fn end_of(line: &str, at: usize) -> usize {
    let mut at = at.min(line.len());
    while !line.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// How far it is to where a letter might stand, in either case.
fn candidate(text: &str, first: char) -> Option<usize> {
    if first.is_ascii() && !first.is_ascii_alphabetic() {
        return memchr::memchr(first as u8, text.as_bytes());
    }
    if matches!(first, 'k' | 's') || !first.is_ascii() {
        // These have capitals beyond ASCII too.
        return text
            .char_indices()
            .find(|(_, c)| c.to_lowercase().eq(first.to_lowercase()))
            .map(|(at, _)| at);
    }
    memchr::memchr2(first as u8, first.to_ascii_uppercase() as u8, text.as_bytes())
}

/// The next one from a place, round the end of the text.
fn next(pad: &Pad, needle: &Needle, from: Pos, forward: bool) -> Option<(Pos, Pos)> {
    let rows = pad.rows();
    (0..=rows).find_map(|step| {
        let row = if forward { (from.row + step) % rows } else { (from.row + rows - step % rows) % rows };
        let line = pad.line(row);
        let found = match (step, forward) {
            (0, true) => needle.find(line, from.at),
            (0, false) => needle.all(line).take_while(|found| found.start < from.at).last(),
            (_, true) => needle.find(line, 0),
            (_, false) => needle.all(line).last(),
        }?;
        Some((Pos { row, at: found.start }, Pos { row, at: found.end }))
    })
}

fn count(pad: &Pad, needle: &Needle, found: Option<(Pos, Pos)>) -> Tally {
    let mut tally = Tally::default();
    for (row, line) in pad.lines(0).enumerate() {
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

    fn find(pad: &mut Pad, text: &str) -> Find {
        let mut find = Find::default();
        find.open(pad);
        find.input.insert(text);
        find.typed(pad);
        find
    }

    fn at(pad: &Pad) -> (usize, usize) {
        (pad.cursor().row, pad.cursor().at)
    }

    #[test]
    fn the_first_is_found_as_one_types_and_the_others_round_and_round() {
        let mut pad = Pad::new("one Two two\nTWO\nthree two");
        pad.go(Pos { row: 0, at: 5 });
        let mut found = find(&mut pad, "two");
        assert_eq!(at(&pad), (0, 8));
        assert_eq!(found.tally(), Tally { number: 2, total: 4, more: false });
        let mut places = Vec::new();
        for _ in 0..4 {
            found.step(&mut pad, true);
            places.push((at(&pad), found.tally().number));
        }
        assert_eq!(places, [((1, 0), 3), ((2, 6), 4), ((0, 4), 1), ((0, 8), 2)]);
        found.step(&mut pad, false);
        found.step(&mut pad, false);
        assert_eq!((at(&pad), found.tally().number), ((2, 6), 4));
        found.input.insert("x");
        assert!(!found.typed(&mut pad));
        assert_eq!((at(&pad), found.tally().total), ((2, 6), 0), "where it was");
    }

    #[test]
    fn a_capital_letter_means_itself() {
        let mut pad = Pad::new("two Two TWO ſtraße STRASSE É é");
        assert_eq!(find(&mut pad, "Two").tally().total, 1);
        assert_eq!(find(&mut pad, "two").tally().total, 3);
        assert_eq!(find(&mut pad, "é").tally().total, 2);
        assert_eq!(find(&mut pad, "").tally().total, 0);
    }

    #[test]
    fn counting_is_bounded() {
        let mut pad = Pad::new(&"a\n".repeat(20_000));
        let found = find(&mut pad, "a");
        assert_eq!(found.tally(), Tally { number: 1, total: MOST, more: true });
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
