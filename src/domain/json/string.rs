//! Quoted strings: unquoting, decoding and quoting.

use std::borrow::Cow;

use super::Span;
use super::bytes::bytes_equal;

/// Reads a string lexeme, quotes included. A lone surrogate, which no `str` holds, reads as U+FFFD, as in most
/// readers.
///
/// # Errors
/// The offset of its first error in the quoted text, and the reason.
pub fn unquote(quoted: &str) -> Result<Cow<'_, str>, (usize, &'static str)> {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted);
    // Without an early end, so that the compiler makes wide comparisons of it: what comes here may be long.
    if inner.bytes().fold(false, |found, byte| found | (byte < 0x20)) {
        let at = inner.bytes().position(|byte| byte < 0x20).unwrap_or_default();
        return Err((at + 1, "a control character must be escaped in a string"));
    }
    if !has_byte(inner, b'\\') {
        return Ok(Cow::Borrowed(inner));
    }
    let mut value = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        value.push_str(rest.get(..at).unwrap_or_default());
        let escape = rest.get(at..).unwrap_or_default();
        let Some((character, len)) = read_escape(escape) else {
            let reason = "unknown escape; JSON knows \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX";
            return Err((inner.len() - escape.len() + 1, reason));
        };
        value.push(character);
        rest = escape.get(len..).unwrap_or_default();
    }
    value.push_str(rest);
    Ok(Cow::Owned(value))
}

/// Whether a text has this byte of ASCII: eight at once, for most strings are short.
pub(crate) fn has_byte(text: &str, byte: u8) -> bool {
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    chunks.iter().any(|eight| bytes_equal(u64::from_le_bytes(*eight), byte) != 0) || rest.contains(&byte)
}

/// The value of a string lexeme that was read without an error, as each that [`walk`](super::walk) reports.
pub fn string_value(quoted: &str) -> Cow<'_, str> {
    if has_byte(quoted, b'\\') {
        return unquote(quoted).unwrap_or_default();
    }
    Cow::Borrowed(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default())
}

/// The value of a string, with the source position of each of its bytes.
#[derive(Debug, Clone)]
pub struct DecodedString<'a> {
    pub value: Cow<'a, str>,
    /// For each byte of the value, and for its end, the offset of its source; `None` if the two are equal.
    places: Option<Vec<usize>>,
}

impl DecodedString<'_> {
    /// The source offset of an offset in the value that is a character boundary.
    pub fn source_offset(&self, offset: usize) -> usize {
        self.places.as_ref().map_or(offset, |places| places.get(offset).copied().unwrap_or(offset))
    }
}

/// Decodes the text between the quotes of a string, even of a broken one: anything that is not an escape
/// stands for itself.
pub fn decode(inner: &str) -> DecodedString<'_> {
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return DecodedString { value: Cow::Borrowed(inner), places: None };
    }
    let mut value = String::with_capacity(inner.len());
    let mut places = Vec::with_capacity(inner.len() + 1);
    let mut at = 0;
    while let Some(rest) = inner.get(at..)
        && let Some(first) = rest.chars().next()
    {
        let escape = if first == '\\' { read_escape(rest) } else { None };
        let (character, len) = escape.unwrap_or((first, first.len_utf8()));
        value.push(character);
        places.resize(value.len(), at);
        at += len;
    }
    places.push(inner.len());
    DecodedString { value: Cow::Owned(value), places: Some(places) }
}

/// The character and the length of the escape that `text` starts with.
fn read_escape(text: &str) -> Option<(char, usize)> {
    let simple = match text.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return read_unicode(text),
        _ => return None,
    };
    Some((simple, 2))
}

fn read_unicode(text: &str) -> Option<(char, usize)> {
    let high = hex4(text.get(2..6)?)?;
    if (0xd800..0xdc00).contains(&high)
        && let Some(low) = text.get(6..12).and_then(|rest| rest.strip_prefix("\\u")).and_then(hex4)
        && (0xdc00..0xe000).contains(&low)
    {
        return char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).map(|c| (c, 12));
    }
    Some((char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
}

/// The escapes of a string lexeme that are one half of a surrogate pair without the other.
pub(super) fn lone_surrogates(quoted: &str) -> impl Iterator<Item = Span> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + quoted.get(at..)?.find('\\')?;
            let (_, len) = read_escape(quoted.get(start..)?)?;
            at = start + len;
            // A pair is twice as long.
            let unit = quoted.get(start + 2..at).filter(|digits| digits.len() == 4).and_then(hex4);
            if unit.is_some_and(|unit| (0xd800..0xe000).contains(&unit)) {
                return Some(Span { start, end: at });
            }
        }
    })
}

fn hex4(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Writes a string lexeme, escaping only what JSON requires.
pub fn quote(value: &str) -> String {
    // Room for all of it: the value may be a secret, of which no partial copy is to be left.
    let mut quoted = Vec::with_capacity(quoted_len(value));
    // Writing to a Vec cannot fail.
    let _ = serde_json::to_writer(&mut quoted, value);
    String::from_utf8(quoted).unwrap_or_default()
}

/// An upper bound of the bytes that [`quote`] writes.
pub(super) fn quoted_len(value: &str) -> usize {
    let escaped = value.bytes().filter(|byte| matches!(byte, 0..0x20 | b'"' | b'\\')).count();
    value.len() + 5 * escaped + 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_quoted_reads_back(value in any::<String>()) {
            let quoted = quote(&value);
            prop_assert_eq!(unquote(&quoted).unwrap(), value);
        }

        #[test]
        fn decoding_agrees_and_places_are_boundaries(inner in r#"[a\\"/bfnrtu0-9dDé😀]{0,12}"#) {
            let decoded = decode(&inner);
            if let Ok(value) = unquote(&format!("\"{inner}\"")) {
                prop_assert_eq!(&decoded.value, &value);
            }
            for (at, _) in decoded.value.char_indices().chain([(decoded.value.len(), ' ')]) {
                prop_assert!(inner.is_char_boundary(decoded.source_offset(at)));
            }
            prop_assert_eq!(decoded.source_offset(decoded.value.len()), inner.len());
        }

        #[test]
        fn agrees_with_serde_json(inner in r#"[a\\"/bfnrtu0-9dDé\u{1}]{0,12}"#) {
            let quoted = format!("\"{inner}\"");
            let theirs: Result<String, _> = serde_json::from_str(&quoted);
            // serde_json refuses lone surrogates; everything it accepts must read the same here.
            if let Ok(theirs) = theirs {
                prop_assert_eq!(unquote(&quoted).unwrap(), theirs);
            }
        }
    }

    #[test]
    fn broken_strings_name_the_place() {
        assert!(matches!(unquote("\"ab\\x\""), Err((3, _))));
        assert!(matches!(unquote("\"a\tb\""), Err((2, _))));
        assert!(matches!(unquote("\"\\u12\""), Err((1, _))));
        assert_eq!(unquote("\"\\ud83d\\ude00\"").unwrap(), "😀");
    }
}
