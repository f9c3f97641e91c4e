//! The frame around a screen: header, tabs, status line, footer; and the drawing of the whole. Read-only: no
//! clock but the model's, and no I/O. Drawing the same model twice gives the same cells.

pub mod layout;

pub use next_change::next_change_at;

pub(crate) mod header;
mod next_change;
pub(crate) mod status;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::model::Model;
use crate::console::screens::{Tab, component, front};
use crate::console::theme::{StyleRole, Theme};
use crate::console::widgets::{Movement, Surface, TextRun};

/// Up to this width the footer names only the first four keys.
const NARROW: u16 = 80;

/// Blanks between two tabs, and where there is little room.
const GAP: u16 = 3;
const NARROW_GAP: u16 = 2;

/// Draws the whole screen.
pub fn draw(model: &Model, theme: &Theme, frame: &mut ratatui::Frame<'_>) {
    let mut surface = Surface::new(frame.buffer_mut(), theme);
    screen(model, &mut surface);
    if let Some(cursor) = surface.cursor {
        frame.set_cursor_position(cursor);
    }
}

fn screen(model: &Model, surface: &mut Surface<'_>) {
    let parts = model.frame();
    for part in [parts.header, parts.tabs, parts.body, parts.status, parts.footer] {
        surface.set_style(part, StyleRole::Text);
    }
    if model.size.cols < 2 {
        return;
    }
    header::draw(surface, model, parts.header);
    if !model.is_covered() {
        draw_tabs(surface, model, parts.tabs);
    }
    component(model.screen_place(), model.tab).draw(model, surface);
    status::draw(surface, model, parts.status);
    draw_footer(surface, model, parts.footer);
    if model.overlay.is_some() {
        front(model).draw(model, surface);
    }
}

/// The line of tabs, each with its digit and its screen's note: with counts, without, or, where even that does
/// not fit, without those of the documents, whose problems the header and their own tab count too; at last the
/// names alone.
fn draw_tabs(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let notes: [fn(&Model, Tab) -> TextRun; 2] = [
        |model, tab| tab.component().tab_note(model, true),
        |model, tab| tab.component().tab_note(model, false),
    ];
    let least = |model: &Model, tab| match tab {
        Tab::Webhooks | Tab::Connections => TextRun::default(),
        _ => tab.component().tab_note(model, false),
    };
    let titles = |note| -> Vec<TextRun> {
        let shown = Tab::ALL.iter().filter(|tab| model.shows_tab(**tab));
        shown.map(|tab| tab_title(model, *tab, note)).collect()
    };
    let fits = |titles: &Vec<TextRun>, gap: u16| {
        let width: u16 = titles.iter().map(|title| title.width() + gap).sum();
        width <= area.width.saturating_add(gap).saturating_sub(1)
    };
    let roomy = notes.into_iter().map(titles).find(|titles| fits(titles, GAP));
    let (shown, gap) = match (roomy, titles(least)) {
        (Some(shown), _) => (shown, GAP),
        // With seven tabs even their names need the line, and the one that is shown must be seen.
        (None, shown) if model.shows_tab(Tab::Settings) && !fits(&shown, GAP) => {
            (titles(|_, _| TextRun::default()), NARROW_GAP)
        }
        (None, shown) => (shown, GAP),
    };
    let mut line = surface.row(area, 0);
    line.skip(1);
    for title in shown {
        line.put_run(&title).skip(gap);
    }
}

fn tab_title(model: &Model, tab: Tab, note: fn(&Model, Tab) -> TextRun) -> TextRun {
    let role = if tab == model.tab { StyleRole::ActiveTab } else { StyleRole::Tab };
    let mut title = TextRun::of(role, format!("{} {}", tab.digit(), tab.title()));
    title.join("", note(model, tab));
    title
}

/// The keys that work in the current place, from the key map.
fn draw_footer(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let most = if area.width <= NARROW { 4 } else { usize::MAX };
    let mut line = surface.row(area, 0);
    line.skip(1);
    for (_, key, word) in offered(model).take(most) {
        let hint = TextRun::hint(key, word);
        if hint.width() > line.remaining() {
            break;
        }
        line.put_run(&hint).skip(3);
    }
}

/// What the footer offers, with key and word: nothing that would do nothing.
pub(crate) fn offered(model: &Model) -> impl Iterator<Item = (Action, &str, &'static str)> {
    let place = model.place();
    let possible = Action::hints(place).into_iter().filter(move |(action, _)| is_possible(model, *action));
    possible.filter_map(move |(action, word)| Some((action, model.keymap.key(place, action)?, word)))
}

/// Whether an action has something to act on.
pub(crate) fn is_possible(model: &Model, action: Action) -> bool {
    let front = front(model);
    let moves = || Movement::from_action(action).is_none_or(|by| front.can_move(model, by));
    model.offers(action) && front.is_possible(model, action) && moves()
}
