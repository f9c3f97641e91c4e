//! The event sources of the loop: one select over all channels, keys first.

use futures::FutureExt;
use futures::future::OptionFuture;
use tokio::sync::mpsc;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, sleep_until};

use super::signals::Signal;
use super::task_reply::TaskReply;
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

/// An event from one of the sources.
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
    /// The next event, [`LoopEvent::Due`] at the latest. A source that is closed or absent yields none.
    /// Cancel-safe.
    pub(super) async fn next(&mut self, due: Option<Instant>) -> LoopEvent {
        tokio::select! {
            biased;
            Some(input) = OptionFuture::from(self.input.as_mut().map(mpsc::Receiver::recv)) => {
                LoopEvent::Input(input.unwrap_or(TerminalInput::Closed))
            }
            Some(signal) = self.signals.recv() => LoopEvent::Signal(signal),
            () = panic_hook::panicked() => LoopEvent::Panicked,
            written = self.writer.written() => LoopEvent::Written(written),
            Some((request, reply)) = self.answers.recv() => LoopEvent::Reply(request, reply),
            Some(()) = OptionFuture::from(due.map(sleep_until)) => LoopEvent::Due,
            Some(Some(line)) = OptionFuture::from(self.log.as_mut().map(mpsc::Receiver::recv)) => {
                LoopEvent::Log(line)
            }
            Some(feed) = OptionFuture::from(self.feeder.as_mut().map(WatchFeed::next)) => LoopEvent::Feed(feed),
        }
    }

    /// The next event that is ready, without waiting.
    pub(super) fn ready(&mut self) -> Option<LoopEvent> {
        // The loop limits its turns itself; tokio's cooperative budget would end them early.
        unconstrained(self.next(None)).now_or_never()
    }
}
