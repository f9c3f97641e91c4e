//! A run of text in several style roles, measured before it is placed.

use std::borrow::Cow;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

use crate::console::theme::{Glyphs, StyleRole, glyph};
use crate::text::Safe;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TextRun(Vec<(StyleRole, Safe<'static>)>);

impl TextRun {
    pub(crate) fn of(style: StyleRole, text: impl Into<Safe<'static>>) -> Self {
        Self::default().and(style, text)
    }

    /// A key and what it does.
    pub(crate) fn hint(key: &str, words: &str) -> Self {
        Self::of(StyleRole::Key, key.to_owned()).and(StyleRole::Dim, format!(" {words}"))
    }

    /// Words in lines of at most `columns` columns; a longer word is broken, so that nothing of a name is
    /// cut.
    pub(crate) fn wrap(style: StyleRole, words: &str, columns: u16) -> Vec<Self> {
        let mut lines = vec![String::new()];
        for word in words.split_whitespace() {
            match lines.last_mut() {
                Some(line) if !line.is_empty() && line.cell_width() + 1 + word.cell_width() <= columns => {
                    line.push(' ');
                    line.push_str(word);
                    continue;
                }
                Some(line) if !line.is_empty() => lines.push(String::new()),
                _ => {}
            }
            for grapheme in word.graphemes(true) {
                match lines.last_mut() {
                    Some(line) if line.is_empty() || line.cell_width() + grapheme.cell_width() <= columns => {
                        line.push_str(grapheme);
                    }
                    _ => lines.push(grapheme.to_owned()),
                }
            }
        }
        lines.into_iter().map(|line| Self::of(style, line)).collect()
    }

    /// Facts on lines of at most `columns` columns, with a dot between those that share a line.
    pub(crate) fn pack(facts: impl IntoIterator<Item = Self>, columns: u16) -> Vec<Self> {
        let mut lines = vec![Self::default()];
        for fact in facts {
            match lines.last_mut() {
                Some(line) if line.is_empty() || line.width() + 3 + fact.width() <= columns => {
                    line.join(" · ", fact)
                }
                _ => lines.push(fact),
            }
        }
        lines
    }

    /// Lines beside a label of `width` columns, which is placed before the first line.
    pub(crate) fn beside(label: &Self, width: u16, lines: Vec<Self>) -> Vec<Self> {
        let line = |(at, line)| {
            let label = if at == 0 { label.clone() } else { Self::default() };
            let blanks = " ".repeat(usize::from(width.saturating_sub(label.width())));
            let mut whole = label.and(StyleRole::Dim, blanks);
            whole.join("", line);
            whole
        };
        lines.into_iter().enumerate().map(line).collect()
    }

    /// Words wrapped beside their label, within `room` columns.
    pub(crate) fn labelled(label: &str, width: u16, style: StyleRole, words: &str, room: u16) -> Vec<Self> {
        let lines = Self::wrap(style, words, room.saturating_sub(width).max(8));
        Self::beside(&Self::of(StyleRole::Dim, label.to_owned()), width, lines)
    }

    /// Appends more text.
    pub(crate) fn and(mut self, style: StyleRole, text: impl Into<Safe<'static>>) -> Self {
        self.0.push((style, text.into()));
        self
    }

    /// The run as it is drawn with these glyphs, so that its width is that on the screen.
    pub(crate) fn spelled(self, glyphs: Glyphs) -> Self {
        let spell = |(style, text): (StyleRole, Safe<'static>)| match glyphs.spell(text.as_str()) {
            Cow::Borrowed(_) => (style, text),
            Cow::Owned(spelled) => (style, Safe::from(spelled)),
        };
        Self(self.0.into_iter().map(spell).collect())
    }

    /// Appends another run, with `between` if neither is empty.
    pub(crate) fn join(&mut self, between: &'static str, other: Self) {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.0.push((StyleRole::Dim, Safe::literal(between)));
        }
        self.0.extend(other.0);
    }

    pub(crate) fn spans(&self) -> &[(StyleRole, Safe<'static>)] {
        &self.0
    }

    /// Its text without styles.
    pub(crate) fn plain(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The run on as many lines as it needs, broken anywhere: for names, of which nothing may be cut.
    pub(crate) fn broken(self, columns: u16) -> Vec<Self> {
        let mut lines = vec![Self::default()];
        for (style, text) in &self.0 {
            let mut piece = String::new();
            let mut used = lines.last().map_or(0, Self::width);
            for grapheme in text.as_str().graphemes(true) {
                used += grapheme.cell_width();
                if used > columns.max(1) {
                    let line = lines.pop().unwrap_or_default();
                    lines.extend([line.and(*style, std::mem::take(&mut piece)), Self::default()]);
                    used = grapheme.cell_width();
                }
                piece.push_str(grapheme);
            }
            let line = lines.pop().unwrap_or_default();
            lines.push(line.and(*style, piece));
        }
        lines
    }

    /// The run in at most `columns`; if there is more of it, it ends in `…`.
    pub(crate) fn cut(self, columns: u16) -> Self {
        match columns {
            _ if self.width() <= columns => self,
            0 => Self::default(),
            1 => Self::of(StyleRole::Dim, glyph::MORE),
            _ => {
                let first = self.broken(columns - 1).into_iter().next().unwrap_or_default();
                first.and(StyleRole::Dim, glyph::MORE)
            }
        }
    }

    /// Width in columns.
    pub(crate) fn width(&self) -> u16 {
        self.0.iter().fold(0, |sum, (_, text)| width(text).saturating_add(sum))
    }
}

/// Width of a text in columns.
pub(crate) fn width(text: &Safe<'_>) -> u16 {
    let text = text.as_str();
    if text.is_ascii() { u16::try_from(text.len()).unwrap_or(u16::MAX) } else { text.cell_width() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_cut_between_characters_and_says_so() {
        let run = TextRun::of(StyleRole::Good, "✓ ").and(StyleRole::Text, "日本語 text");
        let text = |columns| -> String {
            let cut = run.clone().cut(columns);
            assert!(cut.width() <= columns, "{columns}");
            cut.spans().iter().map(|(_, text)| text.as_str().to_owned()).collect()
        };
        assert_eq!([text(20), text(13)], ["✓ 日本語 text", "✓ 日本語 text"]);
        assert_eq!([text(12), text(6), text(5)], ["✓ 日本語 te…", "✓ 日…", "✓ 日…"]);
        assert_eq!([text(2), text(1), text(0)], ["✓…", "…", ""]);
    }

    #[test]
    fn words_are_wrapped_between_words() {
        let wrap = |words, columns| -> Vec<String> {
            let lines = TextRun::wrap(StyleRole::Text, words, columns);
            lines.iter().flat_map(TextRun::spans).map(|(_, text)| text.as_str().to_owned()).collect()
        };
        assert_eq!(wrap("ids may not start or end", 10), ["ids may", "not start", "or end"]);
        assert_eq!(wrap("an incomprehensible one", 5), ["an", "incom", "prehe", "nsibl", "e one"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
