//! The line between a program and the emulator: a pseudo-terminal, and the thread that reads it.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::fs::OFlags;
use rustix::termios::{OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::screen::Screen;
use crate::support::planted;
use crate::support::run::Program;

/// A pseudo-terminal. Dropping it hangs up: the program gets SIGHUP.
pub(crate) struct Line {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    /// The program's side, open here too: the line's modes can be read after the program's end.
    far_side: Option<File>,
    /// The line's modes before the program had a chance to change them.
    pub(crate) modes_at_start: Termios,
    received: Arc<Received>,
}

impl Line {
    /// A new line, with `program` started on it.
    pub(crate) fn open(program: &Program, columns: u16, rows: u16) -> (Self, Box<dyn Child + Send + Sync>) {
        let pair = native_pty_system().openpty(pty_size(columns, rows)).unwrap();
        let name = pair.master.tty_name().expect("the name of the pseudo-terminal");
        let far_side = open_far_side(&name).unwrap();
        let modes_at_start = tcgetattr(&far_side).unwrap();

        let mut command = CommandBuilder::new(&program.path);
        command.args(&program.arguments);
        command.env_clear();
        for (name, value) in &program.environment {
            command.env(name, value);
        }
        command.cwd(&program.folder);
        let child = pair.slave.spawn_command(command).unwrap();

        let received = Arc::new(Received::new(columns, rows));
        let source = pair.master.try_clone_reader().unwrap();
        let sink = Arc::clone(&received);
        thread::spawn(move || sink.read(source));
        let writer = pair.master.take_writer().unwrap();
        let far_side = Some(far_side);
        (Self { master: pair.master, writer, far_side, modes_at_start, received }, child)
    }

    /// What has come over the line.
    pub(crate) fn received(&self) -> Arc<Received> {
        Arc::clone(&self.received)
    }

    /// Types bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.writer.write_all(bytes)?;
        self.writer.flush()
    }

    /// How many typed bytes the program has not read yet.
    pub(crate) fn unread(&self) -> u64 {
        self.far_side.as_ref().and_then(|side| rustix::io::ioctl_fionread(side).ok()).unwrap_or(0)
    }

    /// The line's modes: echo, line editing, signals.
    pub(crate) fn modes(&self) -> Termios {
        tcgetattr(self.far_side.as_ref().expect("the line is open")).unwrap()
    }

    /// Changes the window's size; the program gets SIGWINCH.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let mut state = self.received.state();
        state.parser.set_size(cells(rows), cells(columns));
        self.master.resize(pty_size(columns, rows)).unwrap();
    }

    /// The process group that the line's signals go to.
    pub(crate) fn foreground(&self) -> Option<i32> {
        self.master.process_group_leader()
    }

    /// After the program's end: lets go of its side and waits until all it wrote has arrived, which a
    /// stalled line does not let it.
    pub(crate) fn drain(&mut self) {
        self.far_side = None;
        let deadline = Instant::now() + Duration::from_secs(2);
        self.received.wait_until(deadline, |state| state.closed || state.stalled);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.received.state().hung_up = true;
        self.received.changed.notify_all();
        if let Some(mut side) = self.far_side.take() {
            // portable-pty types a newline and the end-of-file character when its writer is
            // dropped. A terminal that closes types nothing, so take that character away.
            if let Ok(mut modes) = tcgetattr(&side) {
                modes.special_codes[SpecialCodeIndex::VEOF] = 0;
                let _ = tcsetattr(&side, OptionalActions::Now, &modes);
            }
            // The reader sits in a read, and the line is only closed once it too has let go.
            drop(side.write_all(b"\0"));
        }
    }
}

/// Opens the program's side: not as this process's own terminal, and so that writing to a line
/// that is full fails at once.
fn open_far_side(name: &Path) -> std::io::Result<File> {
    let flags = OFlags::NOCTTY | OFlags::NONBLOCK;
    OpenOptions::new().read(true).write(true).custom_flags(flags.bits().cast_signed()).open(name)
}

