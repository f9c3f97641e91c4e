//! A single-line text input.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

#[derive(Clone, Default, PartialEq, Eq)]
pub struct TextInput {
    text: String,
    /// Byte offset, always between graphemes.
    cursor: usize,
}

/// The longest line in bytes; names and addresses are far shorter.
const MAX: usize = 512;

impl std::fmt::Debug for TextInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A value typed in a merge may be a secret.
        write!(f, "Input({} bytes)", self.text.len())
    }
}

impl TextInput {
    /// Starts with a text, the cursor at its end.
    pub fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn before_cursor(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    pub fn set(&mut self, text: impl Into<String>) {
        *self = Self::of(text);
    }

    /// Inserts text at the cursor; control characters are dropped, so a multi-line paste
    /// stays one line.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() > MAX {
                return;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Handles a key; returns whether the text changed.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let before = self.text.len();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if control => self.cut(0),
            KeyCode::Char('w') if control => {
                let before = self.before_cursor().trim_end();
                self.cut(before.rfind([' ', '/']).map_or(0, |at| at + 1));
            }
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char(c) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Backspace => self.cut(self.grapheme_before()),
            KeyCode::Left => self.cursor = self.grapheme_before(),
            KeyCode::Right => self.cursor = self.grapheme_after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            KeyCode::Delete => {
                let end = self.grapheme_after();
                self.text.replace_range(self.cursor..end, "");
            }
            _ => {}
        }
        self.text.len() != before
    }

    fn cut(&mut self, from: usize) {
        self.text.replace_range(from..self.cursor, "");
        self.cursor = from;
    }

    fn grapheme_before(&self) -> usize {
        self.before_cursor().grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn grapheme_after(&self) -> usize {
        let after = self.text.get(self.cursor..).unwrap_or_default();
        self.cursor + after.graphemes(true).next().map_or(0, str::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(input: &mut TextInput, code: KeyCode) -> bool {
        input.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    #[test]
    fn edits_by_grapheme() {
        let mut input = TextInput::of("ae\u{301}x");
        press(&mut input, KeyCode::Left);
        press(&mut input, KeyCode::Backspace);
        assert_eq!(input.text(), "ax");
        assert!(press(&mut input, KeyCode::Char('é')));
        assert!(!press(&mut input, KeyCode::Left));
        press(&mut input, KeyCode::Delete);
        assert_eq!((input.text(), input.before_cursor()), ("ax", "a"));
    }

    #[test]
    fn a_paste_stays_one_line() {
        let mut input = TextInput::default();
        input.insert("a\nb\x1b[31mc");
        assert_eq!(input.text(), "ab[31mc");
        input.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        assert_eq!(input.text(), "");
    }
}
