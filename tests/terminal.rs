//! The real terminal, in a pseudo-terminal: whatever way out is taken, the shell is left as it was.
//!
//! The program under test is this test binary itself, started again as `child`.
#![cfg(feature = "console")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::env;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use confdeck::console::effect::Effect;
use confdeck::console::external_editor::ExternalEditor;
use confdeck::console::message::{AppEvent, Message};
use confdeck::console::model::{ConsoleContext, Redraw};
use confdeck::console::runtime::{Clock, ConsoleConfig, Program, run};
use confdeck::console::shell::layout::Size;
use confdeck::console::terminal::Clipboard;
use confdeck::domain::{Entry, Health, KeyPrefix, ResourceKey, TokenKind};
use confdeck::provider::{Backend, Capabilities, ConfigReader, Page, Result, Watch, memory, watch_channel};
use confdeck::{console, logging};
use crossterm::event::KeyCode;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use ratatui::Frame;
use rustix::process::{Pid, Signal, kill_process};

const PATIENCE: Duration = Duration::from_secs(20);
const STATE: &str = "CONFDECK_TEST_STATE";
const PLANTED: &str = "planted-payload";

/// What gives the terminal back.
const RELEASE: &str = "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?1049l\x1b[?25h";

/// A store that never says anything.
struct Silent;

#[async_trait]
impl ConfigReader for Silent {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            namespaces: false,
            connections: false,
            leases: false,
            foreign: false,
            foreign_puts: false,
            atomic_max: 1,
            max_document: 1,
            tokens: TokenKind::Counter,
        }
    }

    async fn get(&self, _: &ResourceKey) -> Result<Option<Entry>> {
        std::future::pending().await
    }

    fn list(&self, _: KeyPrefix) -> BoxStream<'_, Result<Page>> {
        stream::pending().boxed()
    }

    fn watch(&self, _: KeyPrefix) -> Watch {
        watch_channel().1
    }

    async fn health(&self) -> Health {
        Health::new("silent")
    }

    async fn shutdown(&self) {}
}

/// A program that shows its size, its last key and its process, and can be made to panic.
struct Keys {
    size: Size,
    last: String,
    count: usize,
    redraw: Redraw,
}

