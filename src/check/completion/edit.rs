//! How a completion changes the text: with quotes, colon, a value to go on with, and the commas that are missing.

use std::ops::Range;

use serde_json::Value;

use super::place::CursorPlace;
use crate::domain::json::{Span, quote};

/// What is written, and what of it is selected afterwards, to be typed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Insertion {
    text: String,
    selected: Range<usize>,
    /// What follows a name: left out where a colon stands there already.
    after_name: Option<(String, Range<usize>)>,
}

impl Insertion {
    pub(super) fn key(name: &str, (value, selected): (String, Range<usize>)) -> Self {
        let text = quote(name);
        let end = text.len();
        Self { text, selected: end..end, after_name: Some((value, selected)) }
    }

    pub(super) fn value(value: &Value) -> Self {
        let text = value.to_string();
        let end = text.len();
        Self { text, selected: end..end, after_name: None }
    }
}

/// An edit of the text, one step to undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletionEdit {
    /// What is replaced with what, in the order of the text.
    pub edits: Vec<(Span, String)>,
    /// What is selected in the text afterwards; where it is empty, the cursor.
    pub selected: Range<usize>,
}

impl CompletionEdit {
    pub(super) fn of(place: &CursorPlace, insertion: &Insertion) -> Self {
        const COLON: &str = ": ";
        let (mut text, mut selected) = (insertion.text.clone(), insertion.selected.clone());
        if let Some((value, within)) = insertion.after_name.as_ref().filter(|_| !place.is_named) {
            let before = text.len() + COLON.len();
            selected = before + within.start..before + within.end;
            text.extend([COLON, value]);
        }
        let is_at_end = selected.end == text.len() && selected.is_empty();
        if place.comma_after {
            text.push(',');
            // What is whole is left behind.
            if is_at_end {
                selected = text.len()..text.len();
            }
        }
        let mut edits = Vec::new();
        let mut start = place.token.start;
        if let Some(at) = place.comma_before {
            edits.push((Span { start: at, end: at }, ",".to_owned()));
            start += 1;
        }
        edits.push((place.token, text));
        Self { edits, selected: start + selected.start..start + selected.end }
    }
}
