//! The task that drops what is over while nobody asks: a secret is not kept in memory for longer than
//! it is used.

use std::sync::{Arc, Mutex, Weak};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::{Clock, Kept, lock};

/// Runs while there is something to drop; ends with the cache.
pub(super) struct Sweeper(AbortHandle);

impl Sweeper {
    /// `None` outside a runtime: then the next use drops what is over.
    pub(super) fn start(kept: &Arc<Mutex<Kept>>, clock: &Clock) -> Option<Self> {
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

async fn sweep(kept: Weak<Mutex<Kept>>, clock: Clock) {
    loop {
        let next = {
            let Some(kept) = kept.upgrade() else { return };
            let mut kept = lock(&kept);
            let next = kept.drop_over(clock());
            if next.is_none() {
                // The next document to be kept starts another.
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
