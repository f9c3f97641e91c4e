//! Splits any text into JSON lexemes without losing a byte; what is not JSON becomes `LexemeKind::Bad`.

use super::Span;
use super::bytes::{bytes_below, bytes_equal, first_byte};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexemeKind {
    /// `{`
    OpenObject,
    /// `}`
    CloseObject,
    /// `[`
    OpenArray,
    /// `]`
    CloseArray,
    /// `:`
    Colon,
    /// `,`
    Comma,
    /// A whole string with both quotes; escapes are not checked here.
    String,
    /// A word that looks like a number and is one; `NaN`, `Infinity` and `-Infinity`, too, which the receiver takes.
    Number,
    /// `true` or `false`.
    Bool,
    Null,
    /// Blanks, tabs and line ends.
    Space,
    /// A string that is cut off by the end of its line or of the text.
    Unterminated,
    /// Anything else: a bare word, a stray character, a malformed number.
    Bad,
}

impl LexemeKind {
    pub fn opens(self) -> bool {
        matches!(self, Self::OpenObject | Self::OpenArray)
    }

    pub fn closes(self) -> bool {
        matches!(self, Self::CloseObject | Self::CloseArray)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lexeme {
    pub kind: LexemeKind,
    pub span: Span,
    /// Whether it is a string whose value stands between its quotes: no escape and no control character.
    /// `false` for long ones, in which nobody looked.
    pub is_plain: bool,
}

/// The lexemes of a text; their spans cover it without gap or overlap.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Continues at `at`, which must be a character boundary: past a comment, say.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Skips blanks, tabs and line ends, for readers that need none of them.
    pub(super) fn skip_space(&mut self) {
        self.at += self.run(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn run(&self, accept: impl Fn(u8) -> bool) -> usize {
        self.rest().iter().take_while(|byte| accept(**byte)).count()
    }

    /// The length of a string without escapes and control characters, if it is short. Most are, and looking
    /// at each byte once costs less than to search for the quote and to check what stands before it.
    fn plain_string(&self) -> Option<usize> {
        let mut inner = self.rest().get(1..)?;
        for at in (1..64).step_by(8) {
            let Some((eight, rest)) = inner.split_first_chunk::<8>() else {
                let ends = inner.iter().position(|byte| is_special(*byte))?;
                return (inner.get(ends) == Some(&b'"')).then_some(at + ends + 1);
            };
            if let Some(ends) = first_special(u64::from_le_bytes(*eight)) {
                return (eight.get(ends) == Some(&b'"')).then_some(at + ends + 1);
            }
            inner = rest;
        }
        None
    }

    fn string(&self) -> (LexemeKind, usize) {
        let rest = self.rest();
        let mut at = 1;
        while let Some(found) = rest.get(at..).and_then(|tail| memchr::memchr3(b'"', b'\\', b'\n', tail)) {
            at += found;
            match rest.get(at) {
                Some(b'"') => return (LexemeKind::String, at + 1),
                Some(b'\\') => at += 1 + usize::from(rest.get(at + 1).is_some_and(|byte| *byte != b'\n')),
                _ => return (LexemeKind::Unterminated, at),
            }
            // A skipped character may be several bytes long: step to its end.
            while rest.get(at).is_some_and(|byte| *byte & 0xc0 == 0x80) {
                at += 1;
            }
        }
        (LexemeKind::Unterminated, rest.len())
    }

    fn word(&self) -> (LexemeKind, usize) {
        let len = self.run(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.' | b'$' | 0x80..)
        });
        let word = self.rest().get(..len).unwrap_or_default();
        let shape = match word {
            b"true" | b"false" => LexemeKind::Bool,
            b"null" => LexemeKind::Null,
            _ if is_number(word) && word.len() <= MAX_DIGITS => LexemeKind::Number,
            _ if is_odd_number(word) => LexemeKind::Number,
            _ => LexemeKind::Bad,
        };
        (shape, len)
    }
}

/// Whether a byte ends a string, or is more than a character of it.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..0x20)
}

/// The index of the first special byte among eight, the lowest first.
fn first_special(eight: u64) -> Option<usize> {
    first_byte(bytes_equal(eight, b'"') | bytes_equal(eight, b'\\') | bytes_below(eight, 0x20))
}

impl Iterator for Lexer<'_> {
    type Item = Lexeme;

