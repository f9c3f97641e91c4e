//! A list without rows: whether anybody is still looking, and what would be here.

use ratatui::layout::Rect;

use super::super::browse::empty::waiting;
use super::super::widgets::{Canvas, Phrase};
use super::super::words;
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::model::Model;
use crate::console::theme::{Ink, glyph};

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let top = (area.height / 3).min(2);
    let room = area.width.saturating_sub(3);
    for (row, phrase) in (top..).zip(lines(model, room)) {
        canvas.row(area, row).skip(2).margin(1).phrase(&phrase);
    }
}

fn lines(model: &Model, room: u16) -> Vec<Phrase> {
    let wrapped = |ink: Ink, text: &str| -> Vec<Phrase> {
        words::wrap(text, room).into_iter().map(|line| Phrase::of(ink, line)).collect()
    };
    let page = &model.secrets_page;
    if model.context.secrets.is_none() {
        let mut lines = wrapped(Ink::Text, "this console reaches no store of secrets");
        lines.extend(wrapped(Ink::Dim, "SECRETS_BACKEND names one: env or vault"));
        return lines;
    }
    if !model.link.had_picture {
        return waiting(model, room);
    }
    let is_looking = page.is_partial() || page.walk.asked.is_some() || page.rows.is_none();
    if !page.filter.text().is_empty() {
        let partial = if is_looking { " so far" } else { "" };
        let mut lines = wrapped(Ink::Text, &format!("nothing matches /{}{partial}", page.filter.text()));
        if let Some(key) = key_for(Place::Secrets, Action::Back) {
            lines.push(Phrase::default());
            lines.push(Phrase::of(Ink::Key, key).and(Ink::Dim, " clears the filter"));
        }
        return lines;
    }
    if is_looking {
        return wrapped(Ink::Text, &format!("looking for secrets {}", glyph::MORE));
    }
    let mut lines = wrapped(Ink::Text, "no document refers to a secret");
    if !page.walk.mounts.is_empty() {
        lines.extend(wrapped(Ink::Dim, "and none was found where its receiver looks"));
    }
    lines
}
