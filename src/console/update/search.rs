//! Looking for a text in the draft: the line it is typed in, and from one place to the next.

use crossterm::event::KeyEvent;

use super::super::model::{Edit, Model, Tone};
use super::typing::settle;

/// Opens the line.
pub(super) fn open(model: &mut Model) {
    if let Some(edit) = &mut model.edit {
        let Edit { find, pad, .. } = &mut **edit;
        find.open(pad);
        find.input.set("");
    }
}

/// A key that is text.
pub(super) fn key(model: &mut Model, key: KeyEvent) {
    if let Some(edit) = &mut model.edit
        && edit.find.input.key(key)
    {
        let Edit { find, pad, .. } = &mut **edit;
        find.typed(pad);
    }
    settle(model);
}

/// A paste into the line.
pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(edit) = &mut model.edit {
        let Edit { find, pad, .. } = &mut **edit;
        find.input.insert(text);
        find.typed(pad);
    }
    settle(model);
}

/// Goes to the next place, or the one before.
pub(super) fn step(model: &mut Model, forward: bool) {
    let Some(edit) = &mut model.edit else { return };
    let Edit { find, pad, .. } = &mut **edit;
    if find.needle().is_none() {
        return model.say(Tone::Plain, "nothing is looked for yet: ctrl-f");
    }
    let found = find.step(pad, forward);
    let (tally, typing) = (find.tally(), find.typing);
    settle(model);
    match (found, typing) {
        // The line itself says so.
        (_, true) => {}
        (true, false) => model.say(Tone::Plain, tally.to_string()),
        (false, false) => model.say(Tone::Bad, "not found"),
    }
}

/// Closes the line; the cursor stays where it is.
pub(super) fn close(model: &mut Model) {
    if let Some(edit) = &mut model.edit {
        edit.find.typing = false;
        edit.find.marked = false;
    }
    settle(model);
}
