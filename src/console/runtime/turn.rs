//! The loop: wait for one thing, handle what has come with it, draw if due.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use zeroize::Zeroize;

use crate::console::drafts::Order;
use crate::console::effect::{Effect, Request};
use crate::console::layout::Size;
use crate::console::message::{Answer, Event, Message};
use crate::console::model::Redraw;
use crate::console::outside::{OutsideDraft, Running};
use crate::console::panic::PANICKED;
use crate::console::secret_jobs::{Found, Reading, SecretTold};
use crate::console::terminal::{Device, FrameWriter, Input, LEAVE_WITHIN, Painter, Written};
use crate::domain::Hidden;

use super::clock::Clock;
use super::feeder::Feeder;
use super::frames::Schedule;
use super::runner::{Reply, Runner};
use super::signals::{BY_KEY, HUNG_UP, Signal};
use super::sources::{Happening, Sources};
use super::{Program, Stats};

/// The longest a turn takes before it looks whether a frame is due.
const TURN: Duration = Duration::from_millis(8);

/// The most changes a turn applies.
const CHANGES: usize = 4_096;

/// The least time between two wakes, whatever the program asks for.
const WAKE_APART: Duration = Duration::from_millis(10);

/// How long a suspended console waits for the stop before it takes the terminal back: the kernel
/// stops no process that no shell could continue.
const STOP_WITHIN: Duration = Duration::from_millis(200);

/// What leaving waits for the frame in flight; the rest of [`LEAVE_WITHIN`] is for giving back.
const SETTLE_WITHIN: Duration = Duration::from_millis(120);

/// What leaving waits for drafts that are being saved.
const SAVED_WITHIN: Duration = Duration::from_millis(200);

/// A running console.
pub(super) struct Loop<P, D: Device> {
    program: P,
    device: D,
    ears: Option<D::Ears>,
    sources: Sources,
    pub(super) runner: Runner,
    painter: Painter,
    spare: Vec<u8>,
    schedule: Schedule,
    clock: Clock,
    woken: Duration,
    /// While the terminal is the shell's: when to take it back at the latest.
    suspended: Option<Duration>,
    wish: Option<Wish>,
    /// While a draft is in it.
    pub(super) outside: Option<(Request, Running)>,
    /// While that has the terminal: nothing is drawn, and its keys and signals are not ours.
    pub(super) lent: bool,
    /// What is printed once the terminal has been given back.
    farewell: Option<String>,
    stats: Stats,
}

/// What ends a turn at once, because the terminal has to be given back for it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wish {
    /// Leave with this exit code.
    Leave(u8),
    /// Let the shell have the terminal until it continues us.
    Suspend,
    /// Let the user's own editor have the terminal, with this draft.
    Lend(Request, Box<OutsideDraft>),
}

impl<P: Program, D: Device> Loop<P, D> {
    pub(super) fn start(
        program: impl FnOnce(Size) -> P,
        mut device: D,
        signals: mpsc::Receiver<Signal>,
        runner: Runner,
        answers: mpsc::Receiver<(Request, Reply)>,
        log: Option<mpsc::Receiver<String>>,
        schedule: Schedule,
    ) -> io::Result<Self> {
        let clock = Clock::start();
        let writer = FrameWriter::start(device.output())?;
        device.claim()?;
        let size = device.size();
        let painter = Painter::new(size)?;
        let (ears, input) = device.listen()?;
        let sources = Sources { input: Some(input), signals, writer, answers, log, feeder: None };
        Ok(Self {
            program: program(size),
            device,
            ears: Some(ears),
            sources,
            runner,
            painter,
            spare: Vec::new(),
            schedule,
            clock,
            woken: Duration::ZERO,
            suspended: None,
            wish: None,
            outside: None,
            lent: false,
            farewell: None,
            stats: Stats::default(),
        })
    }

