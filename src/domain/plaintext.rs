//! What counts as a secret in plaintext: the one rule, for the facts of a document and for the health of a file
//! alike.

use std::borrow::Cow;

use super::json::{JsonEvent, Scalar, has_byte, string_value, walk};
use super::reference::{MAX_DEPTH, is_all_references, login_password, lookups};
use super::secret::is_authorization;
use super::{Masking, Secrecy, SecrecyContainer, SecretNames, secret_shapes};

/// Words that begin the value of a header and are not secrets themselves.
const SCHEMES: [&str; 5] = ["bearer", "basic", "token", "digest", "apikey"];

/// Headers that describe a body; all other headers that a webhook sends may contain a secret.
const HARMLESS: [&str; 8] = [
    "content-type",
    "content-length",
    "content-encoding",
    "accept",
    "accept-encoding",
    "accept-language",
    "user-agent",
    "host",
];

/// How many names above a number are asked: in a text nested deeper than any real document, each of its numbers
/// would have a thousand.
const NEAR: usize = 128;

/// Names of numbers that are secrets, rather than lengths or limits.
const NUMERIC: [&str; 10] =
    ["password", "pass", "passwd", "pwd", "secret", "api_key", "apikey", "passcode", "pin", "otp"];

/// Whether a text is a plaintext secret: the whole text in a secret field, if it refers to nothing, and in any
/// field the password of a URL and what looks like a secret. `name` is that of the field.
pub(crate) fn is_plaintext(
    names: &SecretNames,
    value: &str,
    name: Option<&str>,
    secret: bool,
    refers: bool,
) -> bool {
    (secret && !refers && !is_bare(value))
        || holds_password(value)
        || !secret_shapes(names, value, name.unwrap_or_default()).is_empty()
}

/// The length of the scheme that an authorization's value begins with, and of the blanks after it; 0 if there
/// is none, or nothing after it. `name` is that of the field or header: elsewhere such a word may be a part
/// of the secret.
pub(crate) fn scheme_len(name: &str, value: &str) -> usize {
    let Some((word, rest)) = value.split_once(' ') else { return 0 };
    let token = rest.trim_start_matches(' ');
    let is_scheme = SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme)) && !token.is_empty();
    if is_scheme && is_authorization(name) { value.len() - token.len() } else { 0 }
}

/// Empty, or the scheme of a token without the token.
pub(crate) fn is_bare(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || SCHEMES.iter().any(|scheme| value.eq_ignore_ascii_case(scheme))
}

/// Whether a URL in the text has a password that does not consist of references only.
fn holds_password(value: &str) -> bool {
    if !has_byte(value, b'@') {
        return false;
    }
    let Some((_, rest)) = value.split_once("://") else { return false };
    let Some(password) = login_password(rest) else { return false };
    let login = rest.get(..password.end).unwrap_or_default();
    !login.contains(char::is_whitespace) && !is_all_references(password.of(rest))
}

/// Whether a number at these names is a secret, where its field is a secret one.
pub(crate) fn is_numeric_secret<S: AsRef<str>>(masking: &Masking, names: &[S]) -> bool {
    names.last().is_some_and(|name| NUMERIC.iter().any(|known| name.as_ref().eq_ignore_ascii_case(known)))
        || masking.names().hides_any(names.get(names.len().saturating_sub(NEAR)..).unwrap_or(names))
}

/// Whether the member at these names is a header that describes a body, among headers that may be secrets.
pub(crate) fn is_harmless_header<S: AsRef<str>>(masking: &Masking, names: &[S]) -> bool {
    matches!(names, [.., headers, name] if headers.as_ref() == "headers"
        && HARMLESS.iter().any(|known| name.as_ref().eq_ignore_ascii_case(known)))
        && !masking.names().hides_any(names)
}

