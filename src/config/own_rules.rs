//! The own rules of a context: `[[contexts.NAME.rules]]`. A mistake in one disables that one alone.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::file::{RawSetting, TomlReader};
use super::lookup::Lookup;
use super::{Origin, SettingKey, SettingsError};
use crate::check::{OwnRuleMistake, OwnRuleText, OwnRules};
use crate::domain::json::Severity;
use crate::domain::{DocumentKind, escape};

/// The members of a rule, in the order of the documentation.
const MEMBERS: [&str; 6] = ["id", "severity", "message", "when", "remedy", "kinds"];

/// The most characters of an id that are shown where it is wrong.
const MAX_SHOWN: usize = 64;

const SEVERITIES: [(&str, Severity); 3] =
    [("error", Severity::Error), ("warning", Severity::Warning), ("hint", Severity::Info)];

const KINDS: [(&str, DocumentKind); 2] =
    [("webhook", DocumentKind::Webhook), ("connection", DocumentKind::Connection)];

/// A rule as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawOwnRule {
    origin: Origin,
    /// Its id, as far as it has one.
    id: Option<String>,
    parsed: Result<OwnRuleText, SettingsError>,
    when: TextPlace,
}

/// Where the characters of a text stand in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TextPlace {
    origin: Origin,
    /// Whether they stand there as they are, and not as escapes.
    is_verbatim: bool,
}

impl RawOwnRule {
    pub(super) fn read(reader: &TomlReader<'_>, table: &Spanned<DeValue<'_>>) -> Self {
        let origin = reader.origin(table.span());
        let members: BTreeMap<&str, &Spanned<DeValue<'_>>> = match table.get_ref() {
            DeValue::Table(members) => {
                members.iter().map(|(name, value)| (name.get_ref().as_ref(), value)).collect()
            }
            _ => BTreeMap::new(),
        };
        let text = |name: &str| members.get(name).and_then(|value| value.get_ref().as_str());
        let when = members.get("when").map_or_else(
            || TextPlace { origin: origin.clone(), is_verbatim: false },
            |value| TextPlace::of(reader, value),
        );
        let parsed = Self::parse(reader, table, &members);
        Self { origin, id: text("id").map(str::to_owned), parsed, when }
    }

    fn parse(
        reader: &TomlReader<'_>,
        table: &Spanned<DeValue<'_>>,
        members: &BTreeMap<&str, &Spanned<DeValue<'_>>>,
    ) -> Result<OwnRuleText, SettingsError> {
        if let Some((name, value)) = members.iter().find(|(name, _)| !MEMBERS.contains(name)) {
            let reason = format!("{name:?} is not known in a rule; known are {}", MEMBERS.join(", "));
            return Err(reader.error(value.span(), reason));
        }
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(value) => match value.get_ref().as_str() {
                Some(text) => Ok(Some((text.to_owned(), value.span()))),
                None => Err(reader.error(value.span(), format!("{name} must be a text in quotes"))),
            },
        };
        let needed = |name: &str| {
            text(name)?.ok_or_else(|| reader.error(table.span(), format!("a rule needs {name} = \"…\"")))
        };
        let (severity, span) = needed("severity")?;
        let severity = word(&SEVERITIES, &severity)
            .ok_or_else(|| reader.error(span, "severity is error, warning or hint".into()))?;
        let kinds = match members.get("kinds") {
            None => Vec::new(),
            Some(value) => {
                let items = value.get_ref().as_array().map(|items| items.iter());
                let kinds: Option<Vec<_>> = items.and_then(|mut items| {
                    items.try_fold(Vec::new(), |mut kinds, item| {
                        kinds.push(word(&KINDS, item.get_ref().as_str()?)?);
                        Some(kinds)
                    })
                });
                let wanted = "kinds is a list of \"webhook\" and \"connection\"";
                kinds
                    .filter(|kinds| !kinds.is_empty())
                    .ok_or_else(|| reader.error(value.span(), wanted.into()))?
            }
        };
        Ok(OwnRuleText {
            id: needed("id")?.0,
            severity,
            message: needed("message")?.0,
            remedy: text("remedy")?.map(|(text, _)| text).unwrap_or_default(),
            when: needed("when")?.0,
            kinds,
        })
    }

    /// `config.toml:12:8: the own rule prod-auth is disabled: …`
    fn disabled(&self, mistake: &SettingsError) -> String {
        let id = self.id.as_deref().map(|id| id.chars().take(MAX_SHOWN).collect::<String>());
        let name = id.map(|id| format!(" {}", escape(id.as_bytes()))).unwrap_or_default();
        mistake.with_words(|reason| format!("the own rule{name} is disabled: {reason}")).to_string()
    }

    fn mistake(&self, text: &OwnRuleText, mistake: &OwnRuleMistake) -> SettingsError {
        match mistake.at {
            Some(at) => self.when.error(&text.when, at, &mistake.reason),
            None => SettingsError::of(&self.origin, mistake.reason.clone()),
        }
    }
}

