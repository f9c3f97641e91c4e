//! The program: arguments to exit code.

use std::process::ExitCode;

use confdeck::cli::{self, CommandLine, Demo, Exit, Invocation};
use confdeck::provider::etcd::ensure_crypto_provider;
use confdeck::settings::Settings;
use rustix::fs::Mode;

fn main() -> ExitCode {
    // Before anything is opened: what we create is for its owner alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let exit = match cli::parse(std::env::args_os()) {
        Err(exit) => exit,
        Ok(invocation) => {
            ensure_crypto_provider();
            match invocation {
                Invocation::Command(line) => run_command(line),
                Invocation::Console { settings, demo } => run_console(*settings, demo),
            }
        }
    };
    exit.into()
}

/// One thread is enough for one command.
fn run_command(line: CommandLine) -> Exit {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Exit::FAILED;
    };
    let exit = runtime.block_on(cli::run(line));
    // File work that hangs must not keep the process.
    runtime.shutdown_background();
    exit
}

fn run_console(_settings: Settings, _demo: Option<Demo>) -> Exit {
    if !cli::has_terminal() {
        return cli::refuse_console();
    }
    // HERE: log file and panic hook, then `confdeck::console::run(settings, demo)` as the exit code.
    Exit::FAILED
}
