//! A variable of a file of variables set or removed, on its own lines.

use std::collections::BTreeMap;

use serde_json::Value;
use zeroize::Zeroizing;

use super::super::substitute::escaped;
use super::FileLayer;
use super::writer::{Refusal, of_source};
use crate::application::{LayerWriteError, SettingPath, SettingValue, ValueType};
use crate::config::dotenv::{self, Dotenv, DotenvBinding};

/// The variable that a value is written to.
pub(super) struct TargetVariable {
    name: String,
    /// Where it is in the text now, if it is there: the last of its name.
    binding: Option<DotenvBinding>,
}

impl FileLayer {
    /// The variable that holds a setting, or would hold it.
    pub(super) fn variable_to_set(
        &self,
        bytes: &[u8],
        path: &SettingPath,
    ) -> Result<Result<TargetVariable, Refusal>, LayerWriteError> {
        let target = match self.variable_there(bytes, path)? {
            Ok(Some(target)) => target,
            Ok(None) => match self.names.variable_of(path) {
                Some(name) => return Ok(Ok(TargetVariable { name: name.to_string(), binding: None })),
                None => {
                    return Ok(Err(Refusal::new(
                        format!("no variable of this file could hold {path}"),
                        "declare one in the application file",
                    )));
                }
            },
            Err(refusal) => return Ok(Err(refusal)),
        };
        let has_variables = |value: &Zeroizing<String>| value.replace("$${", "").contains("${");
        let value = target.binding.as_ref().and_then(|binding| binding.value.as_ref());
        Ok(match value.filter(|_| self.variables.is_some()).is_some_and(has_variables) {
            true => Err(Refusal::new(
                format!("{} is made of another variable there", target.name),
                "set that variable, or write into a layer of a higher rank",
            )),
            false => Ok(target),
        })
    }

    /// The variable that holds a setting now.
    fn variable_there(
        &self,
        bytes: &[u8],
        path: &SettingPath,
    ) -> Result<Result<Option<TargetVariable>, Refusal>, LayerWriteError> {
        // What is lost in the file now would be hidden by the write.
        self.set_variables(bytes).map_err(|faults| of_source(self.invalid(&faults)))?;
        for binding in dotenv::parse(bytes).bindings.into_iter().rev() {
            let meaning =
                self.names.meaning(&binding.name, &self.place((binding.line, binding.column), Vec::new()));
            let meaning = meaning.map_err(of_source)?;
            if !meaning.paths.contains(path) {
                continue;
            }
            let name = &binding.name;
            return Ok(if meaning.is_file {
                let reason = format!("{path} is the content of the file that {name} names");
                Err(Refusal::new(reason, "write that file"))
            } else if meaning.paths.len() > 1 {
                let reason = format!("{name} holds other settings besides {path}");
                Err(Refusal::new(reason, "edit the file by hand"))
            } else {
                Ok(Some(TargetVariable { name: name.clone(), binding: Some(binding) }))
            });
        }
        Ok(Ok(None))
    }

    pub(super) fn edited_variables(
        &self,
        bytes: &[u8],
        path: &SettingPath,
        value: Option<&SettingValue>,
    ) -> Result<Result<Option<Zeroizing<Vec<u8>>>, Refusal>, LayerWriteError> {
        let target = match value {
            Some(_) => self.variable_to_set(bytes, path)?.map(Some),
            None => self.variable_there(bytes, path)?,
        };
        Ok(target.and_then(|target| {
            target.map(|target| self.with_variable(bytes, path, value, target)).transpose()
        }))
    }

