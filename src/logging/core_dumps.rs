//! Disables core dumps, because memory holds secrets.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Disables core dumps of this process, and access to its memory by other processes of its user. Call
/// it first of all, before there are secrets in memory. Child processes inherit the limit, and raising
/// it takes a privilege: an editor that confdeck starts may hold secrets too.
pub fn keep_memory_private() {
    // Neither can fail for the own process, and a failure is no reason not to start.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A limit of 0 does not keep the kernel from piping a dump to a program.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
