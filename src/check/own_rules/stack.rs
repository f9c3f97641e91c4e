//! A stack of their own for expressions: CEL's parser and its interpreter call themselves for each level.

use std::thread;

/// For the parser, which takes 50 KiB of stack for a level without optimization. An expression of the longest kind
/// has a thousand, `1+1+1…`. Only what is used of a stack takes memory.
pub(super) const OF_PARSER: usize = 64 << 20;

/// For expressions that the vetting has let through.
pub(super) const OF_INTERPRETER: usize = 16 << 20;

/// Runs a job on a thread with this much stack, and waits for it.
///
/// # Errors
/// Why there is no result: no thread could be had, or the job panicked.
pub(super) fn on_own_stack<T: Send>(bytes: usize, job: impl FnOnce() -> T + Send) -> Result<T, &'static str> {
    thread::scope(|scope| {
        let running = thread::Builder::new().name("own-rules".into()).stack_size(bytes);
        let running = running.spawn_scoped(scope, job).map_err(|_| "there is no thread for own rules")?;
        running.join().map_err(|_| "CEL's interpreter failed")
    })
}
