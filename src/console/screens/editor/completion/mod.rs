//! What can be written at the cursor: offered on a key, or after a quotation mark has been typed, narrowed as one
//! types on, and written with what belongs to it as one step.

mod view;

pub(super) use view::draw;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::Draft;
use super::text_buffer::{LineStarts, Pos, TextBuffer};
use super::typing;
use crate::check::{CompletionEdit, CompletionItem, Completions};
use crate::console::action::Action;
use crate::console::model::{Model, Tone};
use crate::console::request::AT_ONCE;
use crate::console::widgets::Movement;
use crate::domain::json::{LexemeKind, Lexer, Span};
use crate::domain::{DocumentKind, ResourceKey};
use crate::inventory::{RowRef, Scope};

/// The list at the cursor.
pub struct CompletionPopup {
    completions: Completions,
    /// Where what is replaced begins.
    start: Pos,
    /// What of it was typed, without its quote.
    typed: String,
    /// `None` in a list that nobody asked for: there, enter is a new line.
    selected: Option<usize>,
}

impl CompletionPopup {
    fn items(&self) -> Vec<&CompletionItem> {
        self.completions.matching(&self.typed)
    }

    /// Follows what was typed; `false` if nothing is left to offer.
    fn narrow(&mut self, buffer: &TextBuffer) -> bool {
        let Some(typed) = typed_from(buffer, self.start) else { return false };
        if typed != self.typed {
            self.typed = typed;
            self.selected = self.selected.map(|_| 0);
        }
        match self.items().as_slice() {
            [] => false,
            // What is written out already is no news.
            [only] => only.label != self.typed || self.selected.is_some(),
            _ => true,
        }
    }
}

/// What stands between a place and the cursor, if that is a part of one string or word.
fn typed_from(buffer: &TextBuffer, start: Pos) -> Option<String> {
    let cursor = buffer.cursor();
    let typed = buffer.line(cursor.row).get(start.at..cursor.at).filter(|_| start.row == cursor.row)?;
    let name = typed.strip_prefix('"').unwrap_or(typed);
    let is_within = |c: char| !matches!(c, '"' | ',' | ':' | '{' | '}' | '[' | ']') && !c.is_control();
    let is_word = name.len() < typed.len() || !name.contains(' ');
    (is_word && name.chars().all(is_within)).then(|| name.to_owned())
}

/// Offers what can be written at the cursor, because somebody asked.
pub(super) fn open(model: &mut Model) {
    let found = find(model);
    let Some(edit) = &mut model.edit else { return };
    edit.dismissed = None;
    edit.completion = found.map(|popup| CompletionPopup { selected: Some(0), ..popup });
    if edit.completion.is_none() {
        model.notify(Tone::Plain, "nothing is known that could be written here");
    }
}

/// All that fits what is typed already; `None` if nothing does.
fn find(model: &Model) -> Option<CompletionPopup> {
    let edit = model.edit.as_ref()?;
    let (text, cursor) = (edit.buffer.text(), edit.buffer.cursor());
    let completions = completions(model, edit, &text)?;
    let start = LineStarts::of(&text).position(completions.token.start);
    let mut popup = CompletionPopup { completions, start, typed: String::new(), selected: None };
    popup.typed = typed_from(&edit.buffer, start)?;
    (start <= cursor && !popup.items().is_empty()).then_some(popup)
}

fn completions(model: &Model, edit: &Draft, text: &str) -> Option<Completions> {
    let cursor = LineStarts::of(text).offset(edit.buffer.cursor());
    let connections = || {
        let rows = model.inventory.slots(&Scope::Connections).filter_map(|slot| model.inventory.row(slot));
        let known = |row: RowRef<'_>| match row.key() {
            ResourceKey::Connection { name } => {
                Some((name.as_str().to_owned(), row.module().map(str::to_owned)))
            }
            _ => None,
        };
        rows.filter_map(known).collect()
    };
    Completions::at(DocumentKind::of(&edit.key), text, cursor, &connections)
}

