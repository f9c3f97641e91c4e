//! The rows of the detail: facts, a rule, and the text with its lines wrapped or scrolled sideways. Only the
//! rows in view, and those passed on the way to them, are laid out.

use std::iter;
use std::ops::Range;

use ratatui::layout::Rect;

use super::state::{DetailPane, DetailPosition};
use crate::console::screens::editor::text_buffer::{at_column, columns, row_at};
use crate::console::shell::layout::gutter;
use crate::console::theme::StyleRole;
use crate::console::widgets::{Movement, Surface, numbered_line};
use crate::text::Masked;

pub(crate) struct DetailRows<'m> {
    pane: &'m DetailPane,
    text: Option<&'m Masked>,
    /// Lines of facts above the rule.
    facts: usize,
    /// The area of all rows.
    area: Rect,
}

/// What a row shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DetailRow {
    /// A fact, counted from 0.
    Fact(usize),
    /// Between the facts and the text.
    Rule,
    /// Bytes of a line of the text, and whether they begin it.
    Text { line: usize, bytes: Range<usize>, begins: bool },
    /// The text is still being prepared.
    Preparing,
}

impl<'m> DetailRows<'m> {
    pub(crate) fn new(pane: &'m DetailPane, facts: usize, area: Rect) -> Self {
        let text = pane.shown.as_ref().and_then(|shown| shown.text.as_ref()).map(|text| &text.masked);
        Self { pane, text, facts, area }
    }

    fn lines(&self) -> usize {
        self.text.map_or(1, Masked::line_count)
    }

    fn items(&self) -> usize {
        self.facts + 1 + self.lines()
    }

    pub(super) fn height(&self) -> usize {
        usize::from(self.area.height)
    }

    /// The columns of the text, without the line numbers.
    pub(super) fn room(&self) -> usize {
        usize::from(self.area.width.saturating_sub(gutter(self.lines()))).max(1)
    }

