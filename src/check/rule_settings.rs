//! Rules that a context silences with a reason, or gives another severity.

use std::collections::BTreeMap;

use super::spelling::nearest;
use super::{Diagnosis, Diagnostic, Rule, rules};
use crate::domain::json::Severity;

/// What a context changes of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSetting {
    /// Its diagnostics are counted and not shown, for this reason.
    Silenced(String),
    /// All of its diagnostics have this severity.
    Severity(Severity),
}

/// The rules that a context changes, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSettings(BTreeMap<&'static str, RuleSetting>);

impl RuleSettings {
    /// Changes a rule, unless it is changed already: what is nearest to the context comes first.
    pub fn add(&mut self, rule: &Rule, setting: RuleSetting) {
        self.0.entry(rule.id).or_insert(setting);
    }

    /// What is changed of a rule.
    pub fn of(&self, id: &str) -> Option<&RuleSetting> {
        self.0.get(id)
    }

    /// The diagnostics that are shown, and how many were silenced.
    pub fn apply(&self, found: Vec<Diagnostic>) -> Diagnosis {
        let mut diagnosis = Diagnosis::default();
        for diagnostic in found {
            match self.of(diagnostic.rule) {
                Some(RuleSetting::Silenced(_)) => diagnosis.silenced += 1,
                Some(RuleSetting::Severity(severity)) => {
                    diagnosis.found.push(Diagnostic { severity: *severity, ..diagnostic });
                }
                None => diagnosis.found.push(diagnostic),
            }
        }
        diagnosis
    }
}

/// The rule of an id or a name, in any letter case; else the nearest id or name, if there is one.
///
/// # Errors
/// The nearest name, if no rule has this one.
pub fn find_rule(name: &str) -> Result<&'static Rule, Option<&'static str>> {
    let is = |rule: &&Rule| rule.id.eq_ignore_ascii_case(name) || rule.name.eq_ignore_ascii_case(name);
    let names = || rules::all().flat_map(|rule| [rule.name, rule.id]);
    rules::all().find(is).ok_or_else(|| nearest(name, names()))
}