impl Program for Keys {
    fn update(&mut self, message: Message) -> Vec<Effect> {
        self.redraw = Redraw::Now;
        match message.event {
            AppEvent::Key(key) => match key.code {
                KeyCode::Char('q') => return vec![Effect::Quit(7)],
                KeyCode::Char('z') => return vec![Effect::Suspend],
                KeyCode::Char('p') => drop(tokio::spawn(async { panic!("{PLANTED}") })),
                KeyCode::Char('P') => panic!("{PLANTED}"),
                code => {
                    self.count += 1;
                    self.last = format!("key {code}");
                }
            },
            AppEvent::Paste(text) => self.last = format!("paste of {}", text.len()),
            AppEvent::Resize(size) => self.size = size,
            AppEvent::Resumed => self.last = "resumed".into(),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let filler = char::from(b'a' + (self.count % 26) as u8).to_string().repeat(area.width.into());
        let size = format!("<{}x{}>{}", self.size.cols, self.size.rows, self.count);
        let lines = [size, self.last.clone(), format!("pid {}.", std::process::id())];
        for y in 0..area.height {
            let line = lines.get(usize::from(y)).unwrap_or(&filler);
            frame.buffer_mut().set_stringn(0, y, line, area.width.into(), ratatui::style::Style::new());
        }
    }

    fn take_redraw(&mut self) -> Redraw {
        std::mem::replace(&mut self.redraw, Redraw::No)
    }

    fn next_wake(&self) -> Option<Duration> {
        None
    }
}

/// How long the log is waited for.
const FLUSHED_WITHIN: Duration = Duration::from_secs(1);

/// Not a test: what the tests below start in a pseudo-terminal.
#[test]
#[ignore = "started by the other tests"]
fn child() {
    let Some(state) = env::var_os(STATE) else { return };
    logging::keep_files_private();
    let log = logging::start(Some(Path::new(&state)), None);
    console::panic_hook::install(|| logging::flush(FLUSHED_WITHIN));
    let config = ConsoleConfig {
        context: ConsoleContext {
            name: "test".into(),
            backend: &Backend { name: "silent", ..memory::BACKEND },
            secret_backend: &confdeck::provider::env::BACKEND,
            target: "nowhere".into(),
            warnings: Vec::new(),
            settings: Health::default(),
            capabilities: Silent.capabilities(),
            secrets: None,
            receiver: Default::default(),
            secret_names: confdeck::domain::SecretNames::default(),
            may_copy_secrets: false,
            application: None,
            read_only: true,
            protected: false,
            locked: false,
            frames_per_second: 60,
        },
        reader: Arc::new(Silent),
        writer: None,
        secrets: None,
        application: None,
        clipboard: Clipboard::detect(&BTreeMap::new()),
        log: Some(log),
        state: None,
        editor: ExternalEditor::of(&BTreeMap::new(), None),
        audit: Arc::new(confdeck::audit::Audit::off()),
        stats: None,
        clock: Clock::system(),
        startup: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let keys = |_, size| Keys { size, last: "started".into(), count: 0, redraw: Redraw::Now };
    let left = runtime.block_on(run(config, keys));
    runtime.shutdown_background();
    logging::flush(FLUSHED_WITHIN);
    std::process::exit(match left {
        Ok(left) => left.code.into(),
        Err(error) if error.kind() == std::io::ErrorKind::Unsupported => 2,
        Err(_) => 99,
    });
}

/// The other end of the line.
struct Pty {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    line: Arc<Line>,
    reading: JoinHandle<()>,
    state: tempfile::TempDir,
}

struct Line {
    seen: Mutex<Seen>,
    news: Condvar,
}

struct Seen {
    /// Everything the program and the shell wrote.
    bytes: Vec<u8>,
    screen: vt100::Parser,
    /// Nobody reads what the program writes.
    stalled: bool,
    /// The terminal is to be closed.
    closed: bool,
}

fn this_test() -> PathBuf {
    env::current_exe().unwrap()
}

impl Pty {
    /// Starts the program, or a shell script in which `$CHILD` is the program.
    fn start(script: Option<&str>) -> Self {
        let size = PtySize { rows: 50, cols: 200, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let state = tempfile::tempdir().unwrap();
        let program = this_test().display().to_string();
        let arguments = ["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"];
        let mut command = match script {
            None => {
                let mut command = CommandBuilder::new(program);
                command.args(arguments);
                command
            }
            Some(script) => {
                let mut command = CommandBuilder::new("bash");
                command.args(["--norc", "-c", script]);
                command.env("CHILD", format!("{program} {}", arguments.join(" ")));
                command
            }
        };
        command.env(STATE, state.path());
        command.env("TERM", "xterm-256color");
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let some = |cells| NonZero::new(cells).unwrap();
        let screen = vt100::Parser::new(some(size.rows), some(size.cols), 0);
        let seen = Mutex::new(Seen { bytes: Vec::new(), screen, stalled: false, closed: false });
        let line = Arc::new(Line { seen, news: Condvar::new() });
        let reader = pty.master.try_clone_reader().unwrap();
        let reading = thread::spawn({
            let line = Arc::clone(&line);
            move || line.read(reader)
        });
        let keyboard = pty.master.take_writer().unwrap();
        Self { master: pty.master, keyboard, child, line, reading, state }
    }

    fn type_keys(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits for a text on the screen, or among all bytes so far.
    fn wait_for(&self, text: &str) {
        let seen = self.line.seen.lock().unwrap();
        let missing = |seen: &mut Seen| {
            !seen.screen.screen().contents().contains(text)
                && !String::from_utf8_lossy(&seen.bytes).contains(text)
        };
        let (seen, waited) = self.line.news.wait_timeout_while(seen, PATIENCE, missing).unwrap();
        assert!(!waited.timed_out(), "{text:?} did not come:\n{}", seen.screen.screen().contents());
    }

    fn pid(&self) -> Pid {
        self.wait_for("pid ");
        let pid = self.child.process_id().unwrap();
        Pid::from_raw(pid.try_into().unwrap()).unwrap()
    }

    fn stall(&self, stalled: bool) {
        self.line.seen.lock().unwrap().stalled = stalled;
        self.line.news.notify_all();
    }

    fn end(&mut self) -> ExitStatus {
        end(&mut *self.child)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.state.path().join(logging::FILE)).unwrap_or_default()
    }

    fn all(&self) -> String {
        String::from_utf8_lossy(&self.line.seen.lock().unwrap().bytes).into_owned()
    }
}

impl Line {
    fn read(&self, mut reader: Box<dyn Read + Send>) {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            let mut seen = self.seen.lock().unwrap();
            seen.bytes.extend_from_slice(&buffer[..count]);
            seen.screen.process(&buffer[..count]);
            self.news.notify_all();
            let seen = self.news.wait_while(seen, |seen| seen.stalled).unwrap();
            if seen.closed {
                return;
            }
        }
    }
}

fn end(child: &mut (dyn portable_pty::Child + Send + Sync)) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(began.elapsed() < PATIENCE, "the program did not end");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Runs the program between two looks at the terminal's modes.
const COMPARE: &str = r#"before=$(stty -g); $CHILD; echo "left with $?"
    [ "$before" = "$(stty -g)" ] && echo "modes same"; echo end"#;

#[test]
fn quitting_leaves_the_shell_as_it_was() {
    let mut pty = Pty::start(Some(COMPARE));
    pty.wait_for("<200x50>");
    pty.type_keys(b"\x1b[200~q\rq\x1b[201~");
    pty.wait_for("paste of 3");
    pty.type_keys(b"\x03");
    pty.wait_for("key c");
    pty.type_keys(b"q");
    pty.wait_for("left with 7");
    pty.wait_for("modes same");
    pty.wait_for(RELEASE);
    assert!(pty.end().success());
}

#[test]
fn more_keys_at_once_than_a_read_takes_are_all_answered() {
    let mut pty = Pty::start(None);
    pty.wait_for("started");
    pty.type_keys(&b"x".repeat(3_000));
    pty.type_keys(b"\r");
    pty.wait_for("3001");
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 7);
}

#[test]
fn signals_end_it_with_their_code_and_the_terminal_given_back() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let mut pty = Pty::start(None);
        kill_process(pty.pid(), signal).unwrap();
        assert_eq!(pty.end().exit_code(), code);
        pty.wait_for(RELEASE);
    }
}

