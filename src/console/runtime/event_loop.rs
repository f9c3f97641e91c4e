//! The event loop: waits for an event, handles it and all that are ready, draws if a frame is due.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc;
use zeroize::Zeroize;

use super::clock::Clock;
use super::context::ContextSwitch;
use super::frames::FrameSchedule;
use super::runner::EffectRunner;
use super::signals::{BY_KEY, HUNG_UP, Signal};
use super::sources::{EventSources, LoopEvent};
use super::task_reply::TaskReply;
use super::watch_feed::WatchFeed;
use super::{Program, Stats};
use crate::config::Settings;
use crate::console::external_editor::{EditorProcess, ExternalDraft};
use crate::console::message::{Answer, AppEvent, Message};
use crate::console::model::Redraw;
use crate::console::panic_hook::PANICKED;
use crate::console::request::RequestId;
use crate::console::secret_jobs::{RevealOutcome, SecretJobResult};
use crate::console::shell::layout::Size;
use crate::console::stamp::Stamp;
use crate::console::terminal::{Device, FrameResult, FrameWriter, LEAVE_WITHIN, Painter, TerminalInput};
use crate::domain::Opaque;
use crate::private_file::io_reason;

/// The longest turn before the loop checks whether a frame is due.
const TURN: Duration = Duration::from_millis(8);

/// The most changes that one turn applies.
const CHANGES: usize = 4_096;

/// The shortest time between two wake-ups, even if the program asks for less.
const WAKE_APART: Duration = Duration::from_millis(10);

/// How long a suspended console waits for the stop before it reclaims the terminal: the kernel does not stop
/// a process that no shell could continue.
const STOP_WITHIN: Duration = Duration::from_millis(200);

/// How long exit waits for the frame in flight; the rest of [`LEAVE_WITHIN`] is for restoring the terminal.
const SETTLE_WITHIN: Duration = Duration::from_millis(120);

/// A running console.
pub(super) struct EventLoop<P, D: Device> {
    pub(super) program: P,
    pub(super) device: D,
    input_guard: Option<D::InputGuard>,
    pub(super) sources: EventSources,
    pub(super) runner: EffectRunner,
    painter: Painter,
    spare_buffer: Vec<u8>,
    pub(super) schedule: FrameSchedule,
    /// The only time source of `update` and `view`, read once per message.
    pub(super) clock: Clock,
    /// The wall clock's time of the start, see [`Stamp::at`].
    pub(super) started_wall: SystemTime,
    pub(super) last_wake: Duration,
    /// While suspended: the latest time to reclaim the terminal.
    suspended: Option<Duration>,
    pub(super) exit: Option<LoopExit>,
    /// The running external editor.
    pub(super) external_editor: Option<(RequestId, EditorProcess)>,
    /// While the editor has the terminal, nothing is drawn, and keys and their signals belong to the editor.
    pub(super) editor_has_terminal: bool,
    /// Printed once the terminal is restored.
    pub(super) exit_message: Option<String>,
    /// What other contexts are opened with, if there are any.
    pub(super) contexts: Option<ContextSwitch<P>>,
    /// The settings that were read last.
    pub(super) next_settings: Option<Box<Settings>>,
    stats: Stats,
}

/// The reasons to end a turn at once, because they require the terminal to be released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LoopExit {
    /// Quit with this exit code.
    Quit(u8),
    /// Suspend until the shell continues the process.
    Suspend,
    /// Go on with the context whose settings were read last.
    EnterContext { name: String, accepts_loss: bool },
    /// Start the external editor on this draft.
    ExternalEditor(RequestId, Box<ExternalDraft>),
}

