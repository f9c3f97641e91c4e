//! Panics: the terminal is given back first, then the place is told; the payload never is, because it
//! may hold anything.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::Notify;

use super::terminal::{give_back, say_to_stderr};

/// The exit code after a panic.
pub const PANICKED: u8 = 1;

static HAPPENED: AtomicBool = AtomicBool::new(false);
static NEWS: Notify = Notify::const_new();

/// Replaces the panic hook: gives the terminal back, logs and prints place and thread, runs
/// `afterwards` (flushing the log), and lets the console's loop know, so that a panic in any task
/// ends the program.
pub fn install(afterwards: impl Fn() + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |info| {
        give_back();
        let place = describe(info, thread::current().name());
        tracing::error!("{place}");
        afterwards();
        HAPPENED.store(true, Ordering::SeqCst);
        NEWS.notify_one();
        say_to_stderr(&format!("confdeck: {place}; this is a bug. The log may say what led to it\n"));
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
pub(super) async fn happened() {
    while !HAPPENED.load(Ordering::SeqCst) {
        NEWS.notified().await;
    }
}
