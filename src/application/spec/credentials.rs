//! Which values are secrets, and which of them are written where whoever reads a file has them: hardcoded credentials.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::store_references::is_reference;
use super::{ApplicationSpec, FileFormat, LayerKind, SettingSpec, SpecPlace, ValueType};
use crate::application::{LayerContents, SettingPath, SourceValue, ValuePlace};
use crate::domain::plaintext::{is_bare, is_plaintext};
use crate::domain::{DocumentKind, Masking, SecretNames};

const MASKING: Masking = Masking::built_in(DocumentKind::Unknown);

/// What a hardcoded credential is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialRule {
    /// It is the value of something that is a secret: it is declared to be one, or its name says so.
    SecretValue,
    /// It looks like a secret under any name: a known token, a private key, a password in a URL.
    SecretLook,
}

impl CredentialRule {
    pub fn id(self) -> &'static str {
        match self {
            Self::SecretValue => "hardcoded-secret",
            Self::SecretLook => "hardcoded-token",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::SecretValue => "is a secret, and its value is written here",
            Self::SecretLook => "holds what looks like a token, a key or a password, and it is written here",
        }
    }
}

/// A credential in the application file, or in a file of a layer. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardcodedCredential {
    pub rule: CredentialRule,
    /// The path of a setting, or an option of a layer, as `headers.Authorization`.
    pub subject: String,
    pub place: ValuePlace,
}

impl HardcodedCredential {
    /// What to do about any of them.
    pub const REMEDY: &'static str = "take it from a variable, as ${NAME} in the file, or env = \"NAME\" at \
        the setting, and replace it where it is used: whoever has read this file has it";
}

impl HardcodedCredential {
    /// Why it is one, as what is said of its subject.
    pub fn words(&self) -> &'static str {
        self.rule.words()
    }
}

/// `config/app.yaml:3:9: database.password is a secret, and its value is written here [hardcoded-secret]`
impl fmt::Display for HardcodedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, subject, place } = self;
        write!(f, "{place}: {subject} {} [{}]", rule.words(), rule.id())
    }
}

impl ApplicationSpec {
    /// Whether the value of a setting is hidden wherever values are shown: it, or the setting that it lies in, is
    /// declared to be a secret or called like one, or the value looks like one.
    pub fn is_secret(&self, path: &SettingPath, value: &Value) -> bool {
        let names: Vec<_> = path.names().collect();
        self.is_secret_path(path) || find(&mut names.clone(), value, false, false).is_some()
    }

    /// Whether a setting is hidden whatever its value is.
    pub fn is_secret_path(&self, path: &SettingPath) -> bool {
        let names: Vec<_> = path.names().collect();
        let outer =
            (1..=names.len()).rev().filter_map(|end| SettingPath::new(names.iter().copied().take(end)).ok());
        let declared = outer.filter_map(|path| self.settings.get(&path)).map(|setting| setting.secret).next();
        declared.unwrap_or_else(|| MASKING.is_secret_field(&names))
    }

    /// The credentials that are written in the application file, and in files of layers, in the order of layers as they
    /// are given, each by its name with what it holds. Variables, keys of etcd, answers of servers and `.env` files are
    /// where secrets may be.
    pub fn hardcoded_credentials(&self, loaded: &[(&str, &LayerContents)]) -> Vec<HardcodedCredential> {
        let mut found = self.credentials.clone();
        for (path, setting) in &self.settings {
            let Some(default) = &setting.default else { continue };
            let SpecPlace { path: file, line, column } = setting.place.clone();
            let place = ValuePlace::Default { path: file, line, column };
            found.extend(self.hardcoded(path, Some(setting), default.expose(), place));
        }
        for (name, contents) in loaded {
            let layer = self.layers.iter().find(|layer| &*layer.name == *name);
            let is_file = layer.is_some_and(
                |layer| matches!(layer.kind, LayerKind::File { format, .. } if format != FileFormat::Env),
            );
            for (path, held) in contents.values.iter().filter(|_| is_file) {
                let from_variables =
                    matches!(&held.place, ValuePlace::File { variables, .. } if !variables.is_empty());
                let (SourceValue::Typed(value), false) = (&held.value, from_variables) else { continue };
                let setting = self.settings.get(path);
                found.extend(self.hardcoded(path, setting, value.expose(), held.place.clone()));
            }
        }
        found
    }

