//! A console without a terminal, for tests that type real keys and read what was written.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::console::layout::Size;
use crate::console::model::Context;
use crate::console::terminal::{Decoder, Device, Input};

use super::signals::Signal;
use super::{ConsoleConfig, Program, run_on};

/// How long a condition may take to come true before a test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running console whose keys are typed and whose bytes are read by a test.
pub struct Headless {
    line: Line,
    signals: mpsc::Sender<Signal>,
    running: JoinHandle<io::Result<u8>>,
}

/// A terminal in memory; clones are the same one.
#[derive(Clone)]
struct Line(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

struct State {
    size: Size,
    /// The keyboard, while the console listens.
    keyboard: Option<mpsc::Sender<Input>>,
    written: Vec<u8>,
    writes: usize,
    stalled: bool,
    claims: usize,
    claimed: bool,
    stops: usize,
    said: String,
}

/// What a test may look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Every byte so far.
    pub written: Vec<u8>,
    /// In how many writes.
    pub writes: usize,
    /// How often the terminal was claimed.
    pub claims: usize,
    /// Whether it is claimed now.
    pub claimed: bool,
    /// How often the console stopped itself.
    pub stops: usize,
    /// What was said beside the screen.
    pub said: String,
}

impl Headless {
    /// Starts a console in a task of the current Tokio runtime.
    pub fn start<P: Program + Send + 'static>(
        config: ConsoleConfig,
        size: Size,
        program: impl FnOnce(Context, Size) -> P + Send + 'static,
    ) -> Self {
        let state = State {
            size,
            keyboard: None,
            written: Vec::new(),
            writes: 0,
            stalled: false,
            claims: 0,
            claimed: false,
            stops: 0,
            said: String::new(),
        };
        let line = Line(Arc::new(Shared { state: Mutex::new(state), changes: watch::Sender::new(0) }));
        let (signals, receiver) = mpsc::channel(8);
        let running = tokio::spawn(run_on(config, program, line.clone(), receiver));
        Self { line, signals, running }
    }

    /// Types keys as a terminal sends them: text, `\x1b` for escape, `\r` for enter.
    pub async fn type_keys(&self, bytes: &[u8]) {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(bytes, |input| inputs.push(input));
        inputs.extend(decoder.give_up());
        for input in inputs {
            self.send(input).await;
        }
    }

    /// Presses one key.
    pub async fn press(&self, key: KeyEvent) {
        self.send(Input::Key(key)).await;
    }

    /// Sends one input, as soon as the console listens.
    pub async fn send(&self, input: Input) {
        self.until(|_| self.line.with(|state| state.keyboard.is_some())).await;
        let keyboard = self.line.with(|state| state.keyboard.clone());
        if let Some(keyboard) = keyboard {
            let _ = keyboard.send(input).await;
        }
    }

    /// Sends a signal.
    pub async fn signal(&self, signal: Signal) {
        let _ = self.signals.send(signal).await;
    }

    /// Changes the terminal's size.
    pub async fn resize(&self, size: Size) {
        self.line.change(|state| state.size = size);
        self.signal(Signal::Resize).await;
    }

    /// Makes the terminal take no bytes, or take them again.
    pub fn stall(&self, stalled: bool) {
        self.line.change(|state| state.stalled = stalled);
    }

    /// What there is to see now.
    pub fn seen(&self) -> Seen {
        self.line.seen()
    }

    /// Waits until a condition is true of what there is to see; says whether it came true in time.
    pub async fn until(&self, condition: impl Fn(&Seen) -> bool) -> bool {
        let mut changes = self.line.0.changes.subscribe();
        let come_true = async {
            while !condition(&self.line.seen()) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        timeout(PATIENCE, come_true).await.is_ok()
    }

    /// Waits until the console has been left; answers its exit code and how long that took.
    ///
    /// # Errors
    /// What the console answered, or that it did not end.
    pub async fn ended(self) -> io::Result<(u8, Duration, Seen)> {
        let began = Instant::now();
        let ended = timeout(PATIENCE, self.running).await?;
        let code = ended.map_err(io::Error::other)??;
        Ok((code, began.elapsed(), self.line.seen()))
    }
}

impl Line {
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = self.with(change);
        self.0.changes.send_modify(|count| *count += 1);
        changed
    }

    fn seen(&self) -> Seen {
        self.with(|state| Seen {
            written: state.written.clone(),
            writes: state.writes,
            claims: state.claims,
            claimed: state.claimed,
            stops: state.stops,
            said: state.said.clone(),
        })
    }
}

impl Device for Line {
    type Ears = ();

    fn claim(&mut self) -> io::Result<()> {
        self.change(|state| {
            state.claims += 1;
            state.claimed = true;
        });
        Ok(())
    }

    fn restore(&mut self, _until: Instant) {
        self.change(|state| state.claimed = false);
    }

    fn size(&self) -> Size {
        self.with(|state| state.size)
    }

    fn output(&self) -> Box<dyn Write + Send> {
        Box::new(Output(self.clone()))
    }

    fn listen(&mut self) -> io::Result<((), mpsc::Receiver<Input>)> {
        let (sender, receiver) = mpsc::channel(256);
        self.change(|state| state.keyboard = Some(sender));
        Ok(((), receiver))
    }

    fn say(&mut self, line: &str) {
        self.change(|state| state.said.push_str(line));
    }

    fn stop(&mut self) {
        self.change(|state| {
            state.stops += 1;
            state.keyboard = None;
        });
    }
}

struct Output(Line);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        while self.0.with(|state| state.stalled) {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.0.change(|state| {
            state.written.extend_from_slice(bytes);
            state.writes += 1;
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