#[test]
fn a_panic_in_a_task_ends_it_and_tells_the_place_but_not_the_payload() {
    let mut pty = Pty::start(Some(COMPARE));
    pty.wait_for("started");
    pty.type_keys(b"p");
    pty.wait_for("confdeck: panic in thread tokio");
    pty.wait_for("left with 1");
    pty.wait_for("modes same");
    pty.wait_for(RELEASE);
    assert!(pty.end().success());
    let log = pty.log();
    assert!(log.contains("panic in thread tokio") && log.contains("terminal.rs:"), "{log}");
    assert!(!log.contains(PLANTED) && !pty.all().contains(PLANTED));
}

#[test]
fn a_panic_in_the_loop_gives_the_terminal_back() {
    let mut pty = Pty::start(Some(COMPARE));
    pty.wait_for("started");
    pty.type_keys(b"P");
    pty.wait_for("confdeck: panic in thread");
    pty.wait_for("modes same");
    pty.wait_for(RELEASE);
    assert!(pty.end().success());
    assert!(!pty.log().contains(PLANTED) && !pty.all().contains(PLANTED));
}

#[test]
fn ctrl_z_gives_the_shell_its_terminal_and_fg_takes_it_again() {
    let mut pty = Pty::start(Some(
        r#"set -m; before=$(stty -g); $CHILD
           [ "$before" = "$(stty -g)" ] && echo "modes same while stopped"
           jobs; fg; echo "left with $?"
           [ "$before" = "$(stty -g)" ] && echo "modes same after"; echo end"#,
    ));
    pty.wait_for("started");
    pty.type_keys(b"z");
    pty.wait_for("modes same while stopped");
    pty.wait_for("Stopped");
    pty.wait_for("resumed");
    pty.type_keys(b"!");
    pty.wait_for("key !");
    pty.type_keys(b"q");
    pty.wait_for("left with 7");
    pty.wait_for("modes same after");
    assert!(pty.end().success());
}

#[test]
fn a_new_size_is_drawn() {
    let mut pty = Pty::start(None);
    pty.wait_for("<200x50>");
    pty.master.resize(PtySize { rows: 5, cols: 20, pixel_width: 0, pixel_height: 0 }).unwrap();
    pty.wait_for("<20x5>");
    pty.type_keys(b"q");
    assert_eq!(pty.end().exit_code(), 7);
}

#[test]
fn a_terminal_that_nobody_reads_does_not_hold_it() {
    let mut pty = Pty::start(None);
    pty.wait_for("started");
    pty.stall(true);
    // Far more frames than the line between them holds, each for a key of its own.
    for _ in 0..100 {
        pty.type_keys(b"x");
        thread::sleep(Duration::from_millis(2));
    }
    let asked = Instant::now();
    pty.type_keys(b"q");
    let status = pty.end();
    let took = asked.elapsed();
    pty.stall(false);
    assert_eq!(status.exit_code(), 7);
    assert!(took < PATIENCE / 10, "{took:?}");
}

#[test]
fn a_closed_terminal_ends_it() {
    let mut pty = Pty::start(None);
    pty.wait_for("started");
    pty.line.seen.lock().unwrap().closed = true;
    pty.type_keys(b"x");
    let Pty { master, keyboard, mut child, reading, state, .. } = pty;
    reading.join().unwrap();
    drop((master, keyboard));
    assert_eq!(end(&mut *child).exit_code(), 129);
    drop(state);
}

#[test]
fn without_a_terminal_it_says_so() {
    let state = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(this_test())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(STATE, state.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stdout.contains(&0x1b));
}
