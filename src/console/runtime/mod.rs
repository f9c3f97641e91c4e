//! The runtime: the only module of the console that uses providers, the clock and the terminal. It turns
//! input, answers and watch events into messages, passes them to the pure [`Program`], carries out its
//! effects and draws when a frame is due.
//!
//! The event loop awaits only channel receives, keys first. Provider calls run in tasks of their own, and
//! frames are written by a separate thread, so neither a dead store nor a stalled terminal delays a key,
//! least of all `q`.

mod clock;
mod context;
mod effects;
mod event_log;
mod event_loop;
mod external_editor;
mod frames;
mod presence;
mod runner;
mod secret_listing;
mod secrets;
mod settings;
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

use crossterm::event::KeyEvent;
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

pub use clock::Clock;
pub use context::{ContextSwitch, NextConsole, OpenContext, ResolveContext};
pub use settings::OpenApplication;
pub use stats::Stats;

/// The pure half of the console: no clock, no I/O.
pub trait Program {
    /// Handles a message; returns the effects to carry out.
    fn update(&mut self, message: Message) -> Vec<Effect>;

    /// Whether a key would be text now; such keys are told several at once, if they have come at once.
    fn is_text(&self, _key: KeyEvent) -> bool {
        false
    }

    /// The same of a key that would take text back: it is told once, with how often it has come.
    fn takes_back(&self, _key: KeyEvent) -> bool {
        false
    }

    fn draw(&self, frame: &mut Frame<'_>);

    /// Takes the pending request for a frame.
    fn take_redraw(&mut self) -> Redraw;

    /// When something changes without an event, as time since the start: the model's next wake-up or the
    /// view's next change, whichever is sooner. The runtime then sends [`super::message::AppEvent::Wake`].
    fn next_wake(&self) -> Option<Duration>;
}

/// The dependencies of the console.
pub struct ConsoleConfig {
    /// What the model knows about the store and its rules.
    pub context: ConsoleContext,
    pub reader: Arc<dyn ConfigReader>,
    /// `None` makes the console read-only.
    pub writer: Option<Arc<dyn ConfigWriter>>,
    /// Access to the store of secrets, if there is one.
    pub secrets: Option<SecretAccess>,
    /// Opens the application whose settings are shown, if there is one.
    pub application: Option<OpenApplication>,
    pub clipboard: Clipboard,
    /// Lines for the Log tab, already escaped.
    pub log: Option<mpsc::Receiver<String>>,
    /// The state folder, for drafts and the external editor's files; without one nothing is saved.
    pub state: Option<PathBuf>,
    pub audit: Arc<Audit>,
    pub editor: ExternalEditor,
    /// Where the counters are written on exit (`CONFDECK_STATS`).
    pub stats: Option<PathBuf>,
    pub clock: Clock,
    /// Hooks that run after the first frame, before the watch is opened.
    pub startup: Vec<Box<dyn FnOnce() + Send>>,
}

/// How long exit waits for files, from drafts to the log: the rest of [`LEAVE_WITHIN`] is for the end itself.
const FILES_WITHIN: Duration = Duration::from_millis(150);

/// How a console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsoleExit {
    /// The exit code.
    pub code: u8,
    /// When the process should have ended.
    pub until: Instant,
}

/// Runs the console on the terminal behind standard output until the user quits.
///
/// The future must be polled by a multi-threaded tokio runtime. The caller should shut that runtime down
/// without waiting for its blocking threads (`shutdown_background`), because one may hang on a dead disk.
///
/// # Errors
/// [`io::ErrorKind::Unsupported`] if there is no terminal, or the error from claiming it.
pub async fn run<P: Program>(
    config: ConsoleConfig,
    program: impl FnOnce(ConsoleContext, Size) -> P,
) -> io::Result<ConsoleExit> {
    run_contexts(config, program, None).await
}

/// Like [`run`], and goes on with other contexts where the user asks for one.
///
/// # Errors
/// As [`run`].
pub async fn run_contexts<P: Program>(
    config: ConsoleConfig,
    program: impl FnOnce(ConsoleContext, Size) -> P,
    contexts: Option<ContextSwitch<P>>,
) -> io::Result<ConsoleExit> {
    let device = Tty::open()?;
    let signals = signals::listen()?;
    run_contexts_on(config, program, contexts, device, signals).await
}

/// Like [`run`], on any terminal and with any source of signals.
///
/// # Errors
/// The error from claiming the terminal or from starting its threads.
pub async fn run_on<P: Program, D: Device>(
    config: ConsoleConfig,
    program: impl FnOnce(ConsoleContext, Size) -> P,
    device: D,
    signals: mpsc::Receiver<Signal>,
) -> io::Result<ConsoleExit> {
    run_contexts_on(config, program, None, device, signals).await
}

/// Like [`run_contexts`], on any terminal and with any source of signals.
///
/// # Errors
/// As [`run_on`].
pub async fn run_contexts_on<P: Program, D: Device>(
    config: ConsoleConfig,
    program: impl FnOnce(ConsoleContext, Size) -> P,
    contexts: Option<ContextSwitch<P>>,
    device: D,
    signals: mpsc::Receiver<Signal>,
) -> io::Result<ConsoleExit> {
    let context = config.context;
    let schedule = FrameSchedule::new(context.frames_per_second);
    let (mut runner, answers) = EffectRunner::new(
        (config.reader, context.secret_names.clone()),
        (config.writer, config.secrets, context.locked),
        context.backend.name,
        config.clipboard,
        config.audit,
        config.state,
        config.editor,
    )?;
    if let Some(open) = config.application {
        runner.follow_settings(open);
    }
    runner.resolve_context = contexts.as_ref().map(|contexts| Arc::clone(&contexts.resolve));
    let program = |size| program(context, size);
    let mut running =
        EventLoop::start(program, device, signals, runner, answers, config.log, (schedule, config.clock))?;
    running.contexts = contexts;
    let code = running.run(config.startup).await;
    let (terminal, until) = (Instant::now() + LEAVE_WITHIN, Instant::now() + FILES_WITHIN);
    let counted = running.leave(terminal, until).await;
    if let Some(path) = config.stats {
        counted.write_until(path, until);
    }
    Ok(ConsoleExit { code, until })
}
