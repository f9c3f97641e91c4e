//! Draws the model as a frame. Read-only: no clock but the model's, no I/O. Drawing the same model twice gives
//! the same cells.
//!
//! | part | what it draws |
//! | --- | --- |
//! | `header`, `tabs`, `status`, `footer` | the lines around the body |
//! | `browse` | namespaces, items and detail |
//! | `secrets` | secrets and who depends on them |
//! | `health`, `log` | the other tabs |
//! | `editor`, `review`, `merge` | what covers the body while a document is edited |
//! | `needs` | what documents need of secrets: the mark of a row, the block of the detail |
//! | `plan` | what covers it while several writes are reviewed as one |
//! | `secret_form`, `stale_dependents` | what covers it while a secret is written, and afterwards |
//! | `overlays` | what is open above everything else |
//! | `next_change` | when any of it changes by itself |

pub mod layout;

pub use next_change::next_change_at;

pub(in crate::console) mod footer;
pub(in crate::console) mod header;
mod next_change;
pub(in crate::console) mod status;
pub(in crate::console) mod tabs;

#[cfg(test)]
pub(in crate::console) mod sample;
#[cfg(test)]
mod tests;

use super::model::Model;
use super::theme::{StyleRole, Theme};
use crate::console::screens::Tab;
use crate::console::screens::editor::{Draft, DraftStage};
use crate::console::shell::layout::edit_layout;
use crate::console::widgets::Surface;

/// Draws the whole screen.
pub fn draw(model: &Model, theme: &Theme, frame: &mut ratatui::Frame<'_>) {
    let mut canvas = Surface::new(frame.buffer_mut(), theme);
    screen(model, &mut canvas);
    if let Some(cursor) = canvas.cursor() {
        frame.set_cursor_position(cursor);
    }
}

fn screen(model: &Model, canvas: &mut Surface<'_>) {
    let parts = model.frame();
    for part in [parts.header, parts.tabs, parts.body, parts.status, parts.footer] {
        canvas.set_style(part, StyleRole::Text);
    }
    if model.size.cols < 2 {
        return;
    }
    header::draw(canvas, model, parts.header);
    match &model.edit {
        Some(edit) => draw_edit(canvas, model, edit),
        None if model.plan.is_some() => {
            crate::console::screens::plan::draw(canvas, model, edit_layout(&parts, true))
        }
        None if model.secret_actions.covers_body() => {
            crate::console::screens::secret_form::draw(canvas, model, edit_layout(&parts, true))
        }
        None if model.secret_actions.stale_dependents.page.is_some() => {
            crate::console::screens::stale_dependents::draw(canvas, model, edit_layout(&parts, true));
        }
        None => {
            tabs::draw(canvas, model, parts.tabs);
            match model.tab {
                Tab::Webhooks | Tab::Connections => crate::console::screens::browse::draw(canvas, model),
                Tab::Secrets => crate::console::screens::secrets::draw(canvas, model),
                Tab::Health => crate::console::screens::health::draw(canvas, model, parts.body),
                Tab::Log => crate::console::screens::log::draw(canvas, model, parts.body),
            }
        }
    }
    status::draw(canvas, model, parts.status);
    footer::draw(canvas, model, parts.footer);
    if let Some(overlay) = &model.overlay {
        crate::console::overlays::draw(canvas, model, overlay);
    }
}

fn draw_edit(canvas: &mut Surface<'_>, model: &Model, edit: &Draft) {
    let parts = model.frame();
    match &edit.stage {
        DraftStage::Editing => {
            crate::console::screens::editor::draw(canvas, model, edit, edit_layout(&parts, false))
        }
        DraftStage::Review(review) => {
            crate::console::screens::review::draw(canvas, model, edit, review, edit_layout(&parts, true))
        }
        DraftStage::Merge(merging) => {
            crate::console::screens::merge::draw(canvas, model, edit, merging, edit_layout(&parts, true))
        }
    }
}
