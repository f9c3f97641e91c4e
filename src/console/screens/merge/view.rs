//! The merge: mine, base and theirs by path; clashes bright with their choice, everything else dimmed.

use ratatui::layout::Rect;

use super::state::{MERGE_COLUMNS_FROM, MergeState};
use crate::compare::merge::{ConflictChoice, MergeOutcome, MergeRow, MergeRowText};
use crate::console::action::Action;
use crate::console::keymap::KeyMap;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::editor::{Base, Draft, DraftStage};
use crate::console::shell::layout::EditLayout;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{LineWriter, Surface, TextRun, diff_line};
use crate::console::words;
use crate::text::Safe;

/// Width of the column that names the side from which a value is taken.
const WHOSE: u16 = 10;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, parts: EditLayout) {
    let Some(edit) = &model.edit else { return };
    let DraftStage::Merge(merging) = &edit.stage else { return };
    title(surface, model, edit, merging, parts.title);
    let area = parts.text;
    let list = merging.list(area);
    let columns = MergeColumns::of(list.width);
    if list.y > area.y {
        draw_list_header(surface, model, merging, area, &columns);
    }
    let first = merging.first(columns.wide, usize::from(list.height));
    match &merging.full_diff {
        Some(lines) => {
            for (row, line) in (0..list.height).zip(lines.iter().skip(first)) {
                let mut writer = surface.row(list, row);
                writer.skip(1).margin(1);
                diff_line(&mut writer, line);
            }
        }
        None => rows(surface, merging, list, &columns, first),
    }
}

/// `MERGE production/orders   your draft and r48213 (someone's write) since r48190`
fn title(surface: &mut Surface<'_>, model: &Model, edit: &Draft, merging: &MergeState, area: Rect) {
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
    let mut line = surface.row(area, 0);
    line.skip(1)
        .margin(1)
        .put(StyleRole::FocusedTitle, "MERGE")
        .skip(1)
        .put(StyleRole::Strong, edit.key.to_string());
    let needed = usize::from(line.remaining()).checked_sub(3 + long.len() + base.len());
    line.skip(3).put(StyleRole::Text, if needed.is_some() { long } else { short }).put(StyleRole::Dim, base);
}

struct MergeColumns {
    wide: bool,
    place: u16,
    value: u16,
}

impl MergeColumns {
    fn of(width: u16) -> Self {
        let wide = width >= MERGE_COLUMNS_FROM;
        let room = width.saturating_sub(3 + WHOSE);
        let place = if wide { room * 3 / 10 } else { room / 2 };
        Self { wide, place, value: (room - place) / 3 }
    }
}

/// The lines above the list: progress, warnings, and the names of the columns.
fn draw_list_header(
    surface: &mut Surface<'_>,
    model: &Model,
    merging: &MergeState,
    area: Rect,
    columns: &MergeColumns,
) {
    let mut line = surface.row(area, 0);
    line.skip(1).margin(1).put_run(&summary(&model.keymap, merging));
    let mut row = 1;
    for warning in merging.warnings() {
        let words = format!("{} {warning}", glyph::WARNING);
        surface.row(area, row).skip(1).margin(1).put(StyleRole::Warning, words);
        row += 1;
    }
    if !merging.shown.is_empty() && columns.wide && merging.full_diff.is_none() {
        let mut line = surface.row(area, row);
        line.skip(3).put_column(columns.place, StyleRole::Dim, "WHERE");
        line.put_column(WHOSE, StyleRole::Dim, "TAKEN");
        for name in ["MINE", "BASE", "THEIRS"] {
            line.put_column(columns.value, StyleRole::Dim, name);
        }
    }
}

fn summary(keymap: &KeyMap, merging: &MergeState) -> TextRun {
    let conflicts = merging.choices.len();
    let merged = merging.shown.len() - conflicts;
    let alone = match merged {
        0 => "nothing merged by itself".to_owned(),
        1 => format!("{} 1 place merged by itself", glyph::GOOD),
        more => format!("{} {} places merged by themselves", glyph::GOOD, words::grouped(more)),
    };
    let all =
        if conflicts == 1 { "1 clash".to_owned() } else { format!("{} clashes", words::grouped(conflicts)) };
    let enter = keymap.key(Place::Merge, Action::Review).unwrap_or_default();
    let mut run = match (conflicts, merging.undecided_count()) {
        (0, _) => TextRun::of(StyleRole::Good, format!("{} nothing clashes: {enter} review", glyph::GOOD)),
        (_, 0) => TextRun::of(StyleRole::Good, format!("{} {all}, each chosen: {enter} review", glyph::GOOD)),
        (_, left) => TextRun::of(StyleRole::Bad, format!("{} {all}, {left} to choose", glyph::BAD)),
    };
    run.join(" · ", TextRun::of(StyleRole::Dim, alone));
    if merging.full_diff.is_some() {
        let left = if merging.undecided_count() > 0 { ", with theirs where nothing is chosen" } else { "" };
        run.join(" · ", TextRun::of(StyleRole::Text, format!("merged text against theirs{left}")));
    }
    run
}

