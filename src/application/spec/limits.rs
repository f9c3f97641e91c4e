//! What a value of the right type must still be: within its limits, long enough, of a pattern, one of those allowed.

use regex::Regex;
use serde_json::Value;

use super::{SettingSpec, ValueFault, ValueType, units};
use crate::application::SettingValue;

impl SettingSpec {
    /// Whether a value that [`Self::coerce`] has made is one that the setting may have.
    ///
    /// # Errors
    /// The first limit that it does not keep, without the value.
    pub fn check(&self, value: &SettingValue) -> Result<(), ValueFault> {
        let value = value.expose();
        if let Some(number) = value.as_f64() {
            if let Some(least) = self.min.filter(|least| number < *least) {
                return Err(ValueFault::BelowMin { least: self.limit_text(least) });
            }
            if let Some(most) = self.max.filter(|most| number > *most) {
                return Err(ValueFault::AboveMax { most: self.limit_text(most) });
            }
        }
        if let (Some(least), Some(counted)) = (self.min_length, self.value_type.words().counted) {
            let length = match value {
                Value::Array(items) => items.len(),
                value => value.as_str().map_or(least, |text| text.chars().count()),
            };
            if length < least {
                return Err(ValueFault::TooShort { least, counted });
            }
        }
        match value {
            Value::Array(items) if self.value_type == ValueType::List => {
                items.iter().enumerate().try_for_each(|(at, item)| {
                    let at = at + 1;
                    self.check_one(item).map_err(|fault| ValueFault::Item { at, fault: Box::new(fault) })
                })
            }
            value => self.check_one(value),
        }
    }

    /// What to say of a required setting that no layer has.
    pub fn missing(&self) -> ValueFault {
        let variable = self.variable.as_ref().map(|name| format!("the variable {name}"));
        let key = self.etcd_key.as_ref().map(|key| format!("the key {key} of etcd"));
        let ways: Vec<_> =
            variable.into_iter().chain(key).chain(["its path in a layer".to_owned()]).collect();
        ValueFault::Missing {
            wanted: self.value_type.words().wanted,
            remedy: format!("set {}", ways.join(", or ")),
        }
    }

    /// Of a list each item has to match the pattern, and to be allowed.
    fn check_one(&self, value: &Value) -> Result<(), ValueFault> {
        let misses = |pattern: &&Regex| value.as_str().is_some_and(|text| !pattern.is_match(text));
        if let Some(pattern) = self.pattern.as_ref().filter(misses) {
            return Err(ValueFault::Pattern { pattern: pattern.as_str().to_owned() });
        }
        if self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed.expose() == value) {
            return Ok(());
        }
        let allowed = if self.secret { Vec::new() } else { self.allowed_texts() };
        Err(ValueFault::NotAllowed { allowed })
    }

    /// The values that are allowed, as they are written.
    pub(super) fn allowed_texts(&self) -> Vec<String> {
        self.allowed.iter().map(|value| self.value_text(value.expose())).collect()
    }

    /// A limit with its unit.
    pub(super) fn limit_text(&self, limit: f64) -> String {
        // The text of a whole number has no fraction, and is that of the number in the file.
        let number = serde_json::from_str(&limit.to_string()).unwrap_or(Value::Null);
        self.value_text(&number)
    }

    /// A value as people write it.
    pub fn value_text(&self, value: &Value) -> String {
        let with_unit = match self.value_type {
            ValueType::Duration => units::duration_text(value),
            ValueType::Bytes => value.as_u64().map(units::size_text),
            _ => value.as_str().map(str::to_owned),
        };
        with_unit.unwrap_or_else(|| value.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::setting::tests::spec;
    use super::*;

    fn fault(spec: &SettingSpec, value: Value) -> Option<String> {
        spec.check(&SettingValue::new(value)).err().map(|fault| fault.to_string())
    }

    #[test]
    fn a_number_keeps_its_limits_both_included() {
        let pool = SettingSpec { min: Some(1.0), max: Some(100.0), ..spec(ValueType::Integer) };
        for number in [1, 50, 100] {
            assert_eq!(fault(&pool, number.into()), None);
        }
        assert_eq!(fault(&pool, 0.into()).unwrap(), "it is less than 1, the least that it may be");
        assert_eq!(fault(&pool, 101.into()).unwrap(), "it is more than 100, the most that it may be");
        let timeout = SettingSpec { min: Some(1.0), max: Some(5400.0), ..spec(ValueType::Duration) };
        assert_eq!(fault(&timeout, json!(0.5)).unwrap(), "it is less than 1s, the least that it may be");
        assert_eq!(fault(&timeout, 5401.into()).unwrap(), "it is more than 1h 30m, the most that it may be");
        let size = SettingSpec { max: Some(65_536.0), ..spec(ValueType::Bytes) };
        assert_eq!(fault(&size, 65_537.into()).unwrap(), "it is more than 64KiB, the most that it may be");
    }

    #[test]
    fn a_length_counts_characters_of_a_text_and_items_of_a_list() {
        let key = SettingSpec { min_length: Some(4), ..spec(ValueType::Text) };
        assert_eq!(fault(&key, "éééé".into()), None);
        assert_eq!(fault(&key, "ééé".into()).unwrap(), "it needs 4 or more characters");
        let hosts = SettingSpec { min_length: Some(1), ..spec(ValueType::List) };
        assert_eq!(fault(&hosts, json!([])).unwrap(), "it needs 1 or more items");
    }

    #[test]
    fn a_missing_value_is_told_with_what_is_expected_and_where_to_set_it() {
        let url = SettingSpec {
            variable: Some("DATABASE_URL".into()),
            etcd_key: Some("Database/Url".into()),
            ..spec(ValueType::Url)
        };
        assert_eq!(
            url.missing().to_string(),
            "it has no value in any layer, and needs one: a URL with a scheme and ://, as https://host/path; \
             set the variable DATABASE_URL, or the key Database/Url of etcd, or its path in a layer"
        );
    }

    #[test]
    fn a_text_matches_its_pattern_and_so_does_each_item_of_a_list() {
        let pattern = Some(Regex::new("^(postgresql|mysql|sqlite)://").unwrap());
        let url = SettingSpec { pattern: pattern.clone(), ..spec(ValueType::Url) };
        assert_eq!(fault(&url, "mysql://h/db".into()), None);
        assert!(
            fault(&url, "http://planted-value".into())
                .unwrap()
                .ends_with("pattern ^(postgresql|mysql|sqlite)://")
        );
        let urls = SettingSpec { pattern, ..spec(ValueType::List) };
        assert!(fault(&urls, json!(["mysql://h", "x"])).unwrap().starts_with("item 2: it does not match"));
    }

    #[test]
    fn what_is_allowed_is_told_unless_it_is_a_secret() {
        let allowed = || ["DEBUG", "INFO"].map(|level| SettingValue::new(level.into())).into();
        let level = SettingSpec { allowed: allowed(), ..spec(ValueType::Text) };
        assert_eq!(fault(&level, "INFO".into()), None);
        assert_eq!(
            fault(&level, "info".into()).unwrap(),
            "it is none of the values that are allowed: DEBUG, INFO"
        );
        let secret = SettingSpec { allowed: allowed(), secret: true, ..spec(ValueType::Text) };
        assert_eq!(fault(&secret, "info".into()).unwrap(), "it is none of the values that are allowed");
        let levels = SettingSpec { allowed: allowed(), ..spec(ValueType::List) };
        assert_eq!(fault(&levels, json!(["INFO", "DEBUG"])), None);
        assert!(fault(&levels, json!(["INFO", "x"])).unwrap().starts_with("item 2: it is none"));
    }
}
