//! The runtime: the only module of the console that uses providers, the clock and the terminal. It turns
//! input, answers and watch events into messages, passes them to the pure [`Program`], carries its effects
//! out and draws when a frame is due.
//!
//! The event loop awaits nothing but channel receives, keys first; provider calls run in tasks of their
//! own, frames are written by a thread of their own. So neither a dead store nor a stalled terminal
//! delays a key, least of all `q`.

mod effects;
mod event_log;
mod event_loop;
mod external_editor;
mod frames;
mod presence;
mod runner;
mod secret_listing;
mod secrets;
pub mod signals;
mod sources;
mod stats;
mod task_reply;
#[cfg(test)]
mod tests;
mod watch_feed;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use event_loop::EventLoop;
use frames::FrameSchedule;
use ratatui::Frame;
use runner::EffectRunner;
use signals::Signal;
use tokio::sync::mpsc;

use super::effect::Effect;
use super::external_editor::ExternalEditor;
use super::message::Message;
use super::model::{ConsoleContext, Redraw};
use super::terminal::{Clipboard, Device, LEAVE_WITHIN, Tty};
use crate::audit::Audit;
use crate::console::shell::layout::Size;
use crate::provider::{ConfigReader, ConfigWriter, SecretAccess};

pub use stats::Stats;

/// The pure half of the console: no clock, no I/O.
pub trait Program {
    /// Handles a message; returns the effects to carry out.
    fn update(&mut self, message: Message) -> Vec<Effect>;

    fn draw(&self, frame: &mut Frame<'_>);

    /// Takes the pending request for a frame.
    fn take_redraw(&mut self) -> Redraw;

    /// When something changes by itself, as time since the start: the model's next wake or the view's next
    /// change, whichever is sooner. [`super::message::AppEvent::Wake`] is sent then.
    fn next_wake(&self) -> Option<Duration>;
}

/// What the console runs on.
pub struct ConsoleConfig {
    /// What the model knows of the store and its rules.
    pub context: ConsoleContext,
    pub reader: Arc<dyn ConfigReader>,
    /// `None` is read-only.
    pub writer: Option<Arc<dyn ConfigWriter>>,
    /// Access to the store of secrets, if there is one.
    pub secrets: Option<SecretAccess>,
    pub clipboard: Clipboard,
    /// Lines for the tab Log, already escaped.
    pub log: Option<mpsc::Receiver<String>>,
    /// The state folder, for drafts and files of the external editor; without one nothing is saved.
    pub state: Option<PathBuf>,
    pub audit: Arc<Audit>,
    pub editor: ExternalEditor,
    /// Where the counters are written on exit (`CONFDECK_STATS`).
    pub stats: Option<PathBuf>,
    /// Hooks that run after the first frame, before the watch is opened.
    pub startup: Vec<Box<dyn FnOnce() + Send>>,
}

/// Runs the console on the terminal behind standard output until the user quits; returns the exit code.
///
/// The future must be polled by a multi-threaded tokio runtime. The caller should shut that runtime down
/// without waiting for its blocking threads (`shutdown_background`), because one may hang on a dead disk.
///
/// # Errors
/// [`io::ErrorKind::Unsupported`] where there is no terminal, or the error of claiming it.
pub async fn run<P: Program>(
    config: ConsoleConfig,
    program: impl FnOnce(ConsoleContext, Size) -> P,
) -> io::Result<u8> {
    let device = Tty::open()?;
    let signals = signals::listen()?;
    run_on(config, program, device, signals).await
}

/// As [`run`], on any terminal and with any source of signals.
///
/// # Errors
/// The error of claiming the terminal or of starting its threads.
pub async fn run_on<P: Program, D: Device>(
    config: ConsoleConfig,
    program: impl FnOnce(ConsoleContext, Size) -> P,
    device: D,
    signals: mpsc::Receiver<Signal>,
) -> io::Result<u8> {
    let context = config.context;
    let schedule = FrameSchedule::new(context.frames_per_second);
    let (runner, answers) = EffectRunner::new(
        config.reader,
        (config.writer, config.secrets, context.locked),
        context.backend.name,
        config.clipboard,
        config.audit,
        config.state,
        config.editor,
    )?;
    let program = |size| program(context, size);
    let mut running = EventLoop::start(program, device, signals, runner, answers, config.log, schedule)?;
    let code = running.run(config.startup).await;
    let counted = running.leave(Instant::now() + LEAVE_WITHIN).await;
    if let Some(path) = config.stats
        && let Err(error) = counted.write(&path)
    {
        tracing::warn!(path = %path.display(), kind = %error.kind(), "the counters were not written");
    }
    Ok(code)
}
