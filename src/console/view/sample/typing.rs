//! Scenes of the editor: several problems, a search, long lines, values that were revealed.

use super::scenes::{edit, replace};
use crate::console::layout::Size;
use crate::console::model::*;

/// Slips of five kinds and a name that is there twice.
pub(super) fn problems(size: Size) -> Model {
    let mut model = edit(size, |edit| {
        replace(edit, "\"data_type\": \"json\",", "'data_type': \"json\",");
        replace(edit, "\"module\": \"kafka\",", "\"module\": \"kafka\"");
        replace(edit, "\"topic\": \"gh\",", "\"topic\": gh, // theirs");
        replace(edit, "\"timeout\": 30,", "\"timeout\": 30, \"timeout\": 60,");
        replace(edit, "‹kept:1›", "‹kept:1");
    });
    go_to(&mut model, "\"connection\"");
    model
}

/// A text that is looked for, and found.
pub(super) fn find(size: Size) -> Model {
    let mut model = edit(size, |_| ());
    let editing = model.edit.as_mut().unwrap();
    let Edit { find, pad, .. } = &mut **editing;
    find.open(pad);
    find.input.insert("ka");
    find.typed(pad);
    find.step(pad, true);
    model.settle_editor();
    model
}

/// A line of several rows, with the cursor in the last of them.
pub(super) fn wrap(size: Size) -> Model {
    let long = format!("\"note\": \"{}the end\"", "a long text, höhe 日本 and all; ".repeat(12));
    let mut model = edit(size, |edit| replace(edit, "\"topic\": \"gh\"", &long));
    go_to(&mut model, "the end");
    model
}

/// The stored values in the place of what stands for them.
pub(super) fn revealed(size: Size) -> Model {
    let mut model = edit(size, |edit| {
        assert_eq!(edit.reveal(), 1);
    });
    go_to(&mut model, "]");
    model
}

fn go_to(model: &mut Model, text: &str) {
    let edit = model.edit.as_mut().unwrap();
    let at = edit.text().find(text).unwrap();
    edit.pad.go(edit.pad.place(at));
    model.settle_editor();
}
