//! A question that names its target.

use ratatui::layout::Rect;

use crate::console::action::Action;
use crate::console::keymap::KeyMap;
use crate::console::model::Model;
use crate::console::overlays::state::Confirm;
use crate::console::place::Place;
use crate::console::theme::StyleRole;
use crate::console::widgets::{DIALOG_COLUMNS, Surface, TextRun, dialog, dialog_columns};

pub(crate) fn draw(surface: &mut Surface<'_>, model: &Model, area: Rect, confirm: &Confirm) {
    let columns = dialog_columns(area, DIALOG_COLUMNS);
    let mut lines = TextRun::wrap(StyleRole::Strong, &confirm.question, columns);
    for detail in &confirm.details {
        lines.extend(TextRun::wrap(StyleRole::Dim, detail, columns));
    }
    lines.push(TextRun::default());
    lines.push(answers(&model.keymap));
    let inside = dialog(surface, area, "sure?", columns, lines.len());
    // The question comes first and the answers last; what does not fit is cut between them.
    let left_out = lines.len().saturating_sub(usize::from(inside.height));
    let keep = lines.len().saturating_sub(2 + left_out);
    let shown = lines.iter().take(keep).chain(lines.iter().skip(keep + left_out));
    surface.put_lines(inside, 0, shown);
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
