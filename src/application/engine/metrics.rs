//! Counts of reloads and their times, as system C tells them (docs/applications.md).

use std::time::{Duration, SystemTime};

use super::report::ReloadStatus;

/// The upper bounds of the buckets of reload times, in seconds, as a histogram of Prometheus has them.
pub const RELOAD_BUCKETS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0];

/// Counts since the start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApplicationMetrics {
    /// Reloads that succeeded, whole, in part, or not, in the order of [`ReloadStatus::ALL`]. Loads that find
    /// nothing new, and further failures of a layer that is failing already, are not counted unless they were
    /// asked for.
    pub reloads: [u64; 3],
    /// How many reloads took no longer than each of [`RELOAD_BUCKETS`], each bucket with those before it.
    pub buckets: [u64; RELOAD_BUCKETS.len()],
    /// What all reloads took together, from the answers of the sources to the new version.
    pub total_time: Duration,
    pub last_time: Option<Duration>,
    /// When a reload last succeeded, or a source confirmed that there is nothing new.
    pub last_success: Option<SystemTime>,
    pub rollbacks: u64,
    pub subscriptions: usize,
    pub sources: usize,
    /// Those that answered when they were asked last.
    pub healthy_sources: usize,
    /// The version that readers see.
    pub version: u64,
}

impl ApplicationMetrics {
    pub fn reloads_total(&self) -> u64 {
        self.reloads.iter().sum()
    }

    pub fn reloads_with(&self, status: ReloadStatus) -> u64 {
        let counts = ReloadStatus::ALL.iter().zip(self.reloads);
        counts.filter(|(of, _)| **of == status).map(|(_, count)| count).sum()
    }

    /// `None` before the first reload.
    pub fn mean_time(&self) -> Option<Duration> {
        let count = u32::try_from(self.reloads_total()).unwrap_or(u32::MAX);
        self.total_time.checked_div(count)
    }

    pub(super) fn count(&mut self, status: ReloadStatus, took: Duration) {
        for (of, count) in ReloadStatus::ALL.iter().zip(&mut self.reloads) {
            *count += u64::from(*of == status);
        }
        for (bound, count) in RELOAD_BUCKETS.iter().zip(&mut self.buckets) {
            *count += u64::from(took.as_secs_f64() <= *bound);
        }
        self.total_time = self.total_time.saturating_add(took);
        self.last_time = Some(took);
    }
}
