//! The event sources of the loop: one select over all channels, keys first.

use futures::FutureExt;
use tokio::sync::mpsc;
use tokio::task::coop::unconstrained;
use tokio::time::Instant;

use super::clock::sleep_until_due;
use super::runner::TaskReply;
use super::signals::Signal;
use super::watch_feed::WatchFeed;
use crate::console::panic_hook;
use crate::console::request::RequestId;
use crate::console::terminal::{FrameResult, FrameWriter, TerminalInput};
use crate::inventory::InventoryEvent;

/// The receiving end of every channel.
pub(super) struct EventSources {
    /// `None` while the terminal is not ours.
    pub(super) input: Option<mpsc::Receiver<TerminalInput>>,
    pub(super) signals: mpsc::Receiver<Signal>,
    pub(super) writer: FrameWriter,
    pub(super) answers: mpsc::Receiver<(RequestId, TaskReply)>,
    pub(super) log: Option<mpsc::Receiver<String>>,
    pub(super) feeder: Option<WatchFeed>,
}

/// An event of one of the sources.
#[derive(Debug)]
pub(super) enum LoopEvent {
    Input(TerminalInput),
    Signal(Signal),
    /// A task panicked; the panic hook has already restored the terminal.
    Panicked,
    Written(FrameResult),
    Reply(RequestId, TaskReply),
    Log(String),
    Feed(InventoryEvent),
    /// The deadline passed to [`EventSources::next`].
    Due,
}

impl EventSources {
    /// The next event, [`LoopEvent::Due`] at the latest. Cancel-safe.
    pub(super) async fn next(&mut self, due: Option<Instant>) -> LoopEvent {
        tokio::select! {
            biased;
            input = recv(&mut self.input) => LoopEvent::Input(input.unwrap_or(TerminalInput::Closed)),
            signal = recv_or_pending(self.signals.recv()) => LoopEvent::Signal(signal),
            () = panic_hook::panicked() => LoopEvent::Panicked,
            written = self.writer.written() => LoopEvent::Written(written),
            (request, reply) = recv_or_pending(self.answers.recv()) => LoopEvent::Reply(request, reply),
            () = sleep_until_due(due) => LoopEvent::Due,
            line = recv_or_pending(recv(&mut self.log)) => LoopEvent::Log(line),
            feed = next_feed(&mut self.feeder) => LoopEvent::Feed(feed),
        }
    }

    /// The next event that is ready, without waiting.
    pub(super) fn ready(&mut self) -> Option<LoopEvent> {
        // The loop limits its turns itself; tokio's cooperative budget would end them early.
        unconstrained(self.next(None)).now_or_never()
    }

    /// As [`EventSources::ready`], for input alone.
    pub(super) fn ready_input(&mut self) -> Option<LoopEvent> {
        self.input.as_mut()?.try_recv().ok().map(LoopEvent::Input)
    }

    /// Appends the queued log lines.
    pub(super) fn ready_log(&mut self, lines: &mut Vec<String>) {
        while let Some(line) = self.log.as_mut().and_then(|log| log.try_recv().ok()) {
            lines.push(line);
        }
    }
}

async fn recv<T>(receiver: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    match receiver {
        Some(receiver) => receiver.recv().await,
        None => std::future::pending().await,
    }
}

/// Pending for ever once the channel is closed.
async fn recv_or_pending<T>(received: impl Future<Output = Option<T>>) -> T {
    match received.await {
        Some(value) => value,
        None => std::future::pending().await,
    }
}

async fn next_feed(feeder: &mut Option<WatchFeed>) -> InventoryEvent {
    match feeder {
        Some(feeder) => feeder.next().await,
        None => std::future::pending().await,
    }
}
