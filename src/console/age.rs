//! Ages, remaining times and countdowns as short texts, each with the time until its text changes.

use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedText {
    pub text: String,
    /// The time from now until the text changes; `None` if it never does.
    pub changes_in: Option<Duration>,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long ago something was: `<10s`, `<1m`, then whole minutes, hours, days.
pub fn age(elapsed: Duration) -> TimedText {
    let seconds = elapsed.as_secs();
    let (text, next) = match seconds {
        0..10 => ("<10s".into(), 10),
        10..MINUTE => ("<1m".into(), MINUTE),
        MINUTE..HOUR => step(seconds, MINUTE, 'm'),
        HOUR..DAY => step(seconds, HOUR, 'h'),
        _ => step(seconds, DAY, 'd'),
    };
    TimedText { text, changes_in: Some(Duration::from_secs(next).saturating_sub(elapsed)) }
}

fn step(seconds: u64, unit: u64, letter: char) -> (String, u64) {
    let count = seconds / unit;
    (format!("{count}{letter}"), (count + 1) * unit)
}

/// Remaining time in hours and minutes, and in seconds only during the last minute.
pub fn left(remaining: Duration) -> TimedText {
    let seconds = remaining.as_secs();
    let (text, floor) = match seconds {
        0 if remaining.is_zero() => return TimedText { text: "expired".into(), changes_in: None },
        0..MINUTE => (format!("{}s", seconds + 1), seconds),
        MINUTE..HOUR => (format!("{}m", seconds / MINUTE), seconds / MINUTE * MINUTE),
        _ => (format!("{}h", seconds / HOUR), seconds / HOUR * HOUR),
    };
    TimedText {
        text,
        changes_in: Some(remaining.saturating_sub(Duration::from_secs(floor)) + Duration::from_millis(1)),
    }
}

/// Remaining time in days; below two days like [`left`].
pub fn until(remaining: Duration) -> TimedText {
    let seconds = remaining.as_secs();
    if seconds < 2 * DAY {
        return left(remaining);
    }
    let floor = seconds / DAY * DAY;
    let changes_in = remaining.saturating_sub(Duration::from_secs(floor)) + Duration::from_nanos(1);
    TimedText { text: format!("{}d", seconds / DAY), changes_in: Some(changes_in) }
}

/// A duration that does not run: configured, or over. Every unit is told, so that 1h30m is not 1h.
pub fn span(duration: Duration) -> String {
    let mut seconds = duration.as_secs();
    let mut text = String::new();
    for (unit, letter) in [(DAY, 'd'), (HOUR, 'h'), (MINUTE, 'm'), (1, 's')] {
        if seconds >= unit {
            text.push_str(&format!("{}{letter}", seconds / unit));
            seconds %= unit;
        }
    }
    if text.is_empty() { "<1s".into() } else { text }
}

/// A wait in seconds: `3 s`.
pub fn wait(remaining: Duration) -> String {
    countdown(remaining).text
}

/// Like [`wait`], with the time until the text changes.
pub fn countdown(remaining: Duration) -> TimedText {
    let whole = remaining.as_nanos().div_ceil(1_000_000_000).max(1);
    let seconds = u64::try_from(whole).unwrap_or(u64::MAX);
    let changes_in = remaining.saturating_sub(Duration::from_secs(seconds - 1));
    TimedText { text: format!("{seconds} s"), changes_in: (seconds > 1).then_some(changes_in) }
}

/// Elapsed time: in seconds during the first minute, then like [`age`].
pub fn so_far(elapsed: Duration) -> TimedText {
    let seconds = elapsed.as_secs();
    if seconds >= MINUTE {
        return age(elapsed);
    }
    let changes_in = Duration::from_secs(seconds + 1).saturating_sub(elapsed);
    TimedText { text: format!("{seconds} s"), changes_in: Some(changes_in) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_step_where_it_means_something() {
        let spoken = |millis| {
            let TimedText { text, changes_in } = age(Duration::from_millis(millis));
            (text, changes_in.unwrap().as_millis())
        };
        assert_eq!(spoken(0), ("<10s".into(), 10_000));
        assert_eq!(spoken(10_500), ("<1m".into(), 49_500));
        assert_eq!(spoken(59_999), ("<1m".into(), 1), "which 10s would not be");
        assert_eq!(spoken(60_000), ("1m".into(), 60_000));
        assert_eq!(spoken(3_599_000), ("59m".into(), 1_000));
        assert_eq!(spoken(90_000_000), ("1d".into(), 82_800_000));
    }

    #[test]
    fn time_left_counts_seconds_only_at_the_end() {
        let text = |millis| left(Duration::from_millis(millis)).text;
        assert_eq!(
            (text(0), text(500), text(59_000), text(125_000), text(7_300_000)),
            ("expired".into(), "1s".into(), "60s".into(), "2m".into(), "2h".into())
        );
        for millis in [1, 500, 59_999, 60_000, 125_000, 7_300_000] {
            let now = left(Duration::from_millis(millis));
            let later = Duration::from_millis(millis).saturating_sub(now.changes_in.unwrap());
            assert_ne!(left(later).text, now.text, "{millis}");
        }
    }

    #[test]
    fn a_configured_duration_is_told_whole() {
        let text = |seconds| span(Duration::from_secs(seconds));
        assert_eq!([text(5_400), text(3_600), text(90), text(45)], ["1h30m", "1h", "1m30s", "45s"]);
        assert_eq!([text(10 * DAY), text(DAY + 1), text(0)], ["10d", "1d1s", "<1s"]);
    }

    #[test]
    fn days_left_step_by_the_day() {
        let day = Duration::from_secs(DAY);
        let text = |time| until(time).text;
        let second = Duration::from_secs(1);
        assert_eq!([text(day * 12 + second), text(day * 2), text(day * 2 - second)], ["12d", "2d", "47h"]);
        let now = until(day * 12 + second);
        assert_eq!(text(day * 12 + second - now.changes_in.unwrap()), "11d");
    }

    #[test]
    fn countdowns_and_what_has_lasted_step_by_the_second() {
        let ms = Duration::from_millis;
        let spoken = |spoken: TimedText| (spoken.text, spoken.changes_in.map(|wait| wait.as_millis()));
        assert_eq!(spoken(countdown(ms(2_600))), ("3 s".into(), Some(600)));
        assert_eq!(spoken(countdown(ms(2_000))), ("2 s".into(), Some(1_000)));
        assert_eq!(spoken(countdown(ms(1))), ("1 s".into(), None));
        assert_eq!(spoken(so_far(ms(3_400))), ("3 s".into(), Some(600)));
        assert_eq!(spoken(so_far(ms(61_000))), ("1m".into(), Some(59_000)));
    }
}
