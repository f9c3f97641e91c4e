//! What an application file declares of settings, as far as values are judged by it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::layer::read_text;
use super::secrecy::looks_secret;
use super::{
    RuleViolation, SettingFault, SettingPath, SettingSpec, SettingValue, SourceValue, SpecRules, ValueType,
};

/// Makes values fit their declarations, and tells where they cannot. Its reasons never quote a value.
pub trait SettingValidator: Send + Sync {
    /// The value of a layer, with the type of its setting.
    ///
    /// # Errors
    /// What is expected instead, in words: `must be an integer`.
    fn coerce(&self, spec: &SettingSpec, value: &SourceValue) -> Result<SettingValue, String>;

    /// Whether a value of the right type is within the limits of its setting.
    ///
    /// # Errors
    /// What is expected instead, in words: `must be at most 100`.
    fn check(&self, spec: &SettingSpec, value: &SettingValue) -> Result<(), String>;

    /// Whether there are rules over several settings: without any, no tree of all settings is made for them.
    fn has_rules(&self) -> bool;

    /// The rules that all settings together violate. `settings` is an object, with an object for each
    /// section.
    fn judge(&self, settings: &Value) -> Vec<SettingFault>;
}

impl SettingValidator for SpecRules {
    fn coerce(&self, spec: &SettingSpec, value: &SourceValue) -> Result<SettingValue, String> {
        spec.coerce(value).map_err(|fault| fault.to_string())
    }

    fn check(&self, spec: &SettingSpec, value: &SettingValue) -> Result<(), String> {
        spec.check(value).map_err(|fault| fault.to_string())
    }

    fn has_rules(&self) -> bool {
        self.iter().len() > 0
    }

    fn judge(&self, settings: &Value) -> Vec<SettingFault> {
        let fault = |RuleViolation { rule, message, place }| SettingFault::Rule { id: rule, message, place };
        SpecRules::judge(self, settings).into_iter().map(fault).collect()
    }
}

/// The settings of an application file with what judges them.
pub(super) struct Declarations {
    pub(super) settings: BTreeMap<SettingPath, SettingSpec>,
    pub(super) validator: Box<dyn SettingValidator>,
}

impl Declarations {
    pub(super) fn coerce(&self, spec: &SettingSpec, value: &SourceValue) -> Result<SettingValue, String> {
        self.validator.coerce(spec, value)
    }

    pub(super) fn check(&self, spec: &SettingSpec, value: &SettingValue) -> Result<(), String> {
        self.validator.check(spec, value)
    }

    /// The rules that all settings together violate; `tree` makes the object of them, if there are rules.
    pub(super) fn judge(&self, tree: impl FnOnce() -> SettingValue) -> Vec<SettingFault> {
        if self.validator.has_rules() { self.validator.judge(tree().expose()) } else { Vec::new() }
    }

    /// A value as it is in force where its layer wins.
    pub(super) fn fit(&self, spec: &SettingSpec, value: &SourceValue) -> Result<SettingValue, String> {
        let value = self.coerce(spec, value)?;
        self.check(spec, &value)?;
        Ok(value)
    }

    /// A value as it is to stand in a layer: with its type, and with its unit if it is written with one.
    pub(super) fn to_write(&self, path: &SettingPath, value: SourceValue) -> Result<SettingValue, String> {
        let Some(spec) = self.settings.get(path) else {
            return Ok(match value {
                SourceValue::Typed(value) => value,
                SourceValue::Text(text) => SettingValue::new(read_text(&text)),
            });
        };
        let typed = self.fit(spec, &value)?;
        Ok(match (value, spec.value_type) {
            (SourceValue::Text(text), ValueType::Duration | ValueType::Bytes) => {
                SettingValue::new(text.trim().into())
            }
            (SourceValue::Typed(value), ValueType::Duration | ValueType::Bytes) => value,
            _ => typed,
        })
    }

    /// Whether a value is to be masked and left out of files: it, or a section that it lies in, is declared
    /// to be secret, or its name or itself looks like one.
    pub(super) fn is_secret(&self, path: &SettingPath, value: &Value) -> bool {
        let declares = |path: &SettingPath| self.settings.get(path).is_some_and(|spec| spec.secret);
        declares(path) || path.sections().any(|section| declares(&section)) || looks_secret(path, value)
    }

    /// The same of a value as its layer has it.
    pub(super) fn is_secret_source(&self, path: &SettingPath, value: &SourceValue) -> bool {
        match value {
            SourceValue::Typed(value) => self.is_secret(path, value.expose()),
            // Wiped on drop, as the text itself is.
            SourceValue::Text(text) => self.is_secret(path, SettingValue::new(text.as_str().into()).expose()),
        }
    }
}
