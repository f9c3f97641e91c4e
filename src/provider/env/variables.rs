//! Variables that may contain secrets: the process environment, and those of a named file, which override it.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;

use zeroize::Zeroize;

use crate::domain::reference::{Variable, Variables};
use crate::domain::{FieldState, SecretText};

/// Variables by name. Not `Debug`; stored values are wiped on drop.
pub struct EnvVariables {
    /// Take precedence over the process environment.
    /// `None` where the value is not UTF-8.
    named: HashMap<String, Option<SecretText>>,
    /// Whether the process environment counts too. It is read on demand and never copied.
    inherits: bool,
}

impl EnvVariables {
    pub fn process() -> Self {
        Self { named: HashMap::new(), inherits: true }
    }

    /// Exactly these, without the process environment.
    pub fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        Self { inherits: false, ..Self::process() }.with(variables)
    }

    /// Adds variables, which take precedence.
    #[must_use]
    pub fn with<N: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables =
            variables.into_iter().map(|(name, value)| (name.into(), Some(SecretText::new(value.into()))));
        self.named.extend(variables);
        self
    }

    /// Adds the variables of a file, which take precedence; `None` is a value that is not UTF-8.
    #[must_use]
    pub(crate) fn with_file(mut self, variables: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        self.named.extend(variables.into_iter().map(|(name, value)| (name, value.map(SecretText::new))));
        self
    }

    /// Where they come from, for display.
    pub fn origin(&self) -> &'static str {
        match (self.inherits, self.named.is_empty()) {
            (true, true) => "this process",
            (true, false) => "a named file, and this process",
            (false, _) => "what was given by name",
        }
    }

    /// The state of a variable; `None` if it is unset.
    pub(super) fn state(&self, name: &str) -> Option<FieldState> {
        Some(match self.variable(name) {
            Variable::Unset | Variable::NotVisible => return None,
            Variable::NotText => FieldState::NotText,
            Variable::Text(value) if value.expose().is_empty() => FieldState::Empty,
            Variable::Text(_) => FieldState::Present,
        })
    }

    /// All variables, with their state but without their values.
    pub fn states(&self) -> BTreeMap<String, FieldState> {
        let inherited = self.inherits.then(std::env::vars_os).into_iter().flatten();
        let inherited = inherited.filter_map(|(name, value)| {
            value.into_encoded_bytes().zeroize();
            name.into_string().ok()
        });
        let names = self.named.keys().cloned().chain(inherited);
        names.filter_map(|name| self.state(&name).map(|state| (name, state))).collect()
    }
}

impl Variables for EnvVariables {
    fn variable(&self, name: &str) -> Variable {
        match self.named.get(name) {
            Some(Some(value)) => return Variable::Text(SecretText::new(value.expose().to_owned())),
            Some(None) => return Variable::NotText,
            None => {}
        }
        let inherited = self.inherits.then(|| std::env::var_os(name)).flatten();
        match inherited.map(OsString::into_string) {
            None => Variable::Unset,
            Some(Ok(value)) => Variable::Text(SecretText::new(value)),
            Some(Err(value)) => {
                value.into_encoded_bytes().zeroize();
                Variable::NotText
            }
        }
    }
}
