//! The config file: TOML with the position of every value, checked against the table of settings.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::error::Result;
use super::own_rules::RawOwnRule;
use super::toml_text::{TomlText, TomlValue};
use super::{Origin, SETTINGS, Setting, SettingKey, SettingKind, SettingTable, SettingsError, WithOrigin};

/// A value as written in the file or in a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RawSetting {
    Text(String),
    Switch(bool),
    Number(i64),
    /// Each text with its own place.
    List(Vec<WithOrigin<String>>),
    Rules(Vec<RawOwnRule>),
}

/// The settings of one table of the file.
pub(super) type SettingLayer = BTreeMap<SettingKey, WithOrigin<RawSetting>>;

/// The parsed config file.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    pub(super) top: SettingLayer,
    pub(super) defaults: SettingLayer,
    pub(super) console: SettingLayer,
    pub(super) contexts: BTreeMap<String, SettingLayer>,
}

impl ConfigFile {
    /// Parses a whole file. Every name and every type is checked, whether it is used or not.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self> {
        let reader = TomlReader { path: path.into(), text: TomlText::of(text) };
        let document = reader.text.parse().map_err(|mistakes| {
            let first = mistakes.into_iter().next();
            let (span, reason) = first.map(|first| (first.span, first.reason)).unwrap_or_default();
            reader.error(span, reason)
        })?;
        let mut file = Self::default();
        for (name, value) in document.get_ref() {
            match name.get_ref().as_ref() {
                "defaults" => file.defaults = reader.layer(value, "[defaults]", SettingTable::Context)?,
                "console" => file.console = reader.layer(value, "[console]", SettingTable::Console)?,
                "receiver" => file.top.extend(reader.layer(value, "[receiver]", SettingTable::Receiver)?),
                "contexts" => {
                    for (name, value) in reader.table(value, "[contexts.NAME]")? {
                        let label = format!("[contexts.{}]", name.get_ref());
                        let layer = reader.layer(value, &label, SettingTable::Context)?;
                        file.contexts.insert(name.get_ref().to_string(), layer);
                    }
                }
                other => match find(other, SettingTable::Top) {
                    Some(setting) => {
                        file.top.insert(setting.key, reader.value(setting, value)?);
                    }
                    None => {
                        let accepted = "default_context, [defaults], [contexts.NAME], [console], [receiver]";
                        return Err(reader.unknown(name.span(), other, "the top", accepted));
                    }
                },
            }
        }
        Ok(file)
    }
}

/// Whether a setting is allowed in this table.
fn stands_in(setting: &Setting, table: SettingTable) -> bool {
    let also =
        table == SettingTable::Context && matches!(setting.key, SettingKey::Theme | SettingKey::CopySecrets);
    setting.table == table || also
}

fn find(name: &str, table: SettingTable) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| stands_in(setting, table) && setting.short_name() == name)
}

pub(super) struct TomlReader<'a> {
    path: Arc<Path>,
    text: TomlText<'a>,
}