impl TextPlace {
    fn of(reader: &TomlReader<'_>, value: &Spanned<DeValue<'_>>) -> Self {
        match reader.verbatim(value) {
            Some(origin) => Self { origin, is_verbatim: true },
            None => Self { origin: reader.origin(value.span()), is_verbatim: false },
        }
    }

    /// A mistake at an offset of the text.
    fn error(&self, text: &str, at: usize, reason: &str) -> SettingsError {
        let before = text.get(..at).unwrap_or(text);
        match &self.origin {
            Origin::File { path, line, column } if self.is_verbatim => {
                let lines = before.matches('\n').count();
                let within = before.rsplit('\n').next().unwrap_or_default().chars().count();
                let column = if lines == 0 { column + within } else { within + 1 };
                SettingsError::of(&Origin::File { path: path.clone(), line: line + lines, column }, reason)
            }
            origin => {
                let character = before.chars().count() + 1;
                SettingsError::of(origin, format!("at character {character} of when: {reason}"))
            }
        }
    }
}

fn word<T: Copy>(words: &[(&str, T)], text: &str) -> Option<T> {
    words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning)
}

/// The rules of the context, and those for all contexts.
pub(super) fn own_rules(lookup: &mut Lookup<'_>) -> OwnRules {
    let mut own = OwnRules::default();
    let tables = lookup.candidates(SettingKey::OwnRules).into_iter().filter_map(|found| match found.value {
        RawSetting::Rules(rules) => Some(rules),
        _ => None,
    });
    let raw: Vec<_> = tables.flatten().collect();
    for rule in &raw {
        match &rule.parsed {
            Ok(text) => {
                if let Err(mistake) = own.add(text) {
                    own.disable(Some(text), rule.disabled(&rule.mistake(text, &mistake)));
                }
            }
            Err(mistake) => own.disable(None, rule.disabled(mistake)),
        }
    }
    let ids: Vec<_> = raw.iter().filter_map(|rule| rule.id.as_deref()).collect();
    let origin = raw.first().map_or(Origin::Default, |rule| rule.origin.clone());
    lookup.record(SettingKey::OwnRules, ids.join(", "), origin);
    own
}

#[cfg(test)]
#[cfg(feature = "own-rules")]
mod tests {
    use std::path::PathBuf;

    use super::super::{ConfigText, Environment, Overrides, SettingSources, Settings};
    use super::*;
    use crate::check::RuleSetting;
    use crate::check::rules::severity_word;
    use crate::domain::Address;

    fn resolve(file: &str, context: &str) -> Settings {
        let text = ConfigText { path: PathBuf::from("/etc/c.toml"), text: file.into(), private: true };
        let environment = Environment::of([("CONFDECK_CONTEXT", context)]);
        Settings::resolve(&SettingSources { file: Some(text), environment, flags: Overrides::default() })
            .unwrap()
    }

