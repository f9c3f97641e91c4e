//! The settings of an application file: their types, their limits, and where their values are kept.

use std::collections::BTreeMap;

use regex::RegexBuilder;
use serde_json::{Map, Number, Value};
use toml::de::DeValue;

use super::members::SETTING;
use super::reader::{Members, SpecReader, WrittenText};
use super::value_type::TYPES;
use super::{SettingSpec, ValueType};
use crate::application::{SettingPath, SettingValue, SourceValue};
use crate::config::TomlValue;
use crate::domain::{DocumentKind, Masking};

/// The largest compiled pattern, in bytes.
const MAX_PATTERN: usize = 256 * 1024;

pub(super) fn read(reader: &mut SpecReader<'_>, table: &TomlValue<'_>) -> BTreeMap<SettingPath, SettingSpec> {
    let mut settings = BTreeMap::new();
    let Some(tables) = table.get_ref().as_table() else {
        reader.mistake(&table.span(), "settings are tables, each written [settings.\"database.pool_size\"]");
        return settings;
    };
    for (name, value) in tables {
        let path = match name.get_ref().parse::<SettingPath>() {
            Ok(path) => path,
            Err(error) => {
                reader.mistake(&name.span(), error.to_string());
                continue;
            }
        };
        if let Some((inner, span)) = section(value) {
            let problem =
                format!("this looks like the setting {path}.{inner}: write [settings.\"{path}.{inner}\"]");
            reader.mistake(&span, problem);
            continue;
        }
        let Some(setting) = one(reader, &path, value) else { continue };
        if let Some(other) = settings.insert(path.clone(), setting) {
            let problem = format!("{path} is declared at {}:{} too", other.place.line, other.place.column);
            reader.mistake(&name.span(), problem);
        }
    }
    tell_clashes(reader, &settings);
    settings
}

/// The first table in what should be a setting, by a name that no setting has a member of.
fn section<'d>(value: &'d TomlValue<'_>) -> Option<(&'d str, std::ops::Range<usize>)> {
    let members = value.get_ref().as_table()?;
    let is_unknown = |name: &str| SETTING.iter().all(|member| member.name != name);
    let mut inner =
        members.iter().filter(|(name, value)| value.get_ref().is_table() && is_unknown(name.get_ref()));
    inner.next().map(|(name, _)| (name.get_ref().as_ref(), name.span()))
}

/// A setting is no section of another, and no variable and no key is that of two.
fn tell_clashes(reader: &mut SpecReader<'_>, settings: &BTreeMap<SettingPath, SettingSpec>) {
    let mut mistakes = Vec::new();
    let (mut variables, mut keys) = (BTreeMap::new(), BTreeMap::new());
    let mut before: Option<&SettingPath> = None;
    for (path, setting) in settings {
        if let Some(outer) = before.filter(|outer| outer.contains(path)) {
            let words =
                format!("{outer} is a setting, so {path} cannot be one: nothing is a value and a section");
            mistakes.push((setting.place.clone(), words));
        } else {
            before = Some(path);
        }
        for (held, known, what) in
            [(&setting.variable, &mut variables, "variable"), (&setting.etcd_key, &mut keys, "key")]
        {
            let Some(held) = held else { continue };
            if let Some(other) = known.insert(held.clone(), path) {
                let words = format!("the {what} {held} is that of {other} too: each setting has its own");
                mistakes.push((setting.place.clone(), words));
            }
        }
    }
    let mistakes = mistakes.into_iter().map(|(place, problem)| super::SpecMistake { place, problem });
    reader.mistakes.extend(mistakes);
}

fn one(reader: &mut SpecReader<'_>, path: &SettingPath, table: &TomlValue<'_>) -> Option<SettingSpec> {
    let members = reader.members(table, &format!("the setting {path}"), &[SETTING])?;
    let mistakes = reader.mistakes.len();
    let types = TYPES.iter().map(|words| (words.name, words.value_type));
    let value_type = match members.get("type") {
        None => ValueType::Text,
        // Without a type nothing else can be judged.
        Some(_) => reader.word(&members, "type", types)?,
    };
    let names: Vec<_> = path.names().collect();
    let looks_secret = || Masking::built_in(DocumentKind::Unknown).is_secret_field(&names);
    let text = |reader: &mut SpecReader<'_>, name| reader.plain(&members, name).map(|it| it.text.into());
    let place = reader.place(&members.span);
    let mut setting = SettingSpec {
        required: reader.flag(&members, "required").unwrap_or_default(),
        secret: reader.flag(&members, "secret").unwrap_or_else(looks_secret),
        min_length: reader.count(&members, "min_length"),
        description: text(reader, "description").unwrap_or_default(),
        variable: variable(reader, &members),
        etcd_key: etcd_key(reader, &members),
        ..SettingSpec::new(value_type, place)
    };
    setting.pattern = pattern(reader, &members);
    tell_unfit_limits(reader, &members, value_type);
    setting.min = limit(reader, &setting, &members, "min");
    setting.max = limit(reader, &setting, &members, "max");
    if let (Some(least), Some(most)) = (setting.min, setting.max)
        && least > most
    {
        let span = members.get("max").map(toml::Spanned::span).unwrap_or_default();
        reader.mistake(&span, "max is less than min, so nothing fits");
    }
    setting.allowed = allowed(reader, &setting, &members);
    // Of a setting with mistakes it is not known what fits.
    if mistakes == reader.mistakes.len() {
        setting.default = default(reader, &setting, &members);
    }
    Some(setting)
}