/// Whether a document contains a secret in plaintext, a reference's default in a secret field included. A
/// member that a later one of its name overrides counts: it can be read all the same. Invalid JSON is searched
/// up to the error.
pub(crate) fn holds_plaintext(masking: &Masking, text: &str) -> bool {
    let mut search = PlaintextSearch { text, masking, names: Vec::new(), open: Vec::new(), found: false };
    // An error ends the search, and is reported by whoever reads the document.
    let _ = walk(text, |event| search.visit(event));
    search.found
}

struct PlaintextSearch<'a> {
    text: &'a str,
    masking: &'a Masking,
    /// The member names that lead to a value.
    names: Vec<Cow<'a, str>>,
    /// The open containers, with the length of `names` at each.
    open: Vec<(SecrecyContainer, usize)>,
    found: bool,
}

impl PlaintextSearch<'_> {
    fn visit(&mut self, event: JsonEvent) {
        match event {
            JsonEvent::OpenObject(_) | JsonEvent::OpenArray(_) => {
                self.item();
                let container = SecrecyContainer::open(event, self.secrecy());
                self.open.push((container, self.names.len()));
            }
            JsonEvent::CloseObject(_) | JsonEvent::CloseArray(_) => {
                let length = self.open.pop().map(|(_, length)| length);
                self.names.truncate(length.unwrap_or_default());
            }
            JsonEvent::Key(span) => {
                self.names.truncate(self.open.last().map(|(_, length)| *length).unwrap_or_default());
                self.names.push(string_value(span.of(self.text)));
            }
            JsonEvent::Scalar(scalar, span) if !self.found => {
                self.item();
                self.found = match scalar {
                    Scalar::String => self.is_plaintext(&string_value(span.of(self.text))),
                    Scalar::Number => {
                        is_numeric_secret(self.masking, &self.names) && self.secrecy() != Secrecy::Open
                    }
                    _ => false,
                };
            }
            JsonEvent::Scalar(..) => {}
        }
    }

    /// A value begins; in an array it is the next item.
    fn item(&mut self) {
        if let Some((top, _)) = self.open.last_mut().filter(|(top, _)| !top.object) {
            top.items += 1;
        }
    }

    fn secrecy(&mut self) -> Secrecy {
        let top = self.open.last_mut();
        top.map_or(Secrecy::Open, |(top, _)| top.member(self.masking, &self.names, self.text))
    }

    fn is_plaintext(&mut self, value: &str) -> bool {
        let secret = self.secrecy().hides(value) && !is_harmless_header(self.masking, &self.names);
        if let [.., (outer, _), (inner, _)] = self.open.as_mut_slice() {
            inner.read(self.masking, outer, value);
        }
        let is_reachable = self.open.len().saturating_sub(1) <= MAX_DEPTH;
        let references = if is_reachable { lookups(value) } else { Vec::new() };
        let default = |default: Option<&str>| default.is_some_and(|text| !text.trim().is_empty());
        (secret && references.iter().any(|reference| default(reference.default)))
            || is_plaintext(
                self.masking.names(),
                value,
                self.names.last().map(AsRef::as_ref),
                secret,
                !references.is_empty(),
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plaintext_is_told_from_references_and_from_nothing() {
        let plain = |value: &str, secret| {
            is_plaintext(&SecretNames::default(), value, None, secret, !lookups(value).is_empty())
        };
        for value in ["hunter2", "Bearer hunter2", "${A}", "$A", "{$A-B}"] {
            assert!(plain(value, true), "{value}");
            assert!(!plain(value, false), "{value}");
        }
        for value in ["", " ", "Bearer ", "{$A}", "Bearer {$A}", "{$vault:a#b}", "postgres://{$U}:{$P}@h/db"]
        {
            assert!(!plain(value, true), "{value}");
        }
        for value in ["amqp://u:hunter2@h", "amqp://{$U}:hunter2@{$H}", "redis://:hunter2@h"] {
            assert!(plain(value, false), "{value}");
        }
        for value in ["https://h:8443/a", "https://h/@team", "see http://h: ask bob@example.com", "u@h"] {
            assert!(!plain(value, false), "{value}");
        }
    }
}