    fn ids(settings: &Settings) -> Vec<&'static str> {
        settings.own_rules.rules().map(|rule| rule.id).collect()
    }

    const GOOD: &str = "severity = \"error\"\nmessage = \"no\"\nwhen = \"true\"\n";

    #[test]
    fn a_context_has_its_own_rules_and_those_of_the_defaults() {
        let file = format!(
            "[[defaults.rules]]\nid = \"everywhere\"\n{GOOD}\n[contexts.a]\n[[contexts.a.rules]]\nid = \"here\"\n\
             kinds = [\"webhook\"]\nremedy = \"do it\"\n{GOOD}\n[[contexts.a.rules]]\nid = \"there\"\n{GOOD}\n\
             [contexts.b]\n"
        );
        let (a, b) = (resolve(&file, "a"), resolve(&file, "b"));
        assert_eq!((ids(&a), ids(&b)), (vec!["here", "there", "everywhere"], vec!["everywhere"]));
        assert_eq!(a.own_rules.findings().count(), 0);
        let effective = a.effective.iter().find(|setting| setting.key == SettingKey::OwnRules).unwrap();
        assert_eq!(
            (effective.value.as_str(), effective.origin.to_string().as_str()),
            ("here, there, everywhere", "/etc/c.toml:8")
        );
        assert!(a.health().findings().is_empty());
    }

    #[test]
    fn own_rules_are_silenced_and_lowered_like_others() {
        let file = format!(
            "[contexts.a]\nsilence_rules = [\"here: known\"]\nrules_as_hints = [\"THERE\", \"broken\"]\n\
             [[contexts.a.rules]]\nid = \"here\"\n{GOOD}\n[[contexts.a.rules]]\nid = \"there\"\n{GOOD}\n\
             [[contexts.a.rules]]\nid = \"broken\"\nseverity = \"error\"\nmessage = \"no\"\nwhen = \"doc\"\n"
        );
        let settings = resolve(&file, "a");
        assert_eq!(settings.rules.of("here"), Some(&RuleSetting::Silenced("known".into())));
        assert_eq!(settings.rules.of("there"), Some(&RuleSetting::Severity(Severity::Info)));
        assert_eq!(
            settings.rules.of("broken"),
            Some(&RuleSetting::Severity(Severity::Info)),
            "it is told elsewhere"
        );
    }

    #[test]
    fn a_mistake_names_file_place_and_reason_and_disables_that_rule_alone() {
        for (rule, told) in [
            (
                "id = \"own\"\nseverity = \"error\"\nmessage = \"no\"\nwhen = 'has(self.a) && doc.b == 1'",
                "/etc/c.toml:6:24: the own rule own is disabled: \"doc\" is not known; a document is self, key, kind",
            ),
            (
                "id = \"own\"\nseverity = \"error\"\nmessage = \"no\"\nwhen = \"\"\"\nhas(self.a) &&\n  doc.b == 1\"\"\"",
                "/etc/c.toml:8:3: the own rule own is disabled: \"doc\" is not known; a document is self, key, kind",
            ),
            (
                "id = \"own\"\nseverity = \"error\"\nmessage = \"no\"\nwhen = \"\\\"a\\\" == doc\"",
                "/etc/c.toml:6:8: the own rule own is disabled: at character 8 of when: \"doc\" is not known; \
                 a document is self, key, kind",
            ),
            (
                "id = \"own\"\nseverity = \"fatal\"\nmessage = \"no\"\nwhen = \"true\"",
                "/etc/c.toml:4:12: the own rule own is disabled: severity is error, warning or hint",
            ),
            (
                "id = \"own\"\nseverity = \"hint\"\nmessage = 3\nwhen = \"true\"",
                "/etc/c.toml:5:11: the own rule own is disabled: message must be a text in quotes",
            ),
            (
                "id = \"own\"\nseverity = \"hint\"\nmessage = \"no\"\nwhne = \"true\"",
                "/etc/c.toml:6:8: the own rule own is disabled: \"whne\" is not known in a rule; known are id, \
                 severity, message, when, remedy, kinds",
            ),
            (
                "severity = \"hint\"\nmessage = \"no\"\nwhen = \"true\"",
                "/etc/c.toml:2:1: the own rule is disabled: a rule needs id = \"…\"",
            ),
            (
                "id = \"own\"\nkinds = [\"hook\"]\nseverity = \"hint\"\nmessage = \"no\"\nwhen = \"true\"",
                "/etc/c.toml:4:9: the own rule own is disabled: kinds is a list of \"webhook\" and \"connection\"",
            ),
            (
                "id = \"L11\"\nseverity = \"hint\"\nmessage = \"no\"\nwhen = \"true\"",
                "/etc/c.toml:2:1: the own rule L11 is disabled: ids of a letter and two digits are those of \
                 confdeck's rules; choose another",
            ),
        ] {
            let file = format!(
                "[contexts.a]\n[[contexts.a.rules]]\n{rule}\n[[contexts.a.rules]]\nid = \"good\"\n{GOOD}"
            );
            let settings = resolve(&file, "a");
            assert_eq!(ids(&settings), ["good"], "{rule}");
            let told_of: Vec<_> =
                settings.health().findings().iter().map(|finding| finding.text.clone()).collect();
            assert_eq!(told_of, [told]);
        }
    }

    #[test]
    fn what_is_no_rule_at_all_is_an_error_of_the_file() {
        let text = ConfigText {
            path: "/etc/c.toml".into(),
            text: "[contexts.a]\nrules = [1]\n".into(),
            private: true,
        };
        let sources = SettingSources { file: Some(text), ..SettingSources::default() };
        let error = Settings::resolve(&sources).unwrap_err().to_string();
        let told = "/etc/c.toml:2:9: rules must be tables, each written [[contexts.NAME.rules]], and is a TOML array";
        assert_eq!(error, told);
    }

    #[test]
    fn the_rules_of_the_documentation_find_what_they_say() {
        let docs = include_str!("../../docs/checks.md");
        let own = docs.split("## Own rules").nth(1).unwrap();
        let example = own.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
        let settings = resolve(&format!("[contexts.production]\n{example}"), "production");
        assert_eq!(ids(&settings), ["production-auth", "team-topic"]);
        let found = |address: &str, document: &str| {
            let Address(key) = address.parse().unwrap();
            let judged = settings.own_rules.judge(&[(&key, document)]);
            assert_eq!(judged.overruns, []);
            let found = judged.found.into_iter().flatten();
            found.map(|found| format!("{} {}", severity_word(found.severity), found.rule)).collect::<Vec<_>>()
        };
        for (address, document, expected) in [
            ("production/hook", r#"{"module": "log"}"#, &["error production-auth"][..]),
            ("production/hook", r#"{"module": "log", "hmac": {}}"#, &[]),
            ("staging/hook", r#"{"module": "log"}"#, &[]),
            ("billing/hook", r#"{"module": "kafka", "topic": "orders.paid"}"#, &["warning team-topic"]),
            ("billing/hook", r#"{"module": "kafka", "topic": "billing.paid"}"#, &[]),
            ("connections/production", r#"{"type": "kafka"}"#, &[]),
        ] {
            assert_eq!(found(address, document), expected, "{address} {document}");
        }
    }
}

#[cfg(test)]
#[cfg(not(feature = "own-rules"))]
mod tests {
    use super::super::{ConfigText, SettingSources, Settings};

    #[test]
    fn without_the_feature_own_rules_are_disabled_and_told() {
        let rule =
            "[[defaults.rules]]\nid = \"own\"\nseverity = \"error\"\nmessage = \"no\"\nwhen = \"true\"\n";
        let text = ConfigText { path: "/etc/c.toml".into(), text: rule.into(), private: true };
        let settings =
            Settings::resolve(&SettingSources { file: Some(text), ..SettingSources::default() }).unwrap();
        assert!(settings.own_rules.is_empty());
        let told: Vec<_> = settings.own_rules.findings().map(|finding| finding.text).collect();
        assert!(
            told[0].starts_with("/etc/c.toml:1:1: the own rule own is disabled: own rules are not built"),
            "{told:?}"
        );
    }
}
