//! Text search in the draft: the search line, and moving between matches.

use crossterm::event::KeyEvent;

use super::find::TextSearch;
use crate::console::model::{Model, Tone};
use crate::console::widgets::TextInput;

pub(crate) fn open(model: &mut Model) {
    if let Some(edit) = &mut model.edit {
        edit.find.open(&edit.buffer);
    }
}

pub(crate) fn key(model: &mut Model, key: KeyEvent) {
    type_text(model, |input| input.key(key));
}

pub(crate) fn typed(model: &mut Model, text: &str) {
    type_text(model, |input| {
        input.insert(text);
        true
    });
}

/// Backspace or delete, several times at once: the text is searched once.
pub(crate) fn repeated(model: &mut Model, key: KeyEvent, count: usize) {
    type_text(model, |input| (0..count).fold(false, |did, _| input.key(key) | did));
}

fn type_text(model: &mut Model, change: impl FnOnce(&mut TextInput) -> bool) {
    if let Some(edit) = &mut model.edit
        && change(&mut edit.find.input)
    {
        edit.find.search_from_origin(&mut edit.buffer);
    }
    model.update_editor_view();
}

/// Goes to the next match, or to the previous one.
pub(crate) fn step(model: &mut Model, forward: bool) {
    let Some(edit) = &mut model.edit else { return };
    if edit.find.needle().is_none() {
        return model.notify(Tone::Plain, "nothing is looked for yet: ctrl-f");
    }
    let found = edit.find.go_to_match(&mut edit.buffer, forward);
    let TextSearch { match_count, typing, .. } = edit.find;
    model.update_editor_view();
    // While typing, the search line shows the count.
    if !typing {
        model.notify(if found { Tone::Plain } else { Tone::Bad }, match_count.to_string());
    }
}

/// Closes the search line; the cursor stays.
pub(crate) fn close(model: &mut Model) {
    if let Some(edit) = &mut model.edit {
        edit.find.typing = false;
        edit.find.marked = false;
    }
    model.update_editor_view();
}
