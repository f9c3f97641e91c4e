//! Numbers with units: durations and sizes, from text and back.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde_json::{Number, Value};

/// The units of sizes, the largest first. One letter alone says neither 1000 nor 1024, so it is none.
const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("KB", 1_000),
    ("B", 1),
];

/// Seconds of `1h30m`, `500ms`, `1d`, `90`. Days have 24 hours; months have no length, so they are refused.
pub(super) fn seconds(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse() {
        return whole_seconds(number);
    }
    let span: Span = text.parse().ok()?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    whole_seconds(length.as_secs_f64())
}

/// A number of seconds, without a fraction where it has none; nothing if it is negative, or longer than any clock
/// runs.
pub(super) fn whole_seconds(seconds: f64) -> Option<Number> {
    let length = Duration::try_from_secs_f64(seconds).ok()?;
    if length.subsec_nanos() == 0 { Some(length.as_secs().into()) } else { Number::from_f64(seconds) }
}

/// Bytes of `64KiB`, `1.5 MB`, `90`.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit = unit.trim_start();
    let factor = match unit {
        "" => 1,
        unit => SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.1,
    };
    // Exact: a fraction has as many decimal places as a power of ten.
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let places = u32::try_from(fraction.len()).ok()?;
    let scale = 10_u128.checked_pow(places)?;
    let digits: u128 = format!("{whole}{fraction}").parse().ok().filter(|_| !whole.is_empty())?;
    let scaled = digits.checked_mul(factor.into())?;
    if scaled % scale != 0 {
        return None;
    }
    u64::try_from(scaled / scale).ok()
}

/// A size with the largest unit that it is a whole number of: for limits and the documentation.
pub(super) fn size_text(bytes: u64) -> String {
    let unit = SIZES.iter().find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
    unit.map_or_else(|| bytes.to_string(), |(name, factor)| format!("{}{name}", bytes / factor))
}

/// A number of seconds as `1h 30m`.
pub(super) fn duration_text(seconds: &Value) -> Option<String> {
    let length = SignedDuration::try_from_secs_f64(seconds.as_f64()?).ok()?;
    Some(format!("{length:#}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations_are_seconds() {
        for (text, expected) in [
            ("90", json!(90)),
            ("0.5", json!(0.5)),
            ("30.0", json!(30)),
            ("10s", json!(10)),
            ("1h30m", json!(5400)),
            ("1h 30m", json!(5400)),
            ("500ms", json!(0.5)),
            ("2d", json!(172_800)),
            ("0s", json!(0)),
        ] {
            assert_eq!(seconds(text).map(Value::Number), Some(expected), "{text}");
        }
        for text in
            ["", "s", "-5", "-1h", "1h ago", "1mo", "1y", "ten", "inf", "NaN", "1e400", "9999999999999d"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes_and_a_unit_that_may_mean_two_is_none() {
        for (text, expected) in [
            ("90", 90),
            ("64KiB", 65_536),
            ("64 kib", 65_536),
            ("10MB", 10_000_000),
            ("1.5GiB", 1_610_612_736),
            ("1B", 1),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(bytes(text), Some(expected), "{text}");
        }
        for text in
            ["", "64K", "64M", "KiB", "-1", "1.5", "0.3KiB", ".5KB", "1.2.3KB", "99999999999TiB", "1e3"]
        {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_is_shown_with_its_unit() {
        assert_eq!([65_536, 10_000_000, 1_500, 7, 0].map(size_text), ["64KiB", "10MB", "1500B", "7B", "0"]);
        assert_eq!(duration_text(&json!(5400)).as_deref(), Some("1h 30m"));
        assert_eq!(duration_text(&json!(0.5)).as_deref(), Some("500ms"));
    }
}
