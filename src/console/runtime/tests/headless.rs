//! A console on a terminal in memory, for tests that type real keys and read the bytes written.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::signals::Signal;
use super::super::{ConsoleConfig, ConsoleExit, ContextSwitch, Program, run_contexts_on};
use crate::console::model::ConsoleContext;
use crate::console::shell::layout::Size;
use crate::console::terminal::{Decoder, Device, TerminalInput};

/// How long a condition may take to become true before a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running console that a test drives.
pub(super) struct HeadlessConsole {
    terminal: HeadlessTerminal,
    signals: mpsc::Sender<Signal>,
    running: JoinHandle<io::Result<ConsoleExit>>,
}

/// A terminal in memory; clones share it.
#[derive(Clone)]
struct HeadlessTerminal(Arc<HeadlessShared>);

struct HeadlessShared {
    state: Mutex<HeadlessState>,
    changes: watch::Sender<u64>,
}

struct HeadlessState {
    size: Size,
    /// Where input is sent, while the console listens.
    keyboard: Option<mpsc::Sender<TerminalInput>>,
    stalled: bool,
    seen: HeadlessSnapshot,
}

/// The state of the terminal, as tests see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HeadlessSnapshot {
    /// Every byte written so far.
    pub(super) written: Vec<u8>,
    /// The number of writes.
    pub(super) writes: usize,
    /// How often the terminal was claimed.
    pub(super) claims: usize,
    /// Whether it is claimed now.
    pub(super) claimed: bool,
    /// How often the console suspended itself.
    pub(super) stops: usize,
    /// What was printed outside the screen.
    pub(super) printed: String,
}

impl HeadlessConsole {
    /// Starts a console in a task of the current tokio runtime.
    pub(super) fn start<P: Program + Send + 'static>(
        config: ConsoleConfig,
        size: Size,
        program: impl FnOnce(ConsoleContext, Size) -> P + Send + 'static,
    ) -> Self {
        Self::start_contexts(config, size, program, None)
    }

    /// The same, with other contexts to go to.
    pub(super) fn start_contexts<P: Program + Send + 'static>(
        config: ConsoleConfig,
        size: Size,
        program: impl FnOnce(ConsoleContext, Size) -> P + Send + 'static,
        contexts: Option<ContextSwitch<P>>,
    ) -> Self {
        let state = HeadlessState { size, keyboard: None, stalled: false, seen: HeadlessSnapshot::default() };
        let terminal = HeadlessTerminal(Arc::new(HeadlessShared {
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
        }));
        let (signals, receiver) = mpsc::channel(8);
        let running = tokio::spawn(run_contexts_on(config, program, contexts, terminal.clone(), receiver));
        Self { terminal, signals, running }
    }

    /// Types keys as a terminal encodes them: text, `\x1b` for escape, `\r` for enter.
    pub(super) async fn type_keys(&self, bytes: &[u8]) {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(bytes, |input| inputs.push(input));
        inputs.extend(decoder.flush());
        for input in inputs {
            self.send(input).await;
        }
    }

    pub(super) async fn press(&self, key: KeyEvent) {
        self.send(TerminalInput::Key(key)).await;
    }

    /// Sends one input, once the console listens.
    pub(super) async fn send(&self, input: TerminalInput) {
        self.until(|_| self.terminal.with(|state| state.keyboard.is_some())).await;
        let keyboard = self.terminal.with(|state| state.keyboard.clone());
        if let Some(keyboard) = keyboard {
            let _ = keyboard.send(input).await;
        }
    }

    pub(super) async fn signal(&self, signal: Signal) {
        let _ = self.signals.send(signal).await;
    }

    pub(super) async fn resize(&self, size: Size) {
        self.terminal.change(|state| state.size = size);
        self.signal(Signal::Resize).await;
    }

    /// Makes the terminal block writes, or accept them again.
    pub(super) fn stall(&self, stalled: bool) {
        self.terminal.change(|state| state.stalled = stalled);
    }

    pub(super) fn snapshot(&self) -> HeadlessSnapshot {
        self.terminal.snapshot()
    }

    /// Waits until a condition is true; returns whether it became true in time.
    pub(super) async fn until(&self, condition: impl Fn(&HeadlessSnapshot) -> bool) -> bool {
        let mut changes = self.terminal.0.changes.subscribe();
        let come_true = async {
            while !condition(&self.terminal.snapshot()) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        timeout(PATIENCE, come_true).await.is_ok()
    }

    /// Waits until the console has exited; returns its exit code, how long that took, and the terminal.
    ///
    /// # Errors
    /// The console's error, or a timeout.
    pub(super) async fn ended(self) -> io::Result<(u8, Duration, HeadlessSnapshot)> {
        let began = Instant::now();
        let ended = timeout(PATIENCE, self.running).await?;
        let code = ended.map_err(io::Error::other)??.code;
        Ok((code, began.elapsed(), self.terminal.snapshot()))
    }
}

impl HeadlessTerminal {
    fn with<T>(&self, look: impl FnOnce(&mut HeadlessState) -> T) -> T {
        look(&mut self.0.state.lock())
    }

    fn change<T>(&self, change: impl FnOnce(&mut HeadlessState) -> T) -> T {
        let changed = self.with(change);
        self.0.changes.send_modify(|count| *count += 1);
        changed
    }

    fn snapshot(&self) -> HeadlessSnapshot {
        self.with(|state| state.seen.clone())
    }
}

impl Device for HeadlessTerminal {
    type InputGuard = ();

    fn claim(&mut self) -> io::Result<()> {
        self.change(|state| {
            state.seen.claims += 1;
            state.seen.claimed = true;
        });
        Ok(())
    }

    fn restore(&mut self, _until: Instant) {
        self.change(|state| state.seen.claimed = false);
    }

    fn size(&self) -> Size {
        self.with(|state| state.size)
    }

    fn output(&self) -> Box<dyn Write + Send> {
        Box::new(HeadlessOutput(self.clone()))
    }

    fn listen(&mut self) -> io::Result<((), mpsc::Receiver<TerminalInput>)> {
        let (sender, receiver) = mpsc::channel(256);
        self.change(|state| state.keyboard = Some(sender));
        Ok(((), receiver))
    }

    fn print_line(&mut self, line: &str) {
        self.change(|state| state.seen.printed.push_str(line));
    }

    fn stop(&mut self) {
        self.change(|state| {
            state.seen.stops += 1;
            state.keyboard = None;
        });
    }
}

struct HeadlessOutput(HeadlessTerminal);

impl Write for HeadlessOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        while self.0.with(|state| state.stalled) {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.0.change(|state| {
            state.seen.written.extend_from_slice(bytes);
            state.seen.writes += 1;
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
