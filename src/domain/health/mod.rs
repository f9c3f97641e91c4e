//! The health of a backend: condition, findings, facts, members, certificates.
//!
//! A [`Health`] consists of facts and findings. A fact is for information; a [`Finding`] is something to
//! act on, and its [`Cause`] says who can: a fault is repaired at the store, a right is granted to this
//! user. The verdict is the worst of the findings.

mod certificate;
mod fact;
mod finding;
mod member;
mod secret_store;

use std::collections::BTreeSet;
use std::time::Duration;

pub use certificate::{Certificate, CertificateOwner, Validity};
pub use fact::{Fact, FactValue, size};
pub use finding::{Cause, Finding, Right};
pub use member::{MemberHealth, MemberRole};
pub use secret_store::SecretStoreStatus;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// Every request was answered without a problem.
    Healthy,
    /// It serves, but something is wrong.
    Degraded,
    Unusable,
}

impl Condition {
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unusable => "unusable",
        }
    }
}

/// A latency as shown: a class, so that an idle screen does not flicker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LatencyClass {
    Under5ms,
    Under20ms,
    Under100ms,
    Slow,
}

impl LatencyClass {
    /// The class of a measured round trip.
    pub fn of(latency: Duration) -> Self {
        match latency.as_millis() {
            0..5 => Self::Under5ms,
            5..20 => Self::Under20ms,
            20..100 => Self::Under100ms,
            _ => Self::Slow,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Under5ms => "<5ms",
            Self::Under20ms => "<20ms",
            Self::Under100ms => "<100ms",
            Self::Slow => "slow",
        }
    }
}

/// One backend's answer. Two that look the same are equal, so that an answer without news costs
/// nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// The kind of backend, as on its badge: `memory`, `files`, `etcd`.
    pub backend: &'static str,
    /// The round trip of the permitted read that the verdict is based on.
    pub latency: Option<LatencyClass>,
    /// The findings, worst first.
    findings: Vec<Finding>,
    /// Facts in the order they are shown.
    pub facts: Vec<Fact>,
    /// The members or files behind it, as far as this user may see them.
    pub members: Vec<MemberHealth>,
    /// The certificates that the connection to it depends on.
    pub certificates: Vec<Certificate>,
    /// Status of a secret store for this user; `None` for other backends.
    pub secret_store: Option<SecretStoreStatus>,
    /// The host that a secret store redirects requests to, where that is not the configured one.
    pub redirect: Option<String>,
    /// The alarm for which the store takes no writes, as a word for its badge: `NOSPACE`. Reads go on.
    pub alarm: Option<&'static str>,
    /// Whether this user's token is a root token, which may do everything.
    pub root: bool,
}

impl Health {
    pub fn new(backend: &'static str) -> Self {
        Self { backend, ..Self::default() }
    }

    /// The answer on behalf of a backend that gives none.
    pub fn unusable(backend: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        let mut health = Self::new(backend);
        health.push(Finding::fault(text, remedy).at(Condition::Unusable));
        health
    }

    pub fn push(&mut self, finding: Finding) {
        let at = self.findings.partition_point(|known| known.rank() <= finding.rank());
        self.findings.insert(at, finding);
    }

    /// The findings, worst first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The verdict: the worst of the findings.
    pub fn condition(&self) -> Condition {
        self.findings.iter().map(Finding::condition).max().unwrap_or(Condition::Healthy)
    }

    /// Why the verdict is not better: `fault`, `rights`, both, or nothing. Hints do not count.
    pub fn causes(&self) -> Vec<&'static str> {
        let counted = self.findings.iter().filter(|finding| finding.condition() > Condition::Healthy);
        let words: BTreeSet<_> = counted.map(|finding| finding.cause.word()).collect();
        words.into_iter().collect()
    }

    /// The verdict with its causes: `healthy`, `degraded by rights`, `unusable by fault and rights`.
    pub fn verdict(&self) -> String {
        let (word, causes) = (self.condition().word(), self.causes());
        if causes.is_empty() { word.to_owned() } else { format!("{word} by {}", causes.join(" and ")) }
    }

    /// What is wrong, in one line; empty if nothing is.
    pub fn summary(&self) -> String {
        let counted = self.findings.iter().filter(|finding| finding.condition() > Condition::Healthy);
        counted.map(|finding| finding.text.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// The same for a user who writes nothing: without the rights that only a write needs.
    pub fn without_writing(mut self) -> Self {
        self.findings.retain(|finding| finding.cause != Cause::Rights(Right::Write));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_is_the_worst_finding_and_tells_its_causes() {
        let mut health = Health::new("etcd");
        assert_eq!((health.verdict().as_str(), health.summary().as_str()), ("healthy", ""));
        health.push(Finding::hint("versions are mixed", ""));
        assert_eq!((health.verdict().as_str(), health.summary().as_str()), ("healthy", ""));
        health.push(Finding::rights(Right::Read, "may not read /cwm/", "ask"));
        assert_eq!(health.verdict(), "degraded by rights");
        health.push(Finding::fault("a member is down", "start it"));
        assert_eq!(health.verdict(), "degraded by fault and rights");
        health.push(Finding::fault("no leader", "").at(Condition::Unusable));
        assert_eq!((health.condition(), health.causes()), (Condition::Unusable, vec!["fault", "rights"]));
        let order: Vec<_> = health.findings().iter().map(|finding| finding.text.as_str()).collect();
        assert_eq!(order, ["no leader", "a member is down", "may not read /cwm/", "versions are mixed"]);
        assert_eq!(health.summary(), "no leader; a member is down; may not read /cwm/");
    }

    #[test]
    fn who_writes_nothing_misses_no_right_to_write() {
        let mut health = Health::new("files");
        health.push(Finding::rights(Right::Write, "the folder is read-only", ""));
        assert_eq!(health.verdict(), "degraded by rights");
        assert_eq!(health.without_writing().verdict(), "healthy");
    }

    #[test]
    fn a_hint_never_makes_it_worse() {
        assert_eq!(Finding::hint("a", "b").at(Condition::Unusable).condition(), Condition::Healthy);
    }
}
