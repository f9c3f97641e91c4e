//! Unix signals as messages on a bounded channel.

use std::io;

use rustix::process::Signal as Unix;
#[cfg(target_os = "linux")]
use {
    rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    },
    std::os::fd::OwnedFd,
    tokio::io::{Interest, unix::AsyncFd},
};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// A signal that the console handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Quit now, with this exit code: 128 plus the signal's number.
    Terminate(u8),
    /// The process was stopped and has been continued.
    Continue,
    Resize,
    /// The machine may have been asleep.
    Awake,
}

/// The exit codes of the signals that a terminal sends for ctrl-c and ctrl-\\.
pub const BY_KEY: [u8; 2] = [130, 131];

/// The exit code after SIGHUP or a closed terminal.
pub const HUNG_UP: u8 = 129;

/// Handles the signals that would end the process while the terminal is claimed, and tells when the machine
/// wakes up. Rust's runtime already ignores SIGPIPE.
///
/// # Errors
/// If a handler cannot be installed.
pub fn listen() -> io::Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(8);
    for (unix, message) in [
        (Unix::HUP, Signal::Terminate(HUNG_UP)),
        (Unix::INT, Signal::Terminate(130)),
        (Unix::QUIT, Signal::Terminate(131)),
        (Unix::TERM, Signal::Terminate(143)),
        (Unix::CONT, Signal::Continue),
        (Unix::WINCH, Signal::Resize),
    ] {
        let mut received = signal(SignalKind::from_raw(unix.as_raw()))?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while received.recv().await.is_some() && sender.send(message).await.is_ok() {}
        });
    }
    #[cfg(target_os = "linux")]
    tokio::spawn(async move {
        // Without it, a sleep is noticed by the first event after it.
        let Ok(mut alarm) = WakeAlarm::new() else { return };
        while alarm.rings().await.is_ok() && sender.send(Signal::Awake).await.is_ok() {}
    });
    Ok(receiver)
}

/// Tells when the machine wakes up: the kernel cancels a timer of this kind then, and whenever the clock is
/// set. Nothing is due in between.
#[cfg(target_os = "linux")]
struct WakeAlarm(AsyncFd<OwnedFd>);

#[cfg(target_os = "linux")]
impl WakeAlarm {
    fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        let alarm = Self(AsyncFd::with_interest(timer, Interest::READABLE)?);
        alarm.set()?;
        Ok(alarm)
    }

    /// For a moment that never comes.
    fn set(&self) -> io::Result<()> {
        let never = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec { tv_sec: i64::MAX / 1_000_000_000, tv_nsec: 0 },
        };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        timerfd_settime(self.0.get_ref(), flags, &never)?;
        Ok(())
    }

    /// Waits for the next time.
    async fn rings(&mut self) -> io::Result<()> {
        self.0.readable().await?.clear_ready();
        // Says why it was readable, which does not matter.
        let _ = rustix::io::read(self.0.get_ref(), &mut [0; 8]);
        self.set()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn the_alarm_of_a_wake_up_is_silent_while_the_machine_is_awake() {
        let mut alarm = WakeAlarm::new().unwrap();
        assert!(timeout(Duration::from_millis(50), alarm.rings()).await.is_err());
        alarm.set().unwrap();
        assert!(timeout(Duration::from_millis(50), alarm.rings()).await.is_err(), "nor once it is set again");
    }
}
