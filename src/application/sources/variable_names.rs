//! Which setting a variable holds: by the table of declared variables, by a prefix, or as the name of a file
//! that holds the value.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::super::substitute::is_name;
use crate::application::{
    LayerValue, SettingPath, SettingSpec, SourceError, SourceFault, SourceValue, ValuePlace, ValueType,
};

/// What a variable ends with whose value is the name of a file that holds the value of the setting.
const FILE: &str = "_FILE";

/// What separates the names of a path where a variable is not declared.
const LEVELS: &str = "__";

/// The names of variables that settings have.
///
/// A declared variable holds its settings, whatever the prefix. Of others those with the prefix count:
/// `APP_LOG_LEVEL` is the declared setting `log.level` or `log_level`, whichever there is, and `log_level` if
/// there is none; `APP_LOG__LEVEL` is `log.level`. `NAME_FILE` names a file whose content is the value of
/// `NAME`, unless `NAME_FILE` is the variable of a setting itself; a relative name of a file begins at the
/// folder of the process.
#[derive(Default)]
pub struct VariableNames {
    prefix: Option<Arc<str>>,
    /// Whether names without the prefix are names of settings too; they are those of a file of variables.
    takes_all: bool,
    declared: BTreeMap<Arc<str>, Vec<SettingPath>>,
    types: BTreeMap<SettingPath, ValueType>,
    /// Declared settings by what their names are after a prefix, in lower case.
    spellings: HashMap<String, Vec<SettingPath>>,
}

/// A variable that is set.
pub(super) struct SetVariable {
    pub(super) name: Arc<str>,
    pub(super) value: Zeroizing<String>,
    pub(super) place: ValuePlace,
}

/// What a variable holds.
pub(super) struct VariableMeaning {
    /// Its settings; none if it is not of interest.
    pub(super) paths: Vec<SettingPath>,
    /// Whether it names a file that holds the value.
    pub(super) is_file: bool,
}

/// Reads the text of a file that a variable names.
pub(super) type ReadFile<'a> = &'a mut dyn FnMut(&Path) -> Result<Zeroizing<String>, NamedFileFault>;

/// Why a file that a variable names could not be read. Its name is not told: who writes `NAME_FILE` for
/// `NAME` by mistake puts a secret there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedFileFault {
    Missing,
    Denied,
    NotText,
    Unreadable,
}

impl VariableNames {
    /// Of these settings, and of all variables with the prefix; without one, of declared variables alone.
    pub fn new(settings: &BTreeMap<SettingPath, SettingSpec>, prefix: Option<Arc<str>>) -> Self {
        let mut names = Self { prefix, ..Self::default() };
        for (path, setting) in settings {
            if let Some(variable) = &setting.variable {
                names.declared.entry(Arc::clone(variable)).or_default().push(path.clone());
            }
            let spelt = |separator: &str| {
                let parts = path.names().map(|name| name.to_lowercase().replace('-', "_"));
                parts.collect::<Vec<_>>().join(separator)
            };
            let mut spellings = vec![spelt("_"), spelt(LEVELS)];
            spellings.dedup();
            for spelling in spellings {
                names.spellings.entry(spelling).or_default().push(path.clone());
            }
            names.types.insert(path.clone(), setting.value_type);
        }
        names
    }

    /// The same for a file of variables, all of which are the application's where there is no prefix.
    #[must_use]
    pub fn of_file(self) -> Self {
        Self { takes_all: self.prefix.is_none(), ..self }
    }

    /// Whether a variable, set to anything, is of interest.
    pub(super) fn concerns(&self, name: &str) -> bool {
        let base = name.strip_suffix(FILE).unwrap_or(name);
        self.declared.contains_key(name)
            || self.declared.contains_key(base)
            || self.after_prefix(name).is_some()
    }

    pub(super) fn value_type(&self, path: &SettingPath) -> Option<ValueType> {
        self.types.get(path).copied()
    }

    /// The name of the variable that would hold this setting and no other; `None` if there is none.
    pub(super) fn variable_of(&self, path: &SettingPath) -> Option<Arc<str>> {
        let declared = self.declared.iter().find(|(_, paths)| paths.contains(path));
        let name = declared.map(|(name, _)| Arc::clone(name)).unwrap_or_else(|| {
            let names = path.names().map(|name| name.to_uppercase().replace('-', "_"));
            let names = names.collect::<Vec<_>>().join(LEVELS);
            [self.prefix.as_deref().unwrap_or_default(), &names].concat().into()
        });
        let VariableMeaning { paths, is_file } = self.meaning(&name, &ValuePlace::Program).ok()?;
        (is_name(&name) && !is_file && paths.as_slice() == std::slice::from_ref(path)).then_some(name)
    }