impl<P: Program, D: Device> EventLoop<P, D> {
    pub(super) fn start(
        program: impl FnOnce(Size) -> P,
        mut device: D,
        signals: mpsc::Receiver<Signal>,
        runner: EffectRunner,
        answers: mpsc::Receiver<(RequestId, TaskReply)>,
        log: Option<mpsc::Receiver<String>>,
        (schedule, clock): (FrameSchedule, Clock),
    ) -> io::Result<Self> {
        let writer = FrameWriter::start(device.output())?;
        device.claim()?;
        let size = device.size().drawn();
        let painter = Painter::new(size)?;
        let (ears, input) = device.listen()?;
        let sources =
            EventSources { input: Some(input), ahead: None, signals, writer, answers, log, feeder: None };
        Ok(Self {
            program: program(size),
            device,
            input_guard: Some(ears),
            sources,
            runner,
            painter,
            spare_buffer: Vec::new(),
            schedule,
            clock,
            started_wall: SystemTime::now(),
            last_wake: Duration::ZERO,
            suspended: None,
            exit: None,
            external_editor: None,
            editor_has_terminal: false,
            exit_message: None,
            contexts: None,
            next_settings: None,
            stats: Stats::default(),
        })
    }

    /// Runs until the console quits; returns the exit code.
    pub(super) async fn run(&mut self, startup: Vec<Box<dyn FnOnce() + Send>>) -> u8 {
        self.draw_if_due();
        startup.into_iter().for_each(|hook| hook());
        self.sources.feeder = Some(WatchFeed::open(&*self.runner.reader, &self.runner.secret_names));
        loop {
            let due =
                self.next_due().map(|at| (Instant::now() + at.saturating_sub(self.clock.elapsed())).into());
            let first = self.sources.next(due).await;
            self.turn(first);
            match self.exit.take() {
                Some(LoopExit::Quit(code)) => return code,
                Some(LoopExit::Suspend) => self.suspend().await,
                Some(LoopExit::EnterContext { name, accepts_loss }) => {
                    if let Err(words) = self.enter_context(accepts_loss).await {
                        let answer = Answer::ContextRefused(name, words);
                        self.dispatch(AppEvent::Answer(RequestId::default(), answer));
                    }
                    self.draw_if_due();
                }
                Some(LoopExit::ExternalEditor(request, draft)) => {
                    self.start_external_editor(request, *draft).await
                }
                None => self.draw_if_due(),
            }
        }
    }

    /// Restores the terminal until one moment, and saves drafts until the other; returns the counters.
    pub(super) async fn leave(mut self, terminal: Instant, files: Instant) -> Stats {
        // Answers are no longer read, so senders must not wait.
        self.sources.answers.close();
        // Drafts are saved while the terminal is released.
        let flushed = self.runner.drafts.flush();
        self.external_editor = None;
        self.release_terminal(terminal).await;
        let unsaved = flushed.unsaved_by(files).await;
        let farewell =
            self.exit_message.take().into_iter().chain(unsaved.map(|why| format!("not saved: {why}")));
        for words in farewell {
            self.device.print_line(&format!("confdeck: {words}\n"));
        }
        self.stats
    }

    /// When to wake without any other event.
    fn next_due(&self) -> Option<Duration> {
        if let Some(at) = self.suspended {
            return Some(at);
        }
        let may_draw = self.sources.writer.is_free() && !self.editor_has_terminal;
        self.schedule.due_at().filter(|_| may_draw).into_iter().chain(self.wake_at()).min()
    }

    fn wake_at(&self) -> Option<Duration> {
        self.program.next_wake().map(|at| at.max(self.last_wake + WAKE_APART))
    }

    /// Handles one event and those that are ready after it, within the limits of a turn. After input only
    /// further input is handled, so that the effect of a key is drawn first.
    fn turn(&mut self, first: LoopEvent) {
        let began = Instant::now();
        let mut changes = 0;
        let mut next = Some(first);
        while let Some(happening) = next {
            let typed = matches!(happening, LoopEvent::Input(_));
            changes += self.handle(happening);
            if self.exit.is_some() || changes >= CHANGES || began.elapsed() >= TURN {
                return;
            }
            next =
                if typed { self.sources.ready_input().map(LoopEvent::Input) } else { self.sources.ready() };
        }
    }

