//! A variable of a file of variables set or removed, on its own lines.

use std::collections::BTreeMap;

use serde_json::Value;
use zeroize::Zeroizing;

use super::super::super::substitute::escaped;
use super::FileLayer;
use super::writer::{WriteRefusal, of_source};
use crate::application::{LayerWriteError, SettingPath, SettingValue, ValueType};
use crate::config::dotenv::{self, Dotenv, DotenvBinding};
use crate::domain::json::BYTE_ORDER_MARK;

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
    ) -> Result<TargetVariable, LayerWriteError> {
        let Some(target) = self.variable_there(bytes, path)? else {
            let name = self.names.variable_of(path).ok_or_else(|| {
                let reason = format!("no variable of this file could hold {path}");
                self.refused(WriteRefusal::new(reason, "declare one in the application file"))
            })?;
            return Ok(TargetVariable { name: name.to_string(), binding: None });
        };
        let value = target.binding.as_ref().and_then(|binding| binding.value.as_ref());
        let has_variables = value.is_some_and(|value| value.replace("$${", "").contains("${"));
        if self.variables.is_some() && has_variables {
            let reason = format!("{} is made of another variable there", target.name);
            let remedy = "set that variable, or write into a layer of a higher rank";
            return Err(self.refused(WriteRefusal::new(reason, remedy)));
        }
        Ok(target)
    }

    /// The variable that holds a setting now.
    fn variable_there(
        &self,
        bytes: &[u8],
        path: &SettingPath,
    ) -> Result<Option<TargetVariable>, LayerWriteError> {
        self.check_variables(bytes)?;
        for binding in dotenv::parse(bytes).bindings.into_iter().rev() {
            let place = self.place((binding.line, binding.column), Vec::new());
            let meaning = self.names.meaning(&binding.name, &place).map_err(of_source)?;
            if !meaning.paths.contains(path) {
                continue;
            }
            let name = &binding.name;
            let refusal = match (meaning.is_file, meaning.paths.as_slice()) {
                (true, _) => WriteRefusal::new(
                    format!("{path} is the content of the file that {name} names"),
                    "write that file",
                ),
                (false, [_]) => {
                    return Ok(Some(TargetVariable { name: name.clone(), binding: Some(binding) }));
                }
                (false, _) => WriteRefusal::new(
                    format!("{name} holds other settings besides {path}"),
                    "edit the file by hand",
                ),
            };
            return Err(self.refused(refusal));
        }
        Ok(None)
    }

    /// Whether the file can be read, whatever the files hold that its variables name.
    fn check_variables(&self, bytes: &[u8]) -> Result<(), LayerWriteError> {
        let set = self.set_variables(bytes).map_err(|faults| self.invalid(&faults));
        let settings = set.and_then(|set| self.names.settings(set, &mut |_| Ok(Zeroizing::default())));
        settings.map(drop).map_err(of_source)
    }

    /// The bytes of the file with a variable set or removed; `None` if there is nothing to remove.
    pub(super) fn edited_variables(
        &self,
        bytes: &[u8],
        path: &SettingPath,
        value: Option<&SettingValue>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, LayerWriteError> {
        let target = match value {
            Some(_) => self.variable_to_set(bytes, path)?,
            None => match self.variable_there(bytes, path)? {
                Some(target) => target,
                None => return Ok(None),
            },
        };
        let text = dotenv::unix_text(bytes);
        let value = value.map(|value| self.text_to_write(path, value)).transpose()?;
        let edited = match (&value, &target.binding) {
            (Some(value), Some(binding)) => replaced(&text, binding, value),
            (Some(value), None) => {
                let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                Zeroizing::new([&*text, end, &target.name, "=", &quoted(value), "\n"].concat())
            }
            (None, _) => without(&text, &target.name),
        };
        let mut expected = last_values(dotenv::parse(bytes));
        match value {
            Some(value) => drop(expected.insert(target.name, value)),
            None => drop(expected.remove(&target.name)),
        }
        let edited = with_line_ends(bytes, edited);
        let reads = edited.filter(|edited| last_values(dotenv::parse(edited)) == expected);
        let edited = reads.ok_or_else(|| {
            let reason = format!("{path} cannot be changed there without changing something else");
            self.refused(WriteRefusal::new(reason, "edit the file by hand"))
        })?;
        // A variable below may need the one that was removed, or lie in what was set.
        self.check_variables(&edited).map_err(|error| {
            let reason = format!("the file could not be read after this write of {path}: {}", error.reason);
            self.refused(WriteRefusal::new(reason, "edit the file by hand"))
        })?;
        Ok(Some(edited))
    }

    /// The text of a variable that is read as this value.
    fn text_to_write(
        &self,
        path: &SettingPath,
        value: &SettingValue,
    ) -> Result<Zeroizing<String>, LayerWriteError> {
        let text = value_text(value.expose(), self.names.value_type(path)).ok_or_else(|| {
            let reason = format!("a variable cannot hold this value of {path}");
            self.refused(WriteRefusal::new(reason, "write it into a layer that has types"))
        })?;
        Ok(Zeroizing::new(if self.variables.is_some() { escaped(&text) } else { text }))
    }
}

/// A text with the byte order mark and the ends of lines of the bytes that it comes from; `None` if those are
/// mixed.
fn with_line_ends(bytes: &[u8], text: Zeroizing<String>) -> Option<Zeroizing<Vec<u8>>> {
    let before = std::str::from_utf8(bytes).ok()?;
    let text = match before.contains('\r') {
        false => text,
        true if before.replace("\r\n", "").contains(['\r', '\n']) => return None,
        true => Zeroizing::new(text.replace('\n', "\r\n")),
    };
    let mark = if before.starts_with(BYTE_ORDER_MARK) { "\u{feff}" } else { "" };
    Some(Zeroizing::new([mark, &text].concat().into_bytes()))
}

fn last_values(read: Dotenv) -> BTreeMap<String, Zeroizing<String>> {
    read.bindings.into_iter().filter_map(|binding| Some((binding.name, binding.value?))).collect()
}

fn replaced(text: &str, binding: &DotenvBinding, value: &str) -> Zeroizing<String> {
    let before = text.get(..binding.written.start).unwrap_or_default();
    let after = text.get(binding.written.end..).unwrap_or_default();
    // A comment begins at a blank.
    let gap = if after.starts_with('#') { " " } else { "" };
    Zeroizing::new([before, &quoted(value), gap, after].concat())
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
pub(in super::super) fn quoted(value: &str) -> Zeroizing<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=".contains(c);
    if value.chars().all(is_plain) {
        return Zeroizing::new(value.to_owned());
    }
    let mut written = Zeroizing::new(String::with_capacity(2 * value.len() + 2));
    written.push('"');
    for c in value.chars() {
        match c {
            '\\' | '"' => written.extend(['\\', c]),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            _ => written.push(c),
        }
    }
    written.push('"');
    written
}

/// The text from which a setting of this type is read as this value; `None` if there is none.
pub(in super::super) fn value_text(value: &Value, value_type: Option<ValueType>) -> Option<String> {
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
