//! Programs without a terminal, started as a script would: own home, clean environment, a deadline.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use rustix::process::Signal;

use super::home::Home;
use super::planted::{self, Revealed};

/// How long anything is waited for: long enough for a machine that runs many tests at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be started: a program, its arguments, its environment. Start it with [`Program::run`]
/// or [`Program::start`], or open a terminal on it.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: BTreeMap<OsString, OsString>,
    pub(crate) folder: PathBuf,
    pub(crate) home: Home,
    /// The planted values that it is asked to reveal.
    pub(crate) revealed: Revealed,
    input: Vec<u8>,
}

impl Program {
    /// The program under test, with these arguments.
    pub(crate) fn confdeck<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::named(env!("CARGO_BIN_EXE_confdeck")).with(arguments)
    }

    /// Any other program, by path or by a name that `PATH` finds.
    pub(crate) fn named(path: impl Into<PathBuf>) -> Self {
        let home = Home::new();
        let bare = Self {
            path: path.into(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            folder: home.work(),
            home: home.clone(),
            revealed: Revealed::default(),
            input: Vec::new(),
        };
        bare.at_home(&home)
    }

    /// A script of the system's shell.
    pub(crate) fn script(script: &str) -> Self {
        Self::named("sh").with(["-c", script])
    }

    /// A shell to type at, with job control: its prompt is `$ `, and `confdeck` is on its path.
    /// Wait for the prompt before typing: a shell that is between two line modes loses keys.
    pub(crate) fn shell() -> Self {
        let folder = Path::new(env!("CARGO_BIN_EXE_confdeck")).parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
        Self::named("bash").with(["--norc", "--noprofile", "-i"]).env("PATH", path).env("PS1", "$ ")
    }

    /// Further arguments.
    pub(crate) fn with<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// One more environment variable, or another value for one.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// One environment variable less.
    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.environment.remove(OsStr::new(name));
        self
    }

    /// Lives in the home of an earlier program, and finds what that one left there.
    pub(crate) fn at_home(mut self, home: &Home) -> Self {
        self.environment
            .extend(home.environment().into_iter().map(|(name, value)| (name.into(), value.into())));
        self.folder = home.work();
        self.home = home.clone();
        self
    }

    /// Starts in this folder instead of the home's empty `work`.
    pub(crate) fn in_folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = folder.as_ref().to_owned();
        self
    }

    /// What standard input holds; nothing, unless this is called.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Is asked to reveal this planted value: it may be printed.
    pub(crate) fn reveals(self, value: &str) -> Self {
        self.revealed.add(value);
        self
    }

    /// Runs it to its end, which must come within [`PATIENCE`].
    #[track_caller]
    pub(crate) fn run(self) -> Finished {
        self.start().finish()
    }

    /// Starts it, for a test that watches what it prints while it runs.
    #[track_caller]
    pub(crate) fn start(mut self) -> Running {
        let mut child = Command::new(&self.path)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.path.display()));
        let mut stdin = child.stdin.take().unwrap();
        let input = std::mem::take(&mut self.input);
        // A program that does not read all of its input is no failure of the test's.
        thread::spawn(move || drop(stdin.write_all(&input)));
        let stdout = Captured::new(child.stdout.take().unwrap());
        let stderr = Captured::new(child.stderr.take().unwrap());
        Running { program: self, child, stdout, stderr }
    }
}

/// A program that was started and may still run. It is killed when this is dropped.
pub(crate) struct Running {
    program: Program,
    child: Child,
    stdout: Captured,
    stderr: Captured,
}

