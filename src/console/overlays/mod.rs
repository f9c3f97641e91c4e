//! Overlays above a screen: help, a prompt, a question, choosers, drafts, messages, a secret value.

pub mod chooser;
pub mod columns;
pub mod help;
pub mod messages;
pub mod prompt;
pub mod question;
mod state;

pub use state::{Confirm, ConfirmAction, DestroyTarget, ForcedWrite, Overlay, Prompt, PromptPurpose};

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::Model;
use crate::console::screens::drafts;

/// The area for dialogs. Header and footer stay visible, since a question concerns the context they show.
pub(crate) fn dialog_area(model: &Model) -> Rect {
    let parts = model.frame();
    let top = parts.header.bottom();
    let bottom = if parts.footer.height > 0 { parts.footer.y } else { model.size.rows };
    Rect { x: 0, y: top, width: model.size.cols, height: bottom.saturating_sub(top) }
}

/// Closes a dialog that has nothing worth keeping.
pub(crate) fn close_on_cancel(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Cancel => drafts::on_closed(model),
        Action::Interrupt => {}
        _ => return None,
    }
    model.overlay = None;
    Some(Vec::new())
}
