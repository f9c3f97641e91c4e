//! `${NAME}` and `${NAME:default}` in texts, whole or embedded; `$${` stands for `${` itself.

use std::sync::Arc;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::domain::reference::Variable;

/// A text whose variables have been replaced.
pub(crate) struct Substituted {
    pub(crate) text: Zeroizing<String>,
    /// Those that were replaced, in order; also where the default stands for one.
    pub(crate) variables: Vec<Arc<str>>,
    /// Whether the text was nothing but one variable.
    pub(crate) is_whole: bool,
}

impl Substituted {
    /// A text without variables.
    pub(crate) fn unchanged(text: &str) -> Self {
        Self { text: Zeroizing::new(text.to_owned()), variables: Vec::new(), is_whole: false }
    }
}

/// Why variables in a text could not be replaced. It holds no value, and no part of the text but names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind}")]
pub(crate) struct SubstitutionFault {
    /// The byte offset in the text at which its `${` stands.
    pub(crate) at: usize,
    pub(crate) kind: SubstitutionFaultKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum SubstitutionFaultKind {
    #[error("the variable {0} is not set, and has no default here")]
    Unset(Arc<str>),
    #[error("the value of the variable {0} is not UTF-8 text")]
    NotText(Arc<str>),
    #[error("what follows ${{ here is no name of a variable and }}")]
    Name,
    #[error("the default of {0} has a variable in it")]
    Nested(Arc<str>),
}

impl SubstitutionFault {
    pub(crate) fn remedy(&self) -> &'static str {
        match &self.kind {
            SubstitutionFaultKind::Unset(_) => "set it, or write ${NAME:default}",
            SubstitutionFaultKind::NotText(_) => "set it to text",
            SubstitutionFaultKind::Name => {
                "write ${NAME} or ${NAME:default}, or $${ for the characters themselves"
            }
            SubstitutionFaultKind::Nested(_) => {
                "write the default itself, or $${ for the characters themselves"
            }
        }
    }
}

/// A part of a text.
enum Part<'t> {
    Plain(&'t str),
    Variable { at: usize, name: &'t str, default: Option<&'t str> },
}

/// Replaces the variables in a text; `None` if there is nothing to replace. `lookup` says what a variable is.
///
/// # Errors
/// The first [`SubstitutionFault`].
pub(crate) fn substitute(
    text: &str,
    mut lookup: impl FnMut(&str) -> Variable,
) -> Result<Option<Substituted>, SubstitutionFault> {
    if !text.contains("${") {
        return Ok(None);
    }
    let parts = parts(text)?;
    let is_whole = matches!(parts.as_slice(), [Part::Variable { .. }]);
    let (mut pieces, mut variables) = (Vec::with_capacity(parts.len()), Vec::new());
    for part in parts {
        let (at, name, default) = match part {
            Part::Plain(text) => {
                pieces.push(Zeroizing::new(text.to_owned()));
                continue;
            }
            Part::Variable { at, name, default } => (at, Arc::<str>::from(name), default),
        };
        let fault = |kind| SubstitutionFault { at, kind };
        pieces.push(match (lookup(&name), default) {
            (Variable::Text(value), _) => Zeroizing::new(value.expose().to_owned()),
            (Variable::NotText, _) => return Err(fault(SubstitutionFaultKind::NotText(name))),
            (Variable::Unset | Variable::NotVisible, Some(default)) => Zeroizing::new(default.to_owned()),
            (Variable::Unset | Variable::NotVisible, None) => {
                return Err(fault(SubstitutionFaultKind::Unset(name)));
            }
        });
        variables.push(name);
    }
    // Never reallocates, so that no copy is left behind.
    let mut whole = Zeroizing::new(String::with_capacity(pieces.iter().map(|piece| piece.len()).sum()));
    pieces.iter().for_each(|piece| whole.push_str(piece));
    Ok(Some(Substituted { text: whole, variables, is_whole }))
}

/// A text that [`substitute`] gives back as this one.
pub(crate) fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

