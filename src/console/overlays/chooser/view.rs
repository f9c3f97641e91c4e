//! The chooser for the module or type of a new document: a list, narrowed by what is typed.

use ratatui::layout::Rect;

use super::state::Chooser;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, dialog, draw_more, put_marker};
use crate::domain::DocumentKind;

/// Width of a name and its description.
const COLUMNS: u16 = 76;

/// Rows above the list: the input line, and a blank.
const ABOVE: u16 = 2;

pub(crate) fn draw(surface: &mut Surface<'_>, area: Rect, chooser: &Chooser) {
    let of = match DocumentKind::of(&chooser.key) {
        DocumentKind::Connection => "type",
        _ => "module",
    };
    let title = format!("{of} of {}", chooser.key);
    let matches = chooser.matches();
    let rows = matches.len().max(1) + usize::from(ABOVE);
    let inside = dialog(surface, area, &title, COLUMNS, rows);
    let x = surface.row(inside, 0).put(StyleRole::Key, glyph::CRUMB).skip(1).put_input(&chooser.list.filter);
    surface.set_cursor(x, inside.y);
    let height = inside.height.saturating_sub(ABOVE);
    let list = Rect { y: inside.y + inside.height - height, height, ..inside };
    if matches.is_empty() {
        let words = format!("no {of} has \"{}\" in its name or its description", chooser.list.filter.text());
        surface.row(list, 0).put_run(&TextRun::of(StyleRole::Dim, words));
    }
    let first = chooser.list.first_row(matches.len(), height);
    for (row, (at, choice)) in (0..height).zip(matches.iter().enumerate().skip(first)) {
        let mut pen = surface.row(list, row);
        put_marker(&mut pen, at == chooser.list.cursor, true).skip(1);
        pen.put(StyleRole::Text, format!("{:16}", choice.name)).put(StyleRole::Dim, choice.help.as_str());
    }
    if matches.len() > first + usize::from(height) {
        draw_more(surface, inside);
    }
}
