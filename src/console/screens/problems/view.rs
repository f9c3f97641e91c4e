//! The Problems tab as drawn: the list, or that nothing was found, with when and in how many documents.

use ratatui::layout::Rect;

use super::update::is_marked;
use super::{ProblemOrder, detail};
use crate::check::Problem;
use crate::console::action::Action;
use crate::console::component::EarliestChange;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::browse::ListContext;
use crate::console::screens::browse::empty::waiting;
use crate::console::shell::layout::{Pane, item_rows};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{
    ColumnKind, ListSource, PaneTitle, Surface, TableColumn, TextRun, TextTable, draw_rows, draw_rules,
    draw_title,
};
use crate::console::words;
use crate::inventory::RowRef;
use crate::text::Safe;

const COLUMNS: [TableColumn; 3] = [
    TableColumn { name: "RULE", min_width: 3, priority: 90, kind: ColumnKind::Words },
    TableColumn { name: "DOCUMENT", min_width: 12, priority: 100, kind: ColumnKind::Identity },
    TableColumn { name: "PROBLEM", min_width: 10, priority: 80, kind: ColumnKind::Words },
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

pub(crate) fn next_changes(model: &Model, soonest: &mut EarliestChange) {
    if let Some(finished) = model.checks.finished.filter(|_| model.checks.index.total().total() == 0) {
        soonest.include_age(finished);
    }
}

fn draw_list(surface: &mut Surface<'_>, model: &Model, pane: Rect) {
    let area = item_rows(pane);
    let heads = pane.height - area.height;
    if heads > 0 {
        draw_title(surface, pane, title(model));
    }
    let (page, context) = (&model.problems, ListContext::from(model));
    let source = (&page.rows, context);
    if source.is_empty() {
        let top = (area.height / 3).min(2);
        let room = area.width.saturating_sub(3);
        let inside = Rect { x: area.x + 2, width: room, ..area };
        return surface.put_lines(inside, top, &empty_lines(model, room));
    }
    let first = page.list.first_row(source.len(), area.height);
    let rows: Vec<_> = page.rows.from(context, first).take(usize::from(area.height)).collect();
    let cells = rows.iter().map(|(row, problem)| cells(model, *row, problem)).collect();
    let table = TextTable { columns: &COLUMNS, rows: cells };
    let selected = (page.list.cursor.checked_sub(first), model.has_focus(Pane::Items));
    // A document's name gives way to what is wrong with it.
    let identity = model.identity_room().min(area.width * 2 / 5);
    draw_rows(surface, area, &table, (heads > 1, identity), selected, |at| {
        let Some((row, problem)) = rows.get(at) else { return [(StyleRole::Text, " "); 2] };
        let mark = if is_marked(model, &row.key()) { glyph::MARKED } else { " " };
        [words::severity_badge(problem.severity), (StyleRole::Accent, mark)]
    });
}

fn cells<'m>(model: &Model, row: RowRef<'m>, problem: &'m Problem) -> Vec<(StyleRole, Safe<'m>)> {
    let (style, _) = words::severity_badge(problem.severity);
    vec![
        (style, Safe::literal(problem.rule)),
        (StyleRole::Text, Safe::display(&row.key())),
        (StyleRole::Text, model.glyphs.spell(&problem.message).into_owned().into()),
    ]
}

fn title(model: &Model) -> PaneTitle {
    let mut right = TextRun::default();
    if model.problems.rows.order() == ProblemOrder::Document {
        right = TextRun::of(StyleRole::Dim, "by document");
    }
    right.join("  ", words::checked(model));
    words::pane_title(model, Pane::Items, "problems", right)
}

/// A list without rows.
fn empty_lines(model: &Model, room: u16) -> Vec<TextRun> {
    let wrapped = |style, text: &str| TextRun::wrap(style, &model.glyphs.spell(text), room);
    if !model.link.has_loaded {
        return waiting(model, room);
    }
    let page = &model.problems;
    let is_looking = page.is_partial() || model.is_checking();
    if !page.list.filter.text().is_empty() {
        let partial = if is_looking { " so far" } else { "" };
        let mut lines =
            wrapped(StyleRole::Text, &format!("nothing matches /{}{partial}", page.list.filter.text()));
        if let Some(error) = page.rows.filter().error() {
            lines.extend(wrapped(StyleRole::Warning, &format!("{} {error}", glyph::WARNING)));
        }
        if let Some(key) = model.keymap.key(Place::Problems, Action::Back) {
            lines.push(TextRun::default());
            lines.push(TextRun::hint(key, "clears the filter"));
        }
        return lines;
    }
    let checked = words::plural(model.checks.index.checked(), "document");
    let mut lines = match is_looking {
        true => wrapped(StyleRole::Text, &format!("no problem found so far, in {checked}")),
        false => wrapped(StyleRole::Good, &format!("{} no problem found in {checked}", glyph::GOOD)),
    };
    if let Some(finished) = model.checks.finished.filter(|_| !is_looking) {
        lines.extend(wrapped(StyleRole::Dim, &format!("checked {}", model.ago(finished))));
    }
    for doubt in words::count_qualifiers(model) {
        lines.extend(wrapped(StyleRole::Warning, &format!("{} the documents are {doubt}", glyph::WARNING)));
    }
    lines
}
