//! The chooser for the module or type of a new document: a list, narrowed by what is typed.

use ratatui::layout::Rect;

use super::state::Chooser;
use crate::check::DocumentType;
use crate::console::theme::{StyleRole, glyph};
use crate::console::widgets::{Surface, TextRun, dialog, width};
use crate::domain::DocumentKind;
use crate::text::Safe;

/// Width of a name and its description.
const COLUMNS: u16 = 76;

/// Rows above the list: the input line, and a blank.
const ABOVE: u16 = 2;

pub(in crate::console) fn draw(canvas: &mut Surface<'_>, area: Rect, chooser: &Chooser) {
    let of = match DocumentKind::of(&chooser.key) {
        DocumentKind::Connection => "type",
        _ => "module",
    };
    let title = format!("{of} of {}", chooser.key);
    let matches = chooser.matches();
    let rows = u16::try_from(matches.len().max(1)).unwrap_or(u16::MAX).saturating_add(ABOVE);
    let inside = dialog(canvas, area, &title, COLUMNS.min(area.width.saturating_sub(4)), rows);
    typed(canvas, inside, chooser);
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
        let more = Rect { y: inside.bottom(), height: 1, ..inside };
        canvas.row(more, 0).put_right(&TextRun::of(StyleRole::Dim, format!(" {} more ", glyph::MORE)));
    }
}

/// The input line, with its cursor.
fn typed(canvas: &mut Surface<'_>, inside: Rect, chooser: &Chooser) {
    let mut pen = canvas.row(inside, 0);
    pen.put(StyleRole::Key, glyph::CRUMB).skip(1);
    let before = width(&Safe::new(chooser.input.before_cursor()));
    let left_out = (before + 2).saturating_sub(pen.remaining());
    let x = pen.x() + before.saturating_sub(left_out);
    pen.scroll(usize::from(left_out)).put(StyleRole::Text, chooser.input.text());
    canvas.set_cursor(x, inside.y);
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
