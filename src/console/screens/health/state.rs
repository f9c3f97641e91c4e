//! State of the Health screen: the last answers of every backend.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::console::model::DebouncedLatency;
use crate::console::request::RequestId;
use crate::domain::Health;

#[derive(Debug, Default)]
pub struct HealthPage {
    /// The last answers of the config store.
    pub backends: Vec<Health>,
    pub secrets: Option<Health>,
    /// When the first answer arrived.
    pub checked: Option<Duration>,
    /// The pending request.
    pub asked: Option<RequestId>,
    pub asked_at: Duration,
    pub scroll: usize,
    /// The latency classes shown, by backend and member.
    pub latencies: BTreeMap<(&'static str, String), DebouncedLatency>,
}

impl HealthPage {
    /// The alarm for which the config store takes no writes.
    pub fn alarm(&self) -> Option<&'static str> {
        self.backends.iter().find_map(|health| health.alarm)
    }

    /// Has every backend asked again at once.
    pub fn expire(&mut self) {
        self.checked = None;
    }

    pub fn all(&self) -> impl Iterator<Item = &Health> {
        self.backends.iter().chain(&self.secrets)
    }
}
