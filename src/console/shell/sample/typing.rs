//! Scenes of the editor: problems, a search, long lines, revealed values.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::editing::replace;
use super::scenes::edit;
use crate::console::message::{AppEvent, Message};
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

/// What rules say of the document, with the cursor at one that can be mended.
pub(crate) fn rules(size: Size) -> Model {
    let mut model = edit(size, |edit| {
        replace(edit, "\"connection\"", "\"authorisation\": \"Bearer abc\",\n  \"connection\"");
        replace(edit, "\"topic\"", "\"tpoic\"");
    });
    go_to(&mut model, "\"authorisation\"");
    model
}

/// A member that is described, where no problem is at the cursor.
pub(crate) fn described(size: Size) -> Model {
    let mut model = edit(size, |_| ());
    go_to(&mut model, "sha256");
    model
}

/// The names that can be written at the cursor.
pub(crate) fn completion(size: Size) -> Model {
    completing(size, "\"connection\"", "", "\"a")
}

/// The same at the end of a document, where there is no room below.
pub(crate) fn completion_above(size: Size) -> Model {
    let rows = "\n".repeat(usize::from(size.rows));
    completing(size, "\"timeout\"", &rows, "\"")
}

/// Types in a line of its own before a member, and selects the first that is offered.
fn completing(size: Size, before: &str, rows: &str, typed: &str) -> Model {
    let mut model = edit(size, |edit| replace(edit, before, &format!("{rows}\n  {before}")));
    go_to(&mut model, before);
    for code in [KeyCode::Up, KeyCode::End] {
        press(&mut model, code);
    }
    type_in(&mut model, typed);
    press(&mut model, KeyCode::Down);
    model
}

fn type_in(model: &mut Model, text: &str) {
    text.chars().for_each(|c| press(model, KeyCode::Char(c)));
}

fn press(model: &mut Model, code: KeyCode) {
    let at = model.now;
    let event = AppEvent::Key(KeyEvent::new(code, KeyModifiers::NONE));
    crate::console::update::update(model, Message { at, event });
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
