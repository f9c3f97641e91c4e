//! Leases: granted, counted down, and the end of what is bound to them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Shared;
use crate::domain::{ChangeKind, LeaseId};

/// The leases that were granted and have not ended.
#[derive(Debug, Default)]
pub(super) struct Leases {
    last: i64,
    ends: BTreeMap<LeaseId, Instant>,
}

impl Leases {
    /// A new one.
    pub(super) fn grant(&mut self, time: Duration) -> LeaseId {
        self.last += 1;
        let lease = LeaseId(self.last);
        let now = Instant::now();
        self.ends.insert(lease, now.checked_add(time).unwrap_or(now));
        lease
    }

    /// When one ends; `None` where there is none, or none any more.
    pub(super) fn end(&self, lease: LeaseId) -> Option<Instant> {
        self.ends.get(&lease).copied()
    }
}

impl Shared {
    /// Deletes what is bound to leases whose time is over.
    pub(super) fn expire(&self) {
        let now = Instant::now();
        let mut leases = self.leases();
        if leases.ends.values().all(|end| *end > now) {
            return;
        }
        self.feed.edit(|picture| {
            let over = |lease: &LeaseId| leases.ends.get(lease).is_some_and(|end| *end <= now);
            let gone: Vec<_> = picture
                .entries()
                .values()
                .filter(|entry| entry.lease.as_ref().is_some_and(over))
                .map(|entry| ChangeKind::Deleted { key: entry.key.clone() })
                .collect();
            if !gone.is_empty() {
                picture.apply(gone);
            }
        });
        leases.ends.retain(|_, end| *end > now);
    }

    /// Lets leases expire on time while somebody watches.
    pub(super) async fn keep_time(&self) {
        let mut news = self.feed.news();
        loop {
            news.mark_unchanged();
            self.expire();
            let next = self.leases().ends.values().min().copied();
            let sleep = async {
                match next {
                    Some(end) => tokio::time::sleep_until(end.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = sleep => {}
                _ = news.changed() => {}
            }
        }
    }
}
