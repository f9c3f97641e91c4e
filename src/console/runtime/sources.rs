//! The event sources of the loop: one select over all channels, keys first.

use crossterm::event::{KeyCode, KeyEvent};
use futures::FutureExt;
use futures::future::OptionFuture;
use tokio::sync::mpsc;
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, sleep_until};

use super::Program;
use super::signals::Signal;
use super::task_reply::TaskReply;
use super::watch_feed::WatchFeed;
use crate::console::message::AppEvent;
use crate::console::panic_hook;
use crate::console::request::RequestId;
use crate::console::terminal::{FrameResult, FrameWriter, TerminalInput};
use crate::inventory::InventoryEvent;

/// The receiving end of every channel.
pub(super) struct EventSources {
    /// `None` while the terminal is not ours.
    pub(super) input: Option<mpsc::Receiver<TerminalInput>>,
    /// The next input, taken already.
    pub(super) ahead: Option<TerminalInput>,
    pub(super) signals: mpsc::Receiver<Signal>,
    pub(super) writer: FrameWriter,
    pub(super) answers: mpsc::Receiver<(RequestId, TaskReply)>,
    pub(super) log: Option<mpsc::Receiver<String>>,
    pub(super) feeder: Option<WatchFeed>,
}

/// The most keys that are one edit.
const KEYS: usize = 4_096;

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
        if let Some(input) = self.ahead.take() {
            return LoopEvent::Input(input);
        }
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

    /// The next input that has come, without waiting.
    pub(super) fn ready_input(&mut self) -> Option<TerminalInput> {
        self.ahead.take().or_else(|| self.input.as_mut()?.try_recv().ok())
    }

    /// A key together with those that have come after it and are one edit with it: text, or the same key that
    /// takes text back. Each edit of a long line costs as much as the line is long.
    pub(super) fn ready_keys(&mut self, key: KeyEvent, program: &impl Program) -> AppEvent {
        if let Some((text, ahead)) = gather_text(key, |key| program.is_text(key), || self.ready_input()) {
            self.ahead = ahead;
            return if text.chars().nth(1).is_some() { AppEvent::Typed(text) } else { AppEvent::Key(key) };
        }
        if !program.takes_back(key) {
            return AppEvent::Key(key);
        }
        let (count, ahead) = count_repeats(key, || self.ready_input());
        self.ahead = ahead;
        if count > 1 { AppEvent::Repeated(key, count) } else { AppEvent::Key(key) }
    }

    /// Leaves all further input to whoever has the terminal next.
    pub(super) fn close_input(&mut self) {
        self.input = None;
        self.ahead = None;
    }

    /// The next event that is ready, without waiting.
    pub(super) fn ready(&mut self) -> Option<LoopEvent> {
        // The loop limits its turns itself; tokio's cooperative budget would end them early.
        unconstrained(self.next(None)).now_or_never()
    }
}

/// The characters of a key and of those that follow while they are text, and the input after them.
fn gather_text(
    first: KeyEvent,
    is_text: impl Fn(KeyEvent) -> bool,
    mut next: impl FnMut() -> Option<TerminalInput>,
) -> Option<(String, Option<TerminalInput>)> {
    let character = |key: KeyEvent| match key.code {
        KeyCode::Char(c) if is_text(key) => Some(c),
        _ => None,
    };
    let mut text = String::from(character(first)?);
    for _ in 1..KEYS {
        match next() {
            Some(TerminalInput::Key(key)) if let Some(c) = character(key) => text.push(c),
            ahead => return Some((text, ahead)),
        }
    }
    Some((text, None))
}

/// How often a key has come in a row, and the input after that.
fn count_repeats(
    key: KeyEvent,
    mut next: impl FnMut() -> Option<TerminalInput>,
) -> (usize, Option<TerminalInput>) {
    for count in 1..KEYS {
        match next() {
            Some(TerminalInput::Key(next)) if (next.code, next.modifiers) == (key.code, key.modifiers) => {}
            ahead => return (count, ahead),
        }
    }
    (KEYS, None)
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;

    fn input(c: char) -> TerminalInput {
        TerminalInput::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
    }

    /// Gathers while characters are lower case, as if `typed` had all come.
    fn gathered(typed: &str) -> Option<(String, Option<TerminalInput>)> {
        let mut inputs = typed.chars().map(input);
        let Some(TerminalInput::Key(first)) = inputs.next() else { panic!("a key") };
        let is_text = |key: KeyEvent| matches!(key.code, KeyCode::Char(c) if c.is_lowercase());
        gather_text(first, is_text, || inputs.next())
    }

    #[test]
    fn keys_that_have_come_are_one_edit_up_to_the_first_that_is_none() {
        assert_eq!(gathered("a"), Some(("a".into(), None)));
        assert_eq!(gathered("abc"), Some(("abc".into(), None)));
        assert_eq!(gathered("abQc"), Some(("ab".into(), Some(input('Q')))));
        assert_eq!(gathered("Qab"), None, "an action is never taken for text");
    }

    #[test]
    fn a_key_that_is_held_is_counted_up_to_the_first_that_is_another() {
        let counted = |typed: &str| {
            let mut inputs = typed.chars().map(input);
            let Some(TerminalInput::Key(first)) = inputs.next() else { panic!("a key") };
            count_repeats(first, || inputs.next())
        };
        assert_eq!(counted("x"), (1, None));
        assert_eq!(counted("xxx"), (3, None));
        assert_eq!(counted("xxqx"), (2, Some(input('q'))));
        assert_eq!(counted(&"x".repeat(5_000)), (KEYS, None));
    }

    #[test]
    fn sixty_four_thousand_keys_are_a_few_edits() {
        let mut inputs = std::iter::repeat_n(input('x'), 64_000);
        let (mut edits, mut keys) = (0, 0);
        while let Some(TerminalInput::Key(first)) = inputs.next() {
            let (text, ahead) = gather_text(first, |_| true, || inputs.next()).unwrap();
            assert_eq!(ahead, None);
            keys += text.len();
            edits += 1;
        }
        assert_eq!((keys, edits), (64_000, 16));
    }
}
