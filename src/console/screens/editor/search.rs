//! Text search in the draft: the search line, and moving between matches.

use crossterm::event::KeyEvent;

use super::state::Draft;
use super::typing::settle;
use crate::console::model::{Model, Tone};

pub(crate) fn open(model: &mut Model) {
    if let Some(edit) = &mut model.edit {
        let Draft { find, buffer: pad, .. } = &mut **edit;
        find.open(pad);
        find.input.set("");
    }
}

pub(crate) fn key(model: &mut Model, key: KeyEvent) {
    if let Some(edit) = &mut model.edit
        && edit.find.input.key(key)
    {
        let Draft { find, buffer: pad, .. } = &mut **edit;
        find.search_from_origin(pad);
    }
    settle(model);
}

pub(crate) fn paste(model: &mut Model, text: &str) {
    if let Some(edit) = &mut model.edit {
        let Draft { find, buffer: pad, .. } = &mut **edit;
        find.input.insert(text);
        find.search_from_origin(pad);
    }
    settle(model);
}

/// Goes to the next match, or to the previous one.
pub(crate) fn step(model: &mut Model, forward: bool) {
    let Some(edit) = &mut model.edit else { return };
    let Draft { find, buffer: pad, .. } = &mut **edit;
    if find.needle().is_none() {
        return model.notify(Tone::Plain, "nothing is looked for yet: ctrl-f");
    }
    let found = find.go_to_match(pad, forward);
    let (tally, typing) = (find.match_count(), find.typing);
    settle(model);
    match (found, typing) {
        // The search line says so.
        (_, true) => {}
        (true, false) => model.notify(Tone::Plain, tally.to_string()),
        (false, false) => model.notify(Tone::Bad, "not found"),
    }
}

/// Closes the line; the cursor stays.
pub(crate) fn close(model: &mut Model) {
    if let Some(edit) = &mut model.edit {
        edit.find.typing = false;
        edit.find.marked = false;
    }
    settle(model);
}
