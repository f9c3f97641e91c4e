//! The task that drops expired entries, so that secrets do not stay in memory longer than needed.

use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::{CacheState, MonotonicClock};

/// Runs while the cache has entries; aborted with the cache.
pub(super) struct Sweeper(AbortHandle);

impl Sweeper {
    /// `None` outside a tokio runtime: then the next use drops expired entries.
    pub(super) fn start(kept: &Arc<Mutex<CacheState>>, clock: &MonotonicClock) -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        let task = runtime.spawn(sweep(Arc::downgrade(kept), Arc::clone(clock)));
        Some(Self(task.abort_handle()))
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn sweep(kept: Weak<Mutex<CacheState>>, clock: MonotonicClock) {
    loop {
        let next = {
            let Some(kept) = kept.upgrade() else { return };
            let mut kept = kept.lock();
            let next = kept.drop_expired(clock());
            if next.is_none() {
                // The next entry starts another task.
                kept.sweeper = None;
            }
            next
        };
        match next {
            Some(next) => sleep(next.saturating_duration_since(clock())).await,
            None => return,
        }
    }
}
