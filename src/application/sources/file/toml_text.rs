//! A value of a TOML text set or removed, with comments and layout as they were.

use serde_json::Value;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};
use zeroize::Zeroizing;

use super::writer::WriteRefusal;
use crate::application::SettingPath;

/// The texts that may be written, the best one first.
pub(super) fn edited(
    text: &str,
    path: &SettingPath,
    value: Option<&Value>,
) -> Result<Vec<Zeroizing<String>>, WriteRefusal> {
    let mut document: DocumentMut = text.parse().map_err(|_| {
        WriteRefusal::new("this is TOML that can be read and not edited", "edit the file by hand")
    })?;
    let names: Vec<&str> = path.names().collect();
    match value {
        Some(value) => {
            let value = toml_value(value).ok_or_else(|| {
                WriteRefusal::new(
                    "TOML has neither null nor whole numbers of more than 63 bits",
                    "remove the setting instead, or put the number in quotes as a text",
                )
            })?;
            set(document.as_table_mut(), &names, value);
        }
        None => remove(document.as_table_mut(), &names),
    }
    let edited = document.to_string();
    // New lines end as the others do.
    let edited = match text.contains("\r\n") && !text.replace("\r\n", "").contains('\n') {
        true => edited.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => edited,
    };
    Ok(vec![Zeroizing::new(edited)])
}

fn set(table: &mut dyn TableLike, names: &[&str], value: toml_edit::Value) {
    match names {
        [] => {}
        [name] => match table.get_mut(name) {
            Some(Item::Value(old)) => {
                let decor = old.decor().clone();
                *old = value;
                *old.decor_mut() = decor;
            }
            Some(item) => *item = Item::Value(value),
            None => drop(table.insert(name, Item::Value(value))),
        },
        [name, inner @ ..] => {
            let is_dotted = table.is_dotted();
            let new = || {
                let mut section = Table::new();
                section.set_implicit(inner.len() > 1);
                section.set_dotted(is_dotted);
                Item::Table(section)
            };
            if let Some(section) = table.entry(name).or_insert_with(new).as_table_like_mut() {
                set(section, inner, value);
            }
        }
    }
}

/// Removes a value, and the sections that are left without any.
fn remove(table: &mut dyn TableLike, names: &[&str]) {
    let Some((name, inner)) = names.split_first() else { return };
    if !inner.is_empty() {
        let Some(section) = table.get_mut(name).and_then(Item::as_table_like_mut) else { return };
        remove(section, inner);
        if !section.is_empty() {
            return;
        }
    }
    table.remove(name);
}

fn toml_value(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) if number.is_finite() && number.fract() == 0.0 && value.is_u64() => {
                return None;
            }
            (None, Some(number)) => number.into(),
            (None, None) => return None,
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => {
            toml_edit::Value::Array(items.iter().map(toml_value).collect::<Option<Array>>()?)
        }
        Value::Object(members) => {
            let mut table = InlineTable::new();
            for (name, member) in members {
                table.insert(name, toml_value(member)?);
            }
            toml_edit::Value::InlineTable(table)
        }
    })
}
