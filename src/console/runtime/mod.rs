//! The runtime: the only room of the console that meets providers, the clock and the terminal. It
//! turns what happens into messages, hands them to the pure [`Program`], carries its effects out and
//! draws when a frame is due.
//!
//! The loop awaits nothing but channel receives, keys first; provider calls run in tasks of their
//! own, frames are written by a thread of their own. So neither a dead store nor a stalled terminal
//! delays a key, and above all not `q`.

mod clock;
mod feeder;
mod frames;
pub mod headless;
mod journal;
mod ledger;
mod lend;
mod presence;
mod runner;
mod secret_lists;
mod secrets;
pub mod signals;
mod sources;
mod stats;
#[cfg(test)]
mod tests;
mod turn;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::Frame;
use tokio::sync::mpsc;

pub use stats::Stats;

use crate::audit::Audit;
use crate::provider::{ConfigReader, ConfigWriter, SecretAccess};

use super::effect::Effect;
use super::gate::Gate;
use super::layout::Size;
use super::message::Message;
use super::model::{Context, Redraw};
use super::outside::ExternalEditor;
use super::terminal::{Clipboard, Device, LEAVE_WITHIN, Tty};

use signals::Signal;
use turn::Loop;

/// The pure half of the console, as the runtime drives it: no clock, no I/O.
pub trait Program {
    /// Takes a message and says what must be done.
    fn update(&mut self, message: Message) -> Vec<Effect>;

    /// Draws what there is.
    fn draw(&self, frame: &mut Frame<'_>);

    /// Whether a frame is wanted; asking takes the wish away.
    fn take_redraw(&mut self) -> Redraw;

    /// When something changes by itself, as time since the start: the model's own wish and the
    /// view's next change, whichever is sooner. [`super::message::Event::Wake`] is sent then.
    fn next_wake(&self) -> Option<Duration>;
}

/// What the console is run on.
pub struct ConsoleConfig {
    /// What is connected and under which rules.
    pub context: Context,
    /// Reads the store.
    pub reader: Arc<dyn ConfigReader>,
    /// Writes it; `None` is read-only.
    pub writer: Option<Arc<dyn ConfigWriter>>,
    /// What reaches the store of secrets; without one there are none.
    pub secrets: Option<SecretAccess>,
    /// How texts reach the clipboard.
    pub clipboard: Clipboard,
    /// Lines for the tab Log, already safe to show.
    pub log: Option<mpsc::Receiver<String>>,
    /// The folder for drafts and for the files of other editors; without one none are kept.
    pub state: Option<PathBuf>,
    /// Keeps what is written.
    pub audit: Arc<Audit>,
    /// The user's own editor.
    pub editor: ExternalEditor,
    /// Where the counters are written at exit (`CONFDECK_STATS`).
    pub stats: Option<PathBuf>,
    /// Run once the first frame is on its way, before the watch is opened.
    pub startup: Vec<Box<dyn FnOnce() + Send>>,
}

/// Runs the console on the terminal behind standard output until it is left; answers the exit code.
///
/// The future must be polled by a multi-threaded Tokio runtime. Whoever called it should end that
/// runtime without waiting for its blocking threads (`shutdown_background`), because a file on a
/// dead disk may hold one.
///
/// # Errors
/// What the system says when there is no terminal ([`io::ErrorKind::Unsupported`]), or it cannot be
/// claimed.
pub async fn run<P: Program>(
    config: ConsoleConfig,
    program: impl FnOnce(Context, Size) -> P,
) -> io::Result<u8> {
    let device = Tty::open()?;
    let signals = signals::listen()?;
    run_on(config, program, device, signals).await
}

/// As [`run`], on any terminal and with any source of signals.
///
/// # Errors
/// What claiming the terminal or starting its threads says.
pub async fn run_on<P: Program, D: Device>(
    config: ConsoleConfig,
    program: impl FnOnce(Context, Size) -> P,
    device: D,
    signals: mpsc::Receiver<Signal>,
) -> io::Result<u8> {
    let ConsoleConfig {
        context,
        reader,
        writer,
        secrets,
        clipboard,
        log,
        audit,
        state,
        editor,
        stats,
        startup,
    } = config;
    let gate = Gate::new(writer, context.locked);
    let secrets = secrets::Secrets::new(secrets, context.locked);
    let schedule = frames::Schedule::new(context.frames_per_second);
    let (runner, answers) =
        runner::Runner::new(reader, (gate, secrets), context.backend, clipboard, audit, state, editor)?;
    let program = |size| program(context, size);
    let mut running = Loop::start(program, device, signals, runner, answers, log, schedule)?;
    let code = running.run(startup).await;
    let counted = running.leave(Instant::now() + LEAVE_WITHIN).await;
    if let Some(path) = stats
        && let Err(error) = counted.write(&path)
    {
        tracing::warn!(path = %path.display(), kind = %error.kind(), "the counters were not written");
    }
    Ok(code)
}
