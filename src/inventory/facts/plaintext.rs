//! Whether a text contains a secret in plaintext.

use std::borrow::Cow;

use crate::domain::reference::{is_all_references, login_password};
use crate::domain::secret_shapes;

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

/// Whether a value is a plaintext secret: the whole value in a secret field, if it refers to nothing, and
/// in any field the password of a URL and what looks like a secret. `name` is that of the field.
pub(super) fn is_plaintext(value: &str, name: Option<&Cow<'_, str>>, secret: bool, refers: bool) -> bool {
    (secret && !refers && !is_bare(value))
        || holds_password(value)
        || !secret_shapes(value, name.map_or("", |name| name)).is_empty()
}

/// Empty, or the scheme of a token without the token.
fn is_bare(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || SCHEMES.iter().any(|scheme| value.eq_ignore_ascii_case(scheme))
}

/// Whether a URL in the text has a password that does not consist of references only.
fn holds_password(value: &str) -> bool {
    if memchr::memchr(b'@', value.as_bytes()).is_none() {
        return false;
    }
    let Some((_, rest)) = value.split_once("://") else { return false };
    let Some(password) = login_password(rest) else { return false };
    let login = rest.get(..password.end).unwrap_or_default();
    !login.contains(char::is_whitespace) && !is_all_references(password.of(rest))
}

/// Whether a number with this name is a secret, rather than a length or a limit.
pub(super) fn is_numeric_secret(name: &str) -> bool {
    let known =
        ["password", "pass", "passwd", "pwd", "secret", "api_key", "apikey", "passcode", "pin", "otp"];
    known.iter().any(|known| name.eq_ignore_ascii_case(known))
}

pub(super) fn is_harmless_header(name: &str) -> bool {
    HARMLESS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reference::lookups;

    #[test]
    fn plaintext_is_told_from_references_and_from_nothing() {
        let plain = |value: &str, secret| is_plaintext(value, None, secret, !lookups(value).is_empty());
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
