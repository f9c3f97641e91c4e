//! A secret being typed: shown as a mask of fixed length, and wiped on drop.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use zeroize::Zeroizing;

use crate::domain::SecretText;

/// The longest value, in bytes.
pub const MAX_VALUE: usize = 1 << 20;

/// The initial capacity, so that short secrets are never reallocated.
const FIRST: usize = 256;

/// A value typed without echo. It has no `Debug`, `Clone` or `Serialize`, and no visible cursor: input is
/// always appended.
pub struct SecretInput {
    text: Zeroizing<String>,
    /// Whether some of it was typed key by key.
    by_key: bool,
}

/// Input was rejected because the value would exceed [`MAX_VALUE`]. The value is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a value is at most 1 MiB; this was not taken")]
pub struct TooLong;

impl Default for SecretInput {
    fn default() -> Self {
        Self { text: Zeroizing::new(String::with_capacity(FIRST)), by_key: false }
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

    /// Handles a key.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn key(&mut self, key: KeyEvent) -> Result<(), TooLong> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if control => self.wipe(),
            KeyCode::Char(c) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
                self.by_key = true;
                return self.paste(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Backspace => {
                self.text.pop();
            }
            _ => {}
        }
        Ok(())
    }

    /// Appends a text, line breaks included.
    ///
    /// # Errors
    /// [`TooLong`]; nothing is appended then, because part of a value would be useless.
    pub fn paste(&mut self, text: &str) -> Result<(), TooLong> {
        let wanted = self.text.len() + text.len();
        if wanted > MAX_VALUE {
            return Err(TooLong);
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
        assert_eq!(input.paste("y"), Err(TooLong));
        assert_eq!(input.key(KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE)), Err(TooLong));
        assert_eq!(input.value().expose().len(), MAX_VALUE);
    }
}