    /// Runs until something asks to leave; answers the exit code.
    pub(super) async fn run(&mut self, startup: Vec<Box<dyn FnOnce() + Send>>) -> u8 {
        self.draw_if_due();
        startup.into_iter().for_each(|hook| hook());
        self.sources.feeder = Some(Feeder::open(self.runner.reader()));
        loop {
            let due = self.next_due().map(|at| self.clock.at(at));
            let first = self.sources.next(due).await;
            self.turn(first);
            match self.wish.take() {
                Some(Wish::Leave(code)) => return code,
                Some(Wish::Suspend) => self.suspend().await,
                Some(Wish::Lend(request, draft)) => self.lend(request, *draft).await,
                None => self.draw_if_due(),
            }
        }
    }

    /// Gives the terminal back; answers what was counted.
    pub(super) async fn leave(mut self, until: Instant) -> Stats {
        // Nobody takes answers any more, so nothing waits to give one.
        self.sources.answers.close();
        self.outside = None;
        self.hand_back(until).await;
        let unsaved = self.runner.drafts().settle(Instant::now() + SAVED_WITHIN).await;
        let farewell = self.farewell.take().into_iter().chain(unsaved.map(|why| format!("not saved: {why}")));
        for words in farewell {
            self.device.say(&format!("confdeck: {words}\n"));
        }
        self.stats
    }

    /// When to wake without anything else happening.
    fn next_due(&self) -> Option<Duration> {
        if let Some(at) = self.suspended {
            return Some(at);
        }
        let frame = self.schedule.due_at().filter(|_| self.sources.writer.is_free() && !self.lent);
        let wake = self.wake_at();
        match (frame, wake) {
            (Some(frame), Some(wake)) => Some(frame.min(wake)),
            (frame, wake) => frame.or(wake),
        }
    }

    fn wake_at(&self) -> Option<Duration> {
        self.program.next_wake().map(|at| at.max(self.woken + WAKE_APART))
    }

    /// Handles one thing and what is ready after it, within the bounds of a turn. What follows a key
    /// waits until the key has been answered on the screen.
    fn turn(&mut self, first: Happening) {
        let began = Instant::now();
        let mut changes = 0;
        let mut next = Some(first);
        while let Some(happening) = next {
            let typed = matches!(happening, Happening::Input(_));
            changes += self.take(happening);
            if self.wish.is_some() || changes >= CHANGES || began.elapsed() >= TURN {
                return;
            }
            next = if typed { self.sources.ready_input() } else { self.sources.ready() };
        }
    }

    /// Handles one thing; answers how many changes it held.
    fn take(&mut self, happening: Happening) -> usize {
        match happening {
            Happening::Input(Input::Key(key)) => self.tell(Event::Key(key)),
            Happening::Input(Input::Paste(text)) => self.tell(Event::Paste(text)),
            Happening::Input(Input::Closed) => self.terminate(HUNG_UP),
            // Meant for the program that has the terminal.
            Happening::Signal(Signal::Terminate(code)) if self.lent && BY_KEY.contains(&code) => {}
            Happening::Signal(Signal::Continue) if self.lent => {}
            Happening::Signal(Signal::Terminate(code)) => self.terminate(code),
            Happening::Signal(Signal::Continue) => self.take_back(),
            Happening::Signal(Signal::Resize) => self.resize(),
            // What was typed is saved all the same.
            Happening::Panicked => self.terminate(PANICKED),
            Happening::Written(written) => self.written(written),
            Happening::Reply(request, reply) => self.reply(request, reply),
            Happening::Log(line) => self.log(line),
            Happening::Due => self.due(),
            Happening::Feed(feed) => {
                let changes = self.stats.count(&feed);
                self.tell(Event::Feed(feed));
                return changes;
            }
        }
        0
    }

