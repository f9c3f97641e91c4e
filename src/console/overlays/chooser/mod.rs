//! The chooser of a template for a new document, filtered by typing.

mod state;

pub use state::Chooser;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::check::{connection_type, template};
use crate::console::action::Action;
use crate::console::component::Component;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::overlays::{self, Overlay, dialog_area};
use crate::console::screens::editor;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Movement, Surface, TextRun, dialog, draw_more, put_marker};
use crate::domain::{Document, DocumentKind, ResourceKey};
use crate::inventory::Scope;

pub(crate) struct ChooserDialog;

impl Component for ChooserDialog {
    fn draw(&self, model: &Model, surface: &mut Surface<'_>) {
        if let Some(Overlay::Choose(chooser)) = &model.overlay {
            draw(surface, dialog_area(model), chooser);
        }
    }

    fn act(&self, model: &mut Model, action: Action) -> Option<Vec<Effect>> {
        match action {
            Action::Accept => accept(model),
            _ => return overlays::close_on_cancel(model, action),
        }
        Some(Vec::new())
    }

    fn scroll(&self, model: &mut Model, by: Movement) {
        let page = usize::from(model.frame().body.height);
        if let Some(Overlay::Choose(chooser)) = &mut model.overlay {
            chooser.list.height = page;
            chooser.list.step(&(..chooser.matches().len()), by);
        }
    }

    fn is_possible(&self, model: &Model, action: Action) -> bool {
        let Some(Overlay::Choose(chooser)) = &model.overlay else { return false };
        action != Action::Accept || chooser.choice().is_some()
    }

    fn can_move(&self, model: &Model, by: Movement) -> bool {
        let Some(Overlay::Choose(chooser)) = &model.overlay else { return false };
        by.can_step(&chooser.list, &(..chooser.matches().len()))
    }

    fn key(&self, model: &mut Model, key: KeyEvent) {
        if let Some(Overlay::Choose(chooser)) = &mut model.overlay
            && chooser.list.filter.key(key)
        {
            chooser.list.select_at(&(..chooser.matches().len()), 0);
        }
    }

    fn paste(&self, model: &mut Model, text: &str) {
        if let Some(Overlay::Choose(chooser)) = &mut model.overlay {
            chooser.list.filter.insert(text);
            chooser.list.select_at(&(..chooser.matches().len()), 0);
        }
    }
}

pub(crate) fn ask(model: &mut Model, key: ResourceKey) {
    model.overlay = Some(Overlay::Choose(Chooser::new(key)));
}

/// Starts the document from the selected template, with the cursor at the first value to edit.
fn accept(model: &mut Model) {
    let Some(Overlay::Choose(chooser)) = &model.overlay else { return };
    let Some(choice) = chooser.choice() else { return };
    let key = chooser.key.clone();
    let connection = connection_type(&choice.name).and_then(|of| connection_of(model, of));
    let Some(template) = template(DocumentKind::of(&key), &choice.name, connection.as_deref()) else {
        return;
    };
    model.overlay = None;
    editor::begin(model, key, Document::from(template.text.as_str()));
    if let (Some(first), Some(edit)) = (template.first, &mut model.edit) {
        edit.buffer.move_to(edit.buffer.position_of(first));
        model.update_editor_view();
    }
}

/// The only connection of a type; `None` if there are several, since the user has to choose.
fn connection_of(model: &Model, of: &str) -> Option<String> {
    let rows = model.inventory.slots(&Scope::Connections).filter_map(|slot| model.inventory.row(slot));
    let mut found = rows.filter(|row| row.module() == Some(of)).map(|row| row.short());
    let first = std::str::from_utf8(found.next()?).ok()?;
    found.next().is_none().then(|| first.to_owned())
}

/// Width of a name and its description.
const COLUMNS: u16 = 76;

/// Rows above the list: the input line and a blank.
const ABOVE: u16 = 2;

fn draw(surface: &mut Surface<'_>, area: Rect, chooser: &Chooser) {
    let of = match DocumentKind::of(&chooser.key) {
        DocumentKind::Connection => "type",
        _ => "module",
    };
    let title = format!("{of} of {}", chooser.key);
    let matches = chooser.matches();
    let rows = matches.len().max(1) + usize::from(ABOVE);
    let inside = dialog(surface, area, &title, COLUMNS, rows);
    let x = surface.row(inside, 0).put(StyleRole::Key, glyph::CRUMB).skip(1).put_input(&chooser.list.filter);
    surface.set_cursor(x, inside.y);
    let height = inside.height.saturating_sub(ABOVE);
    let list = Rect { y: inside.y + inside.height - height, height, ..inside };
    if matches.is_empty() {
        let words = format!("no {of} has \"{}\" in its name or its description", chooser.list.filter.text());
        surface.row(list, 0).put_run(&TextRun::of(StyleRole::Dim, words));
    }
    let first = chooser.list.first_row(matches.len(), height);
    for (row, (at, choice)) in (0..height).zip(matches.iter().enumerate().skip(first)) {
        let mut line = surface.row(list, row);
        put_marker(&mut line, at == chooser.list.cursor, true).skip(1);
        line.put(StyleRole::Text, format!("{:16}", choice.name)).put(StyleRole::Dim, choice.help.as_str());
    }
    if matches.len() > first + usize::from(height) {
        draw_more(surface, inside);
    }
}
