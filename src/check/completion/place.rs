//! Where a cursor is in a text that need not be JSON: in which object or array, and at what of it.

use crate::domain::json::{Lexeme, LexemeKind, Lexer, MAX_DEPTH, PathStep, Span, string_value};

/// What would be written at a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot {
    /// The name of a member.
    Key,
    /// The value of the member of this name.
    Value(String),
    /// An item of an array.
    Item,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CursorPlace {
    /// The steps to the innermost object or array around the cursor.
    pub(super) path: Vec<PathStep<'static>>,
    pub(super) slot: Slot,
    /// The string or the word that the cursor is in, from its quote on; empty if it is in none.
    pub(super) token: Span,
    /// Where a comma is missing before it.
    pub(super) comma_before: Option<usize>,
    /// Whether a comma is missing after it.
    pub(super) comma_after: bool,
    /// Whether it is a name with a colon after it.
    pub(super) is_named: bool,
}

/// An object or an array that is open before the cursor.
struct OpenLevel {
    is_object: bool,
    /// The index of the item being read.
    item: usize,
    /// The name of the member being read.
    name: String,
    last: LastRead,
}

/// What was read last within an object or an array.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LastRead {
    /// Its bracket, or a comma.
    Opening,
    Name,
    Colon,
    Value,
}

impl CursorPlace {
    /// The place of an offset; `None` where nothing can be completed.
    pub(super) fn of(text: &str, cursor: usize) -> Option<Self> {
        let mut open: Vec<OpenLevel> = Vec::new();
        let mut lexemes = Lexer::new(text).filter(|lexeme| lexeme.kind != LexemeKind::Space).peekable();
        let mut token = None;
        let mut end_before = 0;
        while let Some(lexeme) = lexemes.next_if(|lexeme| lexeme.span.start < cursor) {
            if let Some(span) = token_at(text, lexeme, cursor) {
                token = Some(span);
                break;
            }
            let is_named = lexemes.peek().is_some_and(|next| next.kind == LexemeKind::Colon);
            read(&mut open, text, lexeme, is_named);
            end_before = lexeme.span.end;
        }
        let here = open.last()?;
        let start = token.map_or(cursor, |token| token.start);
        let (slot, comma_before) = match (here.is_object, here.last) {
            (true, LastRead::Opening) => (Slot::Key, None),
            (true, LastRead::Value) if start > end_before => (Slot::Key, Some(end_before)),
            (true, LastRead::Colon) => (Slot::Value(here.name.clone()), None),
            (false, LastRead::Opening) => (Slot::Item, None),
            _ => return None,
        };
        let is_free = || text.get(cursor..)?.chars().next().filter(|c| !is_after_value(*c));
        if token.is_none() && is_free().is_some() {
            return None;
        }
        let token = token.unwrap_or(Span { start, end: cursor });
        let after = text.get(token.end..).unwrap_or_default();
        let next = Lexer::new(after).map(|lexeme| lexeme.kind).find(|kind| *kind != LexemeKind::Space);
        let is_named = next == Some(LexemeKind::Colon);
        if is_named && slot != Slot::Key || open.len() > MAX_DEPTH {
            return None;
        }
        let comma_after = next.is_some_and(|kind| !kind.closes() && kind != LexemeKind::Comma && !is_named);
        // The innermost is reached by the steps of those around it.
        let step = |container: &OpenLevel| match container.is_object {
            true => PathStep::Member(container.name.clone().into()),
            false => PathStep::Item(container.item),
        };
        let path = open.iter().take(open.len() - 1).map(step).collect();
        Some(Self { path, slot, token, comma_before, comma_after, is_named })
    }
}

fn is_after_value(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '}' | ']')
}

/// What a cursor within a string or a word would replace.
fn token_at(text: &str, lexeme: Lexeme, cursor: usize) -> Option<Span> {
    let Span { start, end } = lexeme.span;
    let in_word = cursor <= end;
    let in_string = cursor < end;
    let rest = text.get(cursor..end).unwrap_or_default();
    let is_cut = match lexeme.kind {
        // A quote that closes nothing begins the next string: `"mod, "connection": …`.
        LexemeKind::String if in_string => rest.contains([',', ':', '{', '}', '[', ']']),
        LexemeKind::Unterminated if in_word => true,
        LexemeKind::Bad | LexemeKind::Number | LexemeKind::Bool | LexemeKind::Null if in_word => false,
        _ => return None,
    };
    let is_word = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    let word = || rest.chars().take_while(is_word).map(char::len_utf8).sum::<usize>();
    Some(Span { start, end: if is_cut { cursor + word() } else { end } })
}

fn read(open: &mut Vec<OpenLevel>, text: &str, lexeme: Lexeme, is_named: bool) {
    let kind = lexeme.kind;
    if kind.opens() {
        let is_object = kind == LexemeKind::OpenObject;
        return open.push(OpenLevel { is_object, item: 0, name: String::new(), last: LastRead::Opening });
    }
    if kind.closes() {
        let is_match = |open: &OpenLevel| open.is_object == (kind == LexemeKind::CloseObject);
        if let Some(at) = open.iter().rposition(is_match) {
            open.truncate(at);
        }
    }
    let Some(here) = open.last_mut() else { return };
    here.last = match kind {
        LexemeKind::Comma => {
            here.item += 1;
            LastRead::Opening
        }
        LexemeKind::Colon => LastRead::Colon,
        _ if here.is_object && (is_named || here.last == LastRead::Opening) => {
            let written = lexeme.span.of(text);
            let is_string = kind == LexemeKind::String;
            here.name = if is_string { string_value(written).into_owned() } else { written.to_owned() };
            LastRead::Name
        }
        _ => LastRead::Value,
    };
}
