//! The Settings tab as drawn: the list, what is wrong with layers below it, or why there is no list.

use ratatui::layout::Rect;

use super::picture::{SettingOrder, SettingRow};
use super::{SettingsPage, ShownSettings, detail};
use crate::application::LayerCondition;
use crate::console::action::Action;
use crate::console::component::EarliestChange;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::shell::layout::{Pane, item_rows};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{
    ColumnKind, ListSource, PaneTitle, Surface, TableColumn, TextRun, TextTable, draw_rows, draw_rules,
    draw_title,
};
use crate::console::words;
use crate::text::Safe;

const COLUMNS: [TableColumn; 4] = [
    TableColumn { name: "SETTING", min_width: 16, priority: 100, kind: ColumnKind::Identity },
    TableColumn { name: "VALUE", min_width: 8, priority: 90, kind: ColumnKind::Words },
    TableColumn { name: "FROM", min_width: 6, priority: 80, kind: ColumnKind::Words },
    TableColumn { name: "AGE", min_width: 4, priority: 50, kind: ColumnKind::Number },
];

/// The most columns of a value while others need theirs.
const VALUE: usize = 40;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model) {
    let panes = model.panes();
    draw_list(surface, model, panes.items);
    detail::draw(surface, model, panes.detail);
    draw_rules(surface, &[panes.items, panes.detail]);
}

pub(crate) fn next_changes(model: &Model, soonest: &mut EarliestChange) {
    let panes = model.panes();
    if panes.items.width > 0 {
        let (area, _) = areas(model, panes.items);
        for row in visible(model, area.height) {
            soonest.include_in(row.changed.and_then(|at| model.age(at).changes_in));
        }
    }
    detail::next_changes(model).for_each(|wait| soonest.include_in(wait));
}

/// The rows of the list in a pane.
pub(super) fn height(model: &Model, pane: Rect) -> usize {
    usize::from(areas(model, pane).0.height)
}

/// The rows of the list, and those of the notes below it.
fn areas(model: &Model, pane: Rect) -> (Rect, Rect) {
    let area = item_rows(pane);
    let most = if area.height < 8 { 0 } else { area.height / 4 };
    let lines = u16::try_from(notes(model, area.width.saturating_sub(2)).len()).unwrap_or(most);
    let below = lines.min(most);
    let rows = Rect { height: area.height - below, ..area };
    (rows, Rect { y: rows.bottom(), height: below, ..area })
}

fn visible(model: &Model, height: u16) -> impl Iterator<Item = &SettingRow> {
    let page = &model.settings;
    let first = page.list.first_row(page.shown_count(), height);
    page.from(first).take(usize::from(height))
}

fn draw_list(surface: &mut Surface<'_>, model: &Model, pane: Rect) {
    let (area, below) = areas(model, pane);
    let heads = area.y - pane.y;
    if heads > 0 {
        draw_title(surface, pane, title(model));
    }
    for (row, line) in (0..below.height).zip(notes(model, below.width.saturating_sub(2))) {
        surface.row(below, row).skip(1).put_run(&line);
    }
    let page = &model.settings;
    if ShownSettings(page).is_empty() {
        let top = (area.height / 3).min(2);
        let room = area.width.saturating_sub(3);
        let inside = Rect { x: area.x + 2, width: room, ..area };
        return surface.put_lines(inside, top, &empty_lines(model, room));
    }
    let first = page.list.first_row(page.shown_count(), area.height);
    let rows: Vec<_> = visible(model, area.height).collect();
    let columns = words::with_times(model, &COLUMNS, "AGE");
    let table = TextTable { columns: &columns, rows: rows.iter().map(|row| cells(model, row)).collect() };
    let selected = (page.list.cursor.checked_sub(first), model.has_focus(Pane::Items));
    let identity = model.identity_room().min(area.width / 2);
    draw_rows(surface, area, &table, (heads > 1, identity), selected, |at| {
        rows.get(at).map_or([(StyleRole::Text, " "); 2], |row| marks(row))
    });
}

/// The marks of a row: the worst of what is wrong with it, and whether it hides lower layers.
fn marks(row: &SettingRow) -> [(StyleRole, &'static str); 2] {
    let trouble = match row {
        SettingRow { invalid: true, .. } => (StyleRole::Bad, glyph::DIFFERS),
        SettingRow { rolled_back: true, .. } => (StyleRole::Warning, glyph::ROLLED_BACK),
        SettingRow { stale: true, .. } => (StyleRole::Warning, glyph::WARNING),
        _ => (StyleRole::Text, " "),
    };
    [trouble, if row.shadows > 0 { (StyleRole::Accent, glyph::SHADOWS) } else { (StyleRole::Text, " ") }]
}

/// The marks with what they mean, for help.
pub(crate) fn legend() -> Vec<(&'static str, StyleRole, &'static str)> {
    vec![
        (glyph::SHADOWS, StyleRole::Accent, "its value hides one of a lower layer"),
        (glyph::DIFFERS, StyleRole::Bad, "a layer has what its declaration refuses"),
        (glyph::WARNING, StyleRole::Warning, "its layer is stale"),
        (glyph::ROLLED_BACK, StyleRole::Warning, "a rollback keeps a newer value back"),
    ]
}

fn cells<'m>(model: &Model, row: &'m SettingRow) -> Vec<(StyleRole, Safe<'m>)> {
    let spell = |text: &str| Safe::from(model.glyphs.spell(text).into_owned());
    let value = match &row.value {
        None => (StyleRole::Dim, Safe::literal(glyph::NONE)),
        Some(value) => {
            let shown: String = value.chars().take(VALUE).collect();
            let is_cut = shown.len() < value.len();
            let style = if row.secret { StyleRole::Dim } else { StyleRole::Text };
            (style, spell(&if is_cut { format!("{shown}{}", glyph::MORE) } else { shown }))
        }
    };
    let layer = row.layer.as_deref().map_or(Safe::literal(""), spell);
    let age = row.changed.map(|at| Safe::from(model.age(at).text)).unwrap_or(Safe::literal(""));
    vec![(StyleRole::Text, spell(&row.text)), value, (StyleRole::Dim, layer), (StyleRole::Dim, age)]
}