fn rows(surface: &mut Surface<'_>, merging: &MergeState, list: Rect, columns: &MergeColumns, first: usize) {
    let mut at = 0;
    for (shown, row, conflict) in merging.rows() {
        let height = merging.height(conflict, columns.wide);
        let lines = at..at + height;
        at += height;
        if lines.end <= first {
            continue;
        }
        for line in lines.clone() {
            let Some(y) = line.checked_sub(first) else { continue };
            let Some(y) = u16::try_from(y).ok().filter(|y| *y < list.height) else { return };
            let mut writer = surface.row(list, y);
            match conflict {
                None => merged_line(&mut writer, columns, shown, row),
                Some(conflict) => {
                    ClashView { merging, shown, row, conflict }.line(&mut writer, columns, line - lines.start)
                }
            }
        }
    }
}

fn value<'s>(row: &MergeRow, side: &'s Option<Safe<'static>>) -> Safe<'s> {
    let absent = if row.base.is_some() { "(removed)" } else { glyph::NONE };
    side.as_ref().map_or_else(|| Safe::literal(absent), Safe::borrowed)
}

/// A row that needed no decision: dimmed, with the side it came from.
fn merged_line(line: &mut LineWriter<'_>, columns: &MergeColumns, shown: &MergeRowText, row: &MergeRow) {
    let (whose, taken) = match row.outcome {
        MergeOutcome::Mine => ("mine", &shown.mine),
        MergeOutcome::Theirs => ("theirs", &shown.theirs),
        MergeOutcome::Both | MergeOutcome::Conflict => ("both", &shown.theirs),
    };
    line.skip(3).put_column(columns.place, StyleRole::Dim, shown.place.borrowed());
    line.put_column(WHOSE, StyleRole::Dim, format!("  {whose}"));
    if columns.wide {
        for side in [&shown.mine, &shown.base, &shown.theirs] {
            line.put_column(columns.value.saturating_sub(1), StyleRole::Dim, value(row, side)).skip(1);
        }
    } else {
        line.put(StyleRole::Dim, value(row, taken));
    }
}

struct ClashView<'m> {
    merging: &'m MergeState,
    shown: &'m MergeRowText,
    row: &'m MergeRow,
    conflict: usize,
}

impl ClashView<'_> {
    fn choice(&self) -> Option<&ConflictChoice> {
        self.merging.choices.get(self.conflict)?.as_ref()
    }

    fn line(&self, writer: &mut LineWriter<'_>, columns: &MergeColumns, line: usize) {
        let selected = self.merging.selected == self.conflict;
        let Some(below) = line.checked_sub(1) else { return self.head(writer, columns, selected) };
        writer.put(StyleRole::Accent, if selected { glyph::SELECTED } else { " " });
        let sides = self.sides();
        let (name, text, style, chosen) = match sides.get(below).filter(|_| !columns.wide) {
            Some((name, side, choice)) => {
                let chosen = choice.is_some() && self.choice() == choice.as_ref();
                (*name, value(self.row, side), self.ink(choice.as_ref()), chosen)
            }
            None => {
                let edited = self.merging.values.get(self.conflict).and_then(Option::as_ref);
                ("edited", edited.map(Safe::borrowed).unwrap_or_default(), StyleRole::Good, true)
            }
        };
        let mark = if chosen { glyph::FULL } else { " " };
        writer
            .skip(2)
            .put(StyleRole::Good, mark)
            .skip(1)
            .put_column(7, StyleRole::Dim, name)
            .put(style, text);
    }

    fn head(&self, line: &mut LineWriter<'_>, columns: &MergeColumns, selected: bool) {
        if selected {
            line.highlight(StyleRole::Selection);
        }
        line.put(StyleRole::Accent, if selected { glyph::SELECTED } else { " " });
        let (mark, whose, style) = match self.choice() {
            None => (glyph::BAD, format!("{} choose", glyph::HOLLOW), StyleRole::Bad),
            Some(choice) => (glyph::GOOD, format!("{} {}", glyph::FULL, word(choice)), StyleRole::Good),
        };
        line.put(style, mark).skip(1);
        let place = self.shown.place.borrowed();
        if !columns.wide {
            line.put_right(&TextRun::of(style, whose)).margin(1).put(StyleRole::Strong, place);
            return;
        }
        line.put_column(columns.place.saturating_sub(1), StyleRole::Strong, place).skip(1);
        line.put_column(WHOSE, style, whose);
        for (_, side, choice) in self.sides() {
            let style = self.ink(choice.as_ref());
            line.put_column(columns.value.saturating_sub(1), style, value(self.row, side)).skip(1);
        }
    }

    fn sides(&self) -> [(&'static str, &Option<Safe<'static>>, Option<ConflictChoice>); 3] {
        [
            ("mine", &self.shown.mine, Some(ConflictChoice::Mine)),
            ("base", &self.shown.base, None),
            ("theirs", &self.shown.theirs, Some(ConflictChoice::Theirs)),
        ]
    }

    fn ink(&self, side: Option<&ConflictChoice>) -> StyleRole {
        match self.choice() {
            None if side.is_some() => StyleRole::Text,
            Some(_) if self.choice() == side => StyleRole::Good,
            _ => StyleRole::Dim,
        }
    }
}

fn word(choice: &ConflictChoice) -> &'static str {
    match choice {
        ConflictChoice::Mine => "mine",
        ConflictChoice::Theirs => "theirs",
        ConflictChoice::Edited(_) => "edited",
    }
}
