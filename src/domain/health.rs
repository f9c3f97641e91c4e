//! What a backend says about itself when asked.

use std::time::Duration;

/// How well a backend is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Everything asked for was answered well.
    Healthy,
    /// It serves, but something is wrong.
    Degraded,
    /// It does not serve.
    Unusable,
}

impl Condition {
    /// The word shown.
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
    /// Under 5 ms.
    Under5ms,
    /// Under 20 ms.
    Under20ms,
    /// Under 100 ms.
    Under100ms,
    /// Anything longer.
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

    /// The class as shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Under5ms => "<5ms",
            Self::Under20ms => "<20ms",
            Self::Under100ms => "<100ms",
            Self::Slow => "slow",
        }
    }
}

/// One backend's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// What kind of backend, as on its badge: `memory`, `files`, `etcd`.
    pub backend: &'static str,
    /// The verdict.
    pub condition: Condition,
    /// The verdict in words: what is wrong and what to do; empty when all is well.
    pub summary: String,
    /// The round trip of the permitted read that decided.
    pub latency: Option<Duration>,
    /// Facts in the order they are shown: label and value.
    pub facts: Vec<(&'static str, String)>,
    /// The members or files behind it, as far as this user may see them.
    pub members: Vec<MemberHealth>,
}

/// One member of a cluster, or one file of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberHealth {
    /// An endpoint or a path.
    pub name: String,
    /// Its own verdict.
    pub condition: Condition,
    /// `leader`, `follower`, `learner`, `file`, or empty where unknown.
    pub role: &'static str,
    /// Its round trip.
    pub latency: Option<Duration>,
    /// What else is known: version, size, or why it is not well.
    pub detail: String,
}
