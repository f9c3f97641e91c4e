//! Certificate names and dates as messages print them, shared by the backends that use TLS.

use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;

use crate::domain::utc;

/// The most names of a certificate that a message lists.
const MAX_NAMES: usize = 4;

/// The first names of a certificate; `None` where it has none.
pub(super) fn first_names(names: &[String]) -> Option<String> {
    match names.get(..MAX_NAMES) {
        _ if names.is_empty() => None,
        Some(first) if names.len() > MAX_NAMES => Some(format!("{} and others", first.join(", "))),
        _ => Some(names.join(", ")),
    }
}

/// A name without the kind that rustls prints around it: `DnsName("a")`, `IpAddress(1.2.3.4)`.
pub(super) fn without_kind(name: &str) -> &str {
    let inside = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(name).trim_matches('"')
}

/// `2027-01-31`
pub(super) fn date(at: UnixTime) -> String {
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(at.as_secs()));
    let words = at.map(utc).unwrap_or_default();
    words.split('T').next().unwrap_or_default().to_owned()
}
