//! The chooser for the module or type of a new document, and the template it starts from.

use crossterm::event::KeyEvent;

use super::state::Chooser;
use crate::check::{connection_type, template};
use crate::console::model::Model;
use crate::console::overlays::state::Overlay;
use crate::console::screens::editor;
use crate::console::widgets::Movement;
use crate::domain::{Document, DocumentKind, ResourceKey};
use crate::inventory::Scope;

pub(crate) fn ask(model: &mut Model, key: ResourceKey) {
    model.overlay = Some(Overlay::Choose(Chooser::new(key)));
}

/// A key typed into the filter.
pub(crate) fn key(model: &mut Model, key: KeyEvent) {
    if let Some(Overlay::Choose(chooser)) = &mut model.overlay
        && chooser.list.filter.key(key)
    {
        chooser.list.select_at(&(..chooser.matches().len()), 0);
    }
}

/// Pasted text goes into the filter.
pub(crate) fn paste(model: &mut Model, text: &str) {
    if let Some(Overlay::Choose(chooser)) = &mut model.overlay {
        chooser.list.filter.insert(text);
        chooser.list.select_at(&(..chooser.matches().len()), 0);
    }
}

pub(crate) fn step(chooser: &mut Chooser, step: Movement, page: usize) {
    chooser.list.height = page;
    chooser.list.step(&(..chooser.matches().len()), step);
}

/// Starts the document from the selected template, with the cursor at the first value to edit.
pub(crate) fn accept(model: &mut Model) {
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

/// The only connection of a type; `None` where there are several, since the user has to choose.
fn connection_of(model: &Model, of: &str) -> Option<String> {
    let rows = model.inventory.slots(&Scope::Connections).filter_map(|slot| model.inventory.row(slot));
    let mut found = rows.filter(|row| row.module() == Some(of)).map(|row| row.key().short());
    let first = found.next()?;
    found.next().is_none().then_some(first)
}
