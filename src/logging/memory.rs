//! What is in memory stays there: no core dump holds it.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Keeps this process's memory out of core dumps, and from other processes of its user. Call it first
/// of all, before there is anything in it. Children may write dumps again only if they raise the limit,
/// which takes a privilege: what confdeck starts, such as an editor, may hold what was typed into it.
pub fn keep_memory_private() {
    // Neither can fail for a process's own self, and none is a reason not to start.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A limit of nothing does not keep the kernel from handing a dump to a program.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
