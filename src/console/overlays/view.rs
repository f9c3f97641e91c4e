//! Overlays: help, prompt, question, drafts, chooser, and the dialogs of secrets.

use ratatui::layout::Rect;

use super::state::Overlay;
use crate::console::model::Model;
use crate::console::widgets::Surface;

pub(in crate::console) fn draw(canvas: &mut Surface<'_>, model: &Model, overlay: &Overlay) {
    let parts = model.frame();
    // The header and the footer stay visible: a question is asked about that context.
    let top = parts.header.bottom();
    let bottom = if parts.footer.height > 0 { parts.footer.y } else { model.size.rows };
    let area = Rect { x: 0, y: top, width: model.size.cols, height: bottom.saturating_sub(top) };
    match overlay {
        Overlay::Help { place, scroll } => {
            crate::console::overlays::help::draw(canvas, model, area, *place, *scroll)
        }
        Overlay::Prompt(prompt) => crate::console::overlays::prompt::draw(canvas, model, area, prompt),
        Overlay::Confirm(confirm) => crate::console::overlays::question::draw(canvas, model, area, confirm),
        Overlay::Drafts(page) => crate::console::screens::drafts::draw(canvas, model, area, page),
        Overlay::Choose(chooser) => crate::console::overlays::chooser::draw(canvas, area, chooser),
        Overlay::PickSecret(pick) => crate::console::screens::secrets::actions::pick(canvas, area, pick),
        Overlay::RevealedValue(shown) => {
            crate::console::screens::secrets::actions::shown(canvas, model, area, shown)
        }
        Overlay::Value(entry) => crate::console::screens::secrets::actions::value(canvas, area, &entry.0),
        Overlay::Generate(generate) => {
            crate::console::screens::secrets::actions::generate(canvas, area, generate)
        }
    }
}