    fn text_of(&self, item: usize) -> &'m str {
        let line = item.checked_sub(self.facts + 1);
        self.text.zip(line).map_or("", |(text, line)| text.line_text(line))
    }

    /// The bytes in each row of an item, if that is a line of the text.
    fn rows_of(&self, item: usize) -> impl Iterator<Item = Range<usize>> + use<'m> {
        let line = self.text_of(item);
        let room = if self.pane.wraps { self.room() } else { line.len() };
        let is_plain = !self.pane.wraps || line.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let row = move |start: usize| match is_plain {
            true => start..line.len().min(start + room),
            false => row_at(line, start, room),
        };
        iter::successors(Some(row(0)), move |last| (last.end < line.len()).then(|| row(last.end)))
    }

    fn down(&self, from: DetailPosition, mut by: usize) -> DetailPosition {
        let mut at = from;
        while by > 0 && at.item < self.items() {
            let left = self.rows_of(at.item).count().saturating_sub(at.row + 1);
            if by <= left {
                return DetailPosition { row: at.row + by, ..at };
            }
            by -= left + 1;
            at = DetailPosition { item: at.item + 1, row: 0 };
        }
        at
    }

    fn up(&self, from: DetailPosition, mut by: usize) -> DetailPosition {
        let mut at = from;
        while by > at.row {
            by -= at.row + 1;
            let Some(item) = at.item.checked_sub(1) else { return DetailPosition::default() };
            at = DetailPosition { item, row: self.rows_of(item).count().saturating_sub(1) };
        }
        DetailPosition { row: at.row - by, ..at }
    }

    /// The first row of the last page.
    fn last(&self) -> DetailPosition {
        self.up(DetailPosition { item: self.items(), row: 0 }, self.height().max(1))
    }

    /// The first row to show.
    pub(super) fn first(&self) -> DetailPosition {
        let DetailPosition { item, row } = self.pane.scroll;
        // Of a line that has become shorter.
        let row = row.min(self.rows_of(item).count().saturating_sub(1));
        DetailPosition { item, row }.min(self.last())
    }

    pub(super) fn step(&self, by: Movement) -> DetailPosition {
        let (from, page) = (self.first(), self.height().saturating_sub(1).max(1));
        let to = match by {
            Movement::Lines(by) if by < 0 => self.up(from, by.unsigned_abs()),
            Movement::Lines(by) => self.down(from, by.unsigned_abs()),
            Movement::Page(by) if by < 0 => self.up(from, by.unsigned_abs() * page),
            Movement::Page(by) => self.down(from, by.unsigned_abs() * page),
            Movement::First => DetailPosition::default(),
            Movement::Last => self.last(),
        };
        to.min(self.last())
    }

    /// The rows in view.
    pub(super) fn visible(&self) -> Vec<DetailRow> {
        let first = self.first();
        let mut rows = Vec::with_capacity(self.height());
        for item in first.item..self.items() {
            let skipped = if item == first.item { first.row } else { 0 };
            for bytes in self.rows_of(item).skip(skipped) {
                if rows.len() == self.height() {
                    return rows;
                }
                rows.push(match item.checked_sub(self.facts + 1) {
                    None if item < self.facts => DetailRow::Fact(item),
                    None => DetailRow::Rule,
                    Some(_) if self.text.is_none() => DetailRow::Preparing,
                    Some(line) if self.pane.wraps => {
                        DetailRow::Text { line, begins: bytes.start == 0, bytes }
                    }
                    Some(line) => {
                        let text = self.text_of(item);
                        let start = at_column(text, self.pane.aside);
                        DetailRow::Text { line, bytes: start..text.len(), begins: true }
                    }
                });
            }
        }
        rows
    }

    /// Where the text is scrolled sideways to, after a step; `None` if that leads nowhere.
    pub(super) fn step_aside(&self, right: bool) -> Option<usize> {
        let (now, by) = (self.pane.aside, (self.room() / 2).max(1));
        let to = if right { (now + by).min(self.widest_aside()) } else { now.saturating_sub(by) };
        (to != now && (right == (to > now))).then_some(to)
    }

    /// As far as the longest line in view allows.
    fn widest_aside(&self) -> usize {
        let lines = self.visible().into_iter().filter_map(|row| match row {
            DetailRow::Text { line, .. } => Some(columns(self.text?.line_text(line))),
            _ => None,
        });
        lines.max().unwrap_or(0).saturating_sub(self.room())
    }

    /// The first row and the column to show so that a part of a line is in view.
    pub(super) fn showing(&self, line: usize, bytes: &Range<usize>) -> (DetailPosition, usize) {
        let item = self.facts + 1 + line;
        let text = self.text_of(item);
        let row = self.rows_of(item).position(|row| bytes.start < row.end).unwrap_or(0);
        let there = DetailPosition { item, row };
        let first = self.first();
        let is_visible = first <= there && there < self.down(first, self.height());
        let top = if is_visible { first } else { self.up(there, self.height() / 3).min(self.last()) };
        let [from, to] = [bytes.start, bytes.end].map(|at| columns(text.get(..at).unwrap_or(text)));
        let aside = match self.pane.wraps {
            true => 0,
            false if from >= self.pane.aside && to < self.pane.aside + self.room() => self.pane.aside,
            false => (to + 1).saturating_sub(self.room()),
        };
        (top, aside.min(from))
    }

    /// The text's line at the top of the view, or the first one.
    pub(super) fn top_line(&self) -> usize {
        self.first().item.saturating_sub(self.facts + 1)
    }

    pub(super) fn draw_text(
        &self,
        surface: &mut Surface<'_>,
        y: u16,
        (line, bytes): (usize, Range<usize>),
        begins: bool,
    ) {
        let Some(text) = self.text else { return };
        let Some(shown) = text.line(line) else { return };
        let whole = text.line_text(line);
        // Half of a wide character may be scrolled out.
        let before = || columns(whole.get(..bytes.start).unwrap_or_default());
        let skip = if self.pane.wraps { 0 } else { self.pane.aside.saturating_sub(before()) };
        let part = (bytes.clone(), skip);
        numbered_line(&mut surface.row(self.area, y), (line, self.lines()), begins, &shown, part);
        let Some(needle) = self.pane.search.needle() else { return };
        let current = self.pane.search.current.as_ref();
        for found in needle.within(whole, bytes.clone()) {
            let clipped = found.start.max(bytes.start)..found.end.min(bytes.end);
            let [from, to] = [clipped.start, clipped.end]
                .map(|at| columns(whole.get(bytes.start..at).unwrap_or_default()).saturating_sub(skip))
                .map(|at| at.min(self.room()));
            let [from, to] = [from, to].map(|at| u16::try_from(at).unwrap_or(u16::MAX));
            let is_current = current.is_some_and(|(at, place)| *at == line && *place == found);
            let style = if is_current { StyleRole::Selection } else { StyleRole::Match };
            let place = Rect {
                x: self.area.x + gutter(self.lines()) + from,
                y: self.area.y + y,
                width: to.saturating_sub(from),
                height: 1,
            };
            surface.set_style(place.intersection(self.area), style);
        }
    }
}
