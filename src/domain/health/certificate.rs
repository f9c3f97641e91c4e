//! A certificate and its validity.

use std::time::{Duration, SystemTime};

/// How long before its expiry an ordinary certificate is reported.
const WARNED_BEFORE: Duration = Duration::from_secs(30 * 86_400);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateOwner {
    /// A server's, as presented by it.
    Server(String),
    /// Our own, from a file.
    Client(String),
    /// A CA that we trust, from a file.
    Authority(String),
}

impl CertificateOwner {
    /// Its kind: `server`, `client`, `authority`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Server(_) => "server",
            Self::Client(_) => "client",
            Self::Authority(_) => "authority",
        }
    }

    /// Where it comes from: an address or a path.
    pub fn place(&self) -> &str {
        match self {
            Self::Server(place) | Self::Client(place) | Self::Authority(place) => place,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub owner: CertificateOwner,
    pub subject: String,
    /// The start of its validity.
    pub from: SystemTime,
    pub until: SystemTime,
}

/// Validity of a certificate at a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// Valid, and not about to expire.
    Good,
    /// About to expire: within 30 days and the last third of its lifetime. A certificate that is renewed
    /// every day is always within 30 days of its expiry.
    Ending,
    /// Not valid yet.
    Early,
    Expired,
}

impl Certificate {
    /// The validity at a point in time.
    pub fn validity(&self, now: SystemTime) -> Validity {
        match self.until.duration_since(now) {
            Err(_) => Validity::Expired,
            Ok(_) if now < self.from => Validity::Early,
            Ok(left) if left < self.warned_before() => Validity::Ending,
            Ok(_) => Validity::Good,
        }
    }

    fn warned_before(&self) -> Duration {
        WARNED_BEFORE.min(self.until.duration_since(self.from).unwrap_or_default() / 3)
    }

    /// When the validity changes next, if it does.
    pub fn next_change_at(&self, now: SystemTime) -> Option<SystemTime> {
        match self.validity(now) {
            Validity::Early => Some(self.from),
            Validity::Good => self.until.checked_sub(self.warned_before()),
            Validity::Ending => Some(self.until),
            Validity::Expired => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn validity(life: u32, day: u32) -> Validity {
        let from = SystemTime::UNIX_EPOCH + DAY * 10_000;
        let owner = CertificateOwner::Server("e:1".into());
        let certificate = Certificate { owner, subject: String::new(), from, until: from + DAY * life };
        certificate.validity(from + DAY * day - Duration::from_secs(1))
    }

    #[test]
    fn a_year_warns_thirty_days_before_and_a_week_for_its_last_third() {
        assert_eq!([335, 336, 365, 366].map(|day| validity(365, day)), {
            [Validity::Good, Validity::Ending, Validity::Ending, Validity::Expired]
        });
        assert_eq!(
            [4, 6, 8].map(|day| validity(7, day)),
            [Validity::Good, Validity::Ending, Validity::Expired]
        );
        assert_eq!(validity(365, 0), Validity::Early);
    }
}
