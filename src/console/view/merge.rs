//! The merge: mine, base and theirs by path, what clashes bright with its choice, the rest dimmed.

use ratatui::layout::Rect;

use super::widgets::{Canvas, Pen, Phrase, diff_line};
use super::words;
use crate::compare::merge::{Choice, Row, Shown, Taken};
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::layout::EditFrame;
use crate::console::model::{Base, Edit, Merging, Model, WIDE_MERGE};
use crate::console::theme::{Ink, glyph};
use crate::text::Safe;

/// The width of the column that tells whose a value is.
const WHOSE: u16 = 10;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, edit: &Edit, merging: &Merging, parts: EditFrame) {
    title(canvas, model, edit, merging, parts.title);
    let area = parts.text;
    let list = merging.list(area);
    let columns = Columns::of(list.width);
    if list.y > area.y {
        heads(canvas, merging, area, &columns);
    }
    let first = merging.first(columns.wide, usize::from(list.height));
    match &merging.full {
        Some(lines) => {
            for (row, line) in (0..list.height).zip(lines.iter().skip(first)) {
                let mut pen = canvas.row(list, row);
                pen.skip(1).margin(1);
                diff_line(&mut pen, line);
            }
        }
        None => rows(canvas, merging, list, &columns, first),
    }
}

/// `MERGE production/orders   your draft and r48213 (someone's write) since r48190`
fn title(canvas: &mut Canvas<'_>, model: &Model, edit: &Edit, merging: &Merging, area: Rect) {
    let base = match &edit.base {
        Base::Stored(entry) => format!("since {}", words::token(model, entry.token)),
        Base::Absent { .. } => "both new".to_owned(),
    };
    let theirs = merging.theirs.as_ref().map(|entry| words::token(model, entry.token));
    let long = match &theirs {
        Some(token) => format!("your draft and {token} (someone's write) "),
        None => "your draft, and someone deleted it ".to_owned(),
    };
    let short = theirs.map_or_else(|| "deleted ".to_owned(), |token| format!("with {token} "));
    let mut pen = canvas.row(area, 0);
    pen.skip(1).margin(1).put(Ink::FocusedTitle, "MERGE").skip(1).put(Ink::Strong, edit.key.to_string());
    let needed = usize::from(pen.room()).checked_sub(3 + long.len() + base.len());
    pen.skip(3).put(Ink::Text, if needed.is_some() { long } else { short }).put(Ink::Dim, base);
}

/// How the width is shared.
struct Columns {
    wide: bool,
    place: u16,
    value: u16,
}

impl Columns {
    fn of(width: u16) -> Self {
        let wide = width >= WIDE_MERGE;
        let room = width.saturating_sub(3 + WHOSE);
        let place = if wide { room * 3 / 10 } else { room / 2 };
        Self { wide, place, value: (room - place) / 3 }
    }
}

/// What stands above the list: how far it is, what is odd about it, and the names of the columns.
fn heads(canvas: &mut Canvas<'_>, merging: &Merging, area: Rect, columns: &Columns) {
    let mut pen = canvas.row(area, 0);
    pen.skip(1).margin(1).phrase(&summary(merging));
    let mut row = 1;
    let mut warn = |canvas: &mut Canvas<'_>, text: &str| {
        canvas.row(area, row).skip(1).margin(1).put(Ink::Warning, format!("{} {text}", glyph::WARNING));
        row += 1;
    };
    if merging.replaced {
        warn(canvas, "the store was replaced since this draft began: its base is of the one before");
    }
    if merging.merge.is_by_lines() {
        warn(canvas, "not all of it is JSON: merged by lines, not by path");
    }
    if !merging.shown.is_empty() && columns.wide && merging.full.is_none() {
        let mut pen = canvas.row(area, row);
        pen.skip(3).cell(columns.place, Ink::Dim, "WHERE").cell(WHOSE, Ink::Dim, "TAKEN");
        for name in ["MINE", "BASE", "THEIRS"] {
            pen.cell(columns.value, Ink::Dim, name);
        }
    }
}

fn summary(merging: &Merging) -> Phrase {
    let clashes = merging.choices.len();
    let merged = merging.shown.len() - clashes;
    let alone = match merged {
        0 => "nothing merged by itself".to_owned(),
        1 => format!("{} 1 place merged by itself", glyph::GOOD),
        more => format!("{} {} places merged by themselves", glyph::GOOD, words::grouped(more)),
    };
    let all =
        if clashes == 1 { "1 clash".to_owned() } else { format!("{} clashes", words::grouped(clashes)) };
    let enter = key_for(Place::Merge, Action::Review).unwrap_or_default();
    let mut phrase = match (clashes, merging.left()) {
        (0, _) => Phrase::of(Ink::Good, format!("{} nothing clashes: {enter} review", glyph::GOOD)),
        (_, 0) => Phrase::of(Ink::Good, format!("{} {all}, each chosen: {enter} review", glyph::GOOD)),
        (_, left) => Phrase::of(Ink::Bad, format!("{} {all}, {left} to choose", glyph::BAD)),
    };
    phrase.join(" · ", Phrase::of(Ink::Dim, alone));
    if merging.full.is_some() {
        let left = if merging.left() > 0 { ", with theirs where nothing is chosen" } else { "" };
        phrase.join(" · ", Phrase::of(Ink::Text, format!("merged text against theirs{left}")));
    }
    phrase
}

