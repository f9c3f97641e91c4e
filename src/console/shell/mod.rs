//! What surrounds a screen: header, tabs, status line, footer; and the drawing of the whole. Read-only: no clock
//! but the model's, no I/O. Drawing the same model twice gives the same cells.

pub mod layout;

pub use next_change::next_change_at;

pub(crate) mod footer;
pub(crate) mod header;
mod next_change;
pub(crate) mod status;
pub(crate) mod tabs;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use super::model::Model;
use super::theme::{StyleRole, Theme};
use crate::console::screens::{component, front};
use crate::console::widgets::Surface;

/// Draws the whole screen.
pub fn draw(model: &Model, theme: &Theme, frame: &mut ratatui::Frame<'_>) {
    let mut surface = Surface::new(frame.buffer_mut(), theme);
    screen(model, &mut surface);
    if let Some(cursor) = surface.cursor() {
        frame.set_cursor_position(cursor);
    }
}

fn screen(model: &Model, surface: &mut Surface<'_>) {
    let parts = model.frame();
    for part in [parts.header, parts.tabs, parts.body, parts.status, parts.footer] {
        surface.set_style(part, StyleRole::Text);
    }
    if model.size.cols < 2 {
        return;
    }
    header::draw(surface, model, parts.header);
    if !model.is_covered() {
        tabs::draw(surface, model, parts.tabs);
    }
    component(model.screen_place(), model.tab).draw(model, surface);
    status::draw(surface, model, parts.status);
    footer::draw(surface, model, parts.footer);
    if model.overlay.is_some() {
        front(model).draw(model, surface);
    }
}
