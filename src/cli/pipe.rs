//! Detects that the reader of standard output is gone, without writing to it.

use std::io;
use std::os::fd::AsFd;

use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;

/// Resolves once standard output is a pipe whose reader is gone; never for a file or a terminal.
pub(super) async fn closed() {
    if let Ok(pipe) = stdout()
        && pipe.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// Standard output for polling only. The unchecked constructor is used because the descriptor stays in
/// blocking mode. A regular file cannot be polled and is an error.
fn stdout() -> io::Result<Sender> {
    Sender::from_owned_fd_unchecked(io::stdout().as_fd().try_clone_to_owned()?)
}
