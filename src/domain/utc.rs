//! Timestamps in UTC: formatting and parsing of RFC 3339.

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

/// The same with milliseconds: `2026-02-03T04:05:06.007Z`.
pub fn utc_millis(at: SystemTime) -> String {
    let millis = match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => since.subsec_millis(),
        Err(before) => (1_000 - before.duration().subsec_millis() % 1_000) % 1_000,
    };
    format!("{}.{millis:03}Z", utc(at).trim_end_matches('Z'))
}

/// Reads a moment of RFC 3339, in any zone, from 1970 on: `2026-02-03T04:05:06.007Z`,
/// `2026-02-03T05:05:06+01:00`, and a day alone as its beginning in UTC.
pub fn moment(text: &str) -> Option<SystemTime> {
    let (date, rest) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00:00Z"));
    let [year, month, day] = numbers(date, '-')?;
    let (time, east) = zone(rest)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':')?;
    let digits = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let date_is_one = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    if !digits || !date_is_one || hour > 23 || minute > 59 || second > 60 || date.len() != 10 {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    let days = i64::try_from(days_since_epoch(year, month, day)?).ok()?;
    let seconds = days * DAY + i64::try_from(hour * 3_600 + minute * 60 + second).ok()? - east;
    Some(SystemTime::UNIX_EPOCH + Duration::new(u64::try_from(seconds).ok()?, nanos))
}

/// Three numbers; the last two of them of two digits.
fn numbers(text: &str, by: char) -> Option<[u64; 3]> {
    let mut parts = text.split(by);
    let mut number = |width: Option<usize>| {
        let part = parts.next()?;
        let fits = width.is_none_or(|width| part.len() == width);
        (fits && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse().ok())?
    };
    let all = [number(None)?, number(Some(2))?, number(Some(2))?];
    parts.next().is_none().then_some(all)
}

/// The time without its zone, and how many seconds that zone is to the east.
fn zone(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let at = text.rfind(['+', '-'])?;
    let (time, zone) = text.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let two = |part: &str| (part.len() == 2).then(|| part.parse::<i64>().ok())?;
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes))
        .then_some((time, sign * (hours * 3_600 + minutes * 60)))
}

fn days_of(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// By the same algorithms (`days_from_civil`); `None` before 1970.
fn days_since_epoch(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let (era, year_of_era) = (year / 400, year % 400);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
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
