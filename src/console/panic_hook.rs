//! The panic hook: restores the terminal first, then reports the location; never the payload, which may
//! contain a secret.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::Notify;

use super::terminal::{print_to_stderr, restore_terminal};

/// The exit code after a panic.
pub const PANICKED: u8 = 1;

static HAPPENED: AtomicBool = AtomicBool::new(false);
static PANIC_NOTIFY: Notify = Notify::const_new();

/// Replaces the panic hook: restores the terminal, logs and prints location and thread, runs
/// `afterwards` (flushing the log), and notifies the event loop, so that a panic in any task ends the
/// program.
pub fn install(afterwards: impl Fn() + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |info| {
        restore_terminal();
        let place = describe(info, thread::current().name());
        tracing::error!("{place}");
        afterwards();
        HAPPENED.store(true, Ordering::SeqCst);
        PANIC_NOTIFY.notify_one();
        print_to_stderr(&format!("confdeck: {place}; this is a bug. The log may say what led to it\n"));
    }));
}

fn describe(info: &PanicHookInfo<'_>, thread: Option<&str>) -> String {
    let thread = thread.unwrap_or("without a name");
    match info.location() {
        Some(at) => format!("panic in thread {thread} at {}:{}:{}", at.file(), at.line(), at.column()),
        None => format!("panic in thread {thread}"),
    }
}

/// Resolves once a panic has happened in any task or thread of this process.
pub(super) async fn panicked() {
    while !HAPPENED.load(Ordering::SeqCst) {
        PANIC_NOTIFY.notified().await;
    }
}
