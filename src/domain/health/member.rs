//! One member of a cluster, or one file of a pair.

use super::{Condition, Fact, LatencyClass};

/// One member of a cluster, or one file of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberHealth {
    /// The member's name, or the path of the file.
    pub name: String,
    /// Its address, if that is not its name.
    pub address: String,
    /// Its own verdict; `None` where it cannot be known from here.
    pub condition: Option<Condition>,
    pub role: Option<MemberRole>,
    pub latency: Option<LatencyClass>,
    /// Facts in the order they are shown.
    pub facts: Vec<Fact>,
    /// Why it is not healthy, or why its condition is not known; empty when it is healthy.
    pub detail: String,
}

impl MemberHealth {
    pub fn word(&self) -> &'static str {
        self.condition.map_or("unknown", Condition::word)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRole {
    Leader,
    Follower,
    /// Follows without a vote.
    Learner,
    /// Has a vote but knows no leader.
    Leaderless,
    /// The file of the webhooks.
    Webhooks,
    /// The file of the connections.
    Connections,
}

impl MemberRole {
    pub fn word(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Follower => "follower",
            Self::Learner => "learner",
            Self::Leaderless => "leaderless",
            Self::Webhooks => "webhooks",
            Self::Connections => "connections",
        }
    }
}
