//! A person at a terminal: opens a program in a window of some size, types, and reads the screen.
//!
//! ```ignore
//! let mut terminal = Terminal::open(Program::confdeck(["--demo"]), 120, 40);
//! terminal.wait_for("SYNCED");
//! terminal.keys("j j enter");
//! terminal.wait_until(|screen| screen.style_of("orders").reversed);
//! terminal.keys("q");
//! assert_eq!(terminal.wait_exit(), Exit::Code(0));
//! terminal.assert_restored();
//! ```

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::Child;
use rustix::process::{Pid, kill_process, kill_process_group};
use rustix::termios::Termios;

use super::keys;
use super::line::{Line, Received};
use super::screen::{Color, Screen};
use crate::support::home::Home;
use crate::support::planted::{self, Revealed};
use crate::support::run::{PATIENCE, Program, Signal};

/// A terminal window with a program in it. Dropping it kills the program.
pub(crate) struct Terminal {
    /// `None` once the window was closed.
    line: Option<Line>,
    received: Arc<Received>,
    child: Box<dyn Child + Send + Sync>,
    exit: Option<Exit>,
    modes_after: Option<Termios>,
    home: Home,
    revealed: Revealed,
    /// When the last thing typed was a lone escape, which is also how other keys begin.
    escaped: Option<Instant>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// By itself, with this exit code.
    Code(u32),
    /// By this signal, as the system names it.
    Signal(String),
}

/// How long a person takes, at the least, between escape and the next key; confdeck waits 20 ms for
/// the rest of a sequence.
const ESCAPE_GAP: Duration = Duration::from_millis(100);
/// How often a program is asked whether it has ended.
const GLANCE: Duration = Duration::from_millis(50);

impl Terminal {
    /// Opens a window and starts `program` in it.
    #[track_caller]
    pub(crate) fn open(program: Program, columns: u16, rows: u16) -> Self {
        let (line, child) = Line::open(&program, columns, rows);
        let received = line.received();
        let (line, home, revealed) = (Some(line), program.home, program.revealed);
        Self { line, received, child, exit: None, modes_after: None, home, revealed, escaped: None }
    }

    /// The home folder that the program lives in.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// This planted value is revealed on purpose; without this, none is ever written to the terminal.
    pub(crate) fn reveals(&self, value: &str) {
        self.revealed.add(value);
    }

    /// The process id of the program that was opened.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().expect("a process")
    }
}

/// What a person does.
impl Terminal {
    /// Presses keys, named as in [`keys::bytes_of`] with a blank between them: `j j enter ctrl-s`.
    #[track_caller]
    pub(crate) fn keys(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.send(&keys::bytes_of(key));
        }
    }

    /// Types text, character by character; a newline is the enter key.
    #[track_caller]
    pub(crate) fn type_text(&mut self, text: &str) {
        self.send(text.replace('\n', "\r").as_bytes());
    }

    /// Pastes text, as a terminal does: in brackets if the program asked for them.
    #[track_caller]
    pub(crate) fn paste(&mut self, text: &str) {
        let text = text.replace('\n', "\r");
        let bracketed = self.screen_now().emulator().bracketed_paste();
        let pasted = if bracketed { format!("\x1b[200~{text}\x1b[201~") } else { text };
        self.send(pasted.as_bytes());
    }

    /// Changes the size of the window.
    #[track_caller]
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.line().resize(columns, rows);
    }

    /// Changes the size of the window, and waits until the program has drawn in it.
    #[track_caller]
    pub(crate) fn resize_and_see(&mut self, columns: u16, rows: u16) -> Screen {
        let before = self.frames();
        self.resize(columns, rows);
        let drawn = self
            .received
            .wait_until(Instant::now() + PATIENCE, |state| state.closed || state.notes().frames > before);
        assert!(drawn, "nothing is drawn at {columns}x{rows}");
        self.screen_now()
    }

    /// Sends a signal to the program in the foreground.
    #[track_caller]
    pub(crate) fn signal(&mut self, signal: Signal) {
        let leader = self.line().foreground().and_then(Pid::from_raw).expect("a program in the foreground");
        kill_process(leader, signal).unwrap();
    }

    /// Closes the window: the program gets SIGHUP, and what it writes goes nowhere.
    pub(crate) fn hang_up(&mut self) {
        self.line = None;
    }

    /// A connection that stalls: what the program writes is not taken, until [`Terminal::resume`].
    pub(crate) fn stall(&mut self) {
        self.received.stall(true);
    }

    /// Takes what the program writes again.
    pub(crate) fn resume(&mut self) {
        self.received.stall(false);
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.let_escape_through();
        self.line().write(bytes).unwrap();
        self.escaped = (bytes == b"\x1b").then(Instant::now);
    }

    /// Escape and a key that follows at once are one key with alt. So wait until escape was read, and
    /// then the gap a person leaves.
    fn let_escape_through(&mut self) {
        let Some(pressed) = self.escaped.take() else { return };
        let unread = |line: &Line| line.unread() > 0 && pressed.elapsed() < Duration::from_secs(2);
        while self.line.as_ref().is_some_and(unread) {
            thread::sleep(Duration::from_millis(2));
        }
        thread::sleep(ESCAPE_GAP);
    }

    #[track_caller]
    fn line(&mut self) -> &mut Line {
        self.line.as_mut().expect("the window is open")
    }
}

