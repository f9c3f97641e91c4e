//! A list without rows: whether listing is still in progress, and what would be here.

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::place::Place;
use crate::console::screens::browse::empty::waiting;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun};

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let top = (area.height / 3).min(2);
    let room = area.width.saturating_sub(3);
    let inside = Rect { x: area.x + 2, width: room, ..area };
    surface.put_lines(inside, top, &lines(model, room));
}

fn lines(model: &Model, room: u16) -> Vec<TextRun> {
    let wrapped = |ink, text: &str| TextRun::wrap(ink, text, room);
    let page = &model.secrets_page;
    if model.context.secrets.is_none() {
        let mut lines = wrapped(StyleRole::Text, "this console reaches no store of secrets");
        lines.extend(wrapped(StyleRole::Dim, "SECRETS_BACKEND names one: env or vault"));
        return lines;
    }
    if !model.link.has_loaded {
        return waiting(model, room);
    }
    let is_looking = page.rows.is_partial() || page.listing.asked.is_some() || !page.opened;
    if !page.list.filter.text().is_empty() {
        let partial = if is_looking { " so far" } else { "" };
        let mut lines =
            wrapped(StyleRole::Text, &format!("nothing matches /{}{partial}", page.list.filter.text()));
        if let Some(key) = model.keymap.key(Place::Secrets, Action::Back) {
            lines.push(TextRun::default());
            lines.push(TextRun::hint(key, "clears the filter"));
        }
        return lines;
    }
    if is_looking {
        return wrapped(StyleRole::Text, &format!("looking for secrets {}", glyph::MORE));
    }
    let mut lines = wrapped(StyleRole::Text, "no document refers to a secret");
    if !page.listing.mounts.is_empty() {
        lines.extend(wrapped(StyleRole::Dim, "and none was found where its receiver looks"));
    }
    lines
}
