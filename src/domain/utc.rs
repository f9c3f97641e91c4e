//! Timestamps in UTC: formatting and parsing of RFC 3339.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::{DateTime, date};

/// A time as `2026-02-03T04:05:06Z`.
pub fn utc(at: SystemTime) -> String {
    format!("{:.0}Z", civil(at))
}

/// The same with milliseconds: `2026-02-03T04:05:06.007Z`.
pub fn utc_millis(at: SystemTime) -> String {
    format!("{:.3}Z", civil(at))
}

/// Without a zone, because a `Timestamp` ends before the certificates that are valid until the end of 9999.
fn civil(at: SystemTime) -> DateTime {
    let epoch = date(1970, 1, 1).at(0, 0, 0, 0);
    match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => epoch.saturating_add(since),
        Err(before) => epoch.saturating_sub(before.duration()),
    }
}

/// Parses an RFC 3339 time, in any zone, from 1970 on: `2026-02-03T04:05:06.007Z`,
/// `2026-02-03T05:05:06+01:00`, or a date alone as its start in UTC.
pub fn moment(text: &str) -> Option<SystemTime> {
    let at: Timestamp = match text.len() {
        10 => format!("{text}T00:00:00Z").parse().ok()?,
        _ => text.parse().ok()?,
    };
    SystemTime::UNIX_EPOCH.checked_add(at.as_duration().try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_told_in_utc() {
        let after = |seconds| utc(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(after(0), "1970-01-01T00:00:00Z");
        assert_eq!(after(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(after(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(after(1_767_225_599), "2025-12-31T23:59:59Z");
        let before = |time| utc(SystemTime::UNIX_EPOCH - time);
        assert_eq!(before(Duration::from_secs(1)), "1969-12-31T23:59:59Z");
        assert_eq!(before(Duration::from_millis(1_500)), "1969-12-31T23:59:58Z");
        let millis = |at| utc_millis(SystemTime::UNIX_EPOCH + Duration::from_millis(at));
        assert_eq!(millis(951_782_399_007), "2000-02-28T23:59:59.007Z");
        assert_eq!(utc_millis(SystemTime::UNIX_EPOCH - Duration::from_millis(1)), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn moments_read_back_in_any_zone() {
        for seconds in [0, 951_782_399, 951_782_400, 1_767_225_599, 4_107_542_400, 13_569_465_600] {
            let at = SystemTime::UNIX_EPOCH + Duration::from_millis(seconds * 1_000 + 7);
            assert_eq!(moment(&utc_millis(at)), Some(at), "{}", utc_millis(at));
        }
        let same = [
            "2026-02-03T00:00:00Z",
            "2026-02-03",
            "2026-02-03T01:30:00+01:30",
            "2026-02-02 22:00:00.0-02:00",
        ];
        for text in same {
            assert_eq!(moment(text).map(utc).as_deref(), Some("2026-02-03T00:00:00Z"), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-02-29",
            "2026-13-01",
            "2026-2-3",
            "1969-12-31T23:59:59Z",
            "2026-02-03T24:00:00Z",
            "2026-02-03T00:00:00",
            "2026-02-03T00:00:00.Z",
            "2026-02-03T00:00:00+1:00",
            "2026-02-03T00:00:00\u{e9}",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
