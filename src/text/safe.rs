//! `Safe`: the only text that a widget, a table, an error or a log accepts.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::domain::{MAX_MARKS, escape, is_invisible, is_mark};

/// One line of text that affects only its own cells on a terminal.
///
/// Control characters show as their pictures (`␛`, `␊`, `␡`); bidirectional controls, characters
/// without a visible form and line separators show as `‹U+202E›`; a run of combining marks is
/// bounded. Escaping text that is already safe changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Safe<'a>(Cow<'a, str>);

impl<'a> Safe<'a> {
    /// Makes a text safe; borrows it if there is nothing to replace.
    pub fn new(text: &'a str) -> Self {
        Self(sanitize(text))
    }

    /// Bytes that should be UTF-8; those that are not show as `‹0xFF›`.
    pub fn bytes(bytes: &'a [u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::new(text),
            Err(_) => Safe::<'static>::from(visible_utf8(bytes)),
        }
    }

    /// A name of any bytes, as [`escape`] writes it: two names never look alike, and what is shown can be
    /// typed.
    pub fn name(name: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self(escape(name.as_ref()))
    }

    /// At most `max_chars` characters of a text, and how many were left out: `abc… 1,024 more characters`.
    pub fn prefix(text: &'a str, max_chars: usize) -> Self {
        let (shown, left_out) = cut(text, max_chars);
        if left_out == 0 {
            return Self::new(shown);
        }
        Self(format!("{}{}", sanitize(shown), left_out_note(left_out)).into())
    }

    /// The text; it contains no control, bidirectional or invisible character.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same text without borrowed data.
    pub fn into_owned(self) -> Safe<'static> {
        Safe(Cow::Owned(self.0.into_owned()))
    }

    /// The same text, borrowed from this one.
    pub fn borrowed(&self) -> Safe<'_> {
        Safe(Cow::Borrowed(&self.0))
    }

    pub fn into_string(self) -> String {
        self.0.into_owned()
    }

    /// Wraps a text that this module has already made safe.
    pub(super) fn trusted(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl Safe<'static> {
    /// Text of our own source code, in which nothing needs replacing.
    pub const fn literal(text: &'static str) -> Self {
        debug_assert!(is_plain(text.as_bytes()), "a literal holds no control characters");
        Self(Cow::Borrowed(text))
    }

    /// The `Display` output of a value, made safe.
    pub fn display(value: &impl fmt::Display) -> Self {
        value.to_string().into()
    }
}

const fn is_plain(mut bytes: &[u8]) -> bool {
    while let [first, rest @ ..] = bytes {
        if *first < b' ' || *first == 0x7f {
            return false;
        }
        bytes = rest;
    }
    true
}

impl From<String> for Safe<'static> {
    fn from(text: String) -> Self {
        Self(match sanitize(&text) {
            Cow::Borrowed(_) => Cow::Owned(text),
            Cow::Owned(safe) => Cow::Owned(safe),
        })
    }
}

impl<'a> From<&'a str> for Safe<'a> {
    fn from(text: &'a str) -> Self {
        Self::new(text)
    }
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Safe<'static> {
            fn from(number: $integer) -> Self {
                Self(Cow::Owned(number.to_string()))
            }
        }
    )*};
}
from_integer!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Safe<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The bytes as text; each byte that is not valid UTF-8 is shown as an escape.
pub(super) fn visible_utf8(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "‹0x{byte:02X}›");
        }
    }
    out
}

