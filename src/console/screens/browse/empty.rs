//! A list without rows: what it is waiting for, or what would be listed here and the key that creates it.

use ratatui::layout::Rect;

use super::state::BrowsePage;
use crate::console::action::Action;
use crate::console::model::{Model, WriteAccess};
use crate::console::place::Place;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun};
use crate::console::words;
use crate::domain::{LinkState, MemberRole};
use crate::inventory::Scope;

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, browse: &BrowsePage, area: Rect) {
    let top = (area.height / 3).min(2);
    let room = area.width.saturating_sub(3);
    let inside = Rect { x: area.x + 2, width: room, ..area };
    surface.put_lines(inside, top, &lines(model, browse, room));
}

fn lines(model: &Model, browse: &BrowsePage, room: u16) -> Vec<TextRun> {
    if !model.link.has_loaded {
        return waiting(model, room);
    }
    if !browse.list.filter.text().is_empty() {
        let partial = if browse.listing.is_partial() { " so far" } else { "" };
        let words = format!("nothing matches /{}{partial}", browse.list.filter.text());
        let mut lines = TextRun::wrap(StyleRole::Text, &model.glyphs.spell(&words), room);
        lines.extend(doubts(browse, room));
        lines.extend(hint(model, Action::Back, "clears the filter"));
        return lines;
    }
    let (words, can_be_made) = match browse.listing.scope() {
        Scope::Connections if !model.context.capabilities.connections => {
            ("this store holds no connections".into(), false)
        }
        Scope::Connections => ("no connections yet".into(), true),
        Scope::AllWebhooks => ("no webhooks yet".into(), true),
        Scope::Namespace(namespace) => (format!("no webhooks in {}", namespace.as_str()), true),
        Scope::Foreign => ("no unrecognised keys".into(), false),
    };
    let mut lines = TextRun::wrap(StyleRole::Text, &model.glyphs.spell(&words), room);
    if !can_be_made {
        return lines;
    }
    if let Some(words) = file_trouble(model, browse.listing.scope()) {
        lines.extend(TextRun::wrap(StyleRole::Warning, &format!("{} {words}", glyph::WARNING), room));
    }
    if let Some(words) = model.inventory.coverage().words() {
        lines.extend(TextRun::wrap(StyleRole::Warning, &format!("{} {words}", glyph::WARNING), room));
    }
    if model.lock != WriteAccess::ReadOnly {
        lines.extend(hint(model, Action::New, "makes one"));
    }
    lines
}

/// Why nothing may match: a word that the filter does not know, or what nobody has looked at.
fn doubts(browse: &BrowsePage, room: u16) -> Vec<TextRun> {
    let filter = browse.listing.filter();
    if let Some(error) = filter.error() {
        return TextRun::wrap(StyleRole::Warning, &format!("{} {error}", glyph::WARNING), room);
    }
    match filter.reads_secrets() {
        true => TextRun::wrap(
            StyleRole::Dim,
            "secrets are looked at while their documents are on the screen",
            room,
        ),
        false => Vec::new(),
    }
}

/// What is wrong with the file of a list, above all that there is none.
fn file_trouble(model: &Model, scope: &Scope) -> Option<String> {
    let role = if *scope == Scope::Connections { MemberRole::Connections } else { MemberRole::Webhooks };
    let mut files = model.health.backends.iter().flat_map(|health| &health.members);
    let file = files.find(|member| member.role == Some(role)).filter(|file| !file.detail.is_empty())?;
    Some(match file.detail.starts_with(&file.name) {
        true => file.detail.clone(),
        false => format!("{} is {}", file.name, file.detail),
    })
}

/// Before the first load: what it is waiting for, and why that takes so long.
pub(crate) fn waiting(model: &Model, room: u16) -> Vec<TextRun> {
    if let LinkState::Loading { entries, .. } = model.link.state {
        let words = match entries {
            0 => format!("loading {}", glyph::MORE),
            _ => format!("{} loading {}", words::grouped(entries), glyph::MORE),
        };
        return vec![TextRun::of(StyleRole::Text, words)];
    }
    let mut lines = TextRun::pack(words::trouble(model), room);
    if let Some(reason) = model.link.state.reason() {
        lines.push(TextRun::default());
        lines.extend(TextRun::wrap(StyleRole::Warning, reason, room));
    }
    lines.extend(hint(model, Action::Retry, "tries again at once"));
    lines
}

fn hint(model: &Model, action: Action, does: &str) -> Vec<TextRun> {
    let Some(key) = model.keymap.key(Place::Browse, action) else { return Vec::new() };
    vec![TextRun::default(), TextRun::hint(key, does)]
}
