//! One member of a cluster, or one file of a pair.

use super::{Condition, Fact, LatencyClass};

/// One member of a cluster, or one file of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberHealth {
    /// What it is called: the member's name, or the path of the file.
    pub name: String,
    /// Where it answers, if that is not its name.
    pub address: String,
    /// Its own verdict; `None` where it cannot be known from here.
    pub condition: Option<Condition>,
    pub role: Option<MemberRole>,
    pub latency: Option<LatencyClass>,
    /// Facts in the order they are shown.
    pub facts: Vec<Fact>,
    /// Why it is not well, or not known; empty when all is well.
    pub detail: String,
}

impl MemberHealth {
    pub fn word(&self) -> &'static str {
        self.condition.map_or("unknown", Condition::word)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRole {
    /// It orders the writes.
    Leader,
    /// It votes and follows.
    Follower,
    /// It follows and has no vote.
    Learner,
    /// It has a vote and knows no leader.
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