fn rows(canvas: &mut Canvas<'_>, merging: &Merging, list: Rect, columns: &Columns, first: usize) {
    let mut at = 0;
    for (shown, row, clash) in merging.rows() {
        let height = merging.height(clash, columns.wide);
        let lines = at..at + height;
        at += height;
        if lines.end <= first {
            continue;
        }
        for line in lines.clone() {
            let Some(y) = line.checked_sub(first) else { continue };
            let Some(y) = u16::try_from(y).ok().filter(|y| *y < list.height) else { return };
            let mut pen = canvas.row(list, y);
            match clash {
                None => merged_line(&mut pen, columns, shown, row),
                Some(clash) => {
                    Clash { merging, shown, row, clash }.line(&mut pen, columns, line - lines.start)
                }
            }
        }
    }
}

fn absent(row: &Row) -> &'static str {
    if row.base.is_some() { "(removed)" } else { glyph::NONE }
}

fn value<'s>(row: &Row, side: &'s Option<Safe<'static>>) -> Safe<'s> {
    side.as_ref().map_or_else(|| Safe::new(absent(row)), Safe::borrowed)
}

/// What merged by itself: dimmed, with the side it came from.
fn merged_line(pen: &mut Pen<'_>, columns: &Columns, shown: &Shown, row: &Row) {
    let (whose, taken) = match row.taken {
        Taken::Mine => ("mine", &shown.mine),
        Taken::Theirs => ("theirs", &shown.theirs),
        Taken::Both | Taken::Clash => ("both", &shown.theirs),
    };
    pen.skip(3).cell(columns.place, Ink::Dim, shown.place.borrowed());
    pen.cell(WHOSE, Ink::Dim, format!("  {whose}"));
    if columns.wide {
        for side in [&shown.mine, &shown.base, &shown.theirs] {
            pen.cell(columns.value.saturating_sub(1), Ink::Dim, value(row, side)).skip(1);
        }
    } else {
        pen.put(Ink::Dim, value(row, taken));
    }
}

/// A clash on the screen.
struct Clash<'m> {
    merging: &'m Merging,
    shown: &'m Shown,
    row: &'m Row,
    clash: usize,
}

impl Clash<'_> {
    fn choice(&self) -> Option<&Choice> {
        self.merging.choices.get(self.clash)?.as_ref()
    }

    fn line(&self, pen: &mut Pen<'_>, columns: &Columns, line: usize) {
        let selected = self.merging.selected == self.clash;
        if line > 0 {
            pen.put(Ink::Accent, if selected { glyph::SELECTED } else { " " });
        }
        match (line, columns.wide) {
            (0, _) => self.head(pen, columns, selected),
            (1, true) | (4, false) => self.edited(pen),
            _ => self.side(pen, line),
        }
    }

    fn head(&self, pen: &mut Pen<'_>, columns: &Columns, selected: bool) {
        if selected {
            pen.highlight(Ink::Selection);
        }
        pen.put(Ink::Accent, if selected { glyph::SELECTED } else { " " });
        let (mark, whose, ink) = match self.choice() {
            None => (glyph::BAD, format!("{} choose", glyph::HOLLOW), Ink::Bad),
            Some(choice) => (glyph::GOOD, format!("{} {}", glyph::FULL, word(choice)), Ink::Good),
        };
        pen.put(ink, mark).skip(1);
        if !columns.wide {
            pen.right(&Phrase::of(ink, whose)).margin(1).put(Ink::Strong, self.shown.place.borrowed());
            return;
        }
        pen.cell(columns.place.saturating_sub(1), Ink::Strong, self.shown.place.borrowed()).skip(1);
        pen.cell(WHOSE, ink, whose);
        for side in self.sides() {
            pen.cell(columns.value.saturating_sub(1), self.ink(side.2), value(self.row, side.1)).skip(1);
        }
    }

    fn sides(&self) -> [(&'static str, &Option<Safe<'static>>, Option<Choice>); 3] {
        [
            ("mine", &self.shown.mine, Some(Choice::Mine)),
            ("base", &self.shown.base, None),
            ("theirs", &self.shown.theirs, Some(Choice::Theirs)),
        ]
    }

    fn ink(&self, choice: Option<Choice>) -> Ink {
        match (self.choice(), choice) {
            (_, None) => Ink::Dim,
            (Some(chosen), Some(choice)) if *chosen == choice => Ink::Good,
            (Some(_), Some(_)) => Ink::Dim,
            (None, Some(_)) => Ink::Text,
        }
    }

    fn side(&self, pen: &mut Pen<'_>, line: usize) {
        let [mine, base, theirs] = self.sides();
        let (name, side, choice) = match line {
            1 => mine,
            2 => base,
            _ => theirs,
        };
        let chosen = choice.is_some() && self.choice() == choice.as_ref();
        let mark = if chosen { glyph::FULL } else { " " };
        pen.skip(2).put(Ink::Good, mark).skip(1).cell(7, Ink::Dim, name);
        pen.put(self.ink(choice), value(self.row, side));
    }

    /// A value of its own.
    fn edited(&self, pen: &mut Pen<'_>) {
        let value = self.merging.values.get(self.clash).and_then(Option::as_ref);
        let value = value.map(Safe::borrowed).unwrap_or_default();
        pen.skip(2).put(Ink::Good, glyph::FULL).skip(1).cell(7, Ink::Dim, "edited").put(Ink::Good, value);
    }
}

fn word(choice: &Choice) -> &'static str {
    match choice {
        Choice::Mine => "mine",
        Choice::Theirs => "theirs",
        Choice::Edited(_) => "edited",
    }
}