/// After each key that is no action: narrows what is offered, closes it, or offers something once a string is being
/// typed in a draft that is small enough to be read at a key.
pub(super) fn follow(model: &mut Model, is_typed: bool) {
    let Some(edit) = &mut model.edit else { return };
    if let Some(popup) = &mut edit.completion {
        if popup.narrow(&edit.buffer) {
            return;
        }
        edit.completion = None;
    }
    let begun = string_at(&edit.buffer);
    if begun.is_some() && begun == edit.dismissed {
        return;
    }
    edit.dismissed = None;
    if begun.is_none() || !is_typed || edit.buffer.len() > AT_ONCE {
        return;
    }
    let found = find(model);
    if let Some(edit) = &mut model.edit {
        edit.completion = found.filter(|found| Some(found.start) == begun);
        edit.completion.take_if(|popup| !popup.narrow(&edit.buffer));
    }
}

/// Where the string begins that the cursor is in, which never spans lines.
fn string_at(buffer: &TextBuffer) -> Option<Pos> {
    let Pos { row, at } = buffer.cursor();
    let mut lexemes = Lexer::new(buffer.line(row)).skip_while(|lexeme| lexeme.span.end < at);
    let found = lexemes.find(|lexeme| lexeme.span.end > at || lexeme.kind == LexemeKind::Unterminated)?;
    let is_string = matches!(found.kind, LexemeKind::String | LexemeKind::Unterminated);
    (is_string && found.span.start < at).then_some(Pos { row, at: found.span.start })
}

/// Does what an action means while something is offered; `false` if it means what it means in the editor.
pub(super) fn act(model: &mut Model, action: Action) -> bool {
    let Some(popup) = model.edit.as_ref().and_then(|edit| edit.completion.as_ref()) else { return false };
    let selected = popup.selected;
    match action {
        // The component moves the selection.
        Action::Up | Action::Down => return false,
        Action::Complete => accept(model, selected.unwrap_or_default()),
        Action::Accept => match selected {
            Some(selected) => accept(model, selected),
            None => {
                close(model);
                typing::key(model, KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
            }
        },
        Action::Cancel | Action::Interrupt => close(model),
        _ => {
            close(model);
            return false;
        }
    }
    true
}

fn close(model: &mut Model) {
    if let Some(edit) = &mut model.edit {
        edit.dismissed = edit.completion.take().map(|popup| popup.start);
    }
}

/// Selects another item, round and round.
pub(super) fn step(model: &mut Model, by: Movement) {
    let Some(popup) = model.edit.as_mut().and_then(|edit| edit.completion.as_mut()) else { return };
    let count = popup.items().len();
    let last = count.saturating_sub(1);
    popup.selected = Some(match (popup.selected, by) {
        (None | Some(0), Movement::Lines(..=-1)) => last,
        (None, _) => 0,
        (Some(at), Movement::Lines(1..)) if at >= last => 0,
        (Some(at), _) => by.apply(at, count, count),
    });
}

/// Writes an item, and offers what can come next.
fn accept(model: &mut Model, at: usize) {
    let now = model.now.mono;
    let Some(popup) = model.edit.as_mut().and_then(|edit| edit.completion.take()) else { return };
    let Some(edit) = &model.edit else { return };
    let text = edit.buffer.text();
    // The text has gone on since the list was made.
    let edits = popup.items().get(at).and_then(|item| Some(completions(model, edit, &text)?.accept(item)));
    let (Some(CompletionEdit { edits, selected }), Some(edit)) = (edits, &mut model.edit) else { return };
    let starts = LineStarts::of(&text);
    let place = |(span, text): (Span, String)| (starts.position(span.start), starts.position(span.end), text);
    let edits: Vec<_> = edits.into_iter().map(place).collect();
    edit.dismissed = None;
    edit.change(now, |edit| edit.buffer.apply(&edits));
    let (from, to) = (edit.buffer.position_of(selected.start), edit.buffer.position_of(selected.end));
    match from == to {
        true => edit.buffer.move_to(to),
        false => edit.buffer.select(from, to),
    }
    model.update_editor_view();
    follow(model, true);
}
