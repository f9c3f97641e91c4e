//! A tmux of a test's own: a second emulator, which measures clusters by tables of its own.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, mkfifoat};
use tempfile::TempDir;

use crate::support::home::Home;
use crate::support::run::{PATIENCE, Program};

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A server with one session of one size. Dropping it kills the server with all that runs in it.
pub(crate) struct Tmux {
    /// Of the socket, whose path must be short.
    folder: TempDir,
    columns: u16,
    rows: u16,
    /// Of the programs in its windows, whose shells go there after `new-session` has returned.
    homes: RefCell<Vec<Home>>,
}

/// A window, by its name.
#[derive(Clone, Copy)]
pub(crate) struct Window(&'static str);

impl Tmux {
    /// `None` where there is no tmux, which is said loudly: `tests/run` installs it.
    pub(crate) fn start(columns: u16, rows: u16) -> Option<Self> {
        if Command::new("tmux").arg("-V").stdout(Stdio::null()).status().is_err() {
            println!("SKIPPED: tmux IS NOT INSTALLED, so nothing was tried in it: apt install tmux");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("tmux-").tempdir().unwrap();
        let tmux = Self { folder, columns, rows, homes: RefCell::default() };
        // Of the whole of a window, without a line for tmux itself; it ends with its last client otherwise.
        tmux.folder_file(
            "conf",
            "set -g status off\nset -g exit-empty off\nset -g default-terminal tmux-256color\n",
        );
        let conf = tmux.folder.path().join("conf");
        tmux.run(&["-f", &conf.to_string_lossy(), "start-server"]);
        Some(tmux)
    }

    fn folder_file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Opens a window with a program in it.
    pub(crate) fn open(&self, name: &'static str, program: &Program) -> Window {
        let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_string_lossy().replace('\'', r"'\''"));
        let set = program.environment.iter().filter(|(name, _)| *name != "TERM");
        let set = set.map(|(name, value)| format!("{}={}", name.to_string_lossy(), quoted(value)));
        let words = std::iter::once(quoted(program.path.as_os_str()))
            .chain(program.arguments.iter().map(|argument| quoted(argument)));
        let line = format!(
            "cd {} && exec env -i TERM=$TERM {} {}",
            quoted(program.folder.as_os_str()),
            set.collect::<Vec<_>>().join(" "),
            words.collect::<Vec<_>>().join(" ")
        );
        self.homes.borrow_mut().push(program.home.clone());
        let (columns, rows) = (self.columns.to_string(), self.rows.to_string());
        self.run(&["new-session", "-d", "-s", name, "-x", &columns, "-y", &rows, &line]);
        Window(name)
    }

    /// Opens a window that shows the bytes that are written to the file.
    pub(crate) fn screen(&self, name: &'static str) -> (Window, File) {
        let pipe = self.folder.path().join(name);
        mkfifoat(rustix::fs::CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        // Open for reading too, so that neither end waits for the other.
        let bytes = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let script = format!("stty raw -echo; exec cat '{}'", pipe.display());
        (self.open(name, &Program::script(&script)), bytes)
    }

    /// Shows bytes, and returns the screen that they make.
    pub(crate) fn show(&self, window: Window, mut to: &File, bytes: &[u8]) -> String {
        // Another title than the last one, after all the rest.
        let title = format!("shown {}", COUNT.fetch_add(1, Ordering::Relaxed));
        to.write_all(bytes).unwrap();
        to.write_all(format!("\x1b]2;{title}\x07").as_bytes()).unwrap();
        self.wait(&title, || self.title(window).trim() == title);
        self.capture(window)
    }

    /// Fails at once if the window has ended; `display-message` would print an empty title.
    fn title(&self, Window(name): Window) -> String {
        self.run(&["list-panes", "-t", &format!("{name}:"), "-F", "#{pane_title}"])
    }

    /// Presses keys, by tmux's names.
    pub(crate) fn keys(&self, Window(name): Window, keys: &str) {
        for key in keys.split_whitespace() {
            self.run(&["send-keys", "-t", name, key]);
        }
    }

    /// The screen with its colours and attributes.
    pub(crate) fn capture(&self, Window(name): Window) -> String {
        self.run(&["capture-pane", "-p", "-e", "-N", "-t", name])
    }

    /// The screen once a text is on it and it has come to rest.
    #[track_caller]
    pub(crate) fn settled(&self, window: Window, text: &str) -> String {
        let mut last = String::new();
        self.wait(text, || {
            let now = self.capture(window);
            let rests = now == last && now.contains(text);
            last = now;
            thread::sleep(Duration::from_millis(60));
            rests
        });
        last
    }

    #[track_caller]
    fn wait(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition() {
            assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what:?} in tmux");
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn run(&self, arguments: &[&str]) -> String {
        let socket = self.folder.path().join("s");
        // Nothing of a tmux that the tests themselves run in.
        let output = Command::new("tmux")
            .env_remove("TMUX")
            .env("LC_ALL", "C.UTF-8")
            .arg("-u")
            .arg("-S")
            .arg(socket)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").arg("-S").arg(self.folder.path().join("s")).arg("kill-server").output();
    }
}
