//! The real terminal: claimed once and restored on every way out, panics included.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{
    OptionalActions, SpecialCodeIndex, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr, ttyname,
};
use tokio::sync::mpsc;

use super::listener::{Listener, timespec};
use super::{Device, LEAVE_WITHIN, TerminalInput};
use crate::console::shell::layout::Size;

/// Alternate screen, plain attributes, bracketed paste, hidden cursor, no wrapping at the last column; and off
/// is what a program that crashed may have left on: reports of the mouse and of the focus, application keys, a
/// scrolling region with its origin, insertion, line-drawing letters. No queries.
const CLAIM: &[u8] =
    b"\x1b[?1049h\x1b[?9l\x1b[?1000l\x1b[?1001l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\
\x1b[?1015l\x1b[?1016l\x1b[?1l\x1b>\x1b[?6l\x1b[r\x1b[4l\x1b(B\x0f\x1b[?7l\x1b[0m\x1b[2J\x1b[?2004h\x1b[?25l";

/// Reverses what of [`CLAIM`] is ours, after ending a synchronized update that may have been cut short.
const RELEASE: &[u8] = b"\x1b[?7h\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?1049l\x1b[?25h";

/// The size assumed for a terminal that reports none.
const USUAL: Size = Size { cols: 80, rows: 24 };

/// How long one poll of a stalled terminal lasts before the write is checked for still being wanted.
const WAIT: Duration = Duration::from_millis(50);

/// The state to restore. Static, because the panic hook must reach it from any thread.
static CLAIMED: Mutex<Option<TerminalClaim>> = Mutex::new(None);

/// Whether frames may be written; cleared first on release, so that no frame follows.
static OURS: AtomicBool = AtomicBool::new(false);

struct TerminalClaim {
    terminal: Arc<OwnedFd>,
    original: Termios,
}

/// The terminal on standard output.
#[derive(Debug)]
pub struct Tty {
    terminal: Arc<OwnedFd>,
}

impl Tty {
    /// Opens the terminal behind standard output, for non-blocking reads and writes.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`] if standard output is not a terminal.
    pub fn open() -> io::Result<Self> {
        let stdout = rustix::stdio::stdout();
        if !isatty(stdout) {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "standard output is not a terminal; run confdeck in one, or use a subcommand such as `confdeck list webhooks`",
            ));
        }
        // A file description of our own: O_NONBLOCK on the inherited one would affect the shell.
        let own = ttyname(stdout, Vec::new())
            .ok()
            .and_then(|name| open(Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()))).ok())
            .or_else(|| open(Path::new("/dev/tty")).ok());
        let terminal = match own {
            Some(terminal) => terminal,
            None => stdout.try_clone_to_owned()?,
        };
        Ok(Self { terminal: Arc::new(terminal) })
    }
}

impl Device for Tty {
    type InputGuard = Listener;

    fn claim(&mut self) -> io::Result<()> {
        let mut claimed = CLAIMED.lock();
        let found = match claimed.take() {
            Some(earlier) => earlier.original,
            None => tcgetattr(&*self.terminal)?,
        };
        let mut raw = found.clone();
        raw.make_raw();
        tcsetattr(&*self.terminal, OptionalActions::Now, &raw)?;
        *claimed = Some(TerminalClaim { terminal: Arc::clone(&self.terminal), original: found });
        OURS.store(true, Ordering::SeqCst);
        drop(claimed);
        // A stalled terminal may recover, so a failure is ignored; the first frame will tell.
        let _ = write_all(&self.terminal, CLAIM, Instant::now() + LEAVE_WITHIN, || true);
        Ok(())
    }

    fn restore(&mut self, until: Instant) {
        release(until);
    }

    fn size(&self) -> Size {
        match tcgetwinsize(&*self.terminal) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Size { cols: size.ws_col, rows: size.ws_row },
            _ => USUAL,
        }
    }

    fn output(&self) -> Box<dyn Write + Send> {
        Box::new(TtyOutput { terminal: Arc::clone(&self.terminal) })
    }

    fn listen(&mut self) -> io::Result<(Listener, mpsc::Receiver<TerminalInput>)> {
        // Raw mode changes no special character.
        let erase = tcgetattr(&*self.terminal)?.special_codes[SpecialCodeIndex::VERASE];
        Listener::start(Arc::clone(&self.terminal), erase)
    }

    fn print_line(&mut self, line: &str) {
        print_to_stderr(line);
    }

    fn stop(&mut self) {
        // Stop the whole group, as the terminal does for ctrl-z, so that the shell sees its job stop. The
        // kernel drops this signal if no shell could continue the process.
        let _ = kill_current_process_group(Signal::TSTP);
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        restore_terminal();
    }
}

/// Restores the terminal, if it was claimed, within [`LEAVE_WITHIN`]. May be called twice, from any
/// thread, and from a panic hook.
pub fn restore_terminal() {
    release(Instant::now() + LEAVE_WITHIN);
}

fn release(until: Instant) {
    OURS.store(false, Ordering::SeqCst);
    // Wait no longer than `until`: the thread that panicked may hold the lock.
    let Some(claimed) = CLAIMED.try_lock_until(until).and_then(|mut claimed| claimed.take()) else { return };
    let _ = write_all(&claimed.terminal, RELEASE, until, || true);
    let _ = tcsetattr(&*claimed.terminal, OptionalActions::Now, &claimed.original);
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

/// Writes until everything is written, the time is up, or `wanted` returns false.
fn write_all(
    terminal: &OwnedFd,
    mut bytes: &[u8],
    until: Instant,
    wanted: impl Fn() -> bool,
) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(terminal, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() || !wanted() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                let _ = poll(&mut [PollFd::new(terminal, PollFlags::OUT)], Some(&timespec(left.min(WAIT))));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The output for frames. It waits for a stalled terminal as long as the terminal is claimed, and stops in
/// the middle of a frame when it is released.
struct TtyOutput {
    terminal: Arc<OwnedFd>,
}

impl Write for TtyOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let ours = || OURS.load(Ordering::SeqCst);
        if !ours() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        const FOREVER: Duration = Duration::from_secs(u32::MAX as u64);
        write_all(&self.terminal, bytes, Instant::now() + FOREVER, ours)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a line to standard error after the terminal was restored; waits for a stalled terminal only for
/// [`LEAVE_WITHIN`].
pub(crate) fn print_to_stderr(line: &str) {
    let stderr = rustix::stdio::stderr();
    let mut fds = [PollFd::from_borrowed_fd(stderr, PollFlags::OUT)];
    if matches!(poll(&mut fds, Some(&timespec(LEAVE_WITHIN))), Ok(1)) {
        let _ = rustix::io::write(stderr, line.as_bytes());
    }
}