    fn hardcoded(
        &self,
        path: &SettingPath,
        setting: Option<&SettingSpec>,
        value: &Value,
        place: ValuePlace,
    ) -> Option<HardcodedCredential> {
        let is_url = setting.is_some_and(|setting| setting.value_type == ValueType::Url);
        let rule = find(&mut path.names().collect(), value, self.is_secret_path(path), is_url)?;
        Some(HardcodedCredential { rule, subject: path.to_string(), place })
    }
}

/// What an option of a layer is, if it is a credential.
pub(super) fn of_option(
    name: &str,
    subject: String,
    text: &str,
    (path, line, column): (Arc<PathBuf>, usize, usize),
) -> Option<HardcodedCredential> {
    let rule =
        find(&mut vec![name], &Value::String(text.to_owned()), MASKING.is_secret_field(&[name]), false)?;
    let place = ValuePlace::File { path, line, column, variables: Vec::new() };
    Some(HardcodedCredential { rule, subject, place })
}

/// What the first credential in a value is recognised by. `names` lead to the value; of a URL only a password is a
/// secret, and not the address of a server.
fn find<'v>(
    names: &mut Vec<&'v str>,
    value: &'v Value,
    is_secret: bool,
    is_url: bool,
) -> Option<CredentialRule> {
    match value {
        Value::String(text) => {
            if is_reference(text) {
                return None;
            }
            let shapes = SecretNames::default();
            if is_plaintext(&shapes, text, names.last().copied(), false, false) {
                return Some(CredentialRule::SecretLook);
            }
            (is_secret && !is_url && !is_bare(text)).then_some(CredentialRule::SecretValue)
        }
        Value::Number(_) => is_secret.then_some(CredentialRule::SecretValue),
        Value::Array(items) => items.iter().find_map(|item| find(names, item, is_secret, is_url)),
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            names.push(name);
            let found = find(names, value, is_secret || MASKING.is_secret_field(names), is_url);
            names.pop();
            found
        }),
        Value::Null | Value::Bool(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::file::tests::{parse, parse_with};
    use super::*;
    use crate::application::{LayerRevision, LayerValue, SettingValue};

    fn contents(values: &[(&str, Value, &[&str])]) -> LayerContents {
        let value = |(at, (path, value, variables)): (usize, &(&str, Value, &[&str]))| {
            let place = ValuePlace::File {
                path: Arc::new(PathBuf::from("a.yaml")),
                line: at + 1,
                column: 3,
                variables: variables.iter().map(|name| (*name).into()).collect(),
            };
            let value = SourceValue::Typed(SettingValue::new(value.clone()));
            (path.parse().unwrap(), LayerValue { value, place })
        };
        let values: BTreeMap<_, _> = values.iter().enumerate().map(value).collect();
        LayerContents { revision: LayerRevision("1".into()), values }
    }

    const SPEC: &str = "name = \"a\"\n[[layers]]\nkind = \"file\"\npath = \"a.yaml\"\n[[layers]]\nkind = \"file\"\n\
        path = \".env\"\n[settings.\"database.url\"]\ntype = \"url\"\nsecret = true\n[settings.\"api.dsn\"]\nsecret = true\n\
        [settings.\"shown.password\"]\nsecret = false\n[settings.blob]\ntype = \"json\"\n";

    fn told(layer: &str, values: &[(&str, Value, &[&str])]) -> Vec<String> {
        let found = parse(SPEC).hardcoded_credentials(&[(layer, &contents(values))]);
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_hardcoded_credential_is_found_by_rule_with_its_place() {
        let github = format!("ghp_{}", "planted0".repeat(4));
        assert_eq!(
            told(
                "a.yaml",
                &[
                    ("api.dsn", json!("planted-value"), &[]),
                    ("api.key", json!("planted-value"), &[]),
                    ("api.other", json!("short"), &[]),
                    ("blob", json!({"inner": {"client_secret": "planted-value"}}), &[]),
                    ("database.url", json!("postgresql://app:planted-value@db/app"), &[]),
                    ("log.greeting", json!(["a", github]), &[]),
                ]
            ),
            [
                "a.yaml:1:3: api.dsn is a secret, and its value is written here [hardcoded-secret]",
                "a.yaml:2:3: api.key is a secret, and its value is written here [hardcoded-secret]",
                "a.yaml:4:3: blob is a secret, and its value is written here [hardcoded-secret]",
                "a.yaml:5:3: database.url holds what looks like a token, a key or a password, and it is written here [hardcoded-token]",
                "a.yaml:6:3: log.greeting holds what looks like a token, a key or a password, and it is written here [hardcoded-token]",
            ]
        );
    }

    #[test]
    fn what_comes_from_elsewhere_is_no_hardcoded_credential() {
        assert_eq!(
            told(
                "a.yaml",
                &[
                    ("api.dsn", json!("planted-value"), &["API_DSN"]),
                    ("api.password", json!("vault:app/api#password"), &[]),
                    ("api.secret", json!(""), &[]),
                    ("api.token", json!("enc:fernet:planted"), &[]),
                    ("database.url", json!("postgresql://db.example/app"), &[]),
                    ("shown.password", json!("example"), &[]),
                ]
            ),
            [""; 0]
        );
        assert_eq!(
            told(".env", &[("api.dsn", json!("planted-value"), &[])]),
            [""; 0],
            "that is what it is for"
        );
        assert_eq!(told("etcd", &[("api.dsn", json!("planted-value"), &[])]), [""; 0]);
    }

    #[test]
    fn credentials_of_the_application_file_are_found_in_defaults_and_options() {
        let file = "name = \"a\"\n[[layers]]\nkind = \"http\"\nurl = \"http://u:planted-value@h/\"\n\
            headers = { Authorization = \"Bearer planted-value\", Accept = \"application/json\", X-Api-Key = \"${KEY}\" }\n\
            [[layers]]\nkind = \"etcd\"\nroot = \"/a\"\nusername = \"app\"\npassword = \"planted-value\"\n\
            [settings.\"api.token\"]\ndefault = \"planted-value\"\n[settings.\"api.pin\"]\ntype = \"integer\"\nsecret = true\ndefault = 4711\n";
        let spec = parse_with(file, &[("KEY", "planted-key")]).ok().unwrap();
        let found = spec.hardcoded_credentials(&[]);
        let found: Vec<_> =
            found.iter().map(|it| format!("{} {} {}", it.place, it.subject, it.rule.id())).collect();
        assert_eq!(
            found,
            [
                "app/billing.toml:4:7 url hardcoded-token",
                "app/billing.toml:5:29 headers.Authorization hardcoded-secret",
                "app/billing.toml:10:12 password hardcoded-secret",
                "app/billing.toml:13:1 api.pin hardcoded-secret",
                "app/billing.toml:11:1 api.token hardcoded-secret",
            ]
        );
    }

    #[test]
    fn a_value_is_hidden_by_its_declaration_its_name_or_its_look() {
        let spec = parse(SPEC);
        for (path, value, hidden) in [
            ("api.dsn", json!("x"), true),
            ("api.dsn.inner", json!("x"), true),
            ("database.url", json!("postgresql://db/app"), true),
            ("undeclared.api_key", json!("x"), true),
            ("redis.password", json!(""), true),
            ("api.secret_key", json!(null), true),
            ("shown.password", json!("x"), false),
            ("shown.password", json!("redis://:planted@h"), true),
            ("cache.url", json!("redis://:planted@h"), true),
            ("blob", json!({"a": {"token": "x"}}), true),
            ("blob", json!({"a": [1, true]}), false),
            ("log.level", json!("INFO"), false),
        ] {
            assert_eq!(spec.is_secret(&path.parse().unwrap(), &value), hidden, "{path} {value}");
        }
    }
}
