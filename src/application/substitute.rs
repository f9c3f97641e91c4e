//! Variables in texts: `${NAME}` and `${NAME:default}`, whole or embedded; `$${` stands for `${`.

use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::domain::reference::{Variable, Variables};

/// A text with its variables replaced.
pub(super) struct Substituted {
    pub(super) text: Zeroizing<String>,
    /// The variables that it was made of, in their order.
    pub(super) variables: Vec<Arc<str>>,
}

/// Why a text cannot be made. It quotes no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason}")]
pub(super) struct SubstitutionFault {
    /// The byte offset in the text at which it begins.
    pub(super) at: usize,
    pub(super) reason: String,
}

/// # Errors
/// The first variable that is not set and has no default, or is none at all.
pub(super) fn substitute(text: &str, variables: &dyn Variables) -> Result<Substituted, SubstitutionFault> {
    // Gathered first, so that one allocation holds the whole, and no copy is left behind.
    let (mut parts, mut names) = (Vec::<Zeroizing<String>>::new(), Vec::new());
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("${")).map(|found| at + found) {
        let written = |range: Range<usize>| Zeroizing::new(text.get(range).unwrap_or_default().to_owned());
        if let Some(dollar) = found
            .checked_sub(1)
            .filter(|dollar| text.get(at..found).is_some_and(|it| it.ends_with('$')) && *dollar >= at)
        {
            parts.push(written(at..dollar));
            parts.push(written(found..found + 2));
            at = found + 2;
            continue;
        }
        let fault = |reason: String| SubstitutionFault { at: found, reason };
        let body = text.get(found + 2..).unwrap_or_default();
        let reference = VariableReference::read(body).ok_or_else(|| {
            fault(
                "this is no variable: write ${NAME} or ${NAME:default}, or $${ for these two characters"
                    .into(),
            )
        })?;
        let name = reference.name;
        let value = match (variables.variable(name), reference.default) {
            (Variable::Text(value), _) => Zeroizing::new(value.expose().to_owned()),
            (Variable::Unset, Some(default)) => Zeroizing::new(default.to_owned()),
            (Variable::Unset, None) => {
                return Err(fault(format!(
                    "the variable {name} is not set: set it, or write ${{{name}:default}}"
                )));
            }
            (Variable::NotText, _) => {
                return Err(fault(format!("the value of the variable {name} is not UTF-8 text")));
            }
            (Variable::NotVisible, _) => {
                return Err(fault(format!("the variable {name} is that of another process")));
            }
        };
        parts.extend([written(at..found), value]);
        names.push(name.into());
        at = found + 2 + reference.len;
    }
    let rest = text.get(at..).unwrap_or_default();
    let length = parts.iter().map(|part| part.len()).sum::<usize>() + rest.len();
    let mut whole = Zeroizing::new(String::with_capacity(length));
    parts.iter().for_each(|part| whole.push_str(part));
    whole.push_str(rest);
    Ok(Substituted { text: whole, variables: names })
}

struct VariableReference<'t> {
    name: &'t str,
    default: Option<&'t str>,
    /// With the closing brace.
    len: usize,
}

impl<'t> VariableReference<'t> {
    /// Of the text after `${`. Braces of a default are in pairs, so that it can be JSON.
    fn read(body: &'t str) -> Option<Self> {
        let end = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(body.len());
        let (name, rest) = body.split_at_checked(end)?;
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if rest.starts_with('}') {
            return Some(Self { name, default: None, len: name.len() + 1 });
        }
        let written = rest.strip_prefix(':')?;
        let mut open = 0_usize;
        let closing = written.find(|c: char| match c {
            '{' => {
                open += 1;
                false
            }
            '}' if open > 0 => {
                open -= 1;
                false
            }
            c => c == '}',
        })?;
        Some(Self { name, default: written.get(..closing), len: name.len() + closing + 2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::env::EnvVariables;

    fn made(text: &str) -> Result<(String, Vec<String>), SubstitutionFault> {
        let variables = EnvVariables::of([("A", "one"), ("EMPTY", ""), ("B_2", "two")]);
        let Substituted { text, variables } = substitute(text, &variables)?;
        Ok((text.to_string(), variables.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn a_variable_is_replaced_whole_or_embedded() {
        for (text, expected, names) in [
            ("${A}", "one", &["A"][..]),
            ("config/${A}-${B_2}.yaml", "config/one-two.yaml", &["A", "B_2"]),
            ("${NONE:five}", "five", &["NONE"]),
            ("${NONE:}", "", &["NONE"]),
            ("${NONE:a:b}", "a:b", &["NONE"]),
            ("${NONE:{\"a\": {\"b\": 1}}}!", "{\"a\": {\"b\": 1}}!", &["NONE"]),
            ("${EMPTY:five}", "", &["EMPTY"]),
            ("$${A} $A $ {A} 5$", "${A} $A $ {A} 5$", &[]),
            ("${A}$${A}", "one${A}", &["A"]),
        ] {
            let (made, found) = made(text).unwrap();
            assert_eq!(
                (made.as_str(), found.as_slice()),
                (expected, names.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice())
            );
        }
    }

    #[test]
    fn an_unset_variable_without_a_default_is_an_error_that_names_the_place_not_null() {
        let fault = made("é ${A} ${NONE}").unwrap_err();
        let said = "the variable NONE is not set: set it, or write ${NONE:default}";
        assert_eq!((fault.at, fault.reason.as_str()), (8, said));
    }

    #[test]
    fn what_begins_like_a_variable_and_is_none_is_an_error() {
        for text in ["${}", "${a-b}", "${A", "${A:b", "${1A}", "${ A }", "${A:{}"] {
            assert!(made(text).unwrap_err().reason.starts_with("this is no variable"), "{text}");
        }
    }
}
