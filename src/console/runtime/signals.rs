//! Unix signals as messages on a bounded channel.

use std::io;

use rustix::process::Signal as Unix;
#[cfg(target_os = "linux")]
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
#[cfg(target_os = "linux")]
use {rustix::io::Errno, std::os::fd::OwnedFd};

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
    // Without it, a sleep is noticed by the first event after it.
    #[cfg(target_os = "linux")]
    if let Ok(alarm) = WakeAlarm::new() {
        let rings = move || while alarm.wait().is_ok() && sender.blocking_send(Signal::Awake).is_ok() {};
        let _ = std::thread::Builder::new().name("wake-up".into()).spawn(rings);
    }
    Ok(receiver)
}

/// Tells when the machine wakes up: the kernel cancels a timer of this kind then, and whenever the clock is
/// set. Nothing is due in between.
#[cfg(target_os = "linux")]
struct WakeAlarm(OwnedFd);

#[cfg(target_os = "linux")]
impl WakeAlarm {
    fn new() -> io::Result<Self> {
        let alarm = Self(timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::CLOEXEC)?);
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
        match timerfd_settime(&self.0, flags, &never) {
            // The clock changed in between; the timer is set all the same.
            Err(Errno::CANCELED) => Ok(()),
            set => Ok(set.map(drop)?),
        }
    }

    /// Blocks until the next time.
    fn wait(&self) -> io::Result<()> {
        match rustix::io::read(&self.0, &mut [0; 8]) {
            Ok(_) | Err(Errno::CANCELED | Errno::INTR) => self.set(),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;

    #[test]
    fn the_alarm_of_a_wake_up_is_silent_while_the_machine_is_awake() {
        let alarm = WakeAlarm::new().unwrap();
        let moment = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        for _ in 0..2 {
            assert_eq!(poll(&mut [PollFd::new(&alarm.0, PollFlags::IN)], Some(&moment)), Ok(0));
            alarm.set().unwrap();
        }
    }
}
