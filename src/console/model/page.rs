//! The tabs, and what those that are no lists hold.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::Steady;
use crate::console::effect::Request;
use crate::domain::Health;

/// A tab; its digit is its own for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// 1
    Webhooks,
    /// 2
    Connections,
    /// 3
    Secrets,
    /// 6
    Health,
    /// 7
    Log,
}

impl Tab {
    /// Every tab there is, in order.
    pub const ALL: [Self; 5] = [Self::Webhooks, Self::Connections, Self::Secrets, Self::Health, Self::Log];

    /// Its digit.
    pub fn digit(self) -> char {
        match self {
            Self::Webhooks => '1',
            Self::Connections => '2',
            Self::Secrets => '3',
            Self::Health => '6',
            Self::Log => '7',
        }
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Webhooks => "Webhooks",
            Self::Connections => "Connections",
            Self::Secrets => "Secrets",
            Self::Health => "Health",
            Self::Log => "Log",
        }
    }
}

/// The tab Health.
#[derive(Debug, Default)]
pub struct HealthPage {
    /// The last answers.
    pub backends: Vec<Health>,
    /// The last answer of the store of secrets.
    pub secrets: Option<Health>,
    /// When the first came.
    pub checked: Option<Duration>,
    /// The question under way.
    pub asked: Option<Request>,
    /// When the last question was asked.
    pub asked_at: Duration,
    /// First line shown.
    pub scroll: usize,
    /// The latency classes shown, by backend and member.
    pub latencies: BTreeMap<(&'static str, String), Steady>,
}

impl HealthPage {
    /// Every backend's last answer.
    pub fn all(&self) -> impl Iterator<Item = &Health> {
        self.backends.iter().chain(&self.secrets)
    }
}

/// The tab Log.
#[derive(Debug, Default)]
pub struct LogPage {
    /// The last lines, oldest first; already safe to show.
    pub lines: VecDeque<String>,
    /// Lines scrolled up from the newest.
    pub back: usize,
}

/// The most lines the tab Log keeps.
pub const LOG_LINES: usize = 500;
