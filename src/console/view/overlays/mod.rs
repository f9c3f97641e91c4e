//! What is open above everything else: help, a line to type, a question.

mod choose;
mod confirm;
mod drafts;
mod help;
mod prompt;

pub(super) use drafts::ages as draft_ages;
use ratatui::layout::Rect;

#[cfg(test)]
pub(in crate::console) use help::offered;

use super::widgets::Canvas;
use crate::console::model::{Model, Overlay};

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, overlay: &Overlay) {
    let parts = model.frame();
    // The header stays in sight, and so do the keys: what is asked is asked about that context.
    let top = parts.header.bottom();
    let bottom = if parts.footer.height > 0 { parts.footer.y } else { model.size.rows };
    let area = Rect { x: 0, y: top, width: model.size.cols, height: bottom.saturating_sub(top) };
    match overlay {
        Overlay::Help { place, scroll } => help::draw(canvas, model, area, *place, *scroll),
        Overlay::Prompt(prompt) => prompt::draw(canvas, model, area, prompt),
        Overlay::Confirm(confirm) => confirm::draw(canvas, area, confirm),
        Overlay::Drafts(page) => drafts::draw(canvas, model, area, page),
        Overlay::Choose(chooser) => choose::draw(canvas, area, chooser),
    }
}
