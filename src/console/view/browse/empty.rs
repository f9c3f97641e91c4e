//! A list without rows: what it is waiting for, or what would be here and the key that makes one.

use ratatui::layout::Rect;

use super::super::widgets::{Canvas, Phrase};
use super::super::words;
use crate::console::action::Action;
use crate::console::keymap::{Place, key_for};
use crate::console::model::{Browse, Lock, Model};
use crate::console::theme::{Ink, glyph};
use crate::domain::LinkState;
use crate::inventory::Scope;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, browse: &Browse, area: Rect) {
    let top = (area.height / 3).min(2);
    let room = area.width.saturating_sub(3);
    for (row, phrase) in (top..).zip(lines(model, browse, room)) {
        canvas.row(area, row).skip(2).margin(1).phrase(&phrase);
    }
}

fn lines(model: &Model, browse: &Browse, room: u16) -> Vec<Phrase> {
    let link = &model.link;
    if !link.had_picture {
        return waiting(model, room);
    }
    if !browse.filter.text().is_empty() {
        let partial = if browse.listing.is_partial() { " so far" } else { "" };
        let mut lines =
            wrapped(Ink::Text, &format!("nothing matches /{}{partial}", browse.filter.text()), room);
        lines.extend(hint(Action::Back, "clears the filter"));
        return lines;
    }
    let mut lines = match browse.listing.scope() {
        Scope::Connections if !model.context.capabilities.connections => {
            return wrapped(Ink::Text, "this store holds no connections", room);
        }
        Scope::Connections => wrapped(Ink::Text, "no connections yet", room),
        Scope::AllWebhooks => wrapped(Ink::Text, "no webhooks yet", room),
        Scope::Namespace(namespace) => {
            wrapped(Ink::Text, &format!("no webhooks in {}", namespace.as_str()), room)
        }
        Scope::Foreign => return wrapped(Ink::Text, "no unrecognised keys", room),
    };
    if let Some(words) = model.inventory.coverage().words() {
        lines.extend(wrapped(Ink::Warning, &format!("{} {words}", glyph::WARNING), room));
    }
    if model.lock != Lock::ReadOnly {
        lines.extend(hint(Action::New, "makes one"));
    }
    lines
}

/// Before the first picture: what is waited for, and why it takes so long.
pub(in crate::console::view) fn waiting(model: &Model, room: u16) -> Vec<Phrase> {
    if let LinkState::Loading { entries } = model.link.state {
        let words = match entries {
            0 => format!("loading {}", glyph::MORE),
            _ => format!("{} loading {}", words::grouped(entries), glyph::MORE),
        };
        return vec![Phrase::of(Ink::Text, words)];
    }
    let mut lines = words::pack(words::trouble(model), room);
    if let Some(reason) = words::reason(&model.link.state) {
        lines.push(Phrase::default());
        lines.extend(wrapped(Ink::Warning, reason, room));
    }
    lines.extend(hint(Action::Retry, "tries again at once"));
    lines
}

fn wrapped(ink: Ink, text: &str, room: u16) -> Vec<Phrase> {
    words::wrap(text, room).into_iter().map(|line| Phrase::of(ink, line)).collect()
}

fn hint(action: Action, does: &str) -> Vec<Phrase> {
    let Some(key) = key_for(Place::Browse, action) else { return Vec::new() };
    vec![Phrase::default(), Phrase::of(Ink::Key, key).and(Ink::Dim, format!(" {does}"))]
}