    fn next(&mut self) -> Option<Lexeme> {
        let first = *self.rest().first()?;
        let plain = if first == b'"' { self.plain_string() } else { None };
        let (shape, len) = match first {
            b'"' if let Some(len) = plain => (LexemeKind::String, len),
            b'{' => (LexemeKind::OpenObject, 1),
            b'}' => (LexemeKind::CloseObject, 1),
            b'[' => (LexemeKind::OpenArray, 1),
            b']' => (LexemeKind::CloseArray, 1),
            b':' => (LexemeKind::Colon, 1),
            b',' => (LexemeKind::Comma, 1),
            b'"' => self.string(),
            b' ' | b'\t' | b'\n' | b'\r' => {
                (LexemeKind::Space, self.run(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')))
            }
            _ => self.word(),
        };
        // A stray ASCII character is a lexeme of its own; bytes past ASCII always form words.
        let span = Span { start: self.at, end: self.at + len.max(1) };
        self.at = span.end;
        Some(Lexeme { kind: shape, span, is_plain: plain.is_some() })
    }
}

/// The most digits of a whole number: Python makes no `int` of more.
pub(super) const MAX_DIGITS: usize = 4300;

/// A number as the receiver takes it, beyond those that are short and as RFC 8259 has them.
#[cold]
fn is_odd_number(word: &[u8]) -> bool {
    matches!(word, b"NaN" | b"Infinity" | b"-Infinity") || is_number(word) && !has_too_many_digits(word)
}

/// Whether a number is a whole one that Python makes no `int` of.
pub(super) fn has_too_many_digits(number: &[u8]) -> bool {
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    digits.len() > MAX_DIGITS && digits.iter().all(u8::is_ascii_digit)
}

/// The number grammar of RFC 8259, section 6.
pub(super) fn is_number(word: &[u8]) -> bool {
    after_number(word.strip_prefix(b"-").unwrap_or(word)).is_some_and(<[u8]>::is_empty)
}

/// The text after an unsigned number; `None` if there is no number.
fn after_number(word: &[u8]) -> Option<&[u8]> {
    fn after_digits(bytes: &[u8]) -> Option<&[u8]> {
        let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        bytes.get(count..).filter(|_| count > 0)
    }
    let mut rest = match word {
        [b'0', rest @ ..] => rest,
        _ => after_digits(word)?,
    };
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = after_digits(fraction)?;
    }
    if let [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] = rest {
        rest = after_digits(exponent)?;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn eight_bytes_at_once_are_compared_as_one_by_one(
            bytes in any::<[u8; 8]>(),
            text in r#"["\\\\\x1f !aé]{8}"#,
        ) {
            let text = text.as_bytes().first_chunk().copied().unwrap_or_default();
            for eight in [bytes, text] {
                let expected = eight.iter().position(|byte| is_special(*byte));
                prop_assert_eq!(first_special(u64::from_le_bytes(eight)), expected, "{:?}", eight);
            }
        }

        #[test]
        fn spans_cover_any_text(text in r#"(?s)[\[\]{}:,"\\a-z0-9 \n.é"-]{0,60}"#) {
            let mut at = 0;
            for lexeme in Lexer::new(&text) {
                prop_assert_eq!(lexeme.span.start, at);
                prop_assert!(lexeme.span.end > at);
                prop_assert!(text.is_char_boundary(lexeme.span.end));
                at = lexeme.span.end;
            }
            prop_assert_eq!(at, text.len());
        }
    }

    #[test]
    fn shapes_are_told_apart() {
        let shapes: Vec<_> = Lexer::new(r#"{"a\"é": [1.5e3, true,nul, 01 ]}"#)
            .filter(|lexeme| lexeme.kind != LexemeKind::Space)
            .map(|lexeme| lexeme.kind)
            .collect();
        use LexemeKind::*;
        assert_eq!(
            shapes,
            [
                OpenObject,
                String,
                Colon,
                OpenArray,
                Number,
                Comma,
                Bool,
                Comma,
                Bad,
                Comma,
                Bad,
                CloseArray,
                CloseObject
            ]
        );
    }
}
