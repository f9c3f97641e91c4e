//! Keys that are text or cursor movement in the editor, and their effects.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::text_buffer::TextBuffer;
use crate::console::effect::{AuditNote, Effect};
use crate::console::model::{Model, Tone};
use crate::console::screens::editor::text_buffer::Motion;

pub(crate) fn key(model: &mut Model, key: KeyEvent) {
    if let Some(motion) = motion(key) {
        let select = key.modifiers.contains(KeyModifiers::SHIFT);
        if let Some(edit) = &mut model.edit {
            edit.buffer.move_by(motion, select);
        }
        return model.update_editor_view();
    }
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return;
    }
    change(model, |text_buffer| match key.code {
        KeyCode::Char(c) => text_buffer.type_char(c),
        KeyCode::Enter => text_buffer.enter(),
        KeyCode::Backspace => text_buffer.backspace(),
        KeyCode::Delete => text_buffer.delete(),
        _ => false,
    });
}

/// Characters that have come at once.
pub(crate) fn typed(model: &mut Model, text: &str) {
    change(model, |buffer| buffer.type_text(text));
}

/// Backspace or delete, several times at once.
pub(crate) fn repeated(model: &mut Model, key: KeyEvent, count: usize) {
    change(model, |buffer| buffer.delete_run(key.code == KeyCode::Delete, count));
}

fn motion(key: KeyEvent) -> Option<Motion> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match (key.code, control) {
        (KeyCode::Left, true) => Motion::WordLeft,
        (KeyCode::Right, true) => Motion::WordRight,
        (KeyCode::Home, true) => Motion::Top,
        (KeyCode::End, true) => Motion::Bottom,
        (KeyCode::Left, false) => Motion::Left,
        (KeyCode::Right, false) => Motion::Right,
        (KeyCode::Up, _) => Motion::Up,
        (KeyCode::Down, _) => Motion::Down,
        (KeyCode::Home, false) => Motion::Home,
        (KeyCode::End, false) => Motion::End,
        (KeyCode::PageUp, _) => Motion::PageUp,
        (KeyCode::PageDown, _) => Motion::PageDown,
        _ => return None,
    })
}

/// A paste, inserted verbatim; control characters are made visible.
pub(crate) fn paste(model: &mut Model, text: &str) {
    change(model, |buffer| buffer.paste(text));
}

/// Undoes or redoes one step.
pub(crate) fn undo(model: &mut Model, back: bool) {
    let did = change(model, |buffer| if back { buffer.undo() } else { buffer.redo() });
    if !did {
        model.notify(Tone::Plain, if back { "nothing to take back" } else { "nothing to make again" });
    }
}

/// Indents or outdents the line, or the selected lines.
pub(crate) fn indent(model: &mut Model, further: bool) {
    change(model, |buffer| buffer.indent(further));
}

/// Toggles the wrapping of long lines.
pub(crate) fn wrap(model: &mut Model) {
    let Some(edit) = &mut model.edit else { return };
    let wraps = !edit.buffer.wraps();
    edit.buffer.set_wraps(wraps);
    model.update_editor_view();
    let words = if wraps { "long lines go on in the next row" } else { "long lines run out of the screen" };
    model.notify(Tone::Plain, words);
}

/// Replaces the placeholders of this draft with the stored values.
pub(crate) fn reveal(model: &mut Model) -> Vec<Effect> {
    let mut count = 0;
    let (now, Some(edit)) = (model.now.mono, &mut model.edit) else { return Vec::new() };
    edit.change(now, |edit| {
        count = edit.reveal();
        count > 0
    });
    let key = edit.key.clone();
    model.update_editor_view();
    if count == 0 {
        let words = "nothing to reveal: no placeholder in this draft stands for a stored value";
        model.notify(Tone::Plain, words);
        return Vec::new();
    }
    let values = if count == 1 { "1 value is".to_owned() } else { format!("{count} values are") };
    model.notify(Tone::Plain, format!("{values} shown in this draft; undo hides what was revealed"));
    vec![Effect::RecordAudit(AuditNote::Revealed { key, count })]
}

/// Edits the text; returns `false` if nothing changed.
pub(crate) fn change(model: &mut Model, change: impl FnOnce(&mut TextBuffer) -> bool) -> bool {
    let now = model.now.mono;
    let did = model.edit.as_mut().is_some_and(|edit| edit.change(now, |edit| change(&mut edit.buffer)));
    model.update_editor_view();
    did
}
