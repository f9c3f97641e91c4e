//! What is in memory does not reach the disk when the program is ended by force.

use crate::support::home::Home;
use crate::support::run::{Program, Signal};

#[test]
fn no_core_is_dumped_whatever_the_shell_allows() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"orders":{"module":"log"}}"#);
    let script = format!("ulimit -S -c unlimited; exec {} watch", env!("CARGO_BIN_EXE_confdeck"));
    let mut running = Program::script(&script).at_home(&home).start();
    running.wait_for("default/orders");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let words: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(words, ["0", "0"], "{core}");
    running.signal(Signal::ABORT);
    let finished = running.finish();
    assert_eq!(finished.code(), None, "a signal ended it: {}", finished.err());
    assert!(!finished.core_dumped());
}
