//! What a machine or a terminal does not give, or claims to.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::store::Files;
use crate::support::run::Program;
use crate::terminal::Terminal;

#[test]
fn a_terminal_that_claims_to_be_huge_is_used_in_part() {
    let mut terminal = Terminal::open(Program::shell(), 1_000, 500);
    terminal.wait_for("$ ");
    terminal.type_text("stty cols 10000 rows 10000; confdeck --demo; echo left with $?\n");
    terminal.wait_for("SYNCED");
    terminal.keys("q");
    terminal.wait_for("left with 0");
}

#[test]
fn too_few_files_are_said_and_no_bug() {
    let script = Program::script("ulimit -n 12; exec \"$0\" list webhooks");
    let told = script.with([env!("CARGO_BIN_EXE_confdeck")]).run().expect_code(1).err();
    assert!(told.contains("raise the limit (ulimit -n)"), "{told}");
    assert!(!told.contains("bug"), "{told}");
}

#[test]
fn the_console_says_it_too_before_it_takes_the_terminal() {
    let mut terminal = Terminal::open(Program::shell(), 120, 40);
    terminal.wait_for("$ ");
    terminal.type_text("(ulimit -n 30; confdeck --demo; echo left with $?)\n");
    let screen = terminal.wait_for("left with 1");
    assert!(screen.has("confdeck needs 48"), "{}", screen.framed());
}

#[test]
fn a_limit_that_may_be_raised_is_raised() {
    let mut terminal = Terminal::open(Program::shell(), 120, 40);
    terminal.wait_for("$ ");
    terminal.type_text("(ulimit -Sn 30; confdeck --demo; echo left with $?)\n");
    terminal.wait_for("SYNCED");
    terminal.keys("q");
    terminal.wait_for("left with 0");
}

/// An editor that stops itself, and changes the file once it goes on.
fn stopping_editor(files: &Files) -> String {
    let script = "#!/bin/sh\nkill -STOP $$\nsed -i 's/\"n\": 1/\"n\": 2/' \"$1\"\nsleep 2.5\n";
    let path = files.home.write("editor", script);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn an_editor_that_stops_itself_goes_on_where_no_shell_could_continue_it() {
    let files = Files::new("{\"one\": {\"module\": \"log\", \"n\": 1}}\n");
    let program = Program::confdeck::<&str>([]).at_home(&files.home).env("EDITOR", stopping_editor(&files));
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.go_to("default/one");
    terminal.keys("E");
    terminal.wait_for("REVIEW");
}

#[test]
fn an_editor_that_stops_itself_gives_the_shell_back() {
    let files = Files::new("{\"one\": {\"module\": \"log\", \"n\": 1}}\n");
    let shell = Program::shell();
    let path = shell.environment[std::ffi::OsStr::new("PATH")].clone();
    let shell = shell.at_home(&files.home).env("PATH", path).env("EDITOR", stopping_editor(&files));
    let mut terminal = Terminal::open(shell, 120, 40);
    terminal.wait_for("$ ");
    terminal.type_text("confdeck\n");
    terminal.wait_for("SYNCED");
    terminal.go_to("default/one");
    terminal.keys("E");
    terminal.wait_until(|screen| screen.has("Stopped") && screen.text().ends_with("\n$"));
    terminal.type_text("fg\n");
    terminal.wait_for("REVIEW");
}
