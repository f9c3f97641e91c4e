//! Leases: granting, expiry, and deletion of the keys attached to them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::MemoryStoreInner;
use crate::domain::{ChangeKind, LeaseId};

/// The leases that are alive.
#[derive(Debug, Default)]
pub(super) struct Leases {
    last: i64,
    ends: BTreeMap<LeaseId, Instant>,
}

impl Leases {
    pub(super) fn grant(&mut self, time: Duration) -> LeaseId {
        self.last += 1;
        let lease = LeaseId(self.last);
        let now = Instant::now();
        self.ends.insert(lease, now.checked_add(time).unwrap_or(now));
        lease
    }

    /// When a lease expires; `None` if it is unknown or has expired.
    pub(super) fn end(&self, lease: LeaseId) -> Option<Instant> {
        self.ends.get(&lease).copied()
    }
}

impl MemoryStoreInner {
    /// Deletes the keys attached to expired leases.
    pub(super) fn expire(&self) {
        let now = Instant::now();
        let mut leases = self.leases.lock();
        if leases.ends.values().all(|end| *end > now) {
            return;
        }
        self.feed.update(|picture| {
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

    /// Expires leases on time; runs as long as there is a watch.
    pub(super) async fn expire_on_time(&self) {
        let mut news = self.feed.subscribe();
        loop {
            news.mark_unchanged();
            self.expire();
            let next = self.leases.lock().ends.values().min().copied();
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
