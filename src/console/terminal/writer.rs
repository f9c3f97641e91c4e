//! The thread that writes frames, one at a time: a terminal that takes no bytes holds up this thread
//! and nobody else.

use std::io::{self, Write};
use std::sync::mpsc as blocking;
use std::thread;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// A frame that has left, or failed to.
#[derive(Debug)]
pub struct Written {
    /// Its buffer, to be used again.
    pub buffer: Vec<u8>,
    /// How many bytes it had.
    pub bytes: usize,
    /// What became of it; [`io::ErrorKind::TimedOut`] where it was cut off by giving the terminal back.
    pub result: io::Result<()>,
}

/// Hands frames to the writing thread. There is at most one in flight: whoever finds it busy draws
/// later, and then the newest picture. Dropping it detaches the thread, which ends after its frame.
#[derive(Debug)]
pub struct FrameWriter {
    frames: blocking::SyncSender<Vec<u8>>,
    written: mpsc::Receiver<Written>,
    in_flight: bool,
}

impl FrameWriter {
    /// Starts the thread over an output; every frame is one `write_all` and one flush.
    ///
    /// # Errors
    /// What the system says when no thread can be made.
    pub fn start(mut output: Box<dyn Write + Send>) -> io::Result<Self> {
        let (frames, receiver) = blocking::sync_channel::<Vec<u8>>(1);
        let (sender, written) = mpsc::channel(1);
        thread::Builder::new().name("terminal-output".into()).spawn(move || {
            for mut buffer in receiver {
                let result = output.write_all(&buffer).and_then(|()| output.flush());
                let bytes = buffer.len();
                buffer.clear();
                if sender.blocking_send(Written { buffer, bytes, result }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { frames, written, in_flight: false })
    }

    /// Whether a frame may be handed over.
    pub fn is_free(&self) -> bool {
        !self.in_flight
    }

    /// Hands a frame over; says whether it was taken, which it is whenever the writer is free. One
    /// whose thread has ended answers by [`FrameWriter::written`].
    pub fn hand_over(&mut self, frame: Vec<u8>) -> bool {
        if self.in_flight {
            return false;
        }
        self.in_flight = true;
        // A thread that has ended has closed the other channel too, which the receiver then tells.
        let _ = self.frames.try_send(frame);
        true
    }

    /// Resolves when the frame in flight has left; never while there is none. Cancelling loses nothing.
    pub async fn written(&mut self) -> Written {
        if !self.in_flight {
            std::future::pending::<()>().await;
        }
        let written = self.written.recv().await;
        self.in_flight = false;
        written.unwrap_or_else(|| Written {
            buffer: Vec::new(),
            bytes: 0,
            result: Err(io::ErrorKind::BrokenPipe.into()),
        })
    }

    /// Waits for the frame in flight, but no longer than `until`; answers it if it has left by then.
    pub async fn settle(&mut self, until: Instant) -> Option<Written> {
        if self.is_free() {
            return None;
        }
        timeout_at(until, self.written()).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a frame only when told to.
    struct Gated {
        permits: blocking::Receiver<()>,
        calls: blocking::Sender<usize>,
    }

    impl Write for Gated {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.permits.recv();
            let _ = self.calls.send(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn one_frame_is_in_flight_and_it_is_one_write() {
        let (permit, permits) = blocking::channel();
        let (calls, called) = blocking::channel();
        let mut writer = FrameWriter::start(Box::new(Gated { permits, calls })).unwrap();
        assert!(writer.hand_over(vec![b'x'; 9_000]));
        assert!(!writer.is_free());
        assert!(!writer.hand_over(b"later".to_vec()), "the second is refused, not queued");
        permit.send(()).unwrap();
        let written = writer.written().await;
        assert!(written.result.is_ok());
        assert!(written.buffer.is_empty() && written.buffer.capacity() >= 9_000, "the buffer comes back");
        assert_eq!(called.try_iter().collect::<Vec<_>>(), [9_000]);
        assert!(writer.is_free());
    }

    #[tokio::test]
    async fn settling_gives_a_stalled_terminal_up() {
        let (permit, permits) = blocking::channel();
        let (calls, _called) = blocking::channel();
        let mut writer = FrameWriter::start(Box::new(Gated { permits, calls })).unwrap();
        assert!(writer.settle(Instant::now()).await.is_none() && writer.is_free());
        assert!(writer.hand_over(b"frame".to_vec()));
        assert!(writer.settle(Instant::now()).await.is_none() && !writer.is_free());
        permit.send(()).unwrap();
        let left = writer.settle(Instant::now() + std::time::Duration::from_secs(10)).await;
        assert_eq!(left.map(|written| written.bytes), Some(5));
    }

    #[tokio::test]
    async fn a_broken_terminal_is_told_once() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = FrameWriter::start(Box::new(Broken)).unwrap();
        assert!(writer.hand_over(b"frame".to_vec()));
        assert_eq!(writer.written().await.result.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