impl TomlReader<'_> {
    fn layer(&self, value: &TomlValue<'_>, label: &str, place: SettingTable) -> Result<SettingLayer> {
        let mut layer = SettingLayer::new();
        for (name, value) in self.table(value, label)? {
            if name.get_ref() == "receiver" && place != SettingTable::Receiver {
                let label = label.replace(']', ".receiver]");
                layer.extend(self.layer(value, &label, SettingTable::Receiver)?);
                continue;
            }
            let Some(setting) = find(name.get_ref(), place) else {
                let known = SETTINGS.iter().filter(|setting| stands_in(setting, place));
                let names: Vec<_> = known.map(Setting::short_name).collect();
                return Err(self.unknown(name.span(), name.get_ref(), label, &names.join(", ")));
            };
            layer.insert(setting.key, self.value(setting, value)?);
        }
        Ok(layer)
    }

    fn table<'t, 'i>(&self, value: &'t TomlValue<'i>, label: &str) -> Result<&'t DeTable<'i>> {
        value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.error(value.span(), format!("this must be a table, written {label}")))
    }

    fn value(&self, setting: &Setting, value: &TomlValue<'_>) -> Result<WithOrigin<RawSetting>> {
        let wanted = match setting.kind {
            SettingKind::Switch | SettingKind::Presence => "true or false".to_owned(),
            SettingKind::SwitchOrPath => "true, false, or a path in quotes".to_owned(),
            SettingKind::Number(from, to) => format!("a number from {from} to {to}"),
            SettingKind::List => "a list of texts, as [\"a\", \"b\"]".to_owned(),
            SettingKind::Rules => "tables, each written [[contexts.NAME.rules]]".to_owned(),
            _ => "a text in quotes".to_owned(),
        };
        let raw = match (setting.kind, value.get_ref()) {
            (SettingKind::Number(..), DeValue::Integer(number)) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(RawSetting::Number)
            }
            (
                SettingKind::Switch | SettingKind::Presence | SettingKind::SwitchOrPath,
                DeValue::Boolean(on),
            ) => Some(RawSetting::Switch(*on)),
            (SettingKind::List, DeValue::Array(items)) => {
                let texts = items.iter().map(|item| {
                    let value = item.get_ref().as_str()?.to_owned();
                    Some(WithOrigin { value, origin: self.origin(item.span()) })
                });
                texts.collect::<Option<_>>().map(RawSetting::List)
            }
            (SettingKind::Rules, DeValue::Array(items)) => {
                let are_tables = items.iter().all(|item| item.get_ref().is_table());
                are_tables.then(|| {
                    RawSetting::Rules(items.iter().map(|item| RawOwnRule::read(self, item)).collect())
                })
            }
            (
                SettingKind::Number(..)
                | SettingKind::Switch
                | SettingKind::Presence
                | SettingKind::List
                | SettingKind::Rules,
                _,
            ) => None,
            (_, value) => value.as_str().map(|text| RawSetting::Text(text.to_owned())),
        };
        let origin = self.origin(value.span());
        raw.map(|value| WithOrigin { value, origin }).ok_or_else(|| {
            let items = value.get_ref().as_array().filter(|_| setting.kind == SettingKind::List);
            let (wrong, is) = match items.and_then(|items| items.iter().find(|item| !item.get_ref().is_str()))
            {
                Some(item) => (item, "and this is"),
                None => (value, "and is"),
            };
            let found = wrong.get_ref().type_str();
            self.error(wrong.span(), format!("{} must be {wanted}, {is} a TOML {found}", setting.name))
        })
    }

    fn unknown(&self, span: Range<usize>, name: &str, label: &str, accepted: &str) -> SettingsError {
        self.error(span, format!("{name:?} is not known in {label}; known are {accepted}"))
    }

    pub(super) fn error(&self, span: Range<usize>, problem: String) -> SettingsError {
        SettingsError::of(&self.origin(span), problem)
    }

    /// Where the text of a value stands, if it stands there as it is, and not in escapes.
    pub(super) fn verbatim(&self, value: &TomlValue<'_>) -> Option<Origin> {
        self.text.verbatim(value).map(|start| self.origin(start..start))
    }

    pub(super) fn origin(&self, span: Range<usize>) -> Origin {
        let (line, column) = self.text.line_column(&span);
        Origin::File { path: self.path.clone(), line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        ConfigFile::parse(Path::new("c.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_names_its_place_and_what_is_accepted() {
        assert_eq!(
            problem("default_context = \"prod\"\n\n[contexts.prod]\n  hosts = \"a\"\n"),
            "c.toml:4:3: \"hosts\" is not known in [contexts.prod]; known are backend, webhooks_file, \
             connections_file, host, port, prefix, layout, namespace, username, password, ca_cert, cert, \
             key, application, secrets_backend, vault_addr, vault_redirect_hosts, vault_token, vault_token_file, \
             vault_role_id, vault_secret_id, vault_namespace, vault_verify, vault_cacert, \
             vault_mount_point, vault_kv_version, vault_timeout_seconds, read_only, protected, \
             hide_names, show_names, silence_rules, rules_as_errors, rules_as_warnings, rules_as_hints, rules, theme, \
             accent, copy_secrets"
        );
        assert_eq!(
            problem("[contexts.prod]\nport = \"2379\"\n"),
            "c.toml:2:8: port must be a number from 1 to 65535, and is a TOML string"
        );
        assert_eq!(
            problem("context = 1\n"),
            "c.toml:1:1: \"context\" is not known in the top; known are default_context, [defaults], \
             [contexts.NAME], [console], [receiver]"
        );
        assert_eq!(problem("contexts = 1\n"), "c.toml:1:12: this must be a table, written [contexts.NAME]");
    }

    #[test]
    fn a_syntax_error_names_its_place_and_quotes_nothing() {
        let error = problem("[contexts.prod]\npassword = \"hunter2\n");
        assert!(error.starts_with("c.toml:2:"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