/// What a person sees.
impl Terminal {
    /// The text on the screen.
    pub(crate) fn screen(&self) -> String {
        self.screen_now().text()
    }

    /// The screen with its styles and cursor, whole frames only.
    pub(crate) fn screen_now(&self) -> Screen {
        let deadline = Instant::now() + Duration::from_secs(1);
        self.received.wait_until(deadline, |state| state.closed || !state.notes().in_frame);
        self.received.state().screen()
    }

    /// Waits until `text` stands on a line of the screen, and returns that screen.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> Screen {
        self.wait(&format!("{text:?}"), |screen| screen.has(text))
    }

    /// Waits until `text` stands nowhere on the screen.
    #[track_caller]
    pub(crate) fn wait_gone(&mut self, text: &str) -> Screen {
        self.wait(&format!("{text:?} to be gone"), |screen| !screen.has(text))
    }

    /// Waits until the screen is as `condition` wants it.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, condition: impl FnMut(&Screen) -> bool) -> Screen {
        self.wait("the condition of the test", condition)
    }

    /// The same for longer, or for less long, than anything else is waited for.
    #[track_caller]
    pub(crate) fn wait_within(
        &mut self,
        limit: Duration,
        what: &str,
        mut condition: impl FnMut(&Screen) -> bool,
    ) -> Screen {
        let deadline = Instant::now() + limit;
        loop {
            // Asked first: what an ended program wrote is complete when it is looked at below.
            let exit = self.ended();
            let mut found = None;
            self.received.wait_until(deadline.min(Instant::now() + GLANCE), |state| {
                if state.closed || !state.notes().in_frame {
                    found = Some(state.screen()).filter(&mut condition);
                }
                found.is_some()
            });
            if let Some(screen) = found {
                return screen;
            }
            if let Some(exit) = exit {
                panic!(
                    "waited for {what}, but the program ended with {exit:?}\n{}",
                    self.screen_now().framed()
                );
            }
            if Instant::now() >= deadline {
                panic!("waited {limit:?} for {what}\n{}", self.screen_now().framed());
            }
        }
    }

    #[track_caller]
    fn wait(&mut self, what: &str, condition: impl FnMut(&Screen) -> bool) -> Screen {
        self.wait_within(PATIENCE, what, condition)
    }

    /// How many bytes the program has written to the terminal.
    pub(crate) fn bytes_out(&self) -> usize {
        self.received.state().bytes.len()
    }

    /// How many bytes it writes while nobody does anything for this long.
    pub(crate) fn bytes_during(&self, time: Duration) -> usize {
        let before = self.bytes_out();
        self.received.wait_until(Instant::now() + time, |state| state.closed);
        self.bytes_out() - before
    }

    /// Waits until it has written nothing for this long.
    #[track_caller]
    pub(crate) fn wait_quiet_for(&self, time: Duration) {
        let deadline = Instant::now() + PATIENCE + time;
        while self.bytes_during(time) > 0 {
            if Instant::now() > deadline {
                panic!("still writing after {PATIENCE:?}\n{}", self.screen_now().framed());
            }
        }
    }

    /// Panics unless it writes nothing for this long, or only what it shows: on a busy machine the class
    /// of a latency changes, is drawn once, and gives another try.
    #[track_caller]
    pub(crate) fn assert_still(&self, time: Duration) {
        for _ in 0..3 {
            let (before, written) = (self.screen(), self.bytes_during(time));
            if written == 0 {
                return;
            }
            let screen = self.screen_now();
            assert_ne!(screen.text(), before, "{written} bytes that change nothing\n{}", screen.framed());
        }
        panic!("it goes on writing\n{}", self.screen_now().framed());
    }

    /// How many synchronized updates it has drawn.
    pub(crate) fn frames(&self) -> u64 {
        self.received.state().notes().frames
    }

    /// Keeps the text of every frame from now on, for [`Terminal::recorded`].
    pub(crate) fn record(&self) {
        self.received.state().notes_mut().recorded = Some(Vec::new());
    }

    /// The frames since [`Terminal::record`], each with the moment at which it was complete.
    pub(crate) fn recorded(&self) -> Vec<(Instant, String)> {
        self.received.state().notes().recorded.clone().unwrap_or_default()
    }

    /// Whether these bytes were ever written to the terminal, in one piece.
    pub(crate) fn has_ever_written(&self, text: &str) -> bool {
        self.received.state().bytes.windows(text.len()).any(|part| part == text.as_bytes())
    }

    /// What it copied to the clipboard with OSC 52, in base64.
    pub(crate) fn copied(&self) -> Vec<String> {
        self.received.state().notes().copied.clone()
    }
}

