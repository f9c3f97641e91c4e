//! Which rules a context silences, or gives another severity.

use super::error::Result;
use super::lookup::Lookup;
use super::{SettingKey as Key, SettingsError, WithOrigin};
use crate::check::{OwnRules, RuleSetting, RuleSettings, find_rule};
use crate::domain::json::Severity;

/// The lists that change rules. Of two that name the same rule in one table of the file, the first here counts.
const LISTS: [Key; 4] = [Key::SilenceRules, Key::RulesAsErrors, Key::RulesAsWarnings, Key::RulesAsHints];

/// What a context says of a rule wins over what is said for all contexts.
pub(super) fn settings(lookup: &mut Lookup<'_>, own: &OwnRules) -> Result<RuleSettings> {
    let mut settings = RuleSettings::default();
    for (list, text) in lookup.layered_lists(&LISTS) {
        let (name, setting) = match list {
            Key::SilenceRules => {
                let (name, reason) = text.value.split_once(':').unwrap_or((&text.value, ""));
                (name, RuleSetting::Silenced(reason.trim().to_owned()))
            }
            Key::RulesAsErrors => (text.value.as_str(), RuleSetting::Severity(Severity::Error)),
            Key::RulesAsWarnings => (text.value.as_str(), RuleSetting::Severity(Severity::Warning)),
            _ => (text.value.as_str(), RuleSetting::Severity(Severity::Info)),
        };
        let name = name.trim();
        let rule = own.rule(name).map_or_else(|| find_rule(name), Ok);
        let rule = rule.map_err(|nearest| unknown(&text, name, nearest))?;
        if matches!(&setting, RuleSetting::Silenced(reason) if reason.is_empty()) {
            return Err(text.wrong(format!(
                "{} is silenced without a reason; write \"{}: why it does not matter here\"",
                rule.id, rule.name
            )));
        }
        settings.add(rule, setting);
    }
    Ok(settings)
}

fn unknown(text: &WithOrigin<String>, name: &str, nearest: Option<&str>) -> SettingsError {
    let nearest = nearest.map(|nearest| format!("; {nearest} is one")).unwrap_or_default();
    text.wrong(format!("there is no rule {name:?}{nearest}, and docs/checks.md lists all"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::{ConfigText, Environment, Overrides, SettingSources, Settings};
    use super::*;
    use crate::check::rules::{OPEN_TO_ANYONE, SUSPICIOUS_KEY};

    fn resolve(file: &str, context: &str) -> Result<Settings> {
        let text = ConfigText { path: PathBuf::from("/etc/c.toml"), text: file.into(), private: true };
        let environment = Environment::of([("CONFDECK_CONTEXT", context)]);
        Settings::resolve(&SettingSources { file: Some(text), environment, flags: Overrides::default() })
    }

    #[test]
    fn a_context_silences_raises_and_lowers_rules_and_wins_over_the_defaults() {
        let file = "[defaults]\nsilence_rules = [\"L11: hooks of tests: all open\"]\nrules_as_hints = [\"suspicious-key\"]\n\
                    [contexts.a]\n[contexts.b]\nrules_as_errors = [\"open-to-anyone\"]\n";
        let a = resolve(file, "a").unwrap().rules;
        assert_eq!(a.of(OPEN_TO_ANYONE.id), Some(&RuleSetting::Silenced("hooks of tests: all open".into())));
        assert_eq!(a.of(SUSPICIOUS_KEY.id), Some(&RuleSetting::Severity(Severity::Info)));
        let b = resolve(file, "b").unwrap().rules;
        assert_eq!(b.of(OPEN_TO_ANYONE.id), Some(&RuleSetting::Severity(Severity::Error)));
        assert_eq!(b.of("L28"), None);
    }

    #[test]
    fn a_rule_that_does_not_exist_is_an_error_with_its_place_and_the_nearest_name() {
        let problem = |list: &str| resolve(&format!("[contexts.a]\n{list}\n"), "a").unwrap_err().to_string();
        assert_eq!(
            problem("rules_as_errors = [\"L11\",\n  \"open-to-anyoen\"]"),
            "/etc/c.toml:3:3: there is no rule \"open-to-anyoen\"; open-to-anyone is one, and docs/checks.md lists all"
        );
        assert_eq!(
            problem("silence_rules = [\"L11\"]"),
            "/etc/c.toml:2:18: L11 is silenced without a reason; write \"open-to-anyone: why it does not matter here\""
        );
        assert!(problem("rules_as_hints = [\"whatever\"]").contains("no rule \"whatever\", and"));
    }
}
