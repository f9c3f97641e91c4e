//! Chooses the columns of a document list: which are shown, and in which order.

mod state;

pub use state::ColumnsPage;

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone};
use crate::console::overlays::{self, Overlay, dialog_area};
use crate::console::screens::Tab;
use crate::console::screens::browse::{Column, ColumnList};
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{DIALOG_COLUMNS, Movement, Surface, dialog, first_row, put_marker};

pub(crate) struct ColumnsDialog;

impl Component for ColumnsDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Columns(page)) = &model.overlay {
            draw(surface, dialog_area(model), page);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        let Some(Overlay::Columns(page)) = &mut model.overlay else { return None };
        match action {
            Action::ToggleColumn if !page.toggle() => {
                model.notify(Tone::Plain, "the id is always shown: without it rows have no name");
            }
            Action::ToggleColumn => {}
            Action::ColumnEarlier => page.shift(-1),
            Action::ColumnLater => page.shift(1),
            Action::ResetView => *page = ColumnsPage::new(page.list, page.list.all()),
            Action::Accept => accept(model),
            _ => return overlays::close_on_cancel(model, action),
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let height = usize::from(model.frame().body.height);
        if let Some(Overlay::Columns(page)) = &mut model.overlay {
            page.cursor = by.apply(page.cursor, page.rows.len(), height);
        }
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        let Some(Overlay::Columns(page)) = &model.overlay else { return false };
        match action {
            // Without the id, rows have no name.
            Action::ToggleColumn => {
                page.rows.get(page.cursor).is_some_and(|(column, _)| *column != Column::Id)
            }
            Action::ColumnEarlier => page.cursor > 0,
            Action::ColumnLater => page.cursor + 1 < page.rows.len(),
            Action::ResetView => page.rows != ColumnsPage::new(page.list, page.list.all()).rows,
            _ => true,
        }
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let Some(Overlay::Columns(page)) = &model.overlay else { return false };
        by.apply(page.cursor, page.rows.len(), usize::from(model.frame().body.height)) != page.cursor
    }
}

/// Opens it for the list of the visible tab.
pub(crate) fn open(model: &mut Model) {
    let list = match model.tab {
        Tab::Webhooks => ColumnList::Webhooks,
        Tab::Connections => ColumnList::Connections,
        Tab::Secrets | Tab::Problems | Tab::Health | Tab::Log | Tab::Settings => {
            let words = "columns are chosen for the lists of webhooks and connections: 1 and 2 go there";
            return model.notify(Tone::Plain, words);
        }
    };
    let shown = model.view.settings.columns.of(list);
    model.overlay = Some(Overlay::Columns(ColumnsPage::new(list, shown)));
}

fn accept(model: &mut Model) {
    if let Some(Overlay::Columns(page)) = model.overlay.take() {
        model.view.settings.columns.set(page.list, page.shown());
        model.view.changed = true;
    }
}

/// Width of a column's name and the blank after it.
const NAME: u16 = 12;

fn draw(surface: &mut Surface<'_>, area: Rect, page: &ColumnsPage) {
    let title = format!("columns of {}", page.list.name());
    let inside = dialog(surface, area, &title, DIALOG_COLUMNS, page.rows.len());
    let first = first_row(0, page.cursor, page.rows.len(), usize::from(inside.height));
    let rows = page.rows.iter().enumerate().skip(first);
    for (line, (at, (column, is_shown))) in (0..inside.height).zip(rows) {
        let mut writer = surface.row(inside, line);
        put_marker(&mut writer, at == page.cursor, true);
        let (style, mark) = if *is_shown { (StyleRole::Text, glyph::GOOD) } else { (StyleRole::Dim, " ") };
        writer.put_column(1, StyleRole::Good, mark).skip(1);
        writer.put_column(NAME, style, column.name()).put(StyleRole::Dim, column.help());
    }
}
