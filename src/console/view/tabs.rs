//! The line of tabs, each with its digit, its count and what is wrong in it.

use ratatui::layout::Rect;

use super::widgets::{Canvas, Phrase};
use super::words;
use crate::console::model::{Model, Tab};
use crate::console::theme::{Ink, glyph};
use crate::domain::{Condition, Health};
use crate::inventory::Scope;

pub(super) fn draw(canvas: &mut Canvas<'_>, model: &Model, area: Rect) {
    let full: Vec<Phrase> = Tab::ALL.into_iter().map(|tab| phrase(model, tab, true)).collect();
    let needed: u16 = full.iter().map(|phrase| phrase.width() + 3).sum();
    let mut pen = canvas.row(area, 0);
    pen.skip(1);
    for (tab, full) in Tab::ALL.into_iter().zip(full) {
        let phrase = if needed <= area.width { full } else { phrase(model, tab, false) };
        pen.phrase(&phrase).skip(3);
    }
}

fn phrase(model: &Model, tab: Tab, counts: bool) -> Phrase {
    let ink = if tab == model.tab { Ink::ActiveTab } else { Ink::Tab };
    let name = Phrase::of(ink, format!("{} {}", tab.digit(), tab.title()));
    let (ink, words) = match tab {
        Tab::Webhooks => return tally(name, model, &Scope::AllWebhooks, counts),
        Tab::Connections => return tally(name, model, &Scope::Connections, counts),
        Tab::Secrets => {
            let mut phrase = name;
            phrase.join("", super::secrets::tally(model, counts));
            return phrase;
        }
        Tab::Health => match model.health.all().map(Health::condition).max() {
            None | Some(Condition::Healthy) => return name,
            Some(condition) => {
                let (glyph, ink) = words::condition_look(condition);
                (ink, glyph)
            }
        },
        Tab::Log => return name,
    };
    name.and(ink, format!(" {words}"))
}

fn tally(name: Phrase, model: &Model, scope: &Scope, counts: bool) -> Phrase {
    let tally = model.inventory.tally(scope);
    let mut phrase = name;
    let count = words::count(tally.total, model);
    if counts && !count.is_empty() {
        phrase = phrase.and(Ink::Dim, format!(" {count}"));
    }
    if tally.troubled > 0 {
        phrase = phrase.and(Ink::Bad, format!(" {}{}", words::grouped(tally.troubled), glyph::BAD));
    }
    phrase
}
