//! A few words in several roles, measured before they are placed.

use ratatui::buffer::CellWidth;

use crate::console::theme::Ink;
use crate::text::Safe;

/// Words in several roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::console::view) struct Phrase(Vec<(Ink, Safe<'static>)>);

impl Phrase {
    /// Words of one role.
    pub(in crate::console::view) fn of(ink: Ink, text: impl Into<Safe<'static>>) -> Self {
        Self::default().and(ink, text)
    }

    /// The same, with more words behind.
    pub(in crate::console::view) fn and(mut self, ink: Ink, text: impl Into<Safe<'static>>) -> Self {
        self.0.push((ink, text.into()));
        self
    }

    /// Adds another phrase, `between` the two if both say something.
    pub(in crate::console::view) fn join(&mut self, between: &'static str, other: Self) {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.0.push((Ink::Dim, Safe::literal(between)));
        }
        self.0.extend(other.0);
    }

    /// Its pieces, from left to right.
    pub(in crate::console::view) fn pieces(&self) -> &[(Ink, Safe<'static>)] {
        &self.0
    }

    /// Whether it says nothing.
    pub(in crate::console::view) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Columns it takes.
    pub(in crate::console::view) fn width(&self) -> u16 {
        self.0.iter().fold(0, |sum, (_, text)| width(text).saturating_add(sum))
    }
}

/// Columns a text takes.
pub(in crate::console::view) fn width(text: &Safe<'_>) -> u16 {
    let text = text.as_str();
    if text.is_ascii() { u16::try_from(text.len()).unwrap_or(u16::MAX) } else { text.cell_width() }
}
