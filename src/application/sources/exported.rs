//! Settings as variables: for a process that is started with them, and as lines of a file of variables.

use serde_json::Value;
use zeroize::Zeroizing;

use super::VariableNames;
use super::file::{quoted, value_text};
use super::local::variables_of;
use crate::application::{ApplicationSpec, SettingPath};

/// The variables of an application's settings: the declared ones, else paths in capitals behind the prefix of
/// the environment's layer, `__` between their names.
pub struct VariableExport(VariableNames);

/// A setting as a variable.
pub struct ExportedVariable {
    pub name: String,
    /// From which the setting is read again.
    pub value: Zeroizing<String>,
}

impl VariableExport {
    pub fn new(application: &ApplicationSpec) -> Self {
        Self(variables_of(application))
    }

    /// The variable from which a setting is read as this value; `None` if there is none.
    pub fn variable(&self, path: &SettingPath, value: &Value) -> Option<ExportedVariable> {
        let name = self.0.variable_of(path)?.to_string();
        let value = Zeroizing::new(value_text(value, self.0.value_type(path))?);
        Some(ExportedVariable { name, value })
    }
}

impl ExportedVariable {
    /// As a line of a file of variables; `None` if readers of such files would replace what looks like a
    /// variable in it.
    pub fn dotenv_line(&self) -> Option<Zeroizing<String>> {
        let line = || Zeroizing::new([&*self.name, "=", &quoted(&self.value), "\n"].concat());
        (!self.value.contains('$')).then(line)
    }
}
