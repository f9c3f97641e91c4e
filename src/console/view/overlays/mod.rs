//! Overlays: help, prompt, question, drafts, chooser, and the dialogs of secrets.

mod chooser;
mod confirm;
mod drafts;
mod help;
mod prompt;
mod secret;

pub(super) use drafts::age_changes as draft_ages;
use ratatui::layout::Rect;
pub(super) use secret::countdown;
pub(in crate::console) use secret::height as shown_height;

#[cfg(test)]
pub(in crate::console) use help::offered;

use super::widgets::Surface;
use crate::console::model::{Model, Overlay};

pub(super) fn draw(canvas: &mut Surface<'_>, model: &Model, overlay: &Overlay) {
    let parts = model.frame();
    // The header and the footer stay visible: a question is asked about that context.
    let top = parts.header.bottom();
    let bottom = if parts.footer.height > 0 { parts.footer.y } else { model.size.rows };
    let area = Rect { x: 0, y: top, width: model.size.cols, height: bottom.saturating_sub(top) };
    match overlay {
        Overlay::Help { place, scroll } => help::draw(canvas, model, area, *place, *scroll),
        Overlay::Prompt(prompt) => prompt::draw(canvas, model, area, prompt),
        Overlay::Confirm(confirm) => confirm::draw(canvas, area, confirm),
        Overlay::Drafts(page) => drafts::draw(canvas, model, area, page),
        Overlay::Choose(chooser) => chooser::draw(canvas, area, chooser),
        Overlay::PickSecret(pick) => secret::pick(canvas, area, pick),
        Overlay::RevealedValue(shown) => secret::shown(canvas, model, area, shown),
        Overlay::Value(entry) => secret::value(canvas, area, &entry.0),
        Overlay::Generate(generate) => secret::generate(canvas, area, generate),
    }
}
