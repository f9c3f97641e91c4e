//! Moments as people and programs read them: the calendar, in UTC.

use std::time::{Duration, SystemTime};

const DAY: i64 = 86_400;

/// A moment as `2026-02-03T04:05:06Z`, the profile of ISO 8601 that RFC 3339 allows.
///
/// By the calendar of H. Hinnant's "chrono-compatible low-level date algorithms" (`civil_from_days`).
pub fn utc(at: SystemTime) -> String {
    let seconds = seconds(at);
    let (days, time) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Whole seconds since the epoch, those before it negative and rounded down.
fn seconds(at: SystemTime) -> i64 {
    let whole = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => whole(since),
        Err(before) => {
            let before = before.duration();
            -whole(before) - i64::from(before.subsec_nanos() > 0)
        }
    }
}

#[cfg(test)]
mod tests {
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
    }
}
