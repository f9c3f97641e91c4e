//! The chooser for the module or type of a new document: a list, narrowed by what is typed.

use ratatui::layout::Rect;

use super::state::Chooser;
use crate::check::DocumentType;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, dialog, draw_more};
use crate::domain::DocumentKind;

/// Width of a name and its description.
const COLUMNS: u16 = 76;

/// Rows above the list: the input line, and a blank.
const ABOVE: u16 = 2;

pub(crate) fn draw(canvas: &mut Surface<'_>, area: Rect, chooser: &Chooser) {
    let of = match DocumentKind::of(&chooser.key) {
        DocumentKind::Connection => "type",
        _ => "module",
    };
    let title = format!("{of} of {}", chooser.key);
    let matches = chooser.matches();
    let rows = u16::try_from(matches.len().max(1)).unwrap_or(u16::MAX).saturating_add(ABOVE);
    let inside = dialog(canvas, area, &title, COLUMNS, rows);
    let x = canvas.row(inside, 0).put(StyleRole::Key, glyph::CRUMB).skip(1).put_input(&chooser.input);
    canvas.set_cursor(x, inside.y);
    let height = inside.height.saturating_sub(ABOVE);
    let list = Rect { y: inside.y + inside.height - height, height, ..inside };
    if matches.is_empty() {
        let words = format!("no {of} has \"{}\" in its name or its description", chooser.input.text());
        canvas.row(list, 0).put_run(&TextRun::of(StyleRole::Dim, words));
    }
    let first = (chooser.selected + 1).saturating_sub(usize::from(height));
    for (row, (at, choice)) in (0..height).zip(matches.iter().enumerate().skip(first)) {
        option(canvas, list, row, choice, at == chooser.selected);
    }
    if matches.len() > first + usize::from(height) {
        draw_more(canvas, inside);
    }
}

fn option(canvas: &mut Surface<'_>, list: Rect, row: u16, choice: &DocumentType, selected: bool) {
    let mut pen = canvas.row(list, row);
    if selected {
        pen.highlight(StyleRole::Selection);
    }
    let mark = if selected { glyph::SELECTED } else { " " };
    pen.put(StyleRole::Text, mark).skip(1);
    pen.put(StyleRole::Text, format!("{:16}", choice.name)).put(StyleRole::Dim, choice.help.as_str());
}