    /// Handles one event; returns how many changes it contained.
    fn handle(&mut self, happening: LoopEvent) -> usize {
        if self.clock.has_slept() {
            self.dispatch(AppEvent::Slept);
        }
        match happening {
            LoopEvent::Input(TerminalInput::Key(key)) => {
                let event = self.sources.ready_keys(key, &self.program);
                self.dispatch(event);
            }
            LoopEvent::Input(TerminalInput::Paste(text)) => self.dispatch(AppEvent::Paste(text)),
            LoopEvent::Input(TerminalInput::LostText(why)) => self.dispatch(AppEvent::LostText(why)),
            LoopEvent::Input(TerminalInput::Closed) => self.terminate(HUNG_UP),
            // Meant for the editor that has the terminal.
            LoopEvent::Signal(Signal::Terminate(code))
                if self.editor_has_terminal && BY_KEY.contains(&code) => {}
            LoopEvent::Signal(Signal::Continue) if self.editor_has_terminal => {}
            LoopEvent::Signal(Signal::Terminate(code)) => self.terminate(code),
            LoopEvent::Signal(Signal::Continue) => self.reclaim_terminal(),
            LoopEvent::Signal(Signal::Resize) => self.resize(),
            LoopEvent::Signal(Signal::Awake) => {}
            // Drafts are still saved.
            LoopEvent::Panicked => self.terminate(PANICKED),
            LoopEvent::Written(written) => self.written(written),
            LoopEvent::Reply(request, reply) => self.reply(request, reply),
            LoopEvent::Log(line) => self.log(line),
            LoopEvent::Due => self.due(),
            LoopEvent::Feed(feed) => {
                let changes = self.stats.count(&feed);
                self.dispatch(AppEvent::Feed(feed));
                return changes;
            }
        }
        0
    }

