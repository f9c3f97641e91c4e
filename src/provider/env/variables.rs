//! Variables that may hold secrets: the process's, and those of a named file over them.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;

use zeroize::Zeroize;

use crate::domain::reference::{Variable, Variables};
use crate::domain::{FieldState, SecretText};

/// Variables by name. They have no `Debug` form; what is kept here is wiped when dropped.
pub struct EnvVariables {
    /// Win over the others.
    named: HashMap<String, SecretText>,
    /// Whether those of the process count too. They are read when asked for: no copy is kept.
    inherits: bool,
}

impl EnvVariables {
    /// The process's own.
    pub fn process() -> Self {
        Self { named: HashMap::new(), inherits: true }
    }

    /// Exactly these.
    pub fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        Self { inherits: false, ..Self::process() }.with(variables)
    }

    /// These over the others.
    #[must_use]
    pub fn with<N: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables =
            variables.into_iter().map(|(name, value)| (name.into(), SecretText::new(value.into())));
        self.named.extend(variables);
        self
    }
}

impl EnvVariables {
    /// Where they come from, in words.
    pub fn origin(&self) -> &'static str {
        match (self.inherits, self.named.is_empty()) {
            (true, true) => "this process",
            (true, false) => "a named file, and this process",
            (false, _) => "what was given by name",
        }
    }

    /// Which variables there are, and what can be told of each without its value.
    pub fn states(&self) -> BTreeMap<String, FieldState> {
        let state = |name: &str| match self.variable(name) {
            Variable::Unset => None,
            Variable::NotText => Some(FieldState::NotText),
            Variable::Text(value) if value.expose().is_empty() => Some(FieldState::Empty),
            Variable::Text(_) => Some(FieldState::Present),
        };
        let inherited = if self.inherits { inherited() } else { Vec::new() };
        let names = self.named.keys().cloned().chain(inherited);
        names.filter_map(|name| state(&name).map(|state| (name, state))).collect()
    }
}

/// The names of the process's variables. The system gives the values with them; they are wiped.
fn inherited() -> Vec<String> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            value.into_encoded_bytes().zeroize();
            name.into_string().ok()
        })
        .collect()
}

impl Variables for EnvVariables {
    fn variable(&self, name: &str) -> Variable {
        if let Some(value) = self.named.get(name) {
            return Variable::Text(SecretText::new(value.expose().to_owned()));
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
