//! The tabs, and the state of Health and Log.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::DebouncedLatency;
use crate::console::effect::RequestId;
use crate::domain::Health;

/// A tab; its digit never changes.
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
    /// Every tab, in order.
    pub const ALL: [Self; 5] = [Self::Webhooks, Self::Connections, Self::Secrets, Self::Health, Self::Log];

    pub fn digit(self) -> char {
        match self {
            Self::Webhooks => '1',
            Self::Connections => '2',
            Self::Secrets => '3',
            Self::Health => '6',
            Self::Log => '7',
        }
    }

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

#[derive(Debug, Default)]
pub struct HealthPage {
    /// The last answers of the config store.
    pub backends: Vec<Health>,
    pub secrets: Option<Health>,
    /// When the first answer came.
    pub checked: Option<Duration>,
    /// The pending request.
    pub asked: Option<RequestId>,
    pub asked_at: Duration,
    pub scroll: usize,
    /// The latency classes shown, by backend and member.
    pub latencies: BTreeMap<(&'static str, String), DebouncedLatency>,
}

impl HealthPage {
    pub fn all(&self) -> impl Iterator<Item = &Health> {
        self.backends.iter().chain(&self.secrets)
    }
}

#[derive(Debug, Default)]
pub struct LogPage {
    /// The last lines, oldest first; already safe to show.
    pub lines: VecDeque<String>,
    /// Lines scrolled up from the newest line.
    pub back: usize,
}

/// The most lines the tab Log keeps.
pub const LOG_LINES: usize = 500;
