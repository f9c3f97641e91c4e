//! Lists: a selection that stays on its item while rows appear, disappear and move around it; the rows in
//! view; the filter line; movements. A new list is a new [`ListSource`].

use std::ops::RangeTo;

use ratatui::layout::Rect;

use super::input::TextInput;
use super::line_writer::LineWriter;
use super::surface::Surface;
use super::table::TextTable;
use crate::console::action::Action;
use crate::console::shell::layout::LIST_MARGIN;
use crate::console::theme::{StyleRole, glyph};

/// The rows of a list, in order.
pub trait ListSource {
    type Id: Clone + PartialEq;

    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn id_at(&self, at: usize) -> Option<Self::Id>;

    fn position(&self, id: &Self::Id) -> Option<usize>;
}

/// Rows that do not change while the list is open.
impl ListSource for RangeTo<usize> {
    type Id = usize;

    fn len(&self) -> usize {
        self.end
    }

    fn id_at(&self, at: usize) -> Option<usize> {
        self.contains(&at).then_some(at)
    }

    fn position(&self, id: &usize) -> Option<usize> {
        self.id_at(*id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListState<I> {
    pub selected: Option<I>,
    /// The index of the selected row.
    pub cursor: usize,
    /// The first row shown.
    pub offset: usize,
    /// Rows visible at once.
    pub height: usize,
    /// The filter line as typed; kept when the user leaves the list.
    pub filter: TextInput,
    /// The previous filter, while the filter line is edited.
    pub typing: Option<String>,
    /// The item that was selected before the filter hid it, and its line on the screen.
    pub displaced: Option<(I, usize)>,
}

impl<I> Default for ListState<I> {
    fn default() -> Self {
        let filter = TextInput::default();
        Self { selected: None, cursor: 0, offset: 0, height: 0, filter, typing: None, displaced: None }
    }
}

impl<I: Clone + PartialEq> ListState<I> {
    /// Selects the row at an index, or the last one, and scrolls it into view.
    pub fn select_at(&mut self, rows: &impl ListSource<Id = I>, at: usize) {
        let len = rows.len();
        self.cursor = at.min(len.saturating_sub(1));
        self.selected = rows.id_at(self.cursor);
        self.offset = first_row(self.offset, self.cursor, len, self.height);
    }

    /// Selects an item if the list contains it.
    pub fn select(&mut self, rows: &impl ListSource<Id = I>, id: &I) -> bool {
        let at = rows.position(id);
        if let Some(at) = at {
            self.displaced = None;
            self.select_at(rows, at);
        }
        at.is_some()
    }

    pub(crate) fn step(&mut self, rows: &impl ListSource<Id = I>, step: Movement) {
        let before = self.selected.clone();
        self.select_at(rows, step.apply(self.place(rows), rows.len(), self.height));
        // Where there is no row to step to, none was chosen.
        if self.selected != before {
            self.displaced = None;
        }
    }

    /// The selected row was chosen, so that it stays selected when the filter goes. Where a filter left nothing,
    /// nothing was.
    pub fn keep_selected(&mut self) {
        if self.selected.is_some() {
            self.displaced = None;
        }
    }

    /// The index of the selected item, or of what took its place.
    pub fn place(&self, rows: &impl ListSource<Id = I>) -> usize {
        let at = self.selected.as_ref().and_then(|id| rows.position(id));
        at.unwrap_or(self.cursor).min(rows.len().saturating_sub(1))
    }

    /// Restores selection and scroll after the rows or the height changed. The selected row keeps its line on
    /// the screen; if it is gone, the row now in its place is selected. Returns whether it is gone.
    pub fn restore(&mut self, rows: &impl ListSource<Id = I>) -> bool {
        let at = self.selected.as_ref().and_then(|id| rows.position(id));
        if let Some(at) = at {
            self.offset = (self.offset + at).saturating_sub(self.cursor);
        }
        let had = self.selected.is_some();
        self.select_at(rows, at.unwrap_or(self.cursor));
        had && at.is_none()
    }

    /// Like [`Self::restore`], after the filter changed: what the filter hid is selected again, on its line,
    /// once the list has it, unless another row was chosen in the meantime. Returns whether the selected row
    /// is one that was selected before.
    pub fn restore_filtered(&mut self, rows: &impl ListSource<Id = I>) -> bool {
        let had = self.selected.is_some();
        let line = self.cursor.saturating_sub(self.offset);
        if let Some(hidden) = self.selected.clone().filter(|id| rows.position(id).is_none()) {
            self.displaced.get_or_insert((hidden, line));
        }
        let back = self.displaced.take_if(|(id, _)| rows.position(id).is_some());
        let Some((id, line)) = back else { return !self.restore(rows) && had };
        let at = rows.position(&id).unwrap_or_default();
        self.offset = at.saturating_sub(line);
        self.select_at(rows, at);
        true
    }

    /// The first of `len` rows to show in an area of `height` rows.
    pub(crate) fn first_row(&self, len: usize, height: u16) -> usize {
        first_row(self.offset, self.cursor, len, usize::from(height))
    }

    pub fn begin_typing(&mut self) {
        self.typing = Some(self.filter.text().to_owned());
    }

    /// Ends typing; unless `accept` is set, the filter is restored. Returns whether it was restored.
    pub fn end_typing(&mut self, accept: bool) -> bool {
        let before = self.typing.take().filter(|_| !accept);
        let restored = before.is_some();
        if let Some(before) = before {
            self.filter.set(before);
        }
        restored
    }
}

/// Starts a row; highlights the full width of the selected one.
pub(crate) fn put_marker<'p, 'c>(
    line: &'p mut LineWriter<'c>,
    selected: bool,
    focused: bool,
) -> &'p mut LineWriter<'c> {
    if selected {
        line.highlight(if focused { StyleRole::Selection } else { StyleRole::IdleSelection });
    }
    let marker = match (selected, focused) {
        (true, true) => glyph::SELECTED,
        (true, false) => glyph::DOT,
        (false, _) => " ",
    };
    line.put(StyleRole::Accent, marker)
}

/// Draws the rows of a table as a list: the marker of the selected row, two columns for marks, the cells.
/// With `with_names`, the column names are drawn in the row above the area; `identity` as in
/// [`TextTable::widths`].
pub(crate) fn draw_rows(
    surface: &mut Surface<'_>,
    area: Rect,
    table: &TextTable<'_>,
    (with_names, identity): (bool, u16),
    selected: (Option<usize>, bool),
    marks: impl Fn(usize) -> [(StyleRole, &'static str); 2],
) {
    let widths = table.widths(area.width.saturating_sub(LIST_MARGIN), identity, surface.glyphs());
    if with_names {
        let names = Rect { x: area.x + 3, y: area.y - 1, width: area.width.saturating_sub(3), height: 1 };
        table.draw_header(surface, names, 0, &widths);
    }
    for (line, at) in (0..area.height).zip(0..table.rows.len()) {
        let mut writer = surface.row(area, line);
        put_marker(&mut writer, selected.0 == Some(at), selected.1);
        for (style, mark) in marks(at) {
            writer.put_column(1, style, mark);
        }
        table.draw_row(writer.margin(1), at, &widths);
    }
}

/// A movement in a list or a scrolled page.
#[derive(Clone, Copy)]
pub(crate) enum Movement {
    Lines(isize),
    Page(isize),
    First,
    Last,
}

impl Movement {
    pub(crate) fn from_action(action: Action) -> Option<Self> {
        Some(match action {
            Action::Up => Self::Lines(-1),
            Action::Down => Self::Lines(1),
            Action::PageUp => Self::Page(-1),
            Action::PageDown => Self::Page(1),
            Action::First => Self::First,
            Action::Last => Self::Last,
            _ => return None,
        })
    }

    /// The position it leads to from `at`, within `0..len`.
    pub(crate) fn apply(self, at: usize, len: usize, page: usize) -> usize {
        let last = len.saturating_sub(1);
        match self {
            Self::Lines(by) => at.saturating_add_signed(by).min(last),
            Self::Page(by) => {
                let page = isize::try_from(page.saturating_sub(1).max(1)).unwrap_or(isize::MAX);
                at.saturating_add_signed(by.saturating_mul(page)).min(last)
            }
            Self::First => 0,
            Self::Last => last,
        }
    }

    /// The first line shown of a page that scrolls until its last line is visible.
    pub(crate) fn scroll(self, first: usize, lines: usize, page: usize) -> usize {
        let last = lines.saturating_sub(page);
        self.apply(first.min(last), last + 1, page)
    }

    /// Whether it selects another row.
    pub(crate) fn can_step<I: Clone + PartialEq>(
        self,
        list: &ListState<I>,
        rows: &impl ListSource<Id = I>,
    ) -> bool {
        let at = list.place(rows);
        self.apply(at, rows.len(), list.height) != at
    }

    /// Whether it shows other lines of such a page.
    pub(crate) fn can_scroll(self, first: usize, lines: usize, page: usize) -> bool {
        self.scroll(first, lines, page) != first.min(lines.saturating_sub(page))
    }
}

/// The first row to show so that `total` rows fill `height` as far as they can.
pub(crate) fn clamp_scroll(scroll: usize, total: usize, height: u16) -> usize {
    scroll.min(total.saturating_sub(usize::from(height)))
}

/// The first row to show so that the one at `cursor` is visible: `first` if possible.
pub(crate) fn first_row(first: usize, cursor: usize, len: usize, height: usize) -> usize {
    let height = height.max(1);
    first.min(cursor).max((cursor + 1).saturating_sub(height)).min(len.saturating_sub(height.min(len)))
}
