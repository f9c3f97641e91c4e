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
    let mut setting = SettingSpec {
        value_type,
        default: None,
        required: reader.flag(&members, "required").unwrap_or_default(),
        secret: reader.flag(&members, "secret").unwrap_or_else(looks_secret),
        allowed: Vec::new(),
        min: None,
        max: None,
        min_length: reader.count(&members, "min_length"),
        pattern: None,
        description: text(reader, "description").unwrap_or_default(),
        variable: variable(reader, &members),
        etcd_key: etcd_key(reader, &members),
        place: reader.place(&members.span),
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
pub(super) mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use serde_json::json;

    use super::super::SpecPlace;
    use super::super::file::tests::{mistakes, parse};
    use super::*;

    /// A setting of a type, without limits.
    pub(in super::super) fn spec(value_type: ValueType) -> SettingSpec {
        SettingSpec {
            value_type,
            default: None,
            required: false,
            secret: false,
            allowed: Vec::new(),
            min: None,
            max: None,
            min_length: None,
            pattern: None,
            description: "".into(),
            variable: None,
            etcd_key: None,
            place: SpecPlace { path: Arc::new(PathBuf::from("a.toml")), line: 1, column: 1 },
        }
    }

    fn setting(members: &str) -> SettingSpec {
        let spec = parse(&format!("name = \"a\"\n[settings.\"a.b\"]\n{members}\n"));
        spec.settings.into_values().next().unwrap()
    }

    /// The mistake in a setting `a.b`, by its line in it.
    fn mistake(members: &str) -> String {
        let told = mistakes(&format!("name = \"a\"\n[settings.\"a.b\"]\n{members}\n"));
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].clone()
    }

    #[test]
    fn a_setting_has_all_that_its_table_says() {
        let pool = setting(
            "type = \"integer\"\ndefault = 5\nmin = 1\nmax = 100\nallowed = [5, 10]\nenv = \"DATABASE_POOL_SIZE\"\n\
             etcd = \"Database/PoolSize\"\nrequired = true\ndescription = \"Connections\"",
        );
        assert_eq!(pool.value_type, ValueType::Integer);
        assert_eq!(pool.default.unwrap().expose(), &json!(5));
        assert_eq!((pool.min, pool.max, pool.required, pool.secret), (Some(1.0), Some(100.0), true, false));
        assert_eq!(pool.allowed.len(), 2);
        assert_eq!(pool.variable.as_deref(), Some("DATABASE_POOL_SIZE"));
        assert_eq!(pool.etcd_key.as_deref(), Some("Database/PoolSize"));
        assert_eq!((&*pool.description, pool.place.line, pool.place.column), ("Connections", 2, 1));
        let url = setting("type = \"url\"\npattern = \"^redis://\"\nmin_length = 9\nsecret = true");
        assert_eq!(url.pattern.unwrap().as_str(), "^redis://");
        assert_eq!((url.min_length, url.secret), (Some(9), true));
        assert_eq!(setting("default = \"x\"").value_type, ValueType::Text);
    }

    #[test]
    fn a_default_and_its_limits_are_of_the_type_units_included() {
        let timeout = setting("type = \"duration\"\ndefault = \"1m30s\"\nmin = \"1s\"\nmax = 600");
        assert_eq!(timeout.default.unwrap().expose(), &json!(90));
        assert_eq!((timeout.min, timeout.max), (Some(1.0), Some(600.0)));
        let size = setting("type = \"bytes\"\ndefault = \"64KiB\"\nmax = \"10MB\"");
        assert_eq!((size.default.unwrap().expose(), size.max), (&json!(65_536), Some(10_000_000.0)));
        let json = setting("type = \"json\"\ndefault = { a = [1, 2.5, true], b = { c = \"x\" } }");
        assert_eq!(json.default.unwrap().expose(), &json!({"a": [1, 2.5, true], "b": {"c": "x"}}));
        let list = setting("type = \"list\"\ndefault = \"a, b\"\nallowed = [\"a\", \"b\"]");
        assert_eq!(list.default.unwrap().expose(), &json!(["a", "b"]));
        assert_eq!(setting("type = \"integer\"\ndefault = 0xff").default.unwrap().expose(), &json!(255));
        assert_eq!(setting("type = \"integer\"\ndefault = 1_000").default.unwrap().expose(), &json!(1000));
    }

    #[test]
    fn a_mistake_in_a_setting_names_its_place_and_what_would_be_right() {
        for (members, told) in [
            (
                "type = \"integer\"\ndefault = \"many\"",
                "4:11: default does not fit the type integer: it must be a whole number of 64 bits, as 5; it is a text that is none",
            ),
            (
                "type = \"integer\"\nmax = 3\ndefault = 5",
                "5:11: default is none that the setting may have: it is more than 3, the most that it may be",
            ),
            ("type = \"integer\"\nmin = 3\nmax = 2", "5:7: max is less than min, so nothing fits"),
            ("min = 3", "3:7: a setting of type text has no min"),
            ("type = \"boolean\"\npattern = \"a\"", "4:11: a setting of type boolean has no pattern"),
            ("type = \"float\"\nmin_length = 3", "4:14: a setting of type float has no min_length"),
            ("allowed = []", "3:11: allowed must be a list of values, and at least one"),
            (
                "pattern = \"(\"",
                "3:11: the pattern is no regular expression: look at its brackets and escapes",
            ),
            ("pattern = '(\\w{1000}){1000}'", "3:11: the pattern is too large: let it repeat less"),
            (
                "env = \"DATABASE-URL\"",
                "3:7: the name of a variable is letters, digits and _, and begins with no digit",
            ),
            (
                "etcd = \"/\"",
                "3:8: a key is a text as Database/PoolSize, and stands under the root of a layer",
            ),
            (
                "default = 2026-01-01",
                "3:11: default is no value of a setting: write dates as text, and finite numbers of 64 bits",
            ),
            (
                "type = \"float\"\ndefault = inf",
                "4:11: default is no value of a setting: write dates as text, and finite numbers of 64 bits",
            ),
            (
                "requird = true",
                "3:1: \"requird\" is not known in the setting a.b; known are type, default, required, secret, allowed, min, max, min_length, pattern, description, env, etcd",
            ),
            ("required = \"yes\"", "3:12: required must be true or false, and is a TOML string"),
        ] {
            assert_eq!(mistake(members), told);
        }
    }

    #[test]
    fn a_path_is_one_name_in_quotes_and_no_table_in_a_table() {
        assert_eq!(
            mistakes("name = \"a\"\n[settings.database.pool_size]\ntype = \"integer\"\n"),
            ["2:20: this looks like the setting database.pool_size: write [settings.\"database.pool_size\"]"]
        );
        let told = mistakes("name = \"a\"\n[settings.\"a..b\"]\n");
        assert!(
            told[0].starts_with("2:11: \"a..b\" is no path of a setting: a name in it is empty"),
            "{told:?}"
        );
    }

    #[test]
    fn no_setting_is_a_section_of_another_and_no_variable_or_key_is_that_of_two() {
        let told = mistakes(
            "name = \"a\"\n[settings.\"a\"]\nenv = \"A\"\netcd = \"A\"\n[settings.\"a.b\"]\nenv = \"A\"\n\
             [settings.\"a.c\"]\netcd = \"/A\"\n[settings.\"ab\"]\n[settings.'\"ab\"']\n",
        );
        assert_eq!(
            told,
            [
                "5:1: a is a setting, so a.b cannot be one: nothing is a value and a section",
                "5:1: the variable A is that of a too: each setting has its own",
                "7:1: a is a setting, so a.c cannot be one: nothing is a value and a section",
                "7:1: the key A is that of a too: each setting has its own",
                "9:11: ab is declared at 10:1 too",
            ]
        );
    }

    #[test]
    fn a_setting_is_secret_by_its_name_unless_the_file_says_otherwise() {
        let spec = parse(
            "name = \"a\"\n[settings.\"api.secret_key\"]\n[settings.\"redis.password\"]\nsecret = false\n\
             [settings.\"database.pool\"]\n[settings.\"database.dsn\"]\nsecret = true\n",
        );
        let secret: Vec<_> =
            spec.settings.iter().filter(|(_, it)| it.secret).map(|(path, _)| path.to_string()).collect();
        assert_eq!(secret, ["api.secret_key", "database.dsn"]);
    }

    #[test]
    fn a_mistaken_default_of_a_secret_is_not_quoted() {
        let told = mistake("secret = true\nallowed = [\"planted-a\"]\ndefault = \"planted-b\"");
        assert!(!told.contains("planted"), "{told}");
    }
}
