//! A secret being typed or pasted: text and nothing else, shown to nobody, and wiped on drop.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use zeroize::Zeroizing;

use crate::domain::SecretText;

/// The longest value, in bytes.
const MAX_VALUE: usize = 1 << 20;

/// The initial capacity, so that short secrets are never reallocated.
const FIRST: usize = 256;

/// A value typed without echo. It has no `Debug`, `Clone` or `Serialize`, and no visible cursor: input is
/// always appended.
pub struct SecretInput {
    text: Zeroizing<String>,
    /// Whether some of it was typed key by key.
    by_key: bool,
    /// Why some of it is missing, if so. Nobody would see that, and typing it again would miss the same.
    lost: Option<NotTaken>,
}

/// Why input was not taken. The value is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    #[error("a value is at most 1 MiB; this was not taken")]
    TooLong,
    /// Nobody could see which, and a terminal may have put it there.
    #[error("what was pasted has control characters; it was not taken")]
    Control,
    #[error("some bytes are not UTF-8; they were left out")]
    NotUtf8,
    #[error("a paste of more than 2 MiB was not taken")]
    PasteTooLong,
    /// What was typed soon after an escape looks like the beginning of one.
    #[error("a sequence of the terminal was cut short, and may have taken text with it")]
    CutShort,
}

impl NotTaken {
    /// How a value can be set nevertheless.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::TooLong | Self::PasteTooLong => "shorten it, or split it into several fields",
            Self::Control | Self::NotUtf8 => {
                "`confdeck secrets set` takes such a value from --file or a pipe"
            }
            Self::CutShort => "type or paste it anew",
        }
    }
}

impl Default for SecretInput {
    fn default() -> Self {
        Self { text: Zeroizing::new(String::with_capacity(FIRST)), by_key: false, lost: None }
    }
}

impl SecretInput {
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether some of it was typed key by key, so that a typo could go unseen.
    pub fn is_typed(&self) -> bool {
        self.by_key && !self.text.is_empty()
    }

    /// Notes that something is missing from the value, until it is begun anew.
    pub fn lose(&mut self, why: NotTaken) {
        self.lost = Some(why);
    }

    /// Why something is missing from the value, if so.
    pub fn lost(&self) -> Option<NotTaken> {
        self.lost
    }

    /// The plain text, for fields that are not secret, and for the write.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// A copy of the value; the original stays here until the write is acknowledged.
    pub fn value(&self) -> SecretText {
        SecretText::new(String::clone(&self.text))
    }

    pub fn wipe(&mut self) {
        *self = Self::default();
    }

    /// Handles a key; one that is neither text nor takes text back changes nothing.
    ///
    /// # Errors
    /// [`NotTaken::TooLong`].
    pub fn key(&mut self, key: KeyEvent) -> Result<(), NotTaken> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let held = control || key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('u') if control => self.wipe(),
            KeyCode::Char('w') if control => self.pop_word(),
            KeyCode::Char(c) if !held && !c.is_control() => {
                self.by_key = true;
                return self.paste(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Backspace if held => self.pop_word(),
            KeyCode::Backspace => {
                self.text.pop();
            }
            _ => {}
        }
        Ok(())
    }

    /// Removes the last word and the blanks after it.
    fn pop_word(&mut self) {
        let kept = self.text.trim_end().trim_end_matches(|c: char| !c.is_whitespace()).len();
        self.text.truncate(kept);
    }

    /// Appends a text, line breaks and tabs included.
    ///
    /// # Errors
    /// [`NotTaken`]; nothing is appended then, because part of a value would be useless.
    pub fn paste(&mut self, text: &str) -> Result<(), NotTaken> {
        if text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err(NotTaken::Control);
        }
        let wanted = self.text.len() + text.len();
        if wanted > MAX_VALUE {
            return Err(NotTaken::TooLong);
        }
        if wanted > self.text.capacity() {
            // A `String` that grows by itself leaves its old buffer unwiped.
            let mut larger = Zeroizing::new(String::with_capacity(wanted.max(self.text.capacity() * 2)));
            larger.push_str(&self.text);
            self.text = larger;
        }
        self.text.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> SecretInput {
        let mut input = SecretInput::default();
        for c in text.chars() {
            input.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)).unwrap();
        }
        input
    }

    #[test]
    fn what_is_typed_goes_to_the_end_and_comes_back_off_it() {
        let mut input = typed("pä");
        input.key(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE)).unwrap();
        input.paste("ss\nword").unwrap();
        assert_eq!(input.expose(), "pss\nword");
        assert!(input.is_typed());
        input.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)).unwrap();
        assert!(input.is_empty() && !input.is_typed());
    }

    #[test]
    fn a_paste_needs_no_second_time_and_is_taken_whole_or_not() {
        let mut input = SecretInput::default();
        input.paste(&"x".repeat(MAX_VALUE)).unwrap();
        assert!(!input.is_typed());
        assert_eq!(input.paste("y"), Err(NotTaken::TooLong));
        assert_eq!(input.key(KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE)), Err(NotTaken::TooLong));
        assert_eq!(input.value().expose().len(), MAX_VALUE);
    }

    #[test]
    fn what_is_no_text_is_no_part_of_a_value() {
        let mut input = typed("a\u{9b}b");
        for code in [KeyCode::Left, KeyCode::F(1), KeyCode::Delete, KeyCode::Esc, KeyCode::Home] {
            input.key(KeyEvent::new(code, KeyModifiers::NONE)).unwrap();
        }
        input.key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT)).unwrap();
        input.key(KeyEvent::new(KeyCode::Char('a'), KeyModifiers::CONTROL)).unwrap();
        for pasted in ["x\u{1b}[A", "x\u{8}", "x\r", "\0", "\u{9b}A"] {
            assert_eq!(input.paste(pasted), Err(NotTaken::Control), "{}", pasted.escape_debug());
        }
        input.paste("c\td\n").unwrap();
        assert_eq!(input.expose(), "abc\td\n");
    }

    #[test]
    fn a_word_is_taken_back_by_ctrl_w_and_by_backspace_with_alt() {
        let word_back = [
            KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL),
            KeyEvent::new(KeyCode::Backspace, KeyModifiers::ALT),
        ];
        for key in word_back {
            for (before, after) in [
                ("one two", "one "),
                ("one two  ", "one "),
                ("ä\u{2003}ö", "ä\u{2003}"),
                ("one", ""),
                ("", ""),
            ] {
                let mut input = typed(before);
                input.key(key).unwrap();
                assert_eq!(input.expose(), after);
            }
        }
    }
}
