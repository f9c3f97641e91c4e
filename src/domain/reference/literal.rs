//! What people and other tools take for a reference, while the receiver takes it for plain text.

use std::ops::Range;

use super::scan::{self, ReferencePiece};

/// A part of a text that looks like a reference and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiteralReference {
    /// Its bytes in the text.
    pub range: Range<usize>,
    pub form: LiteralForm,
}

/// What such a part looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiteralForm {
    /// `${NAME}`, `${NAME:default}`, `${NAME-default}`.
    Braces,
    /// `$NAME`.
    Bare,
    /// `{$NAME` with something that the receiver's pattern does not take: `{$A-B}`, `{$ A}`, `{$vault:}`.
    Malformed,
}

/// The parts of a text that look like references and are none. In a secret (`is_secret`) a dollar sign may well
/// be a part of it, so that `$NAME` counts only between blanks there.
pub fn literal_references(text: &str, is_secret: bool) -> Vec<LiteralReference> {
    let mut found = Vec::new();
    let is_whole = || scan::whole_vault(text).is_some() || scan::whole_env(text).is_some();
    if memchr::memchr(b'$', text.as_bytes()).is_none() || is_whole() {
        return found;
    }
    let mut at = 0;
    for piece in scan::vault_pieces(text) {
        match piece {
            ReferencePiece::Reference(_, whole) => at += whole.len(),
            ReferencePiece::Text(text) => {
                for piece in scan::env_pieces(text) {
                    let (ReferencePiece::Text(part) | ReferencePiece::Reference(_, part)) = piece;
                    if matches!(piece, ReferencePiece::Text(_)) {
                        in_part(part, at, is_secret, &mut found);
                    }
                    at += part.len();
                }
            }
        }
    }
    found
}

/// Looks through a part without references; `at` is where it begins in the whole text.
fn in_part(part: &str, at: usize, is_secret: bool, found: &mut Vec<LiteralReference>) {
    // Without this, each opening would look for a brace up to the end.
    let last_brace = memchr::memrchr(b'}', part.as_bytes()).unwrap_or_default();
    let mut done = 0;
    for dollar in memchr::memchr_iter(b'$', part.as_bytes()) {
        let (Some(before), Some(after)) = (part.get(done..dollar), part.get(dollar + 1..)) else { continue };
        let literal = if before.ends_with('{') {
            malformed(after).map(|len| (dollar - 1..dollar + 1 + len, LiteralForm::Malformed))
        } else if let Some(body) = after.strip_prefix('{') {
            Some(body)
                .filter(|_| dollar < last_brace)
                .and_then(braced)
                .map(|len| (dollar..dollar + 2 + len, LiteralForm::Braces))
        } else {
            bare(before, after, is_secret).map(|len| (dollar..dollar + 1 + len, LiteralForm::Bare))
        };
        if let Some((range, form)) = literal {
            done = range.end;
            found.push(LiteralReference { range: at + range.start..at + range.end, form });
        }
    }
}

/// How much of the text after `{$` belongs to it: up to its brace, or up to the end of its name.
fn malformed(after: &str) -> Option<usize> {
    let blanks = after.len() - after.trim_start_matches(' ').len();
    let name = after.get(blanks..)?;
    let len = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)).count();
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let ends = name.get(len..)?.trim_start_matches(' ');
    let closes = ends.starts_with('}') || ends.is_empty() || ends.starts_with(':');
    (starts && closes)
        .then(|| blanks + len + usize::from(name.get(len..).is_some_and(|x| x.starts_with('}'))))
}

/// How much of the text after `${` belongs to it, its brace included.
fn braced(body: &str) -> Option<usize> {
    let len = name_len(body, |byte| byte.is_ascii_alphabetic())?;
    let rest = body.get(len..)?;
    match rest.bytes().next()? {
        b'}' => Some(len + 1),
        b':' | b'-' => memchr::memchr(b'}', rest.as_bytes()).map(|end| len + end + 1),
        _ => None,
    }
}

/// The length of the name after a bare `$`, in capitals.
fn bare(before: &str, after: &str, is_secret: bool) -> Option<usize> {
    let len = name_len(after, |byte| byte.is_ascii_uppercase()).filter(|len| *len > 1)?;
    let (last, next) = (before.chars().next_back(), after.get(len..)?.chars().next());
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '\\');
    let stands_alone = match is_secret {
        true => [last, next].into_iter().flatten().all(char::is_whitespace),
        false => ![last, next].into_iter().flatten().any(is_part),
    };
    stands_alone.then_some(len)
}

/// The length of a name whose letters are of this kind.
fn name_len(text: &str, letter: impl Fn(u8) -> bool) -> Option<usize> {
    let starts = text.bytes().next().is_some_and(|byte| letter(byte) || byte == b'_');
    let len = text.bytes().take_while(|byte| letter(*byte) || byte.is_ascii_digit() || *byte == b'_').count();
    starts.then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, is_secret: bool) -> Vec<&str> {
        literal_references(text, is_secret).into_iter().map(|found| &text[found.range]).collect()
    }

    #[test]
    fn what_other_tools_would_replace_is_found_and_what_the_receiver_replaces_is_not() {
        for (text, expected) in [
            ("${HOST}:{$PORT}", &["${HOST}"][..]),
            ("http://$HOST:$PORT/x", &["$HOST", "$PORT"]),
            ("${a:-b} ${vault:a#b}", &["${a:-b}", "${vault:a#b}"]),
            ("x{$A-B} {$ A} {$vault:} {$A", &["{$A-B}", "{$ A}", "{$vault", "{$A"]),
            ("{$A} {$A:$B} {$vault:a#b}", &[]),
            ("{$.name} ${1} ${a.b} $1 $ref a$BC \\$USD $$AB ^x$", &[]),
        ] {
            assert_eq!(shown(text, false), expected, "{text}");
        }
    }

    #[test]
    fn a_dollar_in_a_secret_is_a_part_of_it() {
        for (text, expected) in [
            ("Bearer $TOKEN", &["$TOKEN"][..]),
            ("$TOKEN", &["$TOKEN"]),
            ("x-$TOKEN", &[]),
            ("pa$SW-ord", &[]),
            ("a${TOKEN}b", &["${TOKEN}"]),
        ] {
            assert_eq!(shown(text, true), expected, "{text}");
        }
    }

    #[test]
    fn time_is_proportional_to_the_text() {
        let text = "${a:".repeat(300_000);
        assert!(literal_references(&text, false).is_empty());
        assert_eq!(literal_references(&"${A}".repeat(100_000), false).len(), 100_000);
    }
}
