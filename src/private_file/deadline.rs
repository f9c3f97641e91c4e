//! File I/O that nobody waits for too long: a disk that does not answer keeps a thread, and nothing else.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Runs `work` on a thread of its own; `None` if it has not ended within the time, or there is no thread for
/// it. It goes on then, until the process ends.
pub(crate) fn done_within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, done) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("file".into())
        .spawn(move || {
            // Nobody may be waiting any more.
            let _ = sender.send(work());
        })
        .ok()?;
    done.recv_timeout(limit).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn work_that_hangs_is_waited_for_no_longer_than_allowed() {
        assert_eq!(done_within(Duration::from_secs(20), || 7), Some(7));
        let (release, hang) = mpsc::channel::<()>();
        let (ended, goes_on) = mpsc::channel();
        let began = Instant::now();
        let hung = done_within(Duration::from_millis(20), move || {
            let _ = hang.recv();
            ended.send(()).unwrap();
        });
        assert!(hung.is_none() && began.elapsed() < Duration::from_secs(10));
        drop(release);
        goes_on.recv_timeout(Duration::from_secs(20)).unwrap();
    }
}
