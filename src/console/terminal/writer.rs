//! The thread that writes frames, one at a time. A stalled terminal blocks only this thread.

use std::io::{self, Write};
use std::sync::mpsc as blocking;
use std::thread;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

#[derive(Debug)]
pub struct FrameResult {
    /// The frame's buffer, for reuse.
    pub buffer: Vec<u8>,
    /// The size of the frame.
    pub bytes: usize,
    /// [`io::ErrorKind::TimedOut`] if the frame was cut off because the terminal was released.
    pub result: io::Result<()>,
}

/// Passes frames to the writing thread. At most one is in flight; while the thread is busy, the caller skips
/// frames and draws the newest state later. Dropping it detaches the thread, which ends after its frame.
#[derive(Debug)]
pub struct FrameWriter {
    frames: blocking::SyncSender<Vec<u8>>,
    written: mpsc::Receiver<FrameResult>,
    in_flight: bool,
}

impl FrameWriter {
    /// Starts the thread; each frame is one `write_all` and one flush.
    ///
    /// # Errors
    /// If the thread cannot be created.
    pub fn start(mut output: Box<dyn Write + Send>) -> io::Result<Self> {
        let (frames, receiver) = blocking::sync_channel::<Vec<u8>>(1);
        let (sender, written) = mpsc::channel(1);
        thread::Builder::new().name("terminal-output".into()).spawn(move || {
            for mut buffer in receiver {
                let result = output.write_all(&buffer).and_then(|()| output.flush());
                let bytes = buffer.len();
                buffer.clear();
                if sender.blocking_send(FrameResult { buffer, bytes, result }).is_err() {
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

    /// Passes a frame on; returns whether it was accepted, which it is whenever the writer is free. If the
    /// thread has ended, [`FrameWriter::written`] reports that.
    pub fn hand_over(&mut self, frame: Vec<u8>) -> bool {
        if self.in_flight {
            return false;
        }
        self.in_flight = true;
        // A thread that has ended has closed the other channel too, and the receiver reports that.
        let _ = self.frames.try_send(frame);
        true
    }

    /// Resolves when the frame in flight has been written; pending if there is none. Cancel-safe.
    pub async fn written(&mut self) -> FrameResult {
        if !self.in_flight {
            std::future::pending::<()>().await;
        }
        let written = self.written.recv().await;
        self.in_flight = false;
        written.unwrap_or_else(|| FrameResult {
            buffer: Vec::new(),
            bytes: 0,
            result: Err(io::ErrorKind::BrokenPipe.into()),
        })
    }

    /// Waits for the frame in flight until `until`; returns its result if it was written by then.
    pub async fn finish_within(&mut self, until: Instant) -> Option<FrameResult> {
        if self.is_free() {
            return None;
        }
        timeout_at(until, self.written()).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accepts a write only when permitted.
    struct GatedOutput {
        permits: blocking::Receiver<()>,
        calls: blocking::Sender<usize>,
    }

    impl Write for GatedOutput {
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
        let mut writer = FrameWriter::start(Box::new(GatedOutput { permits, calls })).unwrap();
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
        let mut writer = FrameWriter::start(Box::new(GatedOutput { permits, calls })).unwrap();
        assert!(writer.finish_within(Instant::now()).await.is_none() && writer.is_free());
        assert!(writer.hand_over(b"frame".to_vec()));
        assert!(writer.finish_within(Instant::now()).await.is_none() && !writer.is_free());
        permit.send(()).unwrap();
        let left = writer.finish_within(Instant::now() + std::time::Duration::from_secs(10)).await;
        assert_eq!(left.map(|written| written.bytes), Some(5));
    }

    #[tokio::test]
    async fn a_broken_terminal_is_told_once() {
        struct BrokenOutput;
        impl Write for BrokenOutput {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = FrameWriter::start(Box::new(BrokenOutput)).unwrap();
        assert!(writer.hand_over(b"frame".to_vec()));
        assert_eq!(writer.written().await.result.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
