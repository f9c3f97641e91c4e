//! Scenes of the editor: problems, a search, long lines, revealed values.

use super::editing::replace;
use super::scenes::edit;
use crate::console::model::*;
use crate::console::screens::editor::Draft;
use crate::console::shell::layout::Size;

/// Five kinds of syntax errors, and a duplicate name.
pub(crate) fn problems(size: Size) -> Model {
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

pub(crate) fn find(size: Size) -> Model {
    let mut model = edit(size, |_| ());
    let editing = model.edit.as_mut().unwrap();
    let Draft { find, buffer: text_buffer, .. } = &mut **editing;
    find.open(text_buffer);
    find.input.insert("ka");
    find.search_from_origin(text_buffer);
    find.go_to_match(text_buffer, true);
    model.update_editor_view();
    model
}

/// A wrapped line, with the cursor in its last row.
pub(crate) fn wrap(size: Size) -> Model {
    let long = format!("\"note\": \"{}the end\"", "a long text, höhe 日本 and all; ".repeat(12));
    let mut model = edit(size, |edit| replace(edit, "\"topic\": \"gh\"", &long));
    go_to(&mut model, "the end");
    model
}

/// Stored values in place of their placeholders.
pub(crate) fn revealed(size: Size) -> Model {
    let mut model = edit(size, |edit| {
        assert_eq!(edit.reveal(), 1);
    });
    go_to(&mut model, "]");
    model
}

fn go_to(model: &mut Model, text: &str) {
    let edit = model.edit.as_mut().unwrap();
    let at = edit.text().find(text).unwrap();
    edit.buffer.move_to(edit.buffer.position_of(at));
    model.update_editor_view();
}
