//! The list of secrets: mark, path, state in words, users, version and age.

use std::time::Duration;

use ratatui::layout::Rect;

use super::index::SecretEntry;
use super::secret_state::{SecretState, newest_version};
use crate::console::model::Model;
use crate::console::screens::secrets::{empty, notes, states};
use crate::console::shell::layout::{Pane, item_rows};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{
    ListSource, PaneTitle, Surface, TableColumn, TextRun, TextTable, draw_rows, draw_title,
};
use crate::console::words;
use crate::text::Safe;

const COLUMNS: [TableColumn; 5] = [
    TableColumn { name: "PATH", min_width: 32, priority: 90, align_right: false },
    TableColumn { name: "STATE", min_width: 18, priority: 80, align_right: false },
    TableColumn { name: "USED", min_width: 4, priority: 60, align_right: true },
    TableColumn { name: "VERSION", min_width: 7, priority: 40, align_right: true },
    TableColumn { name: "AGE", min_width: 4, priority: 50, align_right: true },
];

/// The rows of the list, and the notes below them.
pub(crate) fn areas(model: &Model, pane: Rect) -> (Rect, Rect) {
    let area = item_rows(pane);
    let most = if area.height < 8 { 0 } else { area.height / 4 };
    let lines = u16::try_from(notes::lines(model, area.width.saturating_sub(2)).len()).unwrap_or(most);
    let below = lines.min(most);
    let rows = Rect { height: area.height - below, ..area };
    (rows, Rect { y: rows.bottom(), height: below, ..area })
}

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, pane: Rect) {
    let (area, below) = areas(model, pane);
    let heads = area.y - pane.y;
    if heads > 0 {
        draw_title(surface, pane, title(model));
    }
    for (row, line) in (0..below.height).zip(notes::lines(model, below.width.saturating_sub(2))) {
        surface.row(below, row).skip(1).put_run(&line);
    }
    let page = &model.secrets_page;
    if page.rows.is_empty() {
        return empty::draw(surface, model, area);
    }
    let entries: Vec<&SecretEntry> = visible(model, area.height).collect();
    let states: Vec<SecretState> = entries.iter().map(|entry| states::state(model, entry)).collect();
    let cells = entries.iter().zip(&states).map(|(entry, state)| cells(model, entry, *state)).collect();
    let table = TextTable { columns: &COLUMNS, rows: cells };
    let selected = (page.list.cursor.checked_sub(page.list.offset), model.has_focus(Pane::Items));
    draw_rows(surface, area, &table, heads > 1, selected, |at| {
        let badge = states.get(at).map(|state| states::state_badge(*state));
        [badge.map_or((StyleRole::Text, " "), |(ink, mark, _)| (ink, mark)), (StyleRole::Text, "")]
    });
}

fn visible(model: &Model, height: u16) -> impl Iterator<Item = &SecretEntry> {
    model.secrets_page.rows.from(model.secrets_page.list.offset).take(usize::from(height))
}

/// In how long each age in the list changes.
pub(crate) fn next_changes(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    let (area, _) = areas(model, model.panes().items);
    let height = if area.width == 0 { 0 } else { area.height };
    visible(model, height).map(|entry| states::since(model, newest_of(model, entry).1?).changes_in)
}

fn newest_of(
    model: &Model,
    entry: &SecretEntry,
) -> (Option<crate::domain::SecretVersion>, Option<std::time::SystemTime>) {
    let presence = || model.secrets_view()?.look(entry.subject.path()?).ok()?;
    presence().map_or((None, None), |presence| newest_version(&presence))
}

fn title(model: &Model) -> PaneTitle {
    let rows = &model.secrets_page.rows;
    let mut right = TextRun::default();
    if rows.by_state {
        right = TextRun::of(StyleRole::Dim, "by state");
    }
    if !rows.unreferenced.is_empty() {
        let words = format!("{} without a reference seen", words::grouped(rows.unreferenced.len()));
        right.join("  ", TextRun::of(StyleRole::Dim, words));
    }
    words::pane_title(model, Pane::Items, "secrets", right)
}

fn cells<'m>(model: &Model, entry: &'m SecretEntry, state: SecretState) -> Vec<(StyleRole, Safe<'m>)> {
    let none = || (StyleRole::Dim, Safe::literal(glyph::NONE));
    let ink = if entry.dependents.is_empty() { StyleRole::Dim } else { StyleRole::Text };
    let used = match entry.dependents.len() {
        0 => none(),
        count => (StyleRole::Text, words::grouped(count).into()),
    };
    let (state_ink, _, words) = states::state_badge(state);
    let (version, written) = newest_of(model, entry);
    let nothing = || (StyleRole::Dim, Safe::literal(""));
    let version = version.map_or_else(nothing, |version| (StyleRole::Dim, version.to_string().into()));
    let age = written.map_or_else(nothing, |at| (StyleRole::Text, states::since(model, at).text.into()));
    // A good state is shown by its mark; coloured words are for what needs attention.
    let state_ink = if state == SecretState::Present { StyleRole::Text } else { state_ink };
    vec![(ink, Safe::new(&entry.text)), (state_ink, words.into()), used, version, age]
}