fn variable(reader: &mut SpecReader<'_>, members: &Members<'_, '_>) -> Option<std::sync::Arc<str>> {
    let WrittenText { text, span } = reader.plain(members, "env")?;
    let is_name = |text: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        text.bytes().all(is_letter) && !text.starts_with(|c: char| c.is_ascii_digit()) && !text.is_empty()
    };
    if !is_name(text) {
        reader.mistake(&span, "the name of a variable is letters, digits and _, and begins with no digit");
        return None;
    }
    Some(text.into())
}

fn etcd_key(reader: &mut SpecReader<'_>, members: &Members<'_, '_>) -> Option<std::sync::Arc<str>> {
    let WrittenText { text, span } = reader.plain(members, "etcd")?;
    let key = text.trim_matches('/');
    if key.is_empty() || key.chars().any(char::is_control) {
        reader.mistake(&span, "a key is a text as Database/PoolSize, and stands under the root of a layer");
        return None;
    }
    Some(key.into())
}

fn pattern(reader: &mut SpecReader<'_>, members: &Members<'_, '_>) -> Option<regex::Regex> {
    let WrittenText { text, span } = reader.plain(members, "pattern")?;
    match RegexBuilder::new(text).size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN).build() {
        Ok(pattern) => Some(pattern),
        Err(regex::Error::CompiledTooBig(_)) => {
            reader.mistake(&span, "the pattern is too large: let it repeat less");
            None
        }
        Err(_) => {
            reader.mistake(&span, "the pattern is no regular expression: look at its brackets and escapes");
            None
        }
    }
}

/// Limits that say nothing of a type.
fn tell_unfit_limits(reader: &mut SpecReader<'_>, members: &Members<'_, '_>, value_type: ValueType) {
    let words = value_type.words();
    let fits = |name: &str| match name {
        "min" | "max" => words.is_number,
        "allowed" => value_type != ValueType::Json,
        _ => words.counted.is_some(),
    };
    for name in ["min", "max", "min_length", "pattern", "allowed"] {
        if let Some(value) = members.get(name).filter(|_| !fits(name)) {
            reader.mistake(&value.span(), format!("a setting of type {} has no {name}", words.name));
        }
    }
}

/// A value of the setting's type.
fn value(
    reader: &mut SpecReader<'_>,
    setting: &SettingSpec,
    name: &str,
    written: &TomlValue<'_>,
) -> Option<SettingValue> {
    let Some(json) = json_of(written) else {
        reader.mistake(
            &written.span(),
            format!("{name} is no value of a setting: write dates as text, and finite numbers of 64 bits"),
        );
        return None;
    };
    match setting.coerce(&SourceValue::Typed(SettingValue::new(json))) {
        Ok(value) => Some(value),
        Err(fault) => {
            reader.mistake(
                &written.span(),
                format!("{name} does not fit the type {}: {fault}", setting.value_type.name()),
            );
            None
        }
    }
}

fn limit(
    reader: &mut SpecReader<'_>,
    setting: &SettingSpec,
    members: &Members<'_, '_>,
    name: &str,
) -> Option<f64> {
    let written = members.get(name).filter(|_| setting.value_type.words().is_number)?;
    value(reader, setting, name, written)?.expose().as_f64()
}

fn allowed(
    reader: &mut SpecReader<'_>,
    setting: &SettingSpec,
    members: &Members<'_, '_>,
) -> Vec<SettingValue> {
    let Some(written) = members.get("allowed") else { return Vec::new() };
    let Some(items) = written.get_ref().as_array().filter(|items| !items.is_empty()) else {
        reader.mistake(&written.span(), "allowed must be a list of values, and at least one");
        return Vec::new();
    };
    // Of a list its items are meant.
    let of_one = match setting.value_type {
        ValueType::List => SettingSpec { value_type: ValueType::Text, ..setting.clone() },
        _ => setting.clone(),
    };
    items.iter().filter_map(|item| value(reader, &of_one, "a value of allowed", item)).collect()
}

fn default(
    reader: &mut SpecReader<'_>,
    setting: &SettingSpec,
    members: &Members<'_, '_>,
) -> Option<SettingValue> {
    let written = members.get("default")?;
    let default = value(reader, setting, "default", written)?;
    if let Err(fault) = setting.check(&default) {
        reader.mistake(&written.span(), format!("default is none that the setting may have: {fault}"));
    }
    Some(default)
}

/// A value of TOML as JSON has it; nothing for what JSON has not: dates, infinity, numbers of more than 64 bits.
fn json_of(value: &TomlValue<'_>) -> Option<Value> {
    Some(match value.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok()?.into(),
        DeValue::Float(number) => Value::Number(Number::from_f64(number.as_str().parse().ok()?)?),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(_) => return None,
        DeValue::Array(items) => items.iter().map(json_of).collect::<Option<Vec<_>>>()?.into(),
        DeValue::Table(members) => {
            let member = |(name, value): (&toml::Spanned<std::borrow::Cow<'_, str>>, _)| {
                Some((name.get_ref().to_string(), json_of(value)?))
            };
            Value::Object(members.iter().map(member).collect::<Option<Map<_, _>>>()?)
        }
    })
}

#[cfg(test)]
pub(super) mod tests;
