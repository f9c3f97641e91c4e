//! Pairs such as `{"name": "password", "value": …}`: what a value is, the member beside it says.

use std::borrow::Cow;

use super::Secrecy;
use super::name::{may_be_secret, name_secrecy};
use super::table::{PAIR_NAMES, PAIR_VALUES};
use crate::domain::json::{LexemeKind, Lexer, unquote};

/// Longer texts are not names.
const MAX_NAME: usize = 128;

/// Whether a member of this name holds the value of a pair, if the object is one.
pub(crate) fn is_pair_value(name: &str) -> bool {
    is_one_of(name, PAIR_VALUES)
}

/// Whether the texts of an object's members name a secret that another member holds.
pub(crate) fn names_secret_pair<'a>(mut texts: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    texts.any(|(name, text)| is_one_of(name, PAIR_NAMES) && names_secret(text) != Secrecy::Open)
}

/// What the text of a pair's name says of its value.
pub(crate) fn names_secret(text: &str) -> Secrecy {
    if text.len() <= MAX_NAME { name_secrecy(text) } else { Secrecy::Open }
}

/// What an object says of the value of the pair that it is, if any. `rest` is the text from its bracket on; in
/// a broken text, any word in the object may be the name.
pub(crate) fn pair_secrecy(rest: &str, broken: bool) -> Secrecy {
    let (mut depth, mut found) = (0_usize, Secrecy::Open);
    let (mut key, mut is_name) = (Cow::Borrowed(""), false);
    for lexeme in Lexer::new(rest) {
        match lexeme.kind {
            kind if kind.opens() => depth += 1,
            kind if kind.closes() => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            LexemeKind::Colon if depth == 1 => is_name = is_one_of(&key, PAIR_NAMES),
            LexemeKind::Comma if depth == 1 => is_name = false,
            LexemeKind::String if depth == 1 => {
                key = unquote(lexeme.span.of(rest)).unwrap_or_default();
                if is_name {
                    found = found.max(names_secret(&key));
                }
            }
            _ => {}
        }
        let word = matches!(lexeme.kind, LexemeKind::String | LexemeKind::Unterminated | LexemeKind::Bad);
        if broken && word && may_be_secret(lexeme.span.of(rest)) {
            return Secrecy::All;
        }
    }
    found
}

/// Whether a name is one of the list, or ends with the first of it: `header_name`, `headerValue`.
fn is_one_of(name: &str, list: &[&str]) -> bool {
    let Some(first) = list.first() else { return false };
    let end = name.len().checked_sub(first.len()).and_then(|at| name.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(first))
        || list.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_says_what_its_value_is_in_any_order_and_spelling() {
        for (object, expected) in [
            (r#"{"name": "password", "value": 1}"#, Secrecy::All),
            (r#"{"value": [{"name": "x"}], "Key": "X-Api-Key"}"#, Secrecy::All),
            (r#"{"headerValue": 1, "headerName": "otp"}, "token""#, Secrecy::Scalars),
            (r#"{"name": "region", "value": "password"}"#, Secrecy::Open),
            (r#"{"password": "name", "value": 1}"#, Secrecy::Open),
            (r#"{"a": {"name": "password"}, "value": 1}"#, Secrecy::Open),
            (r#"{"name": ["password"], "value": 1}"#, Secrecy::Open),
        ] {
            assert_eq!(pair_secrecy(object, false), expected, "{object}");
        }
        assert_eq!(pair_secrecy(r#"{"value": "x" "name": password}"#, true), Secrecy::All);
        for name in ["value", "Value", "v", "header_value", "stringValue"] {
            assert!(is_pair_value(name), "{name}");
        }
        for name in ["values_from", "valued", "vhost", "evaluate"] {
            assert!(!is_pair_value(name), "{name}");
        }
    }
}
