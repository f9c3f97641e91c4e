//! A paste on its way to where it is taken. It may be a secret: it is wiped, and not printed.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroizing;

use super::{NotTaken, TerminalInput};

/// The longest paste: twice the largest document that can be edited.
pub(super) const PASTE_LIMIT: usize = 2 << 20;

/// The text of a paste, its lines separated by `\n`.
#[derive(Clone, PartialEq, Eq)]
pub struct PastedText(Zeroizing<String>);

impl From<&str> for PastedText {
    /// Terminals send a carriage return for each line break of a paste.
    fn from(text: &str) -> Self {
        // A `String` that grows leaves its old buffer unwiped.
        let mut lines = Zeroizing::new(String::with_capacity(text.len()));
        let mut rest = text;
        while let Some((line, after)) = rest.split_once('\r') {
            lines.push_str(line);
            lines.push('\n');
            rest = after.strip_prefix('\n').unwrap_or(after);
        }
        lines.push_str(rest);
        Self(lines)
    }
}

impl Deref for PastedText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PastedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PastedText({} bytes)", self.0.len())
    }
}

/// A paste as one input. It is taken whole or not at all: half a text would be worse.
pub(super) fn paste(bytes: &[u8]) -> TerminalInput {
    if bytes.len() >= PASTE_LIMIT {
        tracing::warn!(limit = PASTE_LIMIT, "a paste over the limit was not taken");
        return TerminalInput::LostText(NotTaken::PasteTooLong);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => TerminalInput::Paste(text.into()),
        Err(_) => TerminalInput::LostText(NotTaken::NotUtf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_lines_are_separated_by_line_feeds_in_a_buffer_that_never_grew() {
        for (sent, text) in [("a\r\nb\rc\n", "a\nb\nc\n"), ("\r\r", "\n\n"), ("", ""), ("one", "one")] {
            let pasted = PastedText::from(sent);
            assert_eq!(&*pasted, text);
            assert!(pasted.0.capacity() <= sent.len().max(8), "{sent:?}");
        }
    }

    #[test]
    fn a_paste_that_is_printed_for_debugging_shows_its_length() {
        assert_eq!(format!("{:?}", PastedText::from("planted")), "PastedText(7 bytes)");
    }
}
