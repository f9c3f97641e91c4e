//! Texts that are not JSON at all (YAML, `.env`, header lines): whatever follows a secret-looking
//! name on its line is hidden, and everything after it if its value may continue on the next line.

use super::value::{split_parts, zones};
use super::{ScanPieces, SegmentRole};
use crate::domain::SecretNames;
use crate::domain::json::Span;
use crate::domain::plaintext::scheme_len;

/// Characters that may separate a name from its value, and are shown.
const SEPARATORS: [char; 8] = [' ', '\t', ':', '=', '>', '"', '\'', '\\'];

/// Reads the text from `at` to its end.
pub(super) fn read(names: &SecretNames, text: &str, at: usize, secret: bool, pieces: &mut ScanPieces) {
    let body = text.get(at..).unwrap_or_default();
    let hidden = if secret { vec![Span { start: 0, end: body.len() }] } else { hidden_in(names, body) };
    for part in split_parts(names, body, &hidden, SegmentRole::Plain) {
        pieces.push(part.span.shifted(at), part.visibility);
    }
}

/// The secret zones of a text, line by line; sorted, without overlap.
fn hidden_in(names: &SecretNames, text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        if line.contains("-----BEGIN") {
            found.push(Span { start, end: text.len() });
            return found;
        }
        let name_end = secret_name_end(names, line);
        let before = line.get(..name_end.unwrap_or(line.len())).unwrap_or_default();
        found.extend(zones(names, before, "").into_iter().map(|zone| zone.shifted(start)));
        let Some(name_end) = name_end else { continue };
        let value = line.get(name_end..).unwrap_or_default();
        let bare = value.trim_start_matches(SEPARATORS);
        let word = before.rsplit(|c: char| !is_word(c)).next().unwrap_or_default();
        let value_start = start + name_end + (value.len() - bare.len()) + scheme_len(word, bare);
        if !is_complete(value, bare) {
            found.push(Span { start: value_start, end: text.len() });
            return found;
        }
        found.push(Span { start: value_start, end: start + line.len() });
    }
    found
}

/// One past the first word of a line that may be the name of a secret.
fn secret_name_end(names: &SecretNames, line: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(start) = line.get(at..)?.find(is_word).map(|offset| at + offset) {
        let rest = line.get(start..)?;
        let end = start + rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if names.may_be_secret(line.get(start..end)?) {
            return Some(end);
        }
        at = end;
    }
    None
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Whether a value certainly ends with its line: it is present, closes its quotes and opens no block.
fn is_complete(value: &str, bare: &str) -> bool {
    let even = |quote: u8| memchr::memchr_iter(quote, value.as_bytes()).count().is_multiple_of(2);
    !bare.is_empty()
        && even(b'"')
        && even(b'\'')
        && !value.contains(" |")
        && !value.contains(" >")
        && !bare.starts_with(['|', '{', '[', '&', '!', '('])
        && !bare.ends_with(['\\', '|', '>', '{', '[', '(', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut pieces = ScanPieces::default();
        read(&SecretNames::default(), text, 0, false, &mut pieces);
        pieces.0.iter().map(|piece| if piece.is_hidden() { "•" } else { piece.span.of(text) }).collect()
    }

    #[test]
    fn values_of_secret_names_are_hidden() {
        let cases = [
            ("password=hunter2", "password=•"),
            ("HOST=a\r\nDB_PASSWORD=\"hunter2\"\r\nPORT=1\r\n", "HOST=a\r\nDB_PASSWORD=\"•\r\nPORT=1\r\n"),
            ("Authorization: Bearer hunter2\nHost: x", "Authorization: Bearer •\nHost: x"),
            ("a: 1\nprivate_key: |\n  hunter2\n  hunter3\nb: 2", "a: 1\nprivate_key: •"),
            ("credentials:\n  a: hunter2\n", "credentials:•"),
            ("KEY=\"-----BEGIN\nhunter2", "•"),
            ("token: \"a\nhunter2\"", "token: \"•"),
            ("url: amqp://u:hunter2@h\nx", "url: amqp://u:•@h\nx"),
            ("password {$vault:a#b:hunter2}", "password {$vault:a#b:•}"),
            ("just words", "just words"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
