//! Unix signals as messages on a bounded channel.

use std::io;

use rustix::process::Signal as Unix;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// A signal that the console handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Quit now, with this exit code: 128 plus the signal's number.
    Terminate(u8),
    /// The process was stopped and has been continued.
    Continue,
    Resize,
}

/// The exit codes of the signals that a terminal sends for ctrl-c and ctrl-\\.
pub const BY_KEY: [u8; 2] = [130, 131];

/// The exit code after SIGHUP or a closed terminal.
pub const HUNG_UP: u8 = 129;

/// Handles the signals that would end the process while the terminal is claimed. Rust's runtime already
/// ignores SIGPIPE.
///
/// # Errors
/// If a handler cannot be installed.
pub fn listen() -> io::Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(8);
    for (unix, message) in [
        (Unix::HUP, Signal::Terminate(HUNG_UP)),
        (Unix::INT, Signal::Terminate(130)),
        (Unix::QUIT, Signal::Terminate(131)),
        (Unix::TERM, Signal::Terminate(143)),
        (Unix::CONT, Signal::Continue),
        (Unix::WINCH, Signal::Resize),
    ] {
        let mut received = signal(SignalKind::from_raw(unix.as_raw()))?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while received.recv().await.is_some() && sender.send(message).await.is_ok() {}
        });
    }
    Ok(receiver)
}