    /// Passes an event to the program and carries out the resulting effects.
    pub(super) fn dispatch(&mut self, event: AppEvent) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let at = Stamp::at(self.clock.elapsed(), SystemTime::now(), &mut self.started_wall);
            let effects = self.program.update(Message { at, event });
            self.schedule.request(self.program.take_redraw());
            for effect in effects {
                if !matches!(self.exit, Some(LoopExit::Quit(_))) {
                    events.extend(self.perform(effect));
                }
            }
        }
    }

    /// The program may return effects, but the console quits in any case.
    fn terminate(&mut self, code: u8) {
        self.runner.drafts.begin_exit();
        self.dispatch(AppEvent::Terminate);
        self.exit = Some(LoopExit::Quit(code));
    }

    fn due(&mut self) {
        let now = self.clock.elapsed();
        if self.suspended.is_some_and(|at| at <= now) {
            self.reclaim_terminal();
        } else if self.wake_at().is_some_and(|at| at <= now) {
            self.last_wake = now;
            self.dispatch(AppEvent::Wake);
        }
    }

    pub(super) fn reply(&mut self, request: RequestId, reply: TaskReply) {
        let answer = match reply {
            TaskReply::Answer(answer) => answer,
            TaskReply::ExternalEditor(news) => {
                self.on_editor_event(request, &news);
                Answer::ExternalEditor(news)
            }
            TaskReply::Context(read) => Answer::ContextResolved(read.map(|settings| {
                self.next_settings = Some(settings);
            })),
            TaskReply::CopyByTerminal(text) => Answer::Copied(self.copy_by_terminal(&text)),
            TaskReply::CopySecretByTerminal(mut report) => {
                // The value must never reach the model.
                report.result = report.result.map(|found| match found {
                    RevealOutcome::Value(Opaque(value), version) if self.copy_by_terminal(value.expose()) => {
                        RevealOutcome::Copied(version)
                    }
                    RevealOutcome::Value(..) => RevealOutcome::NotCopied,
                    other => other,
                });
                Answer::Secret(SecretJobResult::Revealed(report))
            }
        };
        self.dispatch(AppEvent::Answer(request, answer));
    }

    /// Sends a text to the terminal's clipboard with the next frame, unless it is too long.
    fn copy_by_terminal(&mut self, text: &str) -> bool {
        let Some(sequence) = self.runner.clipboard.osc52(text) else { return false };
        self.painter.send_with_next(&sequence);
        self.schedule.request(Redraw::Now);
        true
    }

    fn log(&mut self, line: String) {
        let queued = std::iter::from_fn(|| self.sources.log.as_mut()?.try_recv().ok());
        let lines = std::iter::once(line).chain(queued).collect();
        self.dispatch(AppEvent::Log(lines));
    }

    fn resize(&mut self) {
        let size = self.device.size().drawn();
        self.painter.resize(size);
        self.schedule.request(Redraw::Now);
        self.dispatch(AppEvent::Resize(size));
    }

    fn written(&mut self, written: FrameResult) {
        self.spare_buffer = written.buffer;
        // A frame may have contained a secret value that was shown or copied.
        self.spare_buffer.zeroize();
        match written.result {
            Ok(()) => self.stats.bytes += written.bytes as u64,
            // Cut off when the terminal was released; it may have been reclaimed by now.
            Err(error) if error.kind() == io::ErrorKind::TimedOut => self.invalidate_screen(),
            Err(error) => {
                tracing::error!(reason = %io_reason(&error), "the terminal takes no more output");
                self.terminate(HUNG_UP);
            }
        }
    }

    async fn suspend(&mut self) {
        self.suspended = Some(self.clock.elapsed() + STOP_WITHIN);
        self.release_terminal(Instant::now() + LEAVE_WITHIN).await;
        self.device.stop();
    }

    /// Stops listening, waits for the frame in flight and restores the terminal, all before `until`.
    pub(super) async fn release_terminal(&mut self, until: Instant) {
        self.sources.close_input();
        self.input_guard = None;
        let settled = until.min(Instant::now() + SETTLE_WITHIN);
        if let Some(written) = self.sources.writer.finish_within(settled.into()).await {
            self.written(written);
        }
        self.device.restore(until);
    }

    /// Claims the terminal again and redraws all of it, since another program has written to it.
    pub(super) fn reclaim_terminal(&mut self) {
        self.suspended = None;
        if self.input_guard.is_none() {
            match self.device.listen() {
                Ok((ears, input)) => {
                    self.input_guard = Some(ears);
                    self.sources.input = Some(input);
                }
                Err(_) => return self.terminate(HUNG_UP),
            }
        }
        if self.device.claim().is_err() {
            return self.terminate(HUNG_UP);
        }
        self.invalidate_screen();
        self.dispatch(AppEvent::Resumed);
        self.resize();
    }

    pub(super) fn invalidate_screen(&mut self) {
        self.painter.invalidate();
        self.schedule.request(Redraw::Now);
    }

    /// Paints only when the writer is free, so that every frame is a difference to one that was written.
    pub(super) fn draw_if_due(&mut self) {
        let now = self.clock.elapsed();
        if self.suspended.is_some() || self.editor_has_terminal || !self.schedule.is_due(now) {
            return;
        }
        if !self.sources.writer.is_free() {
            self.stats.frames_skipped += 1;
            return;
        }
        self.schedule.drawn(now);
        let buffer = std::mem::take(&mut self.spare_buffer);
        match self.painter.paint(buffer, |frame| self.program.draw(frame)) {
            Ok(bytes) if bytes.is_empty() => self.spare_buffer = bytes,
            Ok(bytes) => {
                self.stats.frames += 1;
                self.sources.writer.hand_over(bytes);
            }
            Err(error) => tracing::error!(reason = %io_reason(&error), "a frame was not painted"),
        }
    }
}
