//! The thread that reads the terminal and sends [`TerminalInput`] to a bounded channel.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, mem};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::{Decoder, INPUTS, TerminalInput};

/// The size of one read.
const READ: usize = 4_096;

/// Guard of the reading thread. Dropping it ends the thread before it reads another byte, so that a shell or
/// an editor gets the following keys. Drop the receiver first.
#[derive(Debug)]
pub struct Listener {
    wake: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Reads `terminal`, which must be non-blocking and has this erase character, until dropped or until the
    /// terminal is closed.
    ///
    /// # Errors
    /// If a thread or socket pair cannot be created.
    pub fn start(terminal: Arc<OwnedFd>, erase: u8) -> io::Result<(Self, mpsc::Receiver<TerminalInput>)> {
        let (wake, woken) = UnixStream::pair()?;
        let (inputs, receiver) = mpsc::channel(INPUTS);
        let thread = thread::Builder::new().name("terminal-input".into()).spawn(move || {
            let (decoder, read_at) = (Decoder::with_erase(erase), Instant::now());
            InputReader { terminal, woken, inputs, decoder, read_at }.run();
        })?;
        Ok((Self { wake: Some(wake), thread: Some(thread) }, receiver))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.wake.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct InputReader {
    terminal: Arc<OwnedFd>,
    woken: UnixStream,
    inputs: mpsc::Sender<TerminalInput>,
    decoder: Decoder,
    /// When the last bytes arrived, or slightly earlier.
    read_at: Instant,
}

/// How the wait for input ended.
enum Ready {
    Bytes,
    Nothing,
    Stop,
    Closed,
}

impl InputReader {
    fn run(mut self) {
        let mut buffer = Zeroizing::new([0; READ]);
        loop {
            let ready = match self.wait() {
                Ready::Bytes => self.read(&mut buffer),
                ready => ready,
            };
            let input = match ready {
                Ready::Bytes => continue,
                Ready::Nothing => self.decoder.flush(),
                Ready::Stop => return,
                Ready::Closed => {
                    let _ = self.inputs.blocking_send(TerminalInput::Closed);
                    return;
                }
            };
            if input.is_some_and(|input| self.inputs.blocking_send(input).is_err()) {
                return;
            }
        }
    }

    fn wait(&self) -> Ready {
        let timeout = self.decoder.timeout().map(timespec);
        let mut fds = [
            PollFd::new(&*self.terminal, PollFlags::IN),
            PollFd::from_borrowed_fd(self.woken.as_fd(), PollFlags::IN),
        ];
        let polled = poll(&mut fds, timeout.as_ref());
        let [terminal, woken] = &fds;
        match polled {
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ready::Bytes,
            Err(_) => Ready::Closed,
            Ok(0) => Ready::Nothing,
            Ok(_) if !woken.revents().is_empty() => Ready::Stop,
            Ok(_) if terminal.revents().contains(PollFlags::IN) => Ready::Bytes,
            Ok(_) => Ready::Closed,
        }
    }

    /// Reads what is available, and sends what it decodes to.
    fn read(&mut self, buffer: &mut [u8; READ]) -> Ready {
        let now = Instant::now();
        let gap = now.duration_since(mem::replace(&mut self.read_at, now));
        match rustix::io::read(&*self.terminal, buffer.as_mut_slice()) {
            Ok(0) => Ready::Closed,
            Ok(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                let inputs = &self.inputs;
                let mut open = true;
                if let Some(input) = self.decoder.settle(gap, bytes) {
                    open = inputs.blocking_send(input).is_ok();
                }
                self.decoder.feed(bytes, |input| open = open && inputs.blocking_send(input).is_ok());
                if open { Ready::Bytes } else { Ready::Stop }
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ready::Bytes,
            Err(_) => Ready::Closed,
        }
    }
}

pub(super) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;

    fn line() -> (UnixStream, Listener, mpsc::Receiver<TerminalInput>) {
        let (far, near) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let (listener, inputs) = Listener::start(Arc::new(near.into()), 0x7f).unwrap();
        (far, listener, inputs)
    }

    fn plain(c: char) -> TerminalInput {
        TerminalInput::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE))
    }

    #[test]
    fn more_keys_than_a_read_takes_all_arrive() {
        let (mut far, _listener, mut inputs) = line();
        let writing = thread::spawn(move || {
            far.write_all(&b"j".repeat(10_000)).unwrap();
            far
        });
        for _ in 0..10_000 {
            assert_eq!(inputs.blocking_recv(), Some(plain('j')));
        }
        drop(writing.join().unwrap());
        assert_eq!(inputs.blocking_recv(), Some(TerminalInput::Closed));
        assert_eq!(inputs.blocking_recv(), None);
    }

    #[test]
    fn a_lone_escape_is_a_key_after_a_moment() {
        let (mut far, _listener, mut inputs) = line();
        far.write_all(b"\x1b").unwrap();
        assert_eq!(
            inputs.blocking_recv(),
            Some(TerminalInput::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)))
        );
    }

    #[test]
    fn a_report_in_pieces_leaves_the_keys_around_it_alone() {
        let (mut far, _listener, mut inputs) = line();
        // Longer than an escape is waited for, several times.
        for piece in [&b"j\x1b["[..], b"<0;10;", b"10", b"Mk"] {
            far.write_all(piece).unwrap();
            thread::sleep(Duration::from_millis(60));
        }
        assert_eq!(inputs.blocking_recv(), Some(plain('j')));
        assert_eq!(inputs.blocking_recv(), Some(plain('k')));
    }

    #[test]
    fn dropping_it_leaves_later_bytes_unread() {
        let (far, near) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let near = Arc::new(OwnedFd::from(near));
        let (listener, inputs) = Listener::start(Arc::clone(&near), 0x7f).unwrap();
        drop(inputs);
        drop(listener);
        (&far).write_all(b"echo").unwrap();
        let mut left = [0; 8];
        assert_eq!(rustix::io::read(&*near, &mut left).unwrap(), 4);
    }
}
