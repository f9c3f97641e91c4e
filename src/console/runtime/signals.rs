//! Signals, as messages on a bounded channel.

use std::io;

use rustix::process::Signal as Unix;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// A signal that the console acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Leave now, with this exit code: 128 and the signal's number.
    Terminate(u8),
    /// The process was stopped and goes on.
    Continue,
    /// The terminal has another size.
    Resize,
}

/// The exit codes after what a terminal sends for ctrl-c and ctrl-\\.
pub const BY_KEY: [u8; 2] = [130, 131];

/// The exit code after a closed terminal or SIGHUP.
pub const HUNG_UP: u8 = 129;

/// Takes over the signals that would end the process with the terminal still claimed. SIGPIPE is
/// ignored by Rust's own start-up.
///
/// # Errors
/// What the system says when a handler cannot be set.
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
