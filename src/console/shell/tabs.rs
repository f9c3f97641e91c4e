//! The line of tabs, each with its digit and what its screen adds to it.

use ratatui::layout::Rect;

use crate::console::model::Model;
use crate::console::screens::Tab;
use crate::console::theme::StyleRole;
use crate::console::widgets::{Surface, TextRun};

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect) {
    let full: Vec<TextRun> = Tab::ALL.iter().map(|tab| title(model, *tab, true)).collect();
    let needed: u16 = full.iter().map(|title| title.width() + 3).sum();
    let mut pen = surface.row(area, 0);
    pen.skip(1);
    for (tab, full) in Tab::ALL.iter().zip(full) {
        let title = if needed <= area.width { full } else { title(model, *tab, false) };
        pen.put_run(&title).skip(3);
    }
}

fn title(model: &Model, tab: Tab, counts: bool) -> TextRun {
    let role = if tab == model.tab { StyleRole::ActiveTab } else { StyleRole::Tab };
    let mut title = TextRun::of(role, format!("{} {}", tab.digit(), tab.title()));
    title.join("", tab.component().tab_note(model, counts));
    title
}
