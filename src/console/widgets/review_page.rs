//! A scrolling page of facts and differences, shared by all reviews. All secrets in it are masked.

use ratatui::layout::Rect;

use super::document::style_role_of;
use super::line_writer::LineWriter;
use super::list::{clamp_scroll, put_marker};
use super::surface::Surface;
use super::text_run::{TextRun, width};
use crate::compare::{Diff, DiffKind, DiffLine, LineTag, PathChange};
use crate::console::theme::{Glyphs, StyleRole, glyph};
use crate::text::Safe;

/// Width of a fact's label.
const LABEL: u16 = 12;

pub(crate) struct ReviewPage<'a> {
    /// Each line with its indent.
    lines: Vec<(u16, ReviewLine<'a>)>,
    /// The columns available to a line.
    pub(crate) room: u16,
    pub(crate) glyphs: Glyphs,
    indent: u16,
    /// The line that keys act on.
    selected: Option<usize>,
}

enum ReviewLine<'a> {
    Run(TextRun),
    Diff(&'a DiffLine),
}

impl<'a> ReviewPage<'a> {
    /// An empty page, `width` columns wide, to be drawn with these glyphs.
    pub(crate) fn new(width: u16, glyphs: Glyphs) -> Self {
        Self { lines: Vec::new(), room: width.saturating_sub(2), glyphs, indent: 0, selected: None }
    }

    /// Indents the following lines.
    pub(crate) fn indent(&mut self, columns: u16) {
        self.room = (self.room + self.indent).saturating_sub(columns);
        self.indent = columns;
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Marks the next line as the one that keys act on.
    pub(crate) fn select_next(&mut self) {
        self.selected = Some(self.lines.len());
    }

    pub(crate) fn blank(&mut self) {
        self.push(TextRun::default());
    }

    pub(crate) fn push(&mut self, run: TextRun) {
        self.lines.push((self.indent, ReviewLine::Run(run)));
    }

    pub(crate) fn text(&mut self, style: StyleRole, words: &str) {
        self.extend(TextRun::wrap(style, &self.glyphs.spell(words), self.room));
    }

    /// A labelled fact, wrapped beside its label.
    pub(crate) fn fact(&mut self, label: &str, style: StyleRole, words: &str) {
        self.labelled(&TextRun::of(StyleRole::Dim, label.to_owned()), style, words);
    }

    /// Like [`Self::fact`], with a label in another role.
    pub(crate) fn labelled(&mut self, label: &TextRun, style: StyleRole, words: &str) {
        let words = self.glyphs.spell(words);
        let lines = TextRun::wrap(style, &words, self.room.saturating_sub(LABEL).max(8));
        self.extend(TextRun::beside(label, LABEL, lines));
    }

    /// A fact that is a warning.
    pub(crate) fn warn(&mut self, label: &str, words: &str) {
        self.fact(label, StyleRole::Warning, &format!("{} {words}", glyph::WARNING));
    }

    pub(crate) fn extend(&mut self, lines: Vec<TextRun>) {
        let indent = self.indent;
        self.lines.extend(lines.into_iter().map(|line| (indent, ReviewLine::Run(line))));
    }

    pub(crate) fn diff_lines(&mut self, lines: &'a [DiffLine]) {
        let indent = self.indent;
        self.lines.extend(lines.iter().map(|line| (indent, ReviewLine::Diff(line))));
    }

    pub(crate) fn path_changes(&mut self, diff: &Diff, none: &str) {
        if diff.changes.is_empty() {
            self.text(StyleRole::Dim, if diff.whitespace_only { "only white space changes" } else { none });
        }
        // Paths share one column, of up to half the width.
        let spelled = |change: &PathChange| self.glyphs.spell(change.path.as_str()).into_owned();
        let paths: Vec<_> = diff.changes.iter().map(|change| Safe::from(spelled(change))).collect();
        let column = paths.iter().map(width).max().unwrap_or(0);
        let column = usize::from(column.min(self.room / 2));
        for (change, path) in diff.changes.iter().zip(paths) {
            self.push(path_change(change, path.as_str(), column));
        }
    }

    /// Draws the lines that are visible at a scroll position.
    pub(crate) fn draw(&self, surface: &mut Surface<'_>, area: Rect, scroll: usize) {
        let first = clamp_scroll(scroll, self.lines.len(), area.height);
        for (row, (at, (indent, line))) in (0..area.height).zip(self.lines.iter().enumerate().skip(first)) {
            let mut writer = surface.row(area, row);
            put_marker(&mut writer, self.selected == Some(at), true).margin(1).skip(*indent);
            match line {
                ReviewLine::Run(run) => {
                    writer.put_run(run);
                }
                ReviewLine::Diff(line) => diff_line(&mut writer, line),
            }
        }
    }
}

/// ` module-config.timeout     30  →  45`
fn path_change(change: &PathChange, path: &str, column: usize) -> TextRun {
    let (mark, style) = match change.kind {
        DiffKind::Added => ("+", StyleRole::Added),
        DiffKind::Removed => ("-", StyleRole::Removed),
        DiffKind::Changed | DiffKind::OrderOnly => (" ", StyleRole::Text),
    };
    let path = format!("{path:column$}");
    let run = TextRun::of(style, format!("{mark} ")).and(style, path).and(StyleRole::Text, "   ");
    let hidden = |value: &Option<Safe<'static>>| value.clone().unwrap_or_default();
    match change.kind {
        DiffKind::OrderOnly => run.and(StyleRole::Dim, "in another order"),
        DiffKind::Added => run.and(style, hidden(&change.new)),
        DiffKind::Removed => run.and(style, hidden(&change.old)),
        DiffKind::Changed if change.old == change.new => {
            let same = change.new.clone().unwrap_or_default();
            run.and(StyleRole::Warning, "changed ").and(StyleRole::Dim, same)
        }
        DiffKind::Changed => run
            .and(StyleRole::Removed, hidden(&change.old))
            .and(StyleRole::Dim, format!("  {}  ", glyph::ARROW))
            .and(StyleRole::Added, hidden(&change.new)),
    }
}

pub(crate) fn diff_line(writer: &mut LineWriter<'_>, line: &DiffLine) {
    let number = line.new.or(line.old).map_or_else(String::new, |number| number.to_string());
    writer.keep_columns().put(StyleRole::LineNumber, format!("{number:>4} "));
    let (mark, style) = match line.tag {
        LineTag::Same => ("  ", None),
        LineTag::Removed => ("- ", Some(StyleRole::Removed)),
        LineTag::Added => ("+ ", Some(StyleRole::Added)),
    };
    writer.put(style.unwrap_or(StyleRole::Text), mark);
    for segment in &line.line.segments {
        writer.put(style.unwrap_or_else(|| style_role_of(segment.role)), segment.text.borrowed());
    }
}