/// The first `max_chars` characters, and how many more there are.
pub(super) fn cut(text: &str, max_chars: usize) -> (&str, usize) {
    if text.len() <= max_chars {
        return (text, 0);
    }
    let end = text.char_indices().nth(max_chars).map_or(text.len(), |(at, _)| at);
    let (shown, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (shown, rest.chars().count())
}

/// The note on what a shortened text leaves out.
pub(super) fn left_out_note(characters: usize) -> String {
    format!("… {} more {}", grouped(characters), if characters == 1 { "character" } else { "characters" })
}

/// A number with a comma between groups of three digits.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub(super) fn sanitize(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    // A combining mark at the start would be drawn on whatever precedes this text.
    let mut marks = MAX_MARKS;
    let mut out: Option<String> = None;
    for (at, character) in text.char_indices() {
        let form = form(character, &mut marks);
        let kept = text.get(..at).unwrap_or_default();
        match form {
            CharForm::AsIs => {
                if let Some(out) = &mut out {
                    out.push(character);
                }
            }
            CharForm::Picture(picture) => out.get_or_insert_with(|| kept.to_owned()).push(picture),
            CharForm::Number => {
                let out = out.get_or_insert_with(|| kept.to_owned());
                let _ = write!(out, "‹U+{:04X}›", u32::from(character));
            }
        }
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// How a character is shown.
enum CharForm {
    AsIs,
    Picture(char),
    Number,
}

/// The form of a character after `marks` combining marks in a row.
fn form(character: char, marks: &mut usize) -> CharForm {
    let code = u32::from(character);
    let form = match character {
        ' '..='~' => CharForm::AsIs,
        '\0'..='\x1f' => CharForm::Picture(char::from_u32(0x2400 + code).unwrap_or('␦')),
        '\x7f' => CharForm::Picture('␡'),
        _ if is_invisible(character) => CharForm::Number,
        _ if character.escape_debug().len() == 1 => CharForm::AsIs,
        _ if *marks < MAX_MARKS && is_mark(character) => {
            *marks += 1;
            return CharForm::AsIs;
        }
        _ => CharForm::Number,
    };
    *marks = 0;
    form
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn troublesome() -> impl Strategy<Value = char> {
        prop_oneof![
            any::<char>(),
            proptest::char::range('\0', '\u{ff}'),
            proptest::char::range('\u{300}', '\u{36f}'),
            proptest::char::range('\u{2000}', '\u{206f}'),
            proptest::char::range('\u{e0000}', '\u{e01ff}'),
        ]
    }

    proptest! {
        #[test]
        fn nothing_gets_through_and_twice_is_once(characters in prop::collection::vec(troublesome(), 0..40)) {
            let text: String = characters.into_iter().collect();
            let safe = Safe::new(&text);
            for character in safe.as_str().chars() {
                prop_assert!(!character.is_control(), "{:?}", character);
                prop_assert!(!is_invisible(character), "{:?}", character);
                prop_assert!(!character.is_whitespace() || character == ' ', "{:?}", character);
                let prints = character.escape_debug().len() == 1 || is_mark(character);
                prop_assert!(character.is_ascii() || prints, "{:?}", character);
            }
            prop_assert_eq!(Safe::new(safe.as_str()), safe.borrowed());
        }

        #[test]
        fn what_is_shown_of_a_name_is_shown_as_it_is(bytes in any::<Vec<u8>>(), text in any::<String>()) {
            for name in [&bytes[..], text.as_bytes()] {
                let shown = Safe::name(name);
                prop_assert_eq!(Safe::new(shown.as_str()), shown.borrowed());
            }
        }

        #[test]
        fn any_bytes_can_be_shown(bytes in any::<Vec<u8>>()) {
            let safe = Safe::bytes(&bytes);
            prop_assert!(safe.as_str().chars().all(|character| !character.is_control()));
        }
    }

    #[test]
    fn every_character_of_a_name_is_shown_as_it_is() {
        for character in '\0'..=char::MAX {
            for name in [format!("{character}"), format!("a{character}"), format!("a\u{301}{character}b")] {
                let shown = Safe::name(&name);
                assert_eq!(Safe::new(shown.as_str()), shown, "{character:?}");
            }
        }
    }

    #[test]
    fn forms_are_visible_and_say_what_they_stand_for() {
        let cases = [
            ("a\x1b[31mb\r\n\t\x7f\0", "a␛[31mb␍␊␉␡␀"),
            ("\u{9b}\u{202e}abc\u{200d}\u{feff}\u{ad}", "‹U+009B›‹U+202E›abc‹U+200D›‹U+FEFF›‹U+00AD›"),
            ("\u{2028}\u{fff9}\u{e0041}\u{a0}\u{fe0f}", "‹U+2028›‹U+FFF9›‹U+E0041›‹U+00A0›‹U+FE0F›"),
            ("Zürich Ω 日本語 עברית ไทย", "Zürich Ω 日本語 עברית ไทย"),
            ("e\u{301} \u{301}", "e\u{301} \u{301}"),
            ("\u{301}e", "‹U+0301›e"),
            ("x\u{300}\u{301}\u{302}\u{303}\u{304}y", "x\u{300}\u{301}\u{302}\u{303}‹U+0304›y"),
        ];
        for (text, shown) in cases {
            assert_eq!(Safe::new(text).as_str(), shown, "{text:?}");
        }
        assert_eq!(Safe::bytes(b"ab\xff\x80c").as_str(), "ab‹0xFF›‹0x80›c");
    }

    #[test]
    fn what_needs_nothing_is_borrowed() {
        for text in ["plain", "日本語 é"] {
            assert!(matches!(Safe::new(text).0, Cow::Borrowed(_)));
        }
        assert_eq!(Safe::from(48_213u64).as_str(), "48213");
        assert_eq!(format!("[{:>4}]", Safe::literal("ab")), "[  ab]");
    }

    #[test]
    fn long_texts_say_how_much_is_left_out() {
        let text = "é".repeat(1_048_010);
        assert_eq!(Safe::prefix(&text, 2).as_str(), "éé… 1,048,008 more characters");
        assert_eq!(Safe::prefix("abc", 2).as_str(), "ab… 1 more character");
        assert_eq!(Safe::prefix("abc", 3).as_str(), "abc");
    }
}
