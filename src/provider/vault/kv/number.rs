//! Rejects numbers that KV 2 would round: it returns them as doubles. A token of twenty digits without
//! quotes would come back as another one.

use crate::domain::SecretPath;
use crate::provider::{Error, Result, SecretFields};

pub(super) fn check(path: &SecretPath, fields: &SecretFields) -> Result<()> {
    match fields.iter().find(|(_, value)| !is_exact(value.expose_json())) {
        None => Ok(()),
        Some((name, _)) => Err(Error::invalid(format!(
            "the field \"{name}\" of {path} is a number that the server would round; write it as text, in \
             quotes"
        ))),
    }
}

/// Whether a JSON value is not a number, or is a number that a double represents with all its digits.
fn is_exact(json: &str) -> bool {
    let json = json.trim();
    if !json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return true;
    }
    let as_double = json.parse::<f64>().ok().filter(|number| number.is_finite());
    as_double.is_some_and(|number| significant(&format!("{number:e}")) == significant(json))
}

/// A number's digits without leading and trailing zeros, and the decimal exponent of the first one.
fn significant(number: &str) -> (String, i64) {
    let number = number.trim_start_matches('-').to_ascii_lowercase();
    let (mantissa, exponent) = number.split_once('e').unwrap_or((&number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let zeros = digits.len() - digits.trim_start_matches('0').len();
    let digits = digits.trim_matches('0').to_owned();
    if digits.is_empty() {
        return (digits, 0);
    }
    let length = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let exponent = exponent.trim_start_matches('+').parse::<i64>().unwrap_or(i64::MAX / 2);
    (digits, exponent.saturating_add(length(whole.len())).saturating_sub(length(zeros) + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_double_holds_is_kept() {
        for json in [
            "0",
            "-0",
            "1",
            "1.50",
            "-12.25",
            "1e3",
            "0.001",
            "1E+2",
            "123456789012345",
            "9007199254740992",
            "1.2345678901234568e+22",
            "100000000000000000000",
            "0.1",
            "\"12345678901234567890\"",
            "true",
            "null",
            "[12345678901234567890]",
            " 7 ",
        ] {
            assert!(is_exact(json), "{json}");
        }
        for json in ["12345678901234567890", "9007199254740993", "0.12345678901234567891", "1e999", "1e-999"]
        {
            assert!(!is_exact(json), "{json}");
        }
    }
}
