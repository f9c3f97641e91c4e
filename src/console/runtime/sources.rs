//! Everything the loop listens to, keys first.

use futures::FutureExt;
use tokio::sync::mpsc;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, sleep_until};

use crate::console::effect::Request;
use crate::console::panic;
use crate::console::terminal::{FrameWriter, Input, Written};
use crate::inventory::Feed;

use super::feeder::Feeder;
use super::runner::Reply;
use super::signals::Signal;

/// The receiving ends of every channel.
pub(super) struct Sources {
    /// Keys; `None` while the terminal is not ours.
    pub(super) input: Option<mpsc::Receiver<Input>>,
    pub(super) signals: mpsc::Receiver<Signal>,
    pub(super) writer: FrameWriter,
    pub(super) answers: mpsc::Receiver<(Request, Reply)>,
    pub(super) log: Option<mpsc::Receiver<String>>,
    pub(super) feeder: Option<Feeder>,
}

/// What one of them gave.
#[derive(Debug)]
pub(super) enum Happening {
    Input(Input),
    Signal(Signal),
    /// A task panicked; the terminal has been given back already.
    Panicked,
    Written(Written),
    Reply(Request, Reply),
    Log(String),
    Feed(Feed),
    /// The moment that was asked for has come.
    Due,
}

impl Sources {
    /// The next thing that happens, at the latest the moment `due`. Cancelling loses nothing.
    pub(super) async fn next(&mut self, due: Option<Instant>) -> Happening {
        tokio::select! {
            biased;
            input = received(&mut self.input) => Happening::Input(input.unwrap_or(Input::Closed)),
            signal = some(self.signals.recv()) => Happening::Signal(signal),
            () = panic::happened() => Happening::Panicked,
            written = self.writer.written() => Happening::Written(written),
            (request, reply) = some(self.answers.recv()) => Happening::Reply(request, reply),
            () = at(due) => Happening::Due,
            line = some(received(&mut self.log)) => Happening::Log(line),
            feed = fed(&mut self.feeder) => Happening::Feed(feed),
        }
    }

    /// What has happened already, without waiting.
    pub(super) fn ready(&mut self) -> Option<Happening> {
        // The loop bounds its turns itself; tokio's own budget would end them early.
        unconstrained(self.next(None)).now_or_never()
    }

    /// As [`Sources::ready`], of keys alone.
    pub(super) fn ready_input(&mut self) -> Option<Happening> {
        self.input.as_mut()?.try_recv().ok().map(Happening::Input)
    }

    /// Log lines that wait.
    pub(super) fn ready_log(&mut self, lines: &mut Vec<String>) {
        while let Some(line) = self.log.as_mut().and_then(|log| log.try_recv().ok()) {
            lines.push(line);
        }
    }
}

async fn received<T>(receiver: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    match receiver {
        Some(receiver) => receiver.recv().await,
        None => std::future::pending().await,
    }
}

/// A closed channel is no news.
async fn some<T>(received: impl Future<Output = Option<T>>) -> T {
    match received.await {
        Some(value) => value,
        None => std::future::pending().await,
    }
}

async fn fed(feeder: &mut Option<Feeder>) -> Feed {
    match feeder {
        Some(feeder) => feeder.next().await,
        None => std::future::pending().await,
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
