//! Rules over several settings: expressions in CEL, judged by the evaluator of own rules and with its limits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::file::tables;
use super::members::RULE;
use super::reader::SpecReader;
use super::{SettingSpec, SpecPlace};
use crate::application::SettingPath;
use crate::check::{
    Condition, Evaluation, ExpressionNames, MAX_OWN_RULES, compile_conditions, judge_conditions,
    wrong_rule_id, wrong_words,
};
use crate::config::TomlValue;

/// A rule over several settings: an expression in CEL that is true of a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRule {
    pub id: Arc<str>,
    /// Over the first names of paths. A section is a map, without what has no value; any other name that has no value
    /// is null.
    pub when: String,
    pub message: String,
    pub place: SpecPlace,
}

/// The rules of an application, ready to judge.
#[derive(Clone, Default)]
pub struct SpecRules {
    rules: Arc<[(SettingRule, Condition)]>,
    /// The first names of declared settings that have more than one.
    sections: Arc<BTreeSet<Arc<str>>>,
}

/// A rule that settings violate, or that cannot tell whether they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleViolation {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The rule's message; or why it cannot judge, and what to do about that.
    pub message: String,
    /// Of the rule.
    pub place: SpecPlace,
}

/// `no-debug-in-production (billing.toml:30:1): debug must be off in production`
impl fmt::Display for RuleViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.rule, self.place, self.message)
    }
}

impl SpecRules {
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SettingRule> {
        self.rules.iter().map(|(rule, _)| rule)
    }

    /// The rules that settings violate, in the order of the file; `settings` is the object of all of them. A rule that
    /// cannot judge counts as violated: what it guards against may be the case. It takes a thread of its own, and
    /// some microseconds a rule.
    pub fn judge(&self, settings: &Value) -> Vec<RuleViolation> {
        static NOTHING: Value = Value::Null;
        if self.rules.is_empty() {
            return Vec::new();
        }
        let empty = Value::Object(Map::new());
        let value = |name: &str| {
            let absent = if self.sections.contains(name) { &empty } else { &NOTHING };
            settings.get(name).unwrap_or(absent)
        };
        let conditions: Vec<_> = self.rules.iter().map(|(_, condition)| condition).collect();
        let violation = |rule: &SettingRule, message: String| RuleViolation {
            rule: Arc::clone(&rule.id),
            message,
            place: rule.place.clone(),
        };
        match judge_conditions(&conditions, value) {
            Ok(evaluations) => {
                let judged = self.iter().zip(evaluations);
                judged.filter_map(|(rule, it)| Some(violation(rule, message(rule, it)?))).collect()
            }
            Err(why) => {
                let message = format!("rules judge nothing here: {why}; let them read less");
                self.iter().map(|rule| violation(rule, message.clone())).collect()
            }
        }
    }
}

/// What to say of a rule; nothing if it is fulfilled.
fn message(rule: &SettingRule, evaluation: Evaluation) -> Option<String> {
    match evaluation {
        Evaluation::Fulfilled => None,
        Evaluation::Violated => Some(rule.message.clone()),
        Evaluation::Unjudged(why) => Some(format!(
            "it cannot judge these settings: {why}; let its expression ask first: has(section.name), \
             name != null"
        )),
        Evaluation::TooCostly(most) => Some(format!(
            "it cannot judge these settings: it takes more than the {most} steps that it has; \
             let it loop over less"
        )),
    }
}

