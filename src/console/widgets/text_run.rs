//! A run of text in several style roles, measured before it is placed.

use ratatui::buffer::CellWidth;

use crate::console::theme::StyleRole;
use crate::text::Safe;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::console) struct TextRun(Vec<(StyleRole, Safe<'static>)>);

impl TextRun {
    /// Text of one role.
    pub(in crate::console) fn of(ink: StyleRole, text: impl Into<Safe<'static>>) -> Self {
        Self::default().and(ink, text)
    }

    /// The same, with more text appended.
    /// A key and what it does.
    pub(in crate::console) fn hint(key: &str, words: &str) -> Self {
        Self::of(StyleRole::Key, key.to_owned()).and(StyleRole::Dim, format!(" {words}"))
    }

    pub(in crate::console) fn and(mut self, ink: StyleRole, text: impl Into<Safe<'static>>) -> Self {
        self.0.push((ink, text.into()));
        self
    }

    /// Appends another run, with `between` if neither is empty.
    pub(in crate::console) fn join(&mut self, between: &'static str, other: Self) {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.0.push((StyleRole::Dim, Safe::literal(between)));
        }
        self.0.extend(other.0);
    }

    pub(in crate::console) fn spans(&self) -> &[(StyleRole, Safe<'static>)] {
        &self.0
    }

    pub(in crate::console) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Width in columns.
    pub(in crate::console) fn width(&self) -> u16 {
        self.0.iter().fold(0, |sum, (_, text)| width(text).saturating_add(sum))
    }
}

/// Width of a text in columns.
pub(in crate::console) fn width(text: &Safe<'_>) -> u16 {
    let text = text.as_str();
    if text.is_ascii() { u16::try_from(text.len()).unwrap_or(u16::MAX) } else { text.cell_width() }
}
