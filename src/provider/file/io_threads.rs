//! The threads that file I/O may block.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// A number of blocking threads. Where a file system hangs, each call blocks one thread for good; with none
/// left, calls time out instead of using up the runtime's threads.
#[derive(Debug, Clone)]
pub(crate) struct IoThreads(Arc<Semaphore>);

impl IoThreads {
    pub(crate) fn new(threads: usize) -> Self {
        Self(Arc::new(Semaphore::new(threads)))
    }

    /// Runs file I/O on one of the threads; `None` if the runtime is shutting down. Work that hangs keeps its
    /// thread, also if this future is dropped.
    pub(crate) async fn run<T, F>(&self, work: F) -> Option<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let permit = Arc::clone(&self.0).acquire_owned().await.ok()?;
        let run = spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        run.await.ok()
    }

    #[cfg(test)]
    pub(super) fn available(&self) -> usize {
        self.0.available_permits()
    }
}
