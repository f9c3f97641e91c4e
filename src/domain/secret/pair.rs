//! Pairs such as `{"name": "password", "value": …}`: what a value is, the member beside it says.

use std::borrow::Cow;

use super::table::{PAIR_NAMES, PAIR_VALUES};
use super::{Secrecy, SecretNames};
use crate::domain::json::{LexemeKind, Lexer, unquote};

/// Longer texts are not names.
const MAX_NAME: usize = 128;

/// Whether a member of this name holds the value of a pair, if the object is one.
pub(crate) fn is_pair_value(name: &str) -> bool {
    is_one_of(name, PAIR_VALUES)
}

impl SecretNames {
    /// Whether the texts of an object's members name a secret that another member holds.
    pub(crate) fn names_secret_pair<'a>(&self, mut texts: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
        texts.any(|(name, text)| is_one_of(name, PAIR_NAMES) && self.pair_name_secrecy(text) != Secrecy::Open)
    }

    /// What the text of a pair's name says of its value.
    pub(crate) fn pair_name_secrecy(&self, text: &str) -> Secrecy {
        if text.len() <= MAX_NAME || self.hides_any(&[text]) { self.secrecy(text) } else { Secrecy::Open }
    }

    /// What an object says of the value of the pair that it is, if any. `rest` is the text from its bracket
    /// on; in a broken text, any word in the object may be the name.
    pub(crate) fn pair_secrecy(&self, rest: &str, broken: bool) -> Secrecy {
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
                        found = found.max(self.pair_name_secrecy(&key));
                    }
                }
                _ => {}
            }
            let word = matches!(lexeme.kind, LexemeKind::String | LexemeKind::Unterminated | LexemeKind::Bad);
            if broken && word && self.may_be_secret(lexeme.span.of(rest)) {
                return Secrecy::All;
            }
        }
        found
    }
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
            assert_eq!(SecretNames::default().pair_secrecy(object, false), expected, "{object}");
        }
        let names = SecretNames::default();
        assert_eq!(names.pair_secrecy(r#"{"value": "x" "name": password}"#, true), Secrecy::All);
        let names = names.hide("internal_code").unwrap().show("pin").unwrap();
        for (object, broken, expected) in [
            (r#"{"name": "InternalCode", "value": {"a": true}}"#, false, Secrecy::All),
            (r#"{"value": 1, "Key": "PIN"}"#, false, Secrecy::Open),
            (r#"{"value": "x" "name": "internal-code}"#, true, Secrecy::All),
            (r#"{"value": "x" "name": pin}"#, true, Secrecy::Open),
        ] {
            assert_eq!(names.pair_secrecy(object, broken), expected, "{object}");
        }
        for name in ["value", "Value", "v", "header_value", "stringValue"] {
            assert!(is_pair_value(name), "{name}");
        }
        for name in ["values_from", "valued", "vhost", "evaluate"] {
            assert!(!is_pair_value(name), "{name}");
        }
    }
}
