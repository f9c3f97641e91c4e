//! The Secrets tab: which secrets exist, their dependents, and which are stored without a reference.

use std::time::{Duration, SystemTime};

use ratatui::layout::Rect;

use super::index::SecretEntry;
use super::listing::{ListingEnd, MAX_FOLDERS, MAX_NAMES_LISTED};
use super::secret_state::{SecretState, newest_version};
use super::{badges, detail};
use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::browse::empty::waiting;
use crate::console::shell::layout::{Pane, item_rows, secret_panes};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{
    ColumnKind, ListSource, PaneTitle, Surface, TableColumn, TextRun, TextTable, draw_rows, draw_rules,
    draw_title,
};
use crate::console::words;
use crate::domain::SecretVersion;
use crate::text::Safe;

const COLUMNS: [TableColumn; 5] = [
    TableColumn { name: "PATH", min_width: 32, priority: 90, kind: ColumnKind::Identity },
    TableColumn { name: "STATE", min_width: 18, priority: 80, kind: ColumnKind::Words },
    TableColumn { name: "USED", min_width: 4, priority: 60, kind: ColumnKind::Number },
    TableColumn { name: "VERSION", min_width: 7, priority: 40, kind: ColumnKind::Number },
    TableColumn { name: "AGE", min_width: 4, priority: 50, kind: ColumnKind::Number },
];

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model) {
    let panes = model.panes();
    draw_list(surface, model, panes.items);
    detail::draw(surface, model, panes.detail);
    if words::may_be_outdated(&model.link) {
        surface.set_style(model.frame().body, StyleRole::Stale);
    }
    draw_rules(surface, &[panes.items, panes.detail]);
}

/// The number of rows that the list has, or would have, and whether it is visible.
pub(crate) fn rows(model: &Model) -> (usize, bool) {
    let shown = model.panes().items;
    let is_seen = shown.width > 0;
    let pane = match is_seen {
        true => shown,
        false => secret_panes(model.frame().body, Pane::Items, false, &model.view.settings.panes).items,
    };
    (usize::from(areas(model, pane).0.height), is_seen)
}

/// The time until anything shown changes.
pub(crate) fn next_changes(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    list_changes(model).chain(detail::next_changes(model))
}

/// The rows of the list, and the notes below them.
fn areas(model: &Model, pane: Rect) -> (Rect, Rect) {
    let area = item_rows(pane);
    let most = if area.height < 8 { 0 } else { area.height / 4 };
    let lines = u16::try_from(notes(model, area.width.saturating_sub(2)).len()).unwrap_or(most);
    let below = lines.min(most);
    let rows = Rect { height: area.height - below, ..area };
    (rows, Rect { y: rows.bottom(), height: below, ..area })
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
    let page = &model.secrets_page;
    if page.rows.is_empty() {
        return draw_empty(surface, model, area);
    }
    let entries: Vec<&SecretEntry> = visible(model, area.height).collect();
    let states: Vec<SecretState> = entries.iter().map(|entry| badges::state(model, entry)).collect();
    let cells = entries.iter().zip(&states).map(|(entry, state)| cells(model, entry, *state)).collect();
    let columns = words::with_times(model, &COLUMNS, "AGE");
    let table = TextTable { columns: &columns, rows: cells };
    let selected = (page.list.cursor.checked_sub(page.list.offset), model.has_focus(Pane::Items));
    draw_rows(surface, area, &table, (heads > 1, model.identity_room()), selected, |at| {
        let badge = states.get(at).map(|state| badges::state_badge(*state));
        [badge.map_or((StyleRole::Text, " "), |(style, mark, _)| (style, mark)), (StyleRole::Text, "")]
    });
}

fn visible(model: &Model, height: u16) -> impl Iterator<Item = &SecretEntry> {
    model.secrets_page.rows.from(model.secrets_page.list.offset).take(usize::from(height))
}

/// The time until each age in the list changes.
fn list_changes(model: &Model) -> impl Iterator<Item = Option<Duration>> {
    let (area, _) = areas(model, model.panes().items);
    let height = if area.width == 0 { 0 } else { area.height };
    visible(model, height).map(|entry| model.age(newest_of(model, entry).1?).changes_in)
}