pub(super) fn read(
    reader: &mut SpecReader<'_>,
    value: &TomlValue<'_>,
    settings: &BTreeMap<SettingPath, SettingSpec>,
) -> SpecRules {
    let mut rules: Vec<(SettingRule, &TomlValue<'_>)> = Vec::new();
    let tables = tables(reader, value, "[[rules]]");
    if tables.len() > MAX_OWN_RULES {
        reader.mistake(&value.span(), format!("an application has at most {MAX_OWN_RULES} rules"));
        return SpecRules::default();
    }
    for table in tables {
        let Some(members) = reader.members(table, "a rule", &[RULE]) else { continue };
        let mut text = |name| reader.plain(&members, name);
        let (id, when, message) = (text("id"), text("when"), text("message"));
        if let Some(id) = &id {
            let taken = || {
                let other =
                    rules.iter().find(|(rule, _)| rule.id.eq_ignore_ascii_case(id.text))?.0.place.clone();
                Some(format!("the rule at {}:{} has this id too", other.line, other.column))
            };
            if let Some(reason) = wrong_rule_id(id.text).or_else(taken) {
                reader.mistake(&id.span, reason);
            }
        }
        if let Some((message, reason)) = message.as_ref().and_then(|it| Some((it, wrong_words(it.text, "")?)))
        {
            reader.mistake(&message.span, reason);
        }
        let (Some(id), Some(when), Some(message), Some(written)) = (id, when, message, members.get("when"))
        else {
            continue;
        };
        let place = reader.place(&members.span);
        let rule =
            SettingRule { id: id.text.into(), when: when.text.into(), message: message.text.into(), place };
        rules.push((rule, written));
    }
    let mut names: Vec<&str> = settings.keys().filter_map(|path| path.names().next()).collect();
    // Paths are sorted, so those with the same first name follow each other.
    names.dedup();
    let texts: Vec<&str> = rules.iter().map(|(rule, _)| rule.when.as_str()).collect();
    let names = ExpressionNames::Any(&names);
    let compiled = compile_conditions(&texts, &names);
    let mut ready = Vec::new();
    for ((rule, written), compiled) in rules.into_iter().zip(compiled) {
        match compiled {
            Ok(condition) => ready.push((rule, condition)),
            Err(mistake) => match mistake.at {
                Some(at) => reader.mistake_within(written, at, &mistake.reason),
                None => reader.mistake(&written.span(), mistake.reason),
            },
        }
    }
    let sections =
        settings.keys().filter(|path| path.names().len() > 1).filter_map(|path| path.names().next());
    SpecRules { rules: ready.into(), sections: Arc::new(sections.map(Arc::from).collect()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::file::tests::{mistakes, parse};
    use super::*;

    const SETTINGS: &str = "name = \"a\"\n[settings.environment]\n[settings.debug]\ntype = \"boolean\"\n\
        [settings.\"database.pool_size\"]\ntype = \"integer\"\n[settings.\"database.url\"]\n";

    fn rules(expressions: &[&str]) -> SpecRules {
        let mut text = SETTINGS.to_owned();
        for (at, when) in expressions.iter().enumerate() {
            text += &format!(
                "[[rules]]\nid = \"rule-{at}\"\nwhen = '''{when}'''\nmessage = \"rule {at} is violated\"\n"
            );
        }
        parse(&text).rules
    }

    fn told(when: &str, settings: Value) -> Vec<String> {
        rules(&[when]).judge(&settings).into_iter().map(|it| it.message).collect()
    }

    #[test]
    fn when_is_the_violation_and_names_at_the_top_are_variables() {
        let when = "environment == \"production\" && debug";
        assert_eq!(told(when, json!({"environment": "production", "debug": true})), ["rule 0 is violated"]);
        assert_eq!(told(when, json!({"environment": "production", "debug": false})), [""; 0]);
        assert_eq!(told(when, json!({"environment": "staging"})), [""; 0], "debug is not looked at");
        let pool = "database.pool_size > 10 && environment != \"production\"";
        assert_eq!(told(pool, json!({"environment": "dev", "database": {"pool_size": 20}})).len(), 1);
    }

    #[test]
    fn what_has_no_value_can_be_asked_for() {
        for (when, violated) in [
            ("debug == null", true),
            ("has(database.url)", false),
            ("!has(database.url) && !has(database.pool_size)", true),
            ("environment in ['a', 'b']", false),
            ("undeclared == null", true),
            ("list == null && type(debug) == null_type", false),
        ] {
            assert_eq!(told(when, json!({})).len(), usize::from(violated), "{when}");
        }
    }

    #[test]
    fn a_rule_reads_settings_that_no_file_declares() {
        let spec =
            parse("name = \"a\"\n[[rules]]\nid = \"a\"\nwhen = 'features.new == port'\nmessage = \"no\"\n");
        assert_eq!(spec.rules.judge(&json!({"features": {"new": 5}, "port": 5})).len(), 1);
        assert_eq!(spec.rules.judge(&json!({"features": {"new": 5}, "port": 6})).len(), 0);
    }

    #[test]
    fn a_rule_that_cannot_judge_counts_as_violated_and_quotes_no_value() {
        for (when, why) in [
            ("database.pool_size > 3", "there is no member pool_size"),
            ("environment > 3", "_>_ cannot be used with string and int"),
            ("environment", "it gives a string, not true or false"),
            ("database.url == environment", "there is no member url"),
        ] {
            let told =
                told(when, json!({"environment": "planted-value", "database": {"other": "planted-value"}}));
            assert_eq!(
                told,
                [format!(
                    "it cannot judge these settings: {why}; let its expression ask first: has(section.name), name != null"
                )]
            );
        }
    }

    #[test]
    fn rules_have_the_limits_of_own_rules_and_read_only_what_they_mention() {
        let large = json!({"environment": "x".repeat(256 * 1024), "debug": true, "database": {}});
        assert_eq!(told("debug", large.clone()), ["rule 0 is violated"]);
        let told_of_size = told("environment == ''", large);
        assert!(
            told_of_size[0].starts_with("rules judge nothing here: what they read is larger than 256 KiB")
        );
        let items = json!({"database": {"url": vec![1; 3_000]}});
        let costly = told("database.url.all(x, database.url.exists(y, x + y == 2)) || true", items);
        assert!(costly[0].contains("it takes more than the "), "{costly:?}");
        let mut deep = json!(1);
        for _ in 0..70 {
            deep = json!([deep]);
        }
        assert!(
            told("environment == ''", json!({"environment": deep}))[0]
                .contains("nests deeper than 64 levels")
        );
    }

    #[test]
    fn all_violations_are_told_in_the_order_of_the_file_each_with_its_place() {
        let judged = rules(&["debug", "false", "environment == 'a'"])
            .judge(&json!({"debug": true, "environment": "a"}));
        let told: Vec<_> = judged.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "rule-0 (app/billing.toml:8:1): rule 0 is violated",
                "rule-2 (app/billing.toml:16:1): rule 2 is violated"
            ]
        );
        assert_eq!(SpecRules::default().judge(&json!({})), []);
    }

    #[test]
    fn a_mistake_in_a_rule_names_its_place_in_the_expression() {
        let told = mistakes(&format!(
            "{SETTINGS}[[rules]]\nid = \"a\"\nwhen = 'debug && enviroment == 1'\nmessage = \"no\"\n\
             [[rules]]\nid = \"A\"\nwhen = '''\ndebug &&\n  debug.lower()'''\nmessage = \" \"\n\
             [[rules]]\nid = \"a b\"\nwhen = \"\"\nmessage = \"no\"\n"
        ));
        assert_eq!(
            told,
            [
                "10:18: \"enviroment\" is not known, and much like \"environment\": declare it if it is meant",
                "13:6: the rule at 8:1 has this id too",
                "16:9: there is no function \"lower\"; there are bool, bytes, contains, double, dyn, endsWith, int, matches, size, startsWith, string, type, uint",
                "17:11: its message is empty",
                "19:6: an id is 1 to 64 letters, digits, - and _",
                "20:8: its expression is empty",
            ]
        );
    }
}