    fn after_prefix<'n>(&self, name: &'n str) -> Option<&'n str> {
        match &self.prefix {
            Some(prefix) => name.strip_prefix(&**prefix).filter(|rest| !rest.is_empty()),
            None => self.takes_all.then_some(name),
        }
    }

    /// The settings of a variable, by its own name.
    fn paths(&self, name: &str, place: &ValuePlace) -> Result<Vec<SettingPath>, SourceError> {
        if let Some(paths) = self.declared.get(name) {
            return Ok(paths.clone());
        }
        let Some(rest) = self.after_prefix(name) else { return Ok(Vec::new()) };
        let flat = rest.to_lowercase();
        match self.spellings.get(&flat).map(Vec::as_slice) {
            Some([path]) => Ok(vec![path.clone()]),
            Some([one, other, ..]) => Err(fault(
                place,
                format!("{name} may be {one} or {other}"),
                "write two underscores between the names of a path",
            )),
            _ => SettingPath::new(flat.split(LEVELS)).map(|path| vec![path]).map_err(|_| {
                fault(
                    place,
                    format!("{name} names no setting: a name between its underscores is empty"),
                    "rename it, or unset it",
                )
            }),
        }
    }

    /// What a variable holds.
    ///
    /// # Errors
    /// [`SourceError`] if that is not clear, or it cannot hold any setting.
    pub(super) fn meaning(&self, name: &str, place: &ValuePlace) -> Result<VariableMeaning, SourceError> {
        let base = name.strip_suffix(FILE).filter(|_| !self.is_declared(name));
        let base = base.filter(|base| self.declared.contains_key(*base) || self.after_prefix(base).is_some());
        let paths = self.paths(base.unwrap_or(name), place)?;
        Ok(VariableMeaning { paths, is_file: base.is_some() })
    }

    /// Whether a variable is that of a declared setting.
    fn is_declared(&self, name: &str) -> bool {
        let spelt = self.after_prefix(name).map(str::to_lowercase);
        self.declared.contains_key(name) || spelt.is_some_and(|spelt| self.spellings.contains_key(&spelt))
    }

    /// The settings that variables hold. No name is there twice.
    ///
    /// # Errors
    /// The first [`SourceError`]: of a file that a variable names, and of two variables that hold the same
    /// setting, or a value and a section in its place.
    pub(super) fn settings(
        &self,
        variables: impl IntoIterator<Item = SetVariable>,
        read: ReadFile<'_>,
    ) -> Result<BTreeMap<SettingPath, LayerValue>, SourceError> {
        let mut found: BTreeMap<SettingPath, (Arc<str>, LayerValue)> = BTreeMap::new();
        for SetVariable { name, value, place } in variables {
            let VariableMeaning { paths, is_file } = self.meaning(&name, &place)?;
            let value = if is_file { content(&name, &value, &place, read)? } else { value };
            for path in paths {
                let value = LayerValue { value: SourceValue::Text(value.clone()), place: place.clone() };
                if let Some((other, _)) = found.insert(path.clone(), (Arc::clone(&name), value)) {
                    let reason = format!("{other} and {name} both hold {path}");
                    return Err(fault(&place, reason, "unset one of them"));
                }
            }
        }
        for (path, (name, value)) in &found {
            // What lies in a section follows it in the order of paths.
            let next = found.range(path.clone()..).nth(1);
            if let Some((inner, (other, _))) = next.filter(|(next, _)| path.contains(next)) {
                let reason = format!("{name} holds {path}, and {other} holds {inner}, which would lie in it");
                return Err(fault(&value.place, reason, "unset one of them"));
            }
        }
        Ok(found.into_iter().map(|(path, (_, value))| (path, value)).collect())
    }
}

fn content(
    name: &str,
    file: &str,
    place: &ValuePlace,
    read: ReadFile<'_>,
) -> Result<Zeroizing<String>, SourceError> {
    if file.is_empty() {
        return Err(fault(place, format!("{name} names no file: it is empty"), "name one, or unset it"));
    }
    let text = read(&PathBuf::from(file)).map_err(|cause| {
        let (fault, reason, remedy) = match cause {
            NamedFileFault::Missing => (SourceFault::Unavailable, "is not there", "make it"),
            NamedFileFault::Denied => {
                (SourceFault::Unavailable, "may not be read by this user", "let this user read it")
            }
            NamedFileFault::NotText => (SourceFault::Invalid, "is not UTF-8 text", "save it as UTF-8"),
            NamedFileFault::Unreadable => {
                (SourceFault::Unavailable, "cannot be read, or is too large", "put a text file there")
            }
        };
        let base = name.strip_suffix(FILE).unwrap_or(name);
        SourceError {
            fault,
            place: place.to_string(),
            reason: format!("the file that {name} names {reason}"),
            remedy: format!(
                "{remedy}, or set {base} to the value itself, or declare a setting whose own variable is {name}"
            ),
        }
    })?;
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(match line {
        Some(line) => Zeroizing::new(line.to_owned()),
        None => text,
    })
}

fn fault(place: &ValuePlace, reason: String, remedy: &str) -> SourceError {
    SourceError { fault: SourceFault::Invalid, place: place.to_string(), reason, remedy: remedy.into() }
}

#[cfg(test)]
pub(super) mod tests;
