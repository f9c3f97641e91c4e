//! Requests to stop, while a write is under way: it is finished first, so that it is known what became of it
//! and nothing of it is left behind.

use std::io;
use std::pin::pin;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::stderr::print_note;

/// The signals that ask a program to stop. From the first use on they do not end this process, so nothing
/// listens to them before a write begins.
pub(super) struct StopSignals {
    signals: [Signal; 3],
    /// Whether one has come.
    pub(super) asked: bool,
}

impl StopSignals {
    pub(super) fn listen() -> io::Result<Self> {
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self { signals: [interrupt?, terminate?, hangup?], asked: false })
    }

    /// Resolves when one comes.
    pub(super) async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        self.asked = true;
    }

    /// Finishes a write, which has a deadline of its own, although a signal comes; `None` after a second one.
    pub(super) async fn finish<T>(&mut self, what: &str, write: impl Future<Output = T>) -> Option<T> {
        let mut write = pin!(write);
        tokio::select! {
            answer = &mut write => return Some(answer),
            () = self.next() => {}
        }
        print_note(&format!(
            "asked to stop: waiting for the answer to {what} first; ask again to stop at once"
        ));
        tokio::select! {
            answer = write => Some(answer),
            () = self.next() => None,
        }
    }
}
