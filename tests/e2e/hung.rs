//! Disks that do not answer: nothing that is drawn, typed or left waits for them.

use std::fs;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, mkfifoat};

use crate::store::Files;
use crate::support::home::Home;
use crate::support::hung::HungMount;
use crate::support::run::Program;
use crate::terminal::{Exit, Terminal};

/// What a machine under load adds to 200 ms.
const LEFT_WITHIN: Duration = Duration::from_millis(1_500);

/// With the files by their whole paths, started elsewhere.
fn named_files(program: Program) -> Program {
    let (home, work) = (program.home.path().to_owned(), program.home.work());
    program
        .env("WEBHOOKS_CONFIG_FILE", work.join("webhooks.json"))
        .env("CONNECTIONS_CONFIG_FILE", work.join("connections.json"))
        .in_folder(home)
}

fn home_with_state() -> Home {
    let home = Home::new();
    fs::create_dir_all(home.state()).unwrap();
    home
}

#[test]
fn a_state_folder_that_does_not_answer_delays_neither_start_nor_keys_nor_leaving() {
    let home = home_with_state();
    let Some(hung) = HungMount::over(home.state()) else { return };
    let stats = home.state().join("stats.json");
    let program = Program::confdeck(["--demo"]).at_home(&home).env("CONFDECK_STATS", stats);
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.wait_for("the state folder does not answer");
    terminal.edit("production/github_events");
    terminal.replace("\"gh\"", "\"gh-eu\"");
    terminal.wait_for("draft NOT saved");
    terminal.keys("esc q");
    terminal.wait_for("Leave with a draft?");
    let began = Instant::now();
    terminal.answer("y");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    assert!(began.elapsed() < LEFT_WITHIN, "{:?}", began.elapsed());
    terminal.assert_restored();
    terminal.wait_for("not saved: the disk took longer than leaving may take");
    drop(hung);
}

#[test]
fn a_write_is_told_though_the_audit_does_not_answer() {
    let files = Files::new("{\"one\": {\"module\": \"log\", \"n\": 1}}\n");
    fs::create_dir_all(files.home.state()).unwrap();
    let Some(hung) = HungMount::over(files.home.state()) else { return };
    let mut terminal = files.open(120, 40);
    terminal.edit("default/one");
    terminal.replace("\"n\": 1", "\"n\": 2");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("the state folder's disk does not answer");
    assert!(files.text().contains("\"n\": 2"));
    terminal.leaves_within(LEFT_WITHIN);
    drop(hung);
}

#[test]
fn the_editor_is_not_waited_for_where_its_file_cannot_be_made() {
    let home = home_with_state();
    let Some(hung) = HungMount::over(home.state()) else { return };
    let program = Program::confdeck(["--demo"]).at_home(&home).env("EDITOR", "true");
    let mut terminal = Terminal::open(program, 200, 50);
    terminal.wait_for("SYNCED");
    terminal.keys("E");
    terminal.wait_for("its disk does not answer; the draft is as it was");
    terminal.leaves_within(LEFT_WITHIN);
    drop(hung);
}

#[test]
fn files_that_do_not_answer_are_stale_and_health_agrees() {
    let files = Files::new("{\"one\": {\"module\": \"log\", \"n\": 1}}\n");
    // From its working folder it would look below the mount.
    let program = Program::confdeck::<&str>([]).at_home(&files.home);
    let mut terminal = Terminal::open(named_files(program), 120, 40);
    terminal.wait_for("SYNCED");
    let Some(hung) = HungMount::over(files.home.work()) else { return };
    let began = Instant::now();
    terminal.wait_for("STALE");
    assert!(began.elapsed() < Duration::from_secs(3) + LEFT_WITHIN, "{:?}", began.elapsed());
    terminal.keys("6");
    let screen = terminal.wait_for("does not answer");
    assert!(!screen.has("equal to the store"), "{}", screen.framed());
    drop(hung);
    terminal.wait_for("equal to the store");
    terminal.leaves_within(LEFT_WITHIN);
}

#[test]
fn a_put_into_files_that_do_not_answer_says_so_within_seconds() {
    let home = Home::new();
    let Some(hung) = HungMount::over(home.work()) else { return };
    let program = Program::confdeck(["put", "default/one", "{\"module\":\"log\"}"]).at_home(&home);
    let began = Instant::now();
    let told = named_files(program).run().expect_code(6).err();
    assert!(told.contains("the file system does not answer"), "{told}");
    assert!(told.contains("nothing was written"), "{told}");
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    drop(hung);
}

#[test]
fn pipes_in_place_of_our_files_are_not_waited_for() {
    let home = home_with_state();
    let pipe = |name: &str| {
        let path = home.state().join(name);
        mkfifoat(CWD, &path, Mode::RWXU).unwrap();
        path
    };
    let stats = pipe("stats");
    pipe("confdeck.log");
    pipe("audit.lock");
    let program = Program::confdeck(["--demo"]).at_home(&home).env("CONFDECK_STATS", stats);
    let mut terminal = Terminal::open(program, 200, 50);
    terminal.wait_for("SYNCED");
    terminal.keys("7");
    terminal.wait_for("the log file cannot be written");
    terminal.wait_for("it is not a regular file");
    terminal.leaves_within(LEFT_WITHIN);
}
