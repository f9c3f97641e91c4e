//! The list of secrets: a mark, the path, who uses it, its state in words, version and age.

use std::time::Duration;

use ratatui::layout::Rect;

use super::super::widgets::{Canvas, Column, Phrase, Table, Title, heading};
use super::super::words;
use super::{empty, is_alone, is_focused, notes, states};
use crate::console::layout::{Pane, item_rows};
use crate::console::model::{Model, SecretEntry, SecretRows, SecretSort, SecretState, newest};
use crate::console::theme::{Ink, glyph};
use crate::text::Safe;

const COLUMNS: [Column; 5] = [
    Column { name: "PATH", least: 32, worth: 90, right: false },
    Column { name: "STATE", least: 18, worth: 80, right: false },
    Column { name: "USED", least: 4, worth: 60, right: true },
    Column { name: "VERSION", least: 7, worth: 40, right: true },
    Column { name: "AGE", least: 4, worth: 50, right: true },
];

/// The rows of the list, and the lines below them for what is to be said of all.
pub(super) fn areas(model: &Model, pane: Rect) -> (Rect, Rect) {
    let area = item_rows(pane);
    let most = if area.height < 8 { 0 } else { area.height / 4 };
    let lines = u16::try_from(notes::lines(model, area.width.saturating_sub(2)).len()).unwrap_or(most);
    let below = lines.min(most);
    let rows = Rect { height: area.height - below, ..area };
    (rows, Rect { y: rows.bottom(), height: below, ..area })
}

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, pane: Rect) {
    let (area, below) = areas(model, pane);
    let heads = area.y - pane.y;
    if heads > 0 {
        heading(canvas, pane, title(model));
    }
    for (row, line) in (0..below.height).zip(notes::lines(model, below.width.saturating_sub(2))) {
        canvas.row(below, row).skip(1).phrase(&line);
    }
    let Some(rows) = model.secrets_page.rows.as_ref().filter(|rows| !rows.is_empty()) else {
        return empty::draw(canvas, model, area);
    };
    let page = &model.secrets_page;
    let entries: Vec<&SecretEntry> = visible(rows, model, area.height).collect();
    let states: Vec<SecretState> = entries.iter().map(|entry| states::state(model, entry)).collect();
    let cells = entries.iter().zip(&states).map(|(entry, state)| cells(model, entry, *state)).collect();
    let table = Table { columns: &COLUMNS, rows: cells };
    let widths = table.widths(area.width.saturating_sub(4));
    if heads > 1 {
        let names = Rect { x: area.x + 3, y: area.y - 1, width: area.width.saturating_sub(3), height: 1 };
        table.names(canvas, names, 0, &widths);
    }
    for (at, state) in states.into_iter().enumerate() {
        let Ok(line) = u16::try_from(at) else { break };
        let mut pen = canvas.row(area, line);
        let is_selected = page.offset + at == page.cursor;
        if is_selected {
            let focused = is_focused(model, Pane::Items);
            pen.highlight(if focused { Ink::Selection } else { Ink::IdleSelection });
        }
        pen.put(Ink::Accent, if is_selected { glyph::SELECTED } else { " " });
        let (ink, mark, _) = states::look(state);
        pen.put(ink, mark).skip(1).margin(1);
        table.row(&mut pen, at, &widths);
    }
}

fn visible<'m>(rows: &'m SecretRows, model: &Model, height: u16) -> impl Iterator<Item = &'m SecretEntry> {
    rows.from(model.secrets_page.offset).take(usize::from(height))
}

/// After which times an age in the list steps.
pub(super) fn moments(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    let (area, _) = areas(model, model.panes().items);
    let height = if area.width == 0 { 0 } else { area.height };
    let rows = model.secrets_page.rows.iter();
    let entries = rows.flat_map(move |rows| visible(rows, model, height));
    entries.map(|entry| states::since(model, newest_of(model, entry).1?).changes_in)
}

fn newest_of(
    model: &Model,
    entry: &SecretEntry,
) -> (Option<crate::domain::SecretVersion>, Option<std::time::SystemTime>) {
    let presence = || model.vista()?.look(entry.subject.path()?).ok()?;
    presence().map_or((None, None), |presence| newest(&presence))
}

fn title(model: &Model) -> Title {
    let name = match is_alone(model) {
        true => format!("{} {} secrets", model.context.name, glyph::CRUMB),
        false => "secrets".to_owned(),
    };
    let mut right = Phrase::default();
    if let Some(rows) = &model.secrets_page.rows {
        if rows.sort() == SecretSort::State {
            right = Phrase::of(Ink::Dim, "by state");
        }
        if rows.loose() > 0 {
            let words = format!("{} without a reference seen", words::grouped(rows.loose()));
            right.join("  ", Phrase::of(Ink::Dim, words));
        }
    }
    Title { name, right, focused: is_focused(model, Pane::Items) }
}

fn cells<'m>(model: &Model, entry: &'m SecretEntry, state: SecretState) -> Vec<(Ink, Safe<'m>)> {
    let none = || (Ink::Dim, Safe::literal(glyph::NONE));
    let ink = if entry.holders.is_empty() { Ink::Dim } else { Ink::Text };
    let used = match entry.holders.len() {
        0 => none(),
        count => (Ink::Text, words::grouped(count).into()),
    };
    let (state_ink, _, words) = states::look(state);
    let (version, written) = newest_of(model, entry);
    let nothing = || (Ink::Dim, Safe::literal(""));
    let version = version.map_or_else(nothing, |version| (Ink::Dim, version.to_string().into()));
    let age = written.map_or_else(nothing, |at| (Ink::Text, states::since(model, at).text.into()));
    // A good state is told by its mark; words in colour are for what needs a look.
    let state_ink = if state == SecretState::Present { Ink::Text } else { state_ink };
    vec![(ink, Safe::new(&entry.text)), (state_ink, words.into()), used, version, age]
}