/// The end.
impl Terminal {
    /// Waits until the program has ended, and all that it wrote has arrived.
    #[track_caller]
    pub(crate) fn wait_exit(&mut self) -> Exit {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(exit) = self.ended() {
                return exit;
            }
            if Instant::now() >= deadline {
                panic!("the program did not end in {PATIENCE:?}\n{}", self.screen_now().framed());
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Panics with everything that the program changed about the terminal and did not put back.
    #[track_caller]
    pub(crate) fn assert_restored(&mut self) {
        assert_ne!(self.exit, None, "the program has not ended: wait_exit() comes first");
        let left = self.not_restored();
        assert!(left.is_empty(), "left behind: {}\n{}", left.join(", "), self.screen_now().framed());
    }

    /// What is not as it was before the program, in words.
    fn not_restored(&self) -> Vec<String> {
        let state = self.received.state();
        let screen = state.screen();
        let emulator = screen.emulator();
        let plain = emulator.fgcolor() == Color::Default
            && emulator.bgcolor() == Color::Default
            && !(emulator.bold() || emulator.dim() || emulator.underline() || emulator.inverse());
        let mut left: Vec<String> = [
            (emulator.alternate_screen(), "the alternate screen"),
            (emulator.hide_cursor(), "a hidden cursor"),
            (emulator.bracketed_paste(), "bracketed paste"),
            (emulator.mouse_protocol_mode() != vt100::MouseProtocolMode::None, "mouse reports"),
            (emulator.application_cursor(), "application cursor keys"),
            (emulator.application_keypad(), "the application keypad"),
            (state.notes().in_frame, "an open synchronized update"),
            (state.notes().keyboard_pushed > 0, "keyboard enhancements"),
            (!plain, "colours or attributes"),
        ]
        .into_iter()
        .filter(|(is_left, _)| *is_left)
        .map(|(_, what)| what.to_owned())
        .collect();
        if let (Some(line), Some(after)) = (&self.line, &self.modes_after) {
            let (before, after) = (format!("{:?}", line.modes_at_start), format!("{after:?}"));
            if before != after {
                left.push(format!("line modes: {after}, before: {before}"));
            }
        }
        left
    }

    /// How the program ended, if it has; its last words are on the screen then.
    fn ended(&mut self) -> Option<Exit> {
        if self.exit.is_none() {
            let status = self.child.try_wait().unwrap()?;
            if let Some(line) = &mut self.line {
                self.modes_after = Some(line.modes());
                line.drain();
            }
            self.exit = Some(match status.signal() {
                Some(name) => Exit::Signal(name.to_owned()),
                None => Exit::Code(status.exit_code()),
            });
        }
        self.exit.clone()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.exit.is_none() {
            // It leads a session of its own, so its process group is its own id. Either call fails
            // only when it has ended already.
            let group = self.child.process_id().and_then(|id| Pid::from_raw(id.cast_signed()));
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
            let _ = self.child.wait();
        }
        let state = self.received.state();
        planted::search("what was written to a terminal", &state.bytes, &self.revealed);
        for shown in &state.notes().planted {
            planted::search("a frame", shown.as_bytes(), &self.revealed);
        }
    }
}
