//! The line of tabs, each with its digit, its count and its number of problems.

use ratatui::layout::Rect;

use crate::console::model::Model;
use crate::console::screens::Tab;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun};
use crate::console::words;
use crate::domain::{Condition, Health};
use crate::inventory::Scope;

pub(in crate::console) fn draw(canvas: &mut Surface<'_>, model: &Model, area: Rect) {
    let full: Vec<TextRun> = Tab::ALL.into_iter().map(|tab| phrase(model, tab, true)).collect();
    let needed: u16 = full.iter().map(|phrase| phrase.width() + 3).sum();
    let mut pen = canvas.row(area, 0);
    pen.skip(1);
    for (tab, full) in Tab::ALL.into_iter().zip(full) {
        let phrase = if needed <= area.width { full } else { phrase(model, tab, false) };
        pen.put_run(&phrase).skip(3);
    }
}

fn phrase(model: &Model, tab: Tab, counts: bool) -> TextRun {
    let ink = if tab == model.tab { StyleRole::ActiveTab } else { StyleRole::Tab };
    let name = TextRun::of(ink, format!("{} {}", tab.digit(), tab.title()));
    let (ink, words) = match tab {
        Tab::Webhooks => return tally(name, model, &Scope::AllWebhooks, counts),
        Tab::Connections => return tally(name, model, &Scope::Connections, counts),
        Tab::Secrets => {
            let mut phrase = name;
            phrase.join("", crate::console::screens::secrets::states::tally(model, counts));
            return phrase;
        }
        Tab::Health => match model.health.all().map(Health::condition).max() {
            None | Some(Condition::Healthy) => return name,
            Some(condition) => {
                let (glyph, ink) = words::condition_badge(condition);
                (ink, glyph)
            }
        },
        Tab::Log => return name,
    };
    name.and(ink, format!(" {words}"))
}

fn tally(name: TextRun, model: &Model, scope: &Scope, counts: bool) -> TextRun {
    let tally = model.inventory.counts(scope);
    let mut phrase = name;
    let count = words::count(tally.total, model);
    if counts && !count.is_empty() {
        phrase = phrase.and(StyleRole::Dim, format!(" {count}"));
    }
    if tally.invalid > 0 {
        phrase = phrase.and(StyleRole::Bad, format!(" {}{}", words::grouped(tally.invalid), glyph::BAD));
    }
    phrase
}
