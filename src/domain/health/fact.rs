//! Facts about a backend, a member or a file, typed so that each reader can format them in its own way.

use std::time::SystemTime;

use super::super::utc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Lower-case words: `raft term`.
    pub name: &'static str,
    pub value: FactValue,
}

impl Fact {
    pub fn text(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: FactValue::Text(value.into()) }
    }

    pub fn count(name: &'static str, count: u64) -> Self {
        Self { name, value: FactValue::Count(count) }
    }

    /// A number that orders or identifies: a revision, a term.
    pub fn ordinal(name: &'static str, number: u64) -> Self {
        Self { name, value: FactValue::Ordinal(number) }
    }

    pub fn bytes(name: &'static str, bytes: u64) -> Self {
        Self { name, value: FactValue::Bytes(bytes) }
    }

    pub fn moment(name: &'static str, at: SystemTime) -> Self {
        Self { name, value: FactValue::Moment(at) }
    }

    /// Something that this process has observed.
    pub fn observed(name: &'static str, what: impl Into<String>, at: SystemTime) -> Self {
        Self { name, value: FactValue::Observed { what: what.into(), at } }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    Text(String),
    Count(u64),
    /// A number that orders or identifies.
    Ordinal(u64),
    Bytes(u64),
    /// A moment in the past.
    Moment(SystemTime),
    /// What this process has observed, and when.
    Observed {
        what: String,
        at: SystemTime,
    },
}

impl FactValue {
    /// The time of a value that has one, from which its age follows.
    pub fn at(&self) -> Option<SystemTime> {
        match self {
            Self::Moment(at) | Self::Observed { at, .. } => Some(*at),
            Self::Text(_) | Self::Count(_) | Self::Ordinal(_) | Self::Bytes(_) => None,
        }
    }

    /// In words that do not change with time: sizes in units, times in UTC.
    pub fn words(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(number) | Self::Ordinal(number) => number.to_string(),
            Self::Bytes(bytes) => size(*bytes),
            Self::Moment(at) => utc(*at),
            Self::Observed { what, at } => format!("{what}, {} (observed)", utc(*at)),
        }
    }
}

/// A size in the unit that fits: `812 bytes`, `3.4 KiB`, `2.1 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        None if bytes == 1 => "1 byte".into(),
        None => format!("{bytes} bytes"),
        Some((name, unit)) => {
            // Split into two parts, because ten times the size may overflow.
            format!("{}.{} {name}", bytes / unit, (bytes % unit) * 10 / unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_in_the_unit_that_fits() {
        let shown = [0, 1, 812, 1_024, 3_500, 20 * 1_024 * 1_024 + 512 * 1_024, u64::MAX].map(size);
        assert_eq!(
            shown,
            ["0 bytes", "1 byte", "812 bytes", "1.0 KiB", "3.4 KiB", "20.5 MiB", "17179869183.9 GiB"]
        );
    }
}
