//! A draft in the user's own editor, here a script of the shell.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::store::Files;
use crate::support::home::Home;
use crate::support::run::{PATIENCE, Program, Signal};
use crate::terminal::{Exit, Terminal};

const SECRET: &str = "Hunter2Stored";
const PLANTED: &str = "Hunter2Planted";

fn files() -> Files {
    Files::new(&format!(
        "{{\n  \"one\": {{\"module\": \"log\", \"n\": 1, \"authorization\": \"{SECRET}\"}}\n}}\n"
    ))
}

/// Where the script is; a blank is in its path. It is called with two arguments and the file.
fn editor(home: &Home, script: &str) -> String {
    let path = home.write("my tools/editor", format!("#!/bin/sh\nfile=$3\n{script}"));
    fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    format!("'{}' --flag 'two words'", path.display())
}

/// A console on these files, with `default/one` selected.
fn console(files: &Files, editor: &str) -> Terminal {
    let program = Program::confdeck::<&str>([]).at_home(&files.home);
    let program = program.env("EDITOR", editor).env("ETCD_PASSWORD", PLANTED).env("VAULT_TOKEN", PLANTED);
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.go_to("default/one");
    terminal
}

/// Waits until the text of the saved draft holds this.
#[track_caller]
fn saved(home: &Home, text: &str) {
    let folder = home.state().join("drafts");
    let deadline = Instant::now() + PATIENCE;
    // One that is still being written has another ending.
    let is_draft =
        |path: &PathBuf| path.starts_with(&folder) && path.extension().is_some_and(|e| e == "json");
    let holds = |path: &PathBuf| is_draft(path) && fs::read_to_string(path).is_ok_and(|s| s.contains(text));
    while !home.files().iter().any(holds) {
        assert!(Instant::now() < deadline, "no saved draft holds {text}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The files for other editors that are left.
fn left(home: &Home) -> Vec<PathBuf> {
    home.files().into_iter().filter(|path| path.starts_with(home.state().join("edit"))).collect()
}

/// Says that it is there, and goes on once a line was typed; ctrl-c is caught.
const ASK: &str =
    "trap 'echo caught' INT; echo asking; line=; until [ -n \"$line\" ]; do read -r line; done\n";

/// Types a line while the terminal's modes may still be changing hands: no mode changes this line break.
fn answer_editor(terminal: &mut Terminal) {
    terminal.type_text("on");
    terminal.keys("ctrl-j");
}

#[test]
fn each_save_is_taken_and_the_end_leads_to_the_review() {
    let files = files();
    let script = format!(
        "printf '%s\\n' \"$#\" \"$1\" \"$2\" >~/arguments; env >~/env; cp \"$file\" ~/given; stat -c %a \"$file\" >~/mode
         basename \"$file\" >~/name; sed -i 's/\"n\": 1/\"n\": 2/' \"$file\"\n{ASK}
         sed -i 's/\"n\": 2/\"n\": 3/' \"$file\""
    );
    let mut terminal = console(&files, &editor(&files.home, &script));
    terminal.keys("E");
    let screen = terminal.wait_for("asking");
    assert!(!screen.emulator().alternate_screen() && screen.cursor().is_some(), "{}", screen.framed());
    saved(&files.home, "\\\"n\\\": 2");
    // What a terminal sends for a key is the editor's.
    terminal.keys("ctrl-c");
    terminal.wait_for("caught");
    terminal.type_text("on\n");
    let screen = terminal.wait_for("REVIEW");
    assert!(
        screen.has("1  →  3") || screen.line_with("n ").is_some_and(|line| line.contains('3')),
        "{}",
        screen.framed()
    );
    terminal.answer("enter");
    terminal.wait_for("done: write default/one");
    assert!(files.text().contains("\"n\": 3") && files.text().contains(SECRET), "{}", files.text());

    let told = |name: &str| fs::read_to_string(files.home.path().join(name)).unwrap();
    assert_eq!((told("arguments").as_str(), told("mode").as_str()), ("3\n--flag\ntwo words\n", "600\n"));
    assert_eq!(told("name"), "default-one.json\n");
    assert!(told("given").contains("‹kept:1›") && told("env").contains("HOME="));
    assert_eq!(files.home.files_holding(PLANTED).len(), 0, "{}", told("env"));
    assert_eq!(files.home.files_holding(SECRET), std::slice::from_ref(&files.webhooks));
    assert_eq!(left(&files.home).len(), 0);
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let files = files();
    let script = format!("sed -i 's/\"n\": 1/\"n\": 2/' \"$file\"\n{ASK}exit 3");
    let mut terminal = console(&files, &editor(&files.home, &script));
    terminal.keys("E");
    terminal.wait_for("asking");
    saved(&files.home, "\\\"n\\\": 2");
    terminal.type_text("on\n");
    terminal.wait_for("the editor ended with 3; the draft is as it was");
    assert!(!terminal.screen_now().has("REVIEW"));
    // From the editor, what was typed before is still there.
    terminal.edit("default/one");
    terminal.replace("\"n\": 1", "\"n\": 77");
    terminal.keys("ctrl-e");
    terminal.wait_for("asking");
    answer_editor(&mut terminal);
    terminal.wait_for("the editor ended with 3");
    terminal.wait_for("\"n\": 77");
    assert_eq!(left(&files.home).len(), 0);
}

#[test]
fn a_file_that_is_handed_on_is_watched() {
    let files = files();
    let script = "(while [ ! -e ~/go ]; do sleep 0.05; done; sed -i 's/\"n\": 1/\"n\": 4/' \"$file\"; touch ~/gone) >/dev/null 2>&1 </dev/null &";
    let mut terminal = console(&files, &editor(&files.home, script));
    terminal.keys("E");
    terminal.wait_for("watching the file: save it there; esc ends");
    files.home.write("go", "");
    terminal.wait_for("\"n\": 4");
    terminal.keys("esc");
    terminal.wait_for("REVIEW");
    assert_eq!(left(&files.home).len(), 0);
}

#[test]
fn what_cannot_be_used_is_refused_and_kept() {
    let files = files();
    let mut terminal = console(&files, &editor(&files.home, "printf '\\377\\376' >\"$file\""));
    terminal.keys("E");
    terminal.wait_for("what was saved there is not taken: it is not UTF-8 text; it is kept as");
    let kept = left(&files.home);
    assert_eq!(kept.len(), 1, "{kept:?}");
    terminal.keys("q");
    terminal.wait_exit();

    let mut terminal = console(&files, "/nowhere/editor");
    terminal.keys("E");
    terminal.wait_for("the editor /nowhere/editor was not found; set VISUAL or EDITOR to your editor");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
}

#[test]
fn a_text_that_is_no_json_comes_back_to_its_problem() {
    let files = files();
    let mut terminal = console(&files, &editor(&files.home, "sed -i 's/\"log\",/\"log\"/' \"$file\""));
    terminal.keys("E");
    terminal.wait_for("EDIT default/one");
    terminal.wait_for("line 3");
}

#[test]
fn a_crash_meanwhile_loses_no_save() {
    let files = files();
    let script = format!("sed -i 's/\"n\": 1/\"n\": 5/' \"$file\"\n{ASK}");
    let mut terminal = console(&files, &editor(&files.home, &script));
    terminal.keys("E");
    terminal.wait_for("asking");
    saved(&files.home, "\\\"n\\\": 5");
    let console_id = rustix::process::Pid::from_raw(i32::try_from(terminal.id()).unwrap()).unwrap();
    rustix::process::kill_process(console_id, Signal::KILL).unwrap();
    terminal.wait_exit();
    drop(terminal);

    let mut terminal = Terminal::open(Program::confdeck::<&str>([]).at_home(&files.home), 120, 40);
    terminal.wait_for("1 draft");
    terminal.answer("enter");
    terminal.wait_for("\"n\": 5");
    assert_eq!(left(&files.home).len(), 0, "what the crash left is removed");
}

#[test]
fn a_shell_can_stop_and_continue_both() {
    let files = files();
    let script = format!("{ASK}sed -i 's/\"n\": 1/\"n\": 6/' \"$file\"");
    let editor = editor(&files.home, &script);
    let shell = Program::shell().at_home(&files.home);
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_confdeck")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let mut terminal =
        Terminal::open(shell.env("EDITOR", editor).env("PATH", path).env("PS1", "$ "), 120, 40);
    terminal.wait_for("$ ");
    terminal.type_text("confdeck\n");
    terminal.wait_for("SYNCED");
    terminal.go_to("default/one");
    terminal.keys("E");
    terminal.wait_for("asking");
    terminal.keys("ctrl-z");
    // What is typed before its prompt a shell may throw away.
    terminal.wait_until(|screen| screen.has("Stopped") && screen.text().ends_with("\n$"));
    terminal.type_text("fg\n");
    terminal.wait_until(|screen| screen.text().ends_with("confdeck"));
    answer_editor(&mut terminal);
    terminal.wait_for("REVIEW");
}