    fn with_variable(
        &self,
        bytes: &[u8],
        path: &SettingPath,
        value: Option<&SettingValue>,
        target: TargetVariable,
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let text = dotenv::unix_text(bytes);
        let value = match value {
            Some(value) => {
                let text = value_text(value.expose(), self.names.value_type(path)).ok_or_else(|| {
                    Refusal::new(
                        format!("a variable cannot hold this value of {path}"),
                        "write it into a layer that has types",
                    )
                })?;
                Some(Zeroizing::new(if self.variables.is_some() { escaped(&text) } else { text }))
            }
            None => None,
        };
        let edited = match (&value, &target.binding) {
            (Some(value), Some(binding)) => replaced(&text, binding, value),
            (Some(value), None) => {
                let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                Zeroizing::new([&*text, end, &target.name, "=", &written(value), "\n"].concat())
            }
            (None, _) => without(&text, &target.name),
        };
        let mut expected = last_values(dotenv::parse(bytes));
        match value {
            Some(value) => drop(expected.insert(target.name, value)),
            None => drop(expected.remove(&target.name)),
        }
        let has_mark = bytes.starts_with("\u{feff}".as_bytes());
        let raw = std::str::from_utf8(bytes).unwrap_or_default();
        let is_unix = !raw.contains('\r');
        let is_windows = raw.matches("\r\n").count() == raw.matches(['\r', '\n']).count() / 2;
        let edited = match is_unix {
            true => edited,
            false => Zeroizing::new(edited.replace('\n', "\r\n")),
        };
        let edited = [if has_mark { "\u{feff}" } else { "" }, &edited].concat().into_bytes();
        let edited = Zeroizing::new(edited);
        if !(is_unix || is_windows) || last_values(dotenv::parse(&edited)) != expected {
            let reason = format!("{path} cannot be changed there without changing something else");
            return Err(Refusal::new(reason, "edit the file by hand"));
        }
        Ok(edited)
    }
}

fn last_values(read: Dotenv) -> BTreeMap<String, Zeroizing<String>> {
    read.bindings.into_iter().filter_map(|binding| Some((binding.name, binding.value?))).collect()
}

fn replaced(text: &str, binding: &DotenvBinding, value: &str) -> Zeroizing<String> {
    let before = text.get(..binding.written.start).unwrap_or_default();
    let after = text.get(binding.written.end..).unwrap_or_default();
    // A comment begins at a blank.
    let gap = if after.starts_with('#') { " " } else { "" };
    Zeroizing::new([before, &written(value), gap, after].concat())
}

/// Without the lines of all variables of a name.
fn without(text: &str, name: &str) -> Zeroizing<String> {
    let mut left = Zeroizing::new(String::with_capacity(text.len()));
    let mut from = 0;
    for binding in dotenv::parse(text.as_bytes()).bindings.iter().filter(|binding| binding.name == name) {
        left.push_str(text.get(from..binding.lines.start).unwrap_or_default());
        from = binding.lines.end;
    }
    left.push_str(text.get(from..).unwrap_or_default());
    left
}

/// A value as it is written, in quotes where it needs them.
fn written(value: &str) -> Zeroizing<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if value.chars().all(is_plain) {
        return Zeroizing::new(value.to_owned());
    }
    let mut quoted = Zeroizing::new(String::with_capacity(2 * value.len() + 2));
    quoted.push('"');
    for c in value.chars() {
        match c {
            '\\' | '"' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The text from which a setting of this type is read as this value; `None` if there is none.
fn value_text(value: &Value, value_type: Option<ValueType>) -> Option<String> {
    // Without a type a text is read as JSON, where it is any.
    let is_json = matches!(value_type, None | Some(ValueType::Json));
    match value {
        Value::String(text) if value_type == Some(ValueType::Json) || (is_json && reads_as_json(text)) => {
            Some(value.to_string())
        }
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if value_type == Some(ValueType::List) => {
            let is_item = |item: &&str| !item.is_empty() && item.trim() == *item && !item.contains(',');
            let items = items.iter().map(|item| item.as_str().filter(is_item)).collect::<Option<Vec<_>>>()?;
            Some(items.join(","))
        }
        Value::Null | Value::Array(_) | Value::Object(_) if !is_json => None,
        other => Some(other.to_string()),
    }
}

fn reads_as_json(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok()
}