/// What a program has written to its line.
pub(crate) struct Received {
    state: Mutex<State>,
    changed: Condvar,
}

/// The emulator, and what it does not draw.
pub(crate) struct State {
    parser: vt100::Parser<Notes>,
    /// Every byte, in order.
    pub(crate) bytes: Vec<u8>,
    /// Nothing is read while this is set, so the line fills up.
    pub(crate) stalled: bool,
    /// The program's side is closed and everything has been read.
    pub(crate) closed: bool,
    hung_up: bool,
}

impl State {
    pub(crate) fn screen(&self) -> Screen {
        Screen::new(self.parser.screen().clone())
    }

    pub(crate) fn notes(&self) -> &Notes {
        self.parser.callbacks()
    }

    pub(crate) fn notes_mut(&mut self) -> &mut Notes {
        self.parser.callbacks_mut()
    }
}

impl Received {
    fn new(columns: u16, rows: u16) -> Self {
        let parser = vt100::Parser::new_with_callbacks(cells(rows), cells(columns), 1000, Notes::default());
        let state = State { parser, bytes: Vec::new(), stalled: false, closed: false, hung_up: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The state, locked.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `condition` holds, and says whether it did before the deadline.
    pub(crate) fn wait_until(&self, deadline: Instant, mut condition: impl FnMut(&State) -> bool) -> bool {
        let mut state = self.state();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if condition(&state) || left.is_zero() {
                return condition(&state);
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Stops reading, or goes on.
    pub(crate) fn stall(&self, stalled: bool) {
        self.state().stalled = stalled;
        self.changed.notify_all();
    }

    fn read(&self, mut source: impl Read) {
        let mut chunk = [0; 4096];
        loop {
            let read = source.read(&mut chunk).unwrap_or(0);
            let mut state = self.state();
            while state.stalled && !state.hung_up {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.hung_up {
                return;
            }
            state.bytes.extend_from_slice(&chunk[..read]);
            state.parser.process(&chunk[..read]);
            state.closed = read == 0;
            self.changed.notify_all();
            if read == 0 {
                return;
            }
        }
    }
}

/// Sequences that vt100 only passes on.
#[derive(Default)]
pub(crate) struct Notes {
    /// Between the begin and the end of a synchronized update the screen is half a frame.
    pub(crate) in_frame: bool,
    /// Synchronized updates completed.
    pub(crate) frames: u64,
    /// Keyboard enhancements pushed and not popped.
    pub(crate) keyboard_pushed: u32,
    /// What stood on the screen of a frame from a planted value on, each once: a frame may put a value
    /// together from parts that were written one by one.
    pub(crate) planted: BTreeSet<String>,
    /// The text of each frame, once that is asked for.
    pub(crate) recorded: Option<Vec<(Instant, String)>>,
    /// Texts copied with OSC 52, as sent: in base64.
    pub(crate) copied: Vec<String>,
}

impl vt100::Callbacks for Notes {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        last: char,
    ) {
        let synchronized = parameters.contains(&[2026].as_slice());
        match (first, last) {
            (Some(b'?'), 'h') if synchronized => self.in_frame = true,
            (Some(b'?'), 'l') if synchronized => {
                self.frames += u64::from(self.in_frame);
                self.in_frame = false;
                let text = screen.contents();
                self.note_planted(&text);
                self.recorded.iter_mut().for_each(|frames| frames.push((Instant::now(), text.clone())));
            }
            (Some(b'>'), 'u') => self.keyboard_pushed += 1,
            (Some(b'<'), 'u') => self.keyboard_pushed = self.keyboard_pushed.saturating_sub(1),
            _ => {}
        }
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.copied.push(String::from_utf8_lossy(data).into_owned());
    }
}

impl Notes {
    fn note_planted(&mut self, screen: &str) {
        for (at, _) in screen.match_indices(planted::MARK) {
            let rest: String = screen[at..].chars().take(80).collect();
            if self.planted.len() < 1000 {
                self.planted.insert(rest);
            }
        }
    }
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, ..PtySize::default() }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has at least one row and column")
}
