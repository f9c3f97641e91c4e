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

mod browse;
mod editor;
mod footer;
mod header;
mod health;
mod log;
mod merge;
mod needs;
mod next_change;
mod overlays;
mod plan;
mod review;
mod review_sections;
mod secret_form;
mod secrets;
mod stale_dependents;
mod status;
mod tabs;
mod widgets;
mod words;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub(super) use browse::detail::height as detail_height;
pub(super) use browse::items::visible as rows_in_sight;
#[cfg(test)]
pub(super) use footer::offered as footer_offers;
pub(super) use health::height as health_height;
pub use next_change::next_change_at;
#[cfg(test)]
pub(super) use overlays::offered as help_offers;
pub(super) use overlays::shown_height as secret_shown_height;
pub(super) use plan::height as plan_height;
pub(super) use secret_form::height as secret_review_height;
pub(super) use secrets::{detail_place as secret_detail_place, rows as secret_rows};
pub(super) use stale_dependents::{height as reread_height, time_utc as time_of};

use self::widgets::Surface;
use super::layout::edit_layout;
use super::model::{Draft, DraftStage, Model, Tab};
use super::theme::{StyleRole, Theme};

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
        None if model.plan.is_some() => plan::draw(canvas, model, edit_layout(&parts, true)),
        None if model.secret_actions.covers_body() => {
            secret_form::draw(canvas, model, edit_layout(&parts, true))
        }
        None if model.secret_actions.stale_dependents.page.is_some() => {
            stale_dependents::draw(canvas, model, edit_layout(&parts, true));
        }
        None => {
            tabs::draw(canvas, model, parts.tabs);
            match model.tab {
                Tab::Webhooks | Tab::Connections => browse::draw(canvas, model),
                Tab::Secrets => secrets::draw(canvas, model),
                Tab::Health => health::draw(canvas, model, parts.body),
                Tab::Log => log::draw(canvas, model, parts.body),
            }
        }
    }
    status::draw(canvas, model, parts.status);
    footer::draw(canvas, model, parts.footer);
    if let Some(overlay) = &model.overlay {
        overlays::draw(canvas, model, overlay);
    }
}

fn draw_edit(canvas: &mut Surface<'_>, model: &Model, edit: &Draft) {
    let parts = model.frame();
    match &edit.stage {
        DraftStage::Editing => editor::draw(canvas, model, edit, edit_layout(&parts, false)),
        DraftStage::Review(review) => review::draw(canvas, model, edit, review, edit_layout(&parts, true)),
        DraftStage::Merge(merging) => merge::draw(canvas, model, edit, merging, edit_layout(&parts, true)),
    }
}
