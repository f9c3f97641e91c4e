//! The model as a frame. Read-only: no change, no clock but the model's, no I/O. Drawing the same
//! model twice gives the same cells.
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
//! | `secret_form`, `reread` | what covers it while a secret is written, and afterwards |
//! | `overlays` | what is open above everything else |
//! | `clock` | when any of it changes by itself |

mod around;
mod browse;
mod clock;
mod editor;
mod footer;
mod header;
mod health;
mod log;
mod merge;
mod needs;
mod overlays;
mod plan;
mod reread;
mod review;
mod secret_form;
mod secrets;
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
pub use clock::next_change_at;
#[cfg(test)]
pub(super) use footer::offered as footer_offers;
pub(super) use health::height as health_height;
#[cfg(test)]
pub(super) use overlays::offered as help_offers;
pub(super) use overlays::shown_height as secret_shown_height;
pub(super) use plan::height as plan_height;
pub(super) use reread::{clock as time_of, height as reread_height};
pub(super) use secret_form::height as secret_review_height;
pub(super) use secrets::{detail_place as secret_detail_place, rows as secret_rows};

use self::widgets::Canvas;
use super::layout::edit_frame;
use super::model::{Edit, Model, Stage, Tab};
use super::theme::{Ink, Theme};

/// Draws the whole screen.
pub fn draw(model: &Model, theme: &Theme, frame: &mut ratatui::Frame<'_>) {
    let mut canvas = Canvas::new(frame.buffer_mut(), theme);
    screen(model, &mut canvas);
    if let Some(cursor) = canvas.cursor() {
        frame.set_cursor_position(cursor);
    }
}

fn screen(model: &Model, canvas: &mut Canvas<'_>) {
    let parts = model.frame();
    for part in [parts.header, parts.tabs, parts.body, parts.status, parts.footer] {
        canvas.tint(part, Ink::Text);
    }
    if model.size.cols < 2 {
        return;
    }
    header::draw(canvas, model, parts.header);
    match &model.edit {
        Some(edit) => draw_edit(canvas, model, edit),
        None if model.plan.is_some() => plan::draw(canvas, model, edit_frame(&parts, true)),
        None if model.hands.covers() => secret_form::draw(canvas, model, edit_frame(&parts, true)),
        None if model.hands.rereads.page.is_some() => {
            reread::draw(canvas, model, edit_frame(&parts, true));
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

fn draw_edit(canvas: &mut Canvas<'_>, model: &Model, edit: &Edit) {
    let parts = model.frame();
    match &edit.stage {
        Stage::Editing => editor::draw(canvas, model, edit, edit_frame(&parts, false)),
        Stage::Review(review) => review::draw(canvas, model, edit, review, edit_frame(&parts, true)),
        Stage::Merge(merging) => merge::draw(canvas, model, edit, merging, edit_frame(&parts, true)),
    }
}