impl Running {
    /// Waits until standard output holds `text`, and returns all of it so far.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let there = |content: &Content| content.bytes.windows(text.len()).any(|part| part == text.as_bytes());
        if !self.stdout.wait(Instant::now() + PATIENCE, there) {
            panic!("waited for {text:?} from {}", self.so_far());
        }
        self.stdout.text()
    }

    /// Waits until standard error holds `text`.
    #[track_caller]
    pub(crate) fn wait_for_err(&mut self, text: &str) {
        let there = |content: &Content| content.bytes.windows(text.len()).any(|part| part == text.as_bytes());
        if !self.stderr.wait(Instant::now() + PATIENCE, there) {
            panic!("waited for {text:?} from {}", self.so_far());
        }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    #[track_caller]
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = rustix::process::Pid::from_raw(self.child.id().cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for its end, which must come within [`PATIENCE`].
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                panic!("did not end in {PATIENCE:?}: {}", self.so_far());
            }
            thread::sleep(Duration::from_millis(2));
        };
        let (stdout, stderr) = (self.stdout.all(), self.stderr.all());
        self.search(&stdout, &stderr);
        Finished { line: self.line(), status, stdout, stderr }
    }

    #[track_caller]
    fn search(&self, stdout: &[u8], stderr: &[u8]) {
        for printed in [stdout, stderr] {
            planted::search(&format!("the output of {}", self.line()), printed, &self.program.revealed);
        }
    }

    fn so_far(&self) -> String {
        format!("{}\n-- stdout\n{}\n-- stderr\n{}", self.line(), self.stdout.text(), self.stderr.text())
    }

    fn line(&self) -> String {
        let words = self.program.arguments.iter().map(|word| word.to_string_lossy().into_owned());
        let name = self.program.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.search(&self.stdout.content().bytes, &self.stderr.content().bytes);
    }
}

/// A program that has ended, and everything it printed.
#[derive(Debug)]
pub(crate) struct Finished {
    line: String,
    status: ExitStatus,
    /// Standard output, as bytes.
    pub(crate) stdout: Vec<u8>,
    /// Standard error, as bytes.
    pub(crate) stderr: Vec<u8>,
}

impl Finished {
    /// Its exit code, `None` when a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Whether the system wrote its memory to a file, or handed it to a program, when a signal ended it.
    pub(crate) fn core_dumped(&self) -> bool {
        use std::os::unix::process::ExitStatusExt;
        self.status.core_dumped()
    }

    /// Standard output as text.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Panics with everything it printed unless it ended with `code`.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        let (out, err) = (self.out(), self.err());
        assert_eq!(self.code(), Some(code), "exit code of {}\n-- stdout\n{out}\n-- stderr\n{err}", self.line);
        self
    }
}

/// A pipe that is read as fast as it fills.
struct Captured(Arc<Pipe>);

#[derive(Default)]
struct Pipe {
    content: Mutex<Content>,
    grown: Condvar,
}

#[derive(Default)]
struct Content {
    bytes: Vec<u8>,
    closed: bool,
}

impl Captured {
    fn new(mut source: impl Read + Send + 'static) -> Self {
        let pipe = Arc::new(Pipe::default());
        let filled = Arc::clone(&pipe);
        thread::spawn(move || {
            let mut chunk = [0; 16 * 1024];
            let mut closed = false;
            while !closed {
                let read = source.read(&mut chunk).unwrap_or(0);
                closed = read == 0;
                let mut content = filled.content.lock().unwrap_or_else(PoisonError::into_inner);
                content.bytes.extend_from_slice(&chunk[..read]);
                content.closed = closed;
                filled.grown.notify_all();
            }
        });
        Self(pipe)
    }

    /// Waits until `enough` of it is there; false when that did not happen in time.
    fn wait(&self, deadline: Instant, enough: impl Fn(&Content) -> bool) -> bool {
        let mut content = self.content();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if enough(&content) || content.closed || left.is_zero() {
                return enough(&content);
            }
            content = self.0.grown.wait_timeout(content, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.content().bytes).into_owned()
    }

    /// Everything, after the program has ended. A process that it left behind may hold the pipe
    /// open; what such a one prints later is not waited for.
    fn all(&self) -> Vec<u8> {
        self.wait(Instant::now() + Duration::from_secs(1), |content| content.closed);
        self.content().bytes.clone()
    }
}