fn parts(text: &str) -> Result<Vec<Part<'_>>, SubstitutionFault> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let at = text.len() - after.len() - "${".len();
        if let Some(before) = before.strip_suffix('$') {
            parts.extend([Part::Plain(before), Part::Plain("${")]);
            rest = after;
            continue;
        }
        if !before.is_empty() {
            parts.push(Part::Plain(before));
        }
        let fault = |kind| SubstitutionFault { at, kind };
        let nameless = || fault(SubstitutionFaultKind::Name);
        let end = after.find([':', '}']).ok_or_else(nameless)?;
        let (name, written) = after.split_at_checked(end).ok_or_else(nameless)?;
        if !is_name(name) {
            return Err(nameless());
        }
        let (default, after) = match written.strip_prefix(':') {
            None => (None, written.get(1..).unwrap_or_default()),
            Some(written) => {
                if written.split('}').next().is_some_and(|start| start.contains("${")) {
                    return Err(fault(SubstitutionFaultKind::Nested(name.into())));
                }
                let closing = closing_brace(written).ok_or_else(nameless)?;
                (written.get(..closing), written.get(closing + 1..).unwrap_or_default())
            }
        };
        parts.push(Part::Variable { at, name, default });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Plain(rest));
    }
    Ok(parts)
}

/// Where a default ends. Braces within it are in pairs, so that it can be JSON.
fn closing_brace(written: &str) -> Option<usize> {
    let mut open = 0_usize;
    written.find(|c: char| {
        let closes = c == '}' && open == 0;
        match c {
            '{' => open += 1,
            '}' => open = open.saturating_sub(1),
            _ => {}
        }
        closes
    })
}

/// Whether a text can be the name of a variable.
pub(crate) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::reference::Variables;
    use crate::provider::env::EnvVariables;

    fn replaced(text: &str) -> Result<Option<Substituted>, SubstitutionFault> {
        let variables = EnvVariables::of([("HOST", "db"), ("EMPTY", ""), ("ODD", "${HOST}")]);
        substitute(text, |name| variables.variable(name))
    }

    fn text(text: &str) -> String {
        replaced(text).unwrap().unwrap().text.to_string()
    }

    #[test]
    fn variables_are_replaced_whole_or_embedded() {
        assert_eq!(text("${HOST}"), "db");
        assert_eq!(text("http://${HOST}:${PORT:80}/${HOST}"), "http://db:80/db");
        let found = replaced("a ${HOST} ${PORT:1}").unwrap().unwrap();
        assert_eq!(found.variables.iter().map(|name| &**name).collect::<Vec<_>>(), ["HOST", "PORT"]);
        assert!(!found.is_whole && replaced("${HOST}").unwrap().unwrap().is_whole);
        assert!(replaced("no $HOST, {HOST}, $ {HOST} or }").unwrap().is_none());
    }

    #[test]
    fn a_default_stands_for_a_variable_that_is_not_set_and_not_for_an_empty_one() {
        assert_eq!(text("${URL:http://a:80/?b=c}"), "http://a:80/?b=c");
        assert_eq!(text("${URL:}"), "");
        assert_eq!(text("${EMPTY:x}"), "");
        assert_eq!(text("${NONE:{\"a\": {\"b\": 1}}}!"), "{\"a\": {\"b\": 1}}!");
    }

    #[test]
    fn what_a_variable_holds_is_not_replaced_again() {
        assert_eq!(text("${ODD}"), "${HOST}");
    }

    #[test]
    fn two_dollars_stand_for_the_characters_themselves() {
        assert_eq!(text("$${HOST} is ${HOST}, $$${HOST}"), "${HOST} is db, $${HOST}");
        assert!(replaced("$${HOST}").unwrap().unwrap().variables.is_empty());
    }

    #[test]
    fn an_unset_variable_without_a_default_is_an_error_that_names_it() {
        let fault = replaced("planted-x ${PORT}").err().unwrap();
        assert_eq!(fault.to_string(), "the variable PORT is not set, and has no default here");
    }

    #[test]
    fn what_is_no_reference_is_an_error_rather_than_a_text() {
        for text in ["${", "${HOST", "${A:b", "${A:{}", "${}", "${A B}", "${1A}", "${a.b}", "${HOST-x}"] {
            assert_eq!(replaced(text).err().unwrap().kind, SubstitutionFaultKind::Name, "{text}");
        }
        let nested = replaced("é ${A:${HOST}}").err().unwrap();
        assert_eq!(nested, SubstitutionFault { at: 3, kind: SubstitutionFaultKind::Nested("A".into()) });
    }

    proptest! {
        #[test]
        fn an_escaped_text_is_that_text(text in "[${}A:]{0,12}") {
            let back = replaced(&escaped(&text)).unwrap();
            prop_assert_eq!(back.map_or_else(|| escaped(&text), |back| back.text.to_string()), text);
        }
    }
}
