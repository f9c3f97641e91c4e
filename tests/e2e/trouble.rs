//! What a person sees when the files make trouble: no room, no file, a hand that hangs, another
//! console, and files far too large to be read at a glance.

use std::ffi::OsStr;
use std::fs;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::store::Files;
use crate::support::run::Program;
use crate::terminal::Terminal;

/// Leaving waits for nothing; a loaded machine needs a while for that all the same.
const AT_ONCE: Duration = Duration::from_secs(3);

#[test]
fn without_room_the_draft_is_kept_and_saved_once_there_is_some() {
    let ballast = "x".repeat(200 * 1024);
    let text =
        format!("{{\n  \"alpha\": {{\"module\": \"log\", \"n\": 41}},\n  \"ballast\": \"{ballast}\"\n}}\n");
    let files = Files::new(&text);
    // A limit is a full disk that can be had everywhere, and for one process alone. The signal that
    // comes with it is ignored, as a full disk sends none.
    let limited = "trap '' XFSZ; ulimit -S -f 64; exec \"$0\"";
    let program = Program::named("sh")
        .with([OsStr::new("-c"), OsStr::new(limited), OsStr::new(env!("CARGO_BIN_EXE_confdeck"))])
        .at_home(&files.home);
    let mut terminal = Terminal::open(program, 140, 40);
    terminal.wait_for("SYNCED");
    terminal.edit("default/alpha");
    terminal.replace("\"n\": 41", "\"n\": 42");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("nothing was written");
    assert_eq!(files.text(), text);
    let left: Vec<_> =
        fs::read_dir(files.home.work()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["webhooks.json"], "nothing is left lying about");

    let id = Pid::from_raw(terminal.id().cast_signed());
    prlimit(id, Resource::Fsize, Rlimit { current: None, maximum: None }).unwrap();
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert_eq!(files.text(), text.replace("41", "42"));
    terminal.leaves_within(AT_ONCE);
}

#[test]
fn a_pipe_in_the_place_of_the_file_blocks_nothing() {
    let files = Files::new("{\"alpha\": {\"module\": \"log\"}}");
    let mut terminal = files.open(120, 40);
    terminal.wait_for("default/alpha");
    fs::remove_file(&files.webhooks).unwrap();
    mknodat(CWD, &files.webhooks, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let screen = terminal.wait_for("STALE");
    assert!(screen.has("alpha"), "the last good picture stays\n{}", screen.framed());
    terminal.keys("6");
    terminal.wait_for("is a named pipe; put a file in its place");
    terminal.leaves_within(AT_ONCE);

    // Nor does it where it is met first.
    let mut terminal = Terminal::open(Program::confdeck::<&str>([]).at_home(&files.home), 120, 40);
    terminal.wait_for("STALE");
    terminal.leaves_within(AT_ONCE);
}

#[test]
fn a_folder_that_vanishes_leaves_the_picture_stale() {
    let files = Files::new("{}");
    let inside = files.home.write("work/mounted/webhooks.json", "{\"alpha\": {\"module\": \"log\"}}");
    let program = Program::confdeck::<&str>([]).at_home(&files.home).env("WEBHOOKS_CONFIG_FILE", &inside);
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.wait_for("default/alpha");
    let (folder, away) = (inside.parent().unwrap(), files.home.work().join("away"));
    fs::rename(folder, &away).unwrap();
    let screen = terminal.wait_for("STALE");
    assert!(screen.has("default/alpha"), "{}", screen.framed());
    terminal.keys("6");
    terminal.wait_for("does not exist; create it, or mount it");
    terminal.keys("1");
    fs::rename(&away, folder).unwrap();
    terminal.wait_for("SYNCED");
}

#[test]
fn two_consoles_see_each_others_changes_and_both_write() {
    let text = "{\n  \"alpha\": {\"module\": \"log\", \"n\": 41},\n  \"beta\": {\"module\": \"log\", \"n\": 51}\n}\n";
    let files = Files::new(text);
    let (mut one, mut other) = (files.open(120, 40), files.open(120, 40));
    // Both have a draft open before either writes; they are of two documents.
    one.edit("default/alpha");
    other.edit("default/beta");
    one.replace("\"n\": 41", "\"n\": 4200");
    other.replace("\"n\": 51", "\"n\": 5200");
    for terminal in [&mut one, &mut other] {
        terminal.review();
        terminal.answer("enter");
        terminal.wait_gone("REVIEW");
    }
    assert_eq!(files.text(), text.replace("41", "4200").replace("51", "5200"));
    one.go_to("default/beta");
    one.wait_for("5200");
    other.go_to("default/alpha");
    other.wait_for("4200");

    // And of one document, the second is told before and after it tries.
    one.edit("default/alpha");
    other.edit("default/alpha");
    one.replace("4200", "4300");
    other.replace("4200", "4400");
    one.review();
    one.answer("enter");
    one.wait_gone("REVIEW");
    other.wait_for("upstream CHANGED");
    other.review();
    other.answer("enter");
    other.wait_for("MERGE");
    assert_eq!(files.text(), text.replace("41", "4300").replace("51", "5200"));
}

#[test]
fn fifty_mebibytes_hold_up_neither_keys_nor_leaving_and_idle_writes_nothing() {
    let ballast = "0123456789abcdef".repeat(16 * 1024);
    let member = |n: usize| format!("  \"w{n:03}\": {{\"module\": \"log\", \"ballast\": \"{ballast}\"}}");
    let text = format!("{{\n{}\n}}\n", (0..200).map(member).collect::<Vec<_>>().join(",\n"));
    assert!(text.len() >= 50 * 1024 * 1024);
    let files = Files::new(&text);
    let mut terminal = Terminal::open(Program::confdeck::<&str>([]).at_home(&files.home), 120, 40);
    // While it is read.
    terminal.keys("?");
    terminal.wait_for("Lists and details");
    terminal.keys("esc");
    terminal.wait_for("1 of 200");
    terminal.wait_for("SYNCED");
    terminal.keys("G");
    terminal.wait_for("200 of 200");
    terminal.wait_quiet_for(Duration::from_secs(3));
    // Longer than several looks at the file.
    terminal.assert_still(Duration::from_secs(6));
    terminal.leaves_within(AT_ONCE);

    let mut terminal = Terminal::open(Program::confdeck::<&str>([]).at_home(&files.home), 120, 40);
    terminal.wait_for("1 Webhooks");
    terminal.leaves_within(AT_ONCE);
}