    /// Sends an event to the program and carries out what it asks for.
    fn tell(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let effects = self.program.update(Message { at: self.clock.stamp(), event });
            self.schedule.want(self.program.take_redraw());
            for effect in effects {
                if !matches!(self.wish, Some(Wish::Leave(_))) {
                    events.extend(self.perform(effect));
                }
            }
        }
    }

    /// Carries out one effect; answers what is already known of it.
    fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Commit(request, ops) => self.runner.commit(request, ops),
            Effect::Compare(request, sides) => self.runner.compare(request, sides),
            Effect::FindOut { request, of, ops } => self.runner.find_out(request, of, ops),
            Effect::Secret(request, job) => self.runner.secret(request, job),
            Effect::Look(paths) => self.runner.look(paths),
            Effect::LookAgain(path) => self.runner.look_again(path),
            Effect::LookAtAll => self.runner.look_at_all(),
            Effect::ListSecrets(request, folders) => self.runner.list_secrets(request, folders),
            Effect::SecretVersions(request, path) => self.runner.secret_versions(request, path),
            Effect::Audited(note) => self.runner.note(note),
            Effect::CheckHealth(request) => self.runner.check_health(request),
            Effect::AskLease(request, lease) => self.runner.ask_lease(request, lease),
            Effect::CheckDraft(request, check) => self.runner.check_draft(request, check),
            Effect::PrepareReview(request, finish) => self.runner.prepare_review(request, *finish),
            Effect::PrepareMerge(request, ask) => self.runner.prepare_merge(request, *ask),
            Effect::ReadNeeds(request, ask) => self.runner.read_needs(request, *ask),
            Effect::Copy(request, text) => self.runner.copy(request, text),
            Effect::Unlock(request) => {
                self.runner.gate().unlock();
                self.runner.secrets.gate().unlock();
                return Some(Event::Answer(request, Answer::Unlocked));
            }
            Effect::Lock => {
                self.runner.gate().lock();
                self.runner.secrets.gate().lock();
            }
            Effect::Retry => {
                self.runner.look_at_all();
                if let Some(feeder) = &self.sources.feeder {
                    feeder.retry_now();
                }
            }
            Effect::Reload => {
                // The old one ends first, so that none of its events comes after the new load.
                self.sources.feeder = None;
                self.sources.feeder = Some(Feeder::open(self.runner.reader()));
            }
            Effect::SaveDraft(request, draft) => return self.runner.order(Order::Save(request, draft)),
            Effect::RemoveDraft(key) => return self.runner.order(Order::Remove(key)),
            Effect::LoadDrafts(request) => return self.runner.order(Order::List(request)),
            Effect::TakeUpDraft(request, id) => return self.runner.order(Order::TakeUp(request, id)),
            Effect::ThrowAwayDraft(request, id) => return self.runner.order(Order::ThrowAway(request, id)),
            Effect::EditOutside(request, draft) => self.wish = Some(Wish::Lend(request, draft)),
            Effect::EndOutside(request) => self.end_outside(request),
            Effect::Farewell(words) => self.farewell = Some(words),
            Effect::Suspend => self.wish = Some(Wish::Suspend),
            Effect::Redraw => self.forget_screen(),
            Effect::Quit(code) => {
                self.runner.drafts().hurry();
                self.wish = Some(Wish::Leave(code));
            }
        }
        None
    }

    /// The program may still say what must be done; whatever it says, the console is left.
    fn terminate(&mut self, code: u8) {
        self.runner.drafts().hurry();
        self.tell(Event::Terminate);
        self.wish = Some(Wish::Leave(code));
    }

    fn due(&mut self) {
        let now = self.clock.now();
        if self.suspended.is_some_and(|at| at <= now) {
            self.take_back();
        } else if self.wake_at().is_some_and(|at| at <= now) {
            self.woken = now;
            self.tell(Event::Wake);
        }
    }

    pub(super) fn reply(&mut self, request: Request, reply: Reply) {
        let answer = match reply {
            Reply::Answer(answer) => answer,
            Reply::Outside(news) => {
                self.outside_told(request, &news);
                Answer::Outside(news)
            }
            Reply::CopyByTerminal(text) => {
                let sequence = self.runner.osc52(&text);
                if let Some(sequence) = &sequence {
                    self.painter.send_beside(sequence);
                    self.schedule.want(Redraw::Now);
                }
                Answer::Copied(sequence.is_some())
            }
            Reply::CopySecretByTerminal(reading) => {
                let copied = self.copy_secret(*reading);
                Answer::Secret(SecretTold::Revealed(Box::new(copied)))
            }
        };
        self.tell(Event::Answer(request, answer));
    }

    /// Sends a value that was read to the terminal's clipboard; it goes no further than here.
    fn copy_secret(&mut self, reading: Reading) -> Reading {
        let Reading { found, read } = reading;
        let found = found.map(|found| match found {
            Found::Value(Hidden(value), version) => match self.runner.osc52(value.expose()) {
                Some(sequence) => {
                    self.painter.send_beside(&sequence);
                    self.schedule.want(Redraw::Now);
                    Found::Copied(version)
                }
                None => Found::NotCopied,
            },
            other => other,
        });
        Reading { found, read }
    }

    fn log(&mut self, line: String) {
        let mut lines = vec![line];
        self.sources.ready_log(&mut lines);
        self.tell(Event::Log(lines));
    }

    fn resize(&mut self) {
        let size = self.device.size();
        self.painter.resize(size);
        self.schedule.want(Redraw::Now);
        self.tell(Event::Resize(size));
    }

    fn written(&mut self, written: Written) {
        self.spare = written.buffer;
        // A frame may have held a value that was shown or copied.
        self.spare.zeroize();
        match written.result {
            Ok(()) => self.stats.bytes += written.bytes as u64,
            // Cut off when the terminal was given back; it may be ours again by now.
            Err(error) if error.kind() == io::ErrorKind::TimedOut => self.forget_screen(),
            Err(error) => {
                tracing::error!(kind = %error.kind(), "the terminal takes no more output");
                self.terminate(HUNG_UP);
            }
        }
    }

    async fn suspend(&mut self) {
        self.suspended = Some(self.clock.now() + STOP_WITHIN);
        self.hand_back(Instant::now() + LEAVE_WITHIN).await;
        self.device.stop();
    }

    /// Stops listening, lets the frame in flight leave, restores; all of it before `until`.
    pub(super) async fn hand_back(&mut self, until: Instant) {
        self.sources.input = None;
        self.ears = None;
        let settled = until.min(Instant::now() + SETTLE_WITHIN);
        if let Some(written) = self.sources.writer.settle(settled.into()).await {
            self.written(written);
        }
        self.device.restore(until);
    }

    /// After a stop: the terminal is ours again, and shows what somebody else left there.
    pub(super) fn take_back(&mut self) {
        self.suspended = None;
        if self.ears.is_none() {
            match self.device.listen() {
                Ok((ears, input)) => {
                    self.ears = Some(ears);
                    self.sources.input = Some(input);
                }
                Err(_) => return self.terminate(HUNG_UP),
            }
        }
        if self.device.claim().is_err() {
            return self.terminate(HUNG_UP);
        }
        self.forget_screen();
        self.tell(Event::Resumed);
        self.resize();
    }

    fn forget_screen(&mut self) {
        if self.painter.forget().is_ok() {
            self.schedule.want(Redraw::Now);
        }
    }

    /// Paints only what is handed over at once, so that every frame is a difference to one that the
    /// terminal got.
    fn draw_if_due(&mut self) {
        let now = self.clock.now();
        if self.suspended.is_some() || self.lent || !self.schedule.is_due(now) {
            return;
        }
        if !self.sources.writer.is_free() {
            self.stats.frames_skipped += 1;
            return;
        }
        self.schedule.drawn(now);
        let buffer = std::mem::take(&mut self.spare);
        match self.painter.paint(buffer, |frame| self.program.draw(frame)) {
            Ok(bytes) if bytes.is_empty() => self.spare = bytes,
            Ok(bytes) => {
                self.stats.frames += 1;
                self.sources.writer.hand_over(bytes);
            }
            Err(error) => tracing::error!(kind = %error.kind(), "a frame was not painted"),
        }
    }
}
