//! The binary: parses the arguments, runs a command or the console, returns the exit code.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use confdeck::cli::{self, CommandLine, Demo, Exit, Invocation};
use confdeck::config::Settings;
use confdeck::console::open::open;
use confdeck::console::panic_hook;
use confdeck::logging;
use confdeck::provider::ensure_crypto_provider;

/// How long a panic waits for the log.
const FLUSHED_WITHIN: Duration = Duration::from_millis(200);

/// How long the log is waited for at the end, whatever else took how long.
const FLUSHED_AT_LEAST: Duration = Duration::from_millis(10);

/// How many files a command and the console have open at once, connections and our own included.
const FILES_OF_COMMAND: usize = 16;
const FILES_OF_CONSOLE: usize = 48;

fn main() -> ExitCode {
    logging::keep_memory_private();
    logging::keep_files_private();
    let exit = match cli::parse(std::env::args_os()) {
        Err(exit) => exit,
        Ok(invocation) => {
            ensure_crypto_provider();
            match invocation {
                Invocation::Command(line) => run_command(line),
                Invocation::Console { settings, demo } => run_console(&settings, demo),
            }
        }
    };
    exit.into()
}

/// A single-threaded runtime is enough for one command.
fn run_command(line: CommandLine) -> Exit {
    if let Some(exit) = cli::refuse_without_files(FILES_OF_COMMAND) {
        return exit;
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Exit::FAILED;
    };
    let exit = runtime.block_on(cli::run(line));
    // File I/O that hangs must not keep the process alive.
    runtime.shutdown_background();
    exit
}

fn run_console(settings: &Settings, demo: Option<Demo>) -> Exit {
    let refused = cli::refuse_without_terminal().or_else(|| cli::refuse_without_files(FILES_OF_CONSOLE));
    if let Some(exit) = refused {
        return exit;
    }
    let vars: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let log =
        logging::start(settings.console.state_dir.as_deref(), vars.get(logging::LEVEL).map(String::as_str));
    panic_hook::install(|| logging::flush(FLUSHED_WITHIN));
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
    else {
        return Exit::FAILED;
    };
    let left = runtime.block_on(open(settings, demo, &vars, Some(log)));
    let left_by = left.as_ref().map_or_else(|_| Instant::now(), |left| left.until);
    let time_left = || left_by.saturating_duration_since(Instant::now());
    // A save that has begun may finish; anything else that hangs must not keep the process alive.
    runtime.shutdown_timeout(time_left());
    logging::flush(time_left().max(FLUSHED_AT_LEAST));
    match left {
        Ok(left) => Exit(left.code),
        Err(error) => cli::fail(&error),
    }
}
