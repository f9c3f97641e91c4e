//! A page of facts and differences that scrolls: what the review of one write and of several have in
//! common. Secrets are hidden in all of it.

use ratatui::layout::Rect;

use super::super::words;
use super::{Canvas, Pen, Phrase, ink_of, width};
use crate::compare::{Diff, DiffKind, DiffLine, LineTag, PathChange};
use crate::console::theme::{Ink, glyph};
use crate::text::Safe;

/// The width of a fact's label.
const LABEL: u16 = 12;

/// The lines of a page, in order.
pub(in crate::console::view) struct Page<'a> {
    lines: Vec<Line<'a>>,
    room: u16,
    indent: u16,
}

enum Line<'a> {
    Words(u16, Phrase),
    Text(u16, &'a DiffLine),
}

impl<'a> Page<'a> {
    /// An empty page of so many columns.
    pub(in crate::console::view) fn new(width: u16) -> Self {
        Self { lines: Vec::new(), room: width.saturating_sub(2), indent: 0 }
    }

    /// Moves what follows to the right.
    pub(in crate::console::view) fn indent(&mut self, columns: u16) {
        self.room = (self.room + self.indent).saturating_sub(columns);
        self.indent = columns;
    }

    /// How many lines it has.
    pub(in crate::console::view) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(in crate::console::view) fn blank(&mut self) {
        self.phrase(Phrase::default());
    }

    pub(in crate::console::view) fn phrase(&mut self, phrase: Phrase) {
        self.lines.push(Line::Words(self.indent, phrase));
    }

    pub(in crate::console::view) fn words(&mut self, ink: Ink, words: &str) {
        for line in words::wrap(words, self.room) {
            self.phrase(Phrase::of(ink, line));
        }
    }

    /// Labelled words; long ones go on under themselves.
    pub(in crate::console::view) fn fact(&mut self, label: &str, ink: Ink, words: &str) {
        let label_width = usize::from(LABEL);
        for (at, line) in words::wrap(words, self.room.saturating_sub(LABEL).max(8)).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            self.phrase(Phrase::of(Ink::Dim, format!("{label:label_width$}")).and(ink, line));
        }
    }

    /// What changes, line by line.
    pub(in crate::console::view) fn full(&mut self, lines: &'a [DiffLine]) {
        let indent = self.indent;
        self.lines.extend(lines.iter().map(|line| Line::Text(indent, line)));
    }

    /// What changes, by path.
    pub(in crate::console::view) fn paths(&mut self, diff: &Diff, none: &str) {
        if diff.changes.is_empty() {
            self.words(Ink::Dim, if diff.whitespace_only { "only white space changes" } else { none });
        }
        // Paths share a column as far as they are not much longer than it should be.
        let column = diff.changes.iter().map(|change| width(&change.path)).max().unwrap_or(0);
        let column = usize::from(column.min(self.room / 2));
        for change in &diff.changes {
            self.phrase(by_path(change, column));
        }
    }

    /// Draws what is in sight once the first lines are scrolled away.
    pub(in crate::console::view) fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, scroll: usize) {
        let first = words::clamp_scroll(scroll, self.lines.len(), area.height);
        for (row, line) in (0..area.height).zip(self.lines.iter().skip(first)) {
            let mut pen = canvas.row(area, row);
            pen.skip(1).margin(1);
            match line {
                Line::Words(indent, phrase) => {
                    pen.skip(*indent).phrase(phrase);
                }
                Line::Text(indent, line) => {
                    pen.skip(*indent);
                    diff_line(&mut pen, line);
                }
            }
        }
    }
}

/// ` module-config.timeout     30  →  45`
fn by_path(change: &PathChange, column: usize) -> Phrase {
    let (mark, ink) = match change.kind {
        DiffKind::Added => ("+", Ink::Added),
        DiffKind::Removed => ("-", Ink::Removed),
        DiffKind::Changed | DiffKind::OrderOnly => (" ", Ink::Text),
    };
    let path = format!("{:column$}", change.path.as_str());
    let phrase = Phrase::of(ink, format!("{mark} ")).and(ink, path).and(Ink::Text, "   ");
    let hidden = |value: &Option<Safe<'static>>| value.clone().unwrap_or_default();
    match change.kind {
        DiffKind::OrderOnly => phrase.and(Ink::Dim, "in another order"),
        DiffKind::Added => phrase.and(ink, hidden(&change.new)),
        DiffKind::Removed => phrase.and(ink, hidden(&change.old)),
        DiffKind::Changed if change.old == change.new => {
            let same = change.new.clone().unwrap_or_default();
            phrase.and(Ink::Warning, "changed ").and(Ink::Dim, same)
        }
        DiffKind::Changed => phrase
            .and(Ink::Removed, hidden(&change.old))
            .and(Ink::Dim, format!("  {}  ", glyph::ARROW))
            .and(Ink::Added, hidden(&change.new)),
    }
}

pub(in crate::console::view) fn diff_line(pen: &mut Pen<'_>, line: &DiffLine) {
    let number = line.new.or(line.old).map_or_else(String::new, |number| number.to_string());
    pen.put(Ink::LineNumber, format!("{number:>4} "));
    let ink = match line.tag {
        LineTag::Same => None,
        LineTag::Removed => Some(Ink::Removed),
        LineTag::Added => Some(Ink::Added),
    };
    let mark = match line.tag {
        LineTag::Same => "  ",
        LineTag::Removed => "- ",
        LineTag::Added => "+ ",
    };
    pen.put(ink.unwrap_or(Ink::Text), mark);
    for segment in &line.line.segments {
        pen.put(ink.unwrap_or_else(|| ink_of(segment.role)), segment.text.borrowed());
    }
}
