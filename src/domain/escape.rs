//! Names as they are shown and typed: two names never have the same text, everything in a name can be seen,
//! and what is shown can be typed back.
//!
//! A name that holds nothing but words is its own text. In others a backslash begins an escape: `\x20` for a
//! blank at an end or beside another one, `\xff` for a byte that is not UTF-8, `\u{301}` for a character that
//! would not be seen or that composes with the one before, `\\` for a backslash, and `\empty` for a name
//! without bytes.

use std::borrow::Cow;
use std::fmt::Write as _;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
use thiserror::Error;

/// The most combining marks shown on one character: as many as Vietnamese, Thai or pointed Hebrew needs.
pub(crate) const MAX_MARKS: usize = 4;

/// A name without bytes. No other name reads so: a backslash is always written twice.
const EMPTY: &str = r"\empty";

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
const COMBINING_CLASS: CanonicalCombiningClassMapBorrowed<'static> =
    CanonicalCombiningClassMapBorrowed::new();

/// A typed text whose escapes make bytes that are not UTF-8, where only text can be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("its escapes make bytes that are not UTF-8; only key:RAW takes those")]
pub struct NotText;

/// A name as it is shown. The text is in NFC, and [`text::Safe`](crate::text::Safe) changes nothing in it.
pub fn escape(name: &[u8]) -> Cow<'_, str> {
    let is_word = name.iter().all(|byte| matches!(byte, b'!'..=b'~') && *byte != b'\\');
    match std::str::from_utf8(name) {
        Ok("") => return EMPTY.into(),
        Ok(word) if is_word => return word.into(),
        _ => {}
    }
    let mut writer = EscapeWriter::default();
    for chunk in name.utf8_chunks() {
        chunk.valid().chars().for_each(|character| writer.put(character));
        chunk.invalid().iter().for_each(|byte| writer.put_byte(*byte));
    }
    writer.finish().into()
}

/// The name that a text stands for. A text without escapes stands for itself, and so does a backslash that
/// begins none.
pub fn unescape(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('\\') {
        return Cow::Borrowed(text.as_bytes());
    }
    if text == EMPTY {
        return Cow::Borrowed(&[]);
    }
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        name.extend_from_slice(plain.as_bytes());
        rest = read(escape, &mut name).unwrap_or_else(|| {
            name.push(b'\\');
            escape
        });
    }
    name.extend_from_slice(rest.as_bytes());
    Cow::Owned(name)
}

/// Like [`unescape`], for names that are text.
///
/// # Errors
/// [`NotText`].
pub fn unescape_text(text: &str) -> Result<Cow<'_, str>, NotText> {
    match unescape(text) {
        Cow::Borrowed(name) => std::str::from_utf8(name).map(Cow::Borrowed).map_err(|_| NotText),
        Cow::Owned(name) => String::from_utf8(name).map(Cow::Owned).map_err(|_| NotText),
    }
}

/// Reads what follows a backslash, and returns the text behind it; `None` if it is no escape.
fn read<'a>(escape: &'a str, name: &mut Vec<u8>) -> Option<&'a str> {
    if let Some(rest) = escape.strip_prefix('\\') {
        name.push(b'\\');
        return Some(rest);
    }
    if let Some(rest) = escape.strip_prefix('x') {
        let (digits, rest) = rest.split_at_checked(2)?;
        name.push(u8::try_from(hex(digits)?).ok()?);
        return Some(rest);
    }
    let (digits, rest) = escape.strip_prefix("u{")?.split_once('}')?;
    let character = char::from_u32(hex(digits)?)?;
    name.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}

/// A number of one to six hexadecimal digits, without a sign.
fn hex(digits: &str) -> Option<u32> {
    let are_digits = (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    are_digits.then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Writes a name character by character, each as it is unless it would not be seen or not be told apart.
#[derive(Default)]
struct EscapeWriter {
    out: String,
    /// Where the character begins that a following one would combine or compose with; `None` at the
    /// beginning, and after a blank or an escape.
    base: Option<usize>,
    /// The number of marks since then.
    marks: usize,
    /// Whether the last character was a blank, shown or escaped.
    after_blank: bool,
}

impl EscapeWriter {
    fn put(&mut self, character: char) {
        let was_blank = std::mem::take(&mut self.after_blank);
        match character {
            ' ' => {
                self.after_blank = true;
                if was_blank || self.out.is_empty() {
                    self.put_byte(b' ');
                } else {
                    self.out.push(' ');
                }
                self.base = None;
            }
            '\\' => {
                self.out.push_str(r"\\");
                self.base = None;
            }
            '!'..='~' => self.put_base(character),
            '\0'..='\x1f' | '\x7f' => self.put_byte(u8::try_from(character).unwrap_or(b'?')),
            _ if is_combining(character) => {
                if self.base.is_some()
                    && is_mark(character)
                    && self.marks < MAX_MARKS
                    && self.stays_composed(character)
                {
                    self.out.push(character);
                    self.marks += 1;
                } else {
                    self.put_number(character);
                }
            }
            _ if is_visible(character) && self.stays_composed(character) => self.put_base(character),
            _ => self.put_number(character),
        }
    }

    fn put_base(&mut self, character: char) {
        self.base = Some(self.out.len());
        self.marks = 0;
        self.out.push(character);
    }

    fn put_byte(&mut self, byte: u8) {
        let _ = write!(self.out, r"\x{byte:02x}");
        self.base = None;
    }

    fn put_number(&mut self, character: char) {
        let _ = write!(self.out, r"\u{{{:x}}}", u32::from(character));
        self.base = None;
    }

    /// Whether the text is still in NFC with one more character.
    fn stays_composed(&self, character: char) -> bool {
        let mut tail = self.base.and_then(|base| self.out.get(base..)).unwrap_or_default().to_owned();
        tail.push(character);
        NFC.is_normalized(&tail)
    }

    fn finish(mut self) -> String {
        if self.out.ends_with(' ') {
            self.out.pop();
            self.put_byte(b' ');
        }
        self.out
    }
}

/// What screens put around names, some of it in place of ASCII and the other way round: a name holds none of
/// it, so that `a…` is always a name that was cut.
const MARKS: &str = "…–−─│┼┴┬├┤╭╮╰╯▁▂▃▄▅▆▇█▌◆●•◐○·⊘✗✓▲△≠→↓▸◂‹›¶";

/// Whether a character that is not ASCII is seen for itself.
fn is_visible(character: char) -> bool {
    !MARKS.contains(character) && !is_invisible(character) && character.escape_debug().len() == 1
}

/// Whether a character combines with the one before; in doubt, it does.
fn is_combining(character: char) -> bool {
    !is_invisible(character) && (is_mark(character) || COMBINING_CLASS.get_u8(character) != 0)
}

/// Whether a character that is escaped when alone combines with the one before. The standard library
/// knows: its escaping for debug output leaves such marks alone after another character, and escapes
/// unprintable ones (categories Cc, Cf, Cs, Co, Cn, Zl, Zp and all blanks but one) even there.
pub(crate) fn is_mark(character: char) -> bool {
    let mut pair = String::from("a");
    pair.push(character);
    character.escape_debug().len() != 1 && pair.escape_debug().eq(pair.chars())
}

/// Characters that count as printable or as marks but show nothing: the rest of Unicode's
/// Default_Ignorable_Code_Point, and letters and symbols that are blank.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
pub(crate) mod tests;
