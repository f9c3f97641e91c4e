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
    /// The process was stopped and continues.
    Continue,
    Resize,
}

/// The exit codes of the signals that a terminal sends for ctrl-c and ctrl-\\.
pub const BY_KEY: [u8; 2] = [130, 131];

/// The exit code after a closed terminal or SIGHUP.
pub const HUNG_UP: u8 = 129;

/// Handles the signals that would end the process with the terminal still claimed. Rust's runtime ignores
/// SIGPIPE already.
///
/// # Errors
/// Where a handler cannot be installed.
pub fn listen() -> io::Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(8);
    let of = |unix: Unix| signal(SignalKind::from_raw(unix.as_raw()));
    let mut hangup = of(Unix::HUP)?;
    let mut interrupt = of(Unix::INT)?;
    let mut quit = of(Unix::QUIT)?;
    let mut terminate = of(Unix::TERM)?;
    let mut resumed = of(Unix::CONT)?;
    let mut resized = of(Unix::WINCH)?;
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                () = sender.closed() => return,
                _ = hangup.recv() => Signal::Terminate(HUNG_UP),
                _ = interrupt.recv() => Signal::Terminate(130),
                _ = quit.recv() => Signal::Terminate(131),
                _ = terminate.recv() => Signal::Terminate(143),
                _ = resumed.recv() => Signal::Continue,
                _ = resized.recv() => Signal::Resize,
            };
            if sender.send(signal).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}
