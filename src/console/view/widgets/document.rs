//! Masked documents on the screen: highlighted lines with their numbers.

use super::Pen;
use crate::console::layout::gutter;
use crate::console::theme::Ink;
use crate::text::{MaskedLine, Role};

/// The role on the screen of a role in a document.
pub(in crate::console::view) fn ink_of(role: Role) -> Ink {
    match role {
        Role::Punctuation => Ink::JsonPunctuation,
        Role::Key => Ink::JsonKey,
        Role::String => Ink::JsonString,
        Role::Number => Ink::JsonNumber,
        Role::Word => Ink::JsonWord,
        Role::Reference => Ink::Reference,
        Role::Secret => Ink::Secret,
        Role::Bad => Ink::Bad,
        Role::Plain => Ink::Text,
        Role::Note => Ink::Note,
    }
}

/// Writes a line with its number, counted from 0, in a document of so many lines.
pub(in crate::console::view) fn numbered(pen: &mut Pen<'_>, at: usize, of: usize, line: &MaskedLine<'_>) {
    let width = usize::from(gutter(of)) - 1;
    pen.put(Ink::LineNumber, format!("{:>width$} ", at + 1));
    for segment in &line.segments {
        pen.put(ink_of(segment.role), segment.text.borrowed());
    }
}