fn title(model: &Model) -> PaneTitle {
    let page = &model.settings;
    let name = page.picture.as_ref().map_or("settings", |picture| picture.snapshot.name()).to_owned();
    let mut right = TextRun::default();
    if page.order == SettingOrder::Changed {
        right = TextRun::of(StyleRole::Dim, "newest first");
    }
    if let Some(picture) = &page.picture {
        let version = picture.snapshot.version().number();
        let shown = match picture.snapshot.pinned() {
            Some(_) => {
                let words = format!("{} rolled back to version {version}", glyph::ROLLED_BACK);
                TextRun::of(StyleRole::Warning, words)
            }
            None => TextRun::of(StyleRole::Dim, format!("version {version}")),
        };
        right.join("  ", shown);
    }
    words::pane_title(model, Pane::Items, &name, right)
}

/// What is wrong with layers, in lines of at most `room` columns.
fn notes(model: &Model, room: u16) -> Vec<TextRun> {
    let page = &model.settings;
    let mut lines = Vec::new();
    let mut add = |style, words: &str| {
        lines.extend(TextRun::wrap(style, &model.glyphs.spell(words), room.max(8)));
    };
    if let Some(failure) = page.failure.as_ref().filter(|_| page.picture.is_some()) {
        add(StyleRole::Bad, &format!("{} {failure}", glyph::BAD));
    }
    for layer in page.picture.iter().flat_map(|picture| picture.snapshot.layers()) {
        let Some((style, words)) = detail::standing(model, layer) else { continue };
        let (mark, words) = words.split_once(' ').unwrap_or_default();
        add(style, &format!("{mark} {} {words}", layer.name));
        if layer.condition == LayerCondition::Refused {
            layer.faults.iter().for_each(|fault| add(StyleRole::Text, &fault.to_string()));
        }
    }
    lines
}

/// A list without rows.
fn empty_lines(model: &Model, room: u16) -> Vec<TextRun> {
    let wrapped = |style, text: &str| TextRun::wrap(style, &model.glyphs.spell(text), room.max(8));
    let page: &SettingsPage = &model.settings;
    if page.picture.is_none() {
        let file = model.context.application.as_deref().unwrap_or_default();
        let Some(failure) = &page.failure else {
            return wrapped(StyleRole::Dim, &format!("opening {file} {}", glyph::MORE));
        };
        let mut lines = wrapped(StyleRole::Bad, &format!("{} {file} cannot be opened", glyph::BAD));
        lines.extend(failure.lines().flat_map(|line| wrapped(StyleRole::Text, line)));
        lines.push(TextRun::default());
        lines.extend(wrapped(StyleRole::Dim, "it is tried again by itself; ctrl-r tries now"));
        return lines;
    }
    if page.list.filter.text().is_empty() {
        return wrapped(StyleRole::Text, "no layer has a setting, and none is declared");
    }
    let mut lines = wrapped(StyleRole::Text, &format!("nothing matches /{}", page.list.filter.text()));
    if let Some(error) = page.filter.error() {
        lines.extend(wrapped(StyleRole::Warning, &format!("{} {error}", glyph::WARNING)));
    }
    if let Some(key) = model.keymap.key(Place::Settings, Action::Back) {
        lines.push(TextRun::default());
        lines.push(TextRun::hint(key, "clears the filter"));
    }
    lines
}

/// What of the settings needs attention: those that differ from their declarations, and layers that are not well.
pub(super) fn tab_note(model: &Model) -> TextRun {
    let page = &model.settings;
    let mut run = TextRun::default();
    let mut add = |style, words: String| run = std::mem::take(&mut run).and(style, format!(" {words}"));
    if page.failure.is_some() {
        add(StyleRole::Bad, glyph::BAD.into());
    }
    let Some(picture) = &page.picture else { return run };
    let invalid = page.rows().iter().filter(|row| row.invalid).count();
    if invalid > 0 {
        add(StyleRole::Bad, format!("{}{}", words::grouped(invalid), glyph::DIFFERS));
    }
    let layers = picture.snapshot.layers();
    let unwell = layers.iter().filter(|it| it.condition != LayerCondition::Current).count();
    if unwell > 0 {
        add(StyleRole::Warning, format!("{}{}", words::grouped(unwell), glyph::WARNING));
    }
    if picture.snapshot.pinned().is_some() {
        add(StyleRole::Warning, glyph::ROLLED_BACK.into());
    }
    run
}

/// The position in the list of settings, or the number of matches.
pub(crate) fn count(model: &Model) -> TextRun {
    let (page, shown) = (&model.settings, model.settings.shown_count());
    if page.picture.is_none() {
        return TextRun::default();
    }
    let number = if page.filter.is_empty() { (page.list.cursor + 1).min(shown) } else { shown };
    let paused = if page.held.is_some() { " paused" } else { "" };
    let total = words::grouped(page.rows().len());
    TextRun::of(StyleRole::Dim, format!("{} of {total}{paused}", words::grouped(number)))
}
