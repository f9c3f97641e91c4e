//! confdeck's own log: a private file that rotates, and the last lines for the Log tab. Other crates are
//! logged at WARN and above only, because their lower levels contain requests and headers.

mod file;
mod writer;

use std::io;
use std::path::Path;

use parking_lot::Mutex;

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::sync::mpsc;
use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt};

use file::RotatingFile;
use writer::LogWriter;

use crate::private_file::{self, io_reason};

/// The variable that names the level: `off`, `error`, `warn`, `info` (the default), `debug`, `trace`.
pub const LEVEL: &str = "CONFDECK_LOG";

/// The file's name in the state folder; rotated ones end in `.1`, `.2` and so on.
pub const FILE: &str = "confdeck.log";

/// The capacity of the file writer's queue, in lines; lines beyond it are dropped.
const WAITING: usize = 4_096;

/// Crates that are never logged: they log responses, and therefore secrets, even at ERROR.
const SILENT: [&str; 2] = ["vaultrs", "rustify"];

/// The guard of the background writer; dropping it flushes.
static WORKER: Mutex<Option<WorkerGuard>> = Mutex::new(None);

/// Disables core dumps of this process, and access to its memory by other processes of the same user. Call it
/// first of all, before there are secrets in memory. Child processes inherit the limit, and raising it
/// requires a privilege; this is intended, since an editor started by confdeck may hold secrets too.
pub fn keep_memory_private() {
    // Neither call can fail for the process itself, and failing would not be a reason not to start.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A limit of 0 does not stop the kernel from piping a dump to a program.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Sets the umask so that every file this process creates is private to its user. Call it first of all,
/// before any thread or file is created.
pub fn keep_files_private() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Starts the log of this process and returns the lines for the Log tab. Without a folder, or if the folder
/// is not writable, there are only those lines; in the latter case one of them gives the reason.
pub fn start(folder: Option<&Path>, level: Option<&str>) -> mpsc::Receiver<String> {
    let (file, trouble) = match folder.map(open).transpose() {
        Ok(file) => (file, None),
        Err(error) => (None, Some(error)),
    };
    let writer = file.map(|file| {
        let builder = NonBlockingBuilder::default().buffered_lines_limit(WAITING).thread_name("log");
        let (writer, guard) = builder.finish(file);
        *WORKER.lock() = Some(guard);
        writer
    });
    let (lines, receiver) = LogWriter::new(writer);
    let (level, unknown) = parse(level);
    // Only a second start in one process can fail, and then the first log stays in use.
    let _ = tracing::subscriber::set_global_default(subscriber(level, lines));
    if let Some(error) = trouble {
        let reason = io_reason(&error);
        tracing::warn!(%reason, "the log file cannot be written; this tab is all there is");
    }
    if unknown {
        tracing::warn!("{LEVEL} is none of off, error, warn, info, debug, trace; info is used");
    }
    receiver
}

/// Flushes the queue, for up to a second; later lines are lost. Call it at the end of the process, whether by
/// return or by panic.
pub fn flush() {
    let guard = WORKER.try_lock().and_then(|mut worker| worker.take());
    drop(guard);
}

fn open(folder: &Path) -> io::Result<RotatingFile> {
    private_file::make_folder(folder)?;
    RotatingFile::open(folder.join(FILE), file::LIMIT)
}

fn parse(level: Option<&str>) -> (LevelFilter, bool) {
    let level = level.map(str::trim).filter(|level| !level.is_empty());
    match level.map_or(Ok(LevelFilter::INFO), str::parse) {
        Ok(level) => (level, false),
        Err(_) => (LevelFilter::INFO, true),
    }
}

fn subscriber(level: LevelFilter, lines: LogWriter) -> impl Subscriber + Send + Sync {
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(env!("CARGO_PKG_NAME"), level)
        .with_targets(SILENT.map(|target| (target, LevelFilter::OFF)));
    tracing_subscriber::registry().with(fmt::layer().with_ansi(false).with_writer(lines).with_filter(targets))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(level: LevelFilter, log: impl FnOnce()) -> Vec<String> {
        let (lines, mut receiver) = LogWriter::new(None);
        tracing::subscriber::with_default(subscriber(level, lines), log);
        std::iter::from_fn(|| receiver.try_recv().ok()).collect()
    }

    #[test]
    fn others_are_heard_from_warnings_on() {
        let all = || {
            tracing::debug!("ours, fine");
            tracing::info!("ours");
            tracing::info!(target: "hyper::client", "theirs");
            tracing::warn!(target: "hyper::client", "their trouble");
        };
        let lines = logged(LevelFilter::INFO, all);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].ends_with("ours") && lines[1].ends_with("their trouble"));
        assert_eq!(logged(LevelFilter::TRACE, all).len(), 3);
        assert_eq!(logged(LevelFilter::ERROR, all).len(), 0, "the level caps them too");
    }

    #[test]
    fn who_writes_answers_of_servers_is_not_heard() {
        let lines = logged(LevelFilter::TRACE, || {
            tracing::error!(target: "vaultrs::api", "planted");
            tracing::error!(target: "rustify::client", "planted");
        });
        assert!(lines.is_empty(), "{lines:?}");
    }

    #[test]
    fn levels_by_name() {
        assert_eq!(parse(None), (LevelFilter::INFO, false));
        assert_eq!(parse(Some("debug")), (LevelFilter::DEBUG, false));
        assert_eq!(parse(Some("OFF")), (LevelFilter::OFF, false));
        assert_eq!(parse(Some("loud")), (LevelFilter::INFO, true));
    }
}