fn newest_of(model: &Model, entry: &SecretEntry) -> (Option<SecretVersion>, Option<SystemTime>) {
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
    let style = if entry.dependents.is_empty() { StyleRole::Dim } else { StyleRole::Text };
    let used = match entry.dependents.len() {
        0 => (StyleRole::Dim, Safe::literal(glyph::NONE)),
        count => (StyleRole::Text, words::grouped(count).into()),
    };
    let (state_ink, _, words) = badges::state_badge(state);
    let (version, written) = newest_of(model, entry);
    let nothing = || (StyleRole::Dim, Safe::literal(""));
    let version = version.map_or_else(nothing, |version| (StyleRole::Dim, version.to_string().into()));
    let age = written.map_or_else(nothing, |at| (StyleRole::Text, model.age(at).text.into()));
    // A good state is shown by its mark; coloured words are for what needs attention.
    let state_ink = if state == SecretState::Present { StyleRole::Text } else { state_ink };
    vec![(style, Safe::new(&entry.text)), (state_ink, words.into()), used, version, age]
}

/// A list without rows: whether listing is still in progress, and what would be listed here.
fn draw_empty(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let top = (area.height / 3).min(2);
    let room = area.width.saturating_sub(3);
    let inside = Rect { x: area.x + 2, width: room, ..area };
    surface.put_lines(inside, top, &empty_lines(model, room));
}

fn empty_lines(model: &Model, room: u16) -> Vec<TextRun> {
    let wrapped = |style, text: &str| TextRun::wrap(style, text, room);
    let page = &model.secrets_page;
    if model.context.secrets.is_none() {
        let none = wrapped(StyleRole::Text, "this console reaches no store of secrets");
        return [none, wrapped(StyleRole::Dim, "SECRETS_BACKEND names one: env or vault")].concat();
    }
    if !model.link.has_loaded {
        return waiting(model, room);
    }
    let is_looking = page.rows.is_partial() || page.listing.asked.is_some() || !page.opened;
    if !page.list.filter.text().is_empty() {
        let partial = if is_looking { " so far" } else { "" };
        let mut lines =
            wrapped(StyleRole::Text, &format!("nothing matches /{}{partial}", page.list.filter.text()));
        if let Some(key) = model.keymap.key(Place::Secrets, Action::Back) {
            lines.push(TextRun::default());
            lines.push(TextRun::hint(key, "clears the filter"));
        }
        return lines;
    }
    if is_looking {
        return wrapped(StyleRole::Text, &format!("looking for secrets {}", glyph::MORE));
    }
    let mut lines = wrapped(StyleRole::Text, "no document refers to a secret");
    if !page.listing.mounts.is_empty() {
        lines.extend(wrapped(StyleRole::Dim, "and none was found where its receiver looks"));
    }
    lines
}

/// Notes about the list as a whole, in lines of at most `room` columns: what was not listed, and why.
fn notes(model: &Model, room: u16) -> Vec<TextRun> {
    let walk = &model.secrets_page.listing;
    let mut lines = Vec::new();
    let mut add = |style: StyleRole, words: String| {
        lines.extend(TextRun::wrap(style, &words, room.max(8)));
    };
    if walk.asked.is_some() {
        let mounts: Vec<String> = walk.mounts.iter().map(|mount| format!("{}/", mount.as_str())).collect();
        let (mounts, folders) = (mounts.join(" and "), words::plural(walk.folders, "folder"));
        add(StyleRole::Dim, format!("listing what is stored in {mounts} {} {folders} so far", glyph::DOT));
    }
    let end = match &walk.ended {
        Some(ListingEnd::TooManyNames) => {
            let most = words::grouped(MAX_NAMES_LISTED);
            Some(format!("more is stored than is listed: listing ends after {most} names"))
        }
        Some(ListingEnd::TooManyFolders(left)) => {
            let (most, left) = (words::grouped(MAX_FOLDERS), words::grouped(*left));
            Some(format!("more is stored than is listed: listing ends after {most} folders, {left} wait"))
        }
        Some(ListingEnd::Failed(reason)) => {
            Some(format!("what is stored was not listed to its end: {reason}"))
        }
        Some(ListingEnd::Complete) | None => None,
    };
    let refused = walk.refused.first().map(|(folder, why)| {
        let others = match walk.refusals - 1 {
            0 => String::new(),
            others => format!("; and {} more", words::plural(others, "folder")),
        };
        format!("not listed: {folder} ({why}){others}")
    });
    for words in end.into_iter().chain(refused) {
        add(StyleRole::Warning, format!("{} {words}", glyph::WARNING));
    }
    if walk.invalid_names > 0 {
        let odd = words::plural(walk.invalid_names, "stored name");
        add(StyleRole::Dim, format!("{odd} that no reference could hold"));
    }
    lines
}
