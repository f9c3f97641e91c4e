//! A question that names its target.

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::keymap::KeyMap;
use crate::console::model::Model;
use crate::console::overlays::state::Confirm;
use crate::console::place::Place;
use crate::console::theme::StyleRole;
use crate::console::widgets::{Surface, TextRun, dialog};
use crate::console::words;

const COLUMNS: u16 = 64;

pub(in crate::console) fn draw(canvas: &mut Surface<'_>, model: &Model, area: Rect, confirm: &Confirm) {
    let columns = COLUMNS.min(area.width.saturating_sub(4));
    let wrapped = |ink, text: &str| {
        words::wrap(text, columns).into_iter().map(move |line| TextRun::of(ink, line)).collect::<Vec<_>>()
    };
    let mut lines = wrapped(StyleRole::Strong, &confirm.question);
    for detail in &confirm.details {
        lines.extend(wrapped(StyleRole::Dim, detail));
    }
    lines.push(TextRun::default());
    lines.push(answers(&model.keymap));
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let inside = dialog(canvas, area, "sure?", columns, rows);
    // The question comes first and the answers last; what does not fit is cut between them.
    let left_out = lines.len().saturating_sub(usize::from(inside.height));
    let keep = lines.len().saturating_sub(2 + left_out);
    let shown = lines.iter().take(keep).chain(lines.iter().skip(keep + left_out));
    for (row, phrase) in (0..inside.height).zip(shown) {
        canvas.row(inside, row).put_run(phrase);
    }
}

fn answers(keymap: &KeyMap) -> TextRun {
    let mut phrase = TextRun::default();
    for (action, word) in [(Action::Confirm, "yes"), (Action::Cancel, "no")] {
        if let Some(key) = keymap.key(Place::Confirm, action) {
            phrase.join(
                "    ",
                TextRun::of(StyleRole::Key, key.to_owned()).and(StyleRole::Text, format!(" {word}")),
            );
        }
    }
    phrase
}
