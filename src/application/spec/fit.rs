//! Values of layers judged by what an application file declares, and what a value is where nothing is declared.

use serde_json::Value;

use super::{ApplicationSpec, SettingSpec, ValueFault, ValueType};
use crate::application::{SettingPath, SettingValue, SourceValue};

impl SettingSpec {
    /// A value of the type of this setting and within its limits: [`Self::coerce`], then [`Self::check`].
    ///
    /// # Errors
    /// [`ValueFault`], without the value.
    pub fn fit(&self, value: &SourceValue) -> Result<SettingValue, ValueFault> {
        let value = self.coerce(value)?;
        self.check(&value)?;
        Ok(value)
    }
}

impl ApplicationSpec {
    /// The value of a setting as it is in force where its layer wins; `setting` is what is declared of it. Text of an
    /// undeclared one is read as JSON where it is that.
    ///
    /// # Errors
    /// [`ValueFault`], without the value.
    pub(in crate::application) fn fit(
        &self,
        path: &SettingPath,
        setting: Option<&SettingSpec>,
        value: &SourceValue,
    ) -> Result<SettingValue, ValueFault> {
        let Some(setting) = setting else {
            let value = match value {
                SourceValue::Typed(value) => value.clone(),
                SourceValue::Text(text) => SettingValue::new(read_text(text)),
            };
            let fault = ValueFault::of_reference(value.expose(), self.is_secret_path(path));
            return fault.map_or(Ok(value), Err);
        };
        setting.fit(value)
    }

    /// A value as it is to stand in a layer: with its type, and with its unit if it is written with one.
    ///
    /// # Errors
    /// [`ValueFault`], without the value.
    pub(in crate::application) fn to_write(
        &self,
        path: &SettingPath,
        value: SourceValue,
    ) -> Result<SettingValue, ValueFault> {
        let setting = self.settings.get(path);
        let typed = self.fit(path, setting, &value)?;
        Ok(match (value, setting.map(|setting| setting.value_type)) {
            (SourceValue::Text(text), Some(ValueType::Duration | ValueType::Bytes)) => {
                SettingValue::new(text.trim().into())
            }
            (SourceValue::Typed(value), Some(ValueType::Duration | ValueType::Bytes)) => value,
            _ => typed,
        })
    }
}

/// Text of no declared setting: what is JSON is read as such, all else is text (docs/applications.md). A
/// number that 64 bits do not hold stays text, because reading it would change it.
pub(in crate::application) fn read_text(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value) if !has_inexact_number(&value) => value,
        _ => Value::String(text.to_owned()),
    }
}

fn has_inexact_number(value: &Value) -> bool {
    /// From here on a float may be what became of an integer.
    const LIMIT: f64 = 9_223_372_036_854_775_807.0;
    match value {
        Value::Number(number) => number.is_f64() && number.as_f64().is_none_or(|it| it.abs() >= LIMIT),
        Value::Array(items) => items.iter().any(has_inexact_number),
        Value::Object(members) => members.values().any(has_inexact_number),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}
