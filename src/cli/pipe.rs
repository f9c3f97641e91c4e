//! Notices that nobody reads our output any more, without writing to it.

use std::io;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Resolves once standard output is a pipe whose reader is gone; never for a file or a terminal.
pub(super) async fn closed() {
    // Files cannot be waited for, and are never closed by a reader.
    if let Ok(stdout) = AsyncFd::with_interest(io::stdout(), Interest::ERROR)
        && stdout.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}
