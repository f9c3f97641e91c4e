//! This test program once more, as another process that runs one of its ignored tests: what a test
//! kills, limits, or lets contend.

use std::process::{Command, Stdio};

/// How to start the ignored test `name` of this program, `module::test` as `--list` prints it, with
/// its output thrown away. Settings go to it by environment variables.
pub(crate) fn again(name: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(arguments(name)).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// The same by way of a shell that first does `preamble`: a limit, a mount.
pub(crate) fn again_after(preamble: &str, name: &str) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{preamble}\nexec \"$0\" \"$@\"")]).arg(program).args(arguments(name));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

pub(crate) fn arguments(name: &str) -> [&str; 4] {
    ["--exact", name, "--ignored", "--nocapture"]
}
