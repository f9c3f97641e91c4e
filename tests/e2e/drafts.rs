//! Drafts survive what ends a console, and are offered at the next start.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::store::{Etcd, Files};
use crate::support::home::Home;
use crate::support::run::{Program, Signal};
use crate::terminal::{Exit, Terminal};

const SECRET: &str = "Hunter2Stored";
const TYPED: &str = "Hunter2Typed";

fn stored() -> String {
    format!(
        "{{\n  \"one\": {{\"module\": \"log\", \"authorization\": \"{SECRET}\"}},\n  \"two\": {{\"module\": \"log\"}}\n}}\n"
    )
}

/// 200 lines of members.
fn lines() -> String {
    (0..200)
        .map(|number| format!("  \"line{number:03}\": \"text of line {number}, ünïcode too\",\n"))
        .collect()
}

/// The text of the only saved draft.
fn saved(home: &Home) -> String {
    let drafts: Vec<_> = home
        .files()
        .into_iter()
        .filter(|path| path.starts_with(home.state().join("drafts")))
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    let [draft] = drafts.as_slice() else { panic!("one draft, not {drafts:?}") };
    assert_eq!(draft.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let file: serde_json::Value = serde_json::from_slice(&fs::read(draft).unwrap()).unwrap();
    file["text"].as_str().unwrap().to_owned()
}

/// A console with a draft of 200 lines in its editor, saved.
fn with_draft(files: &Files) -> Terminal {
    let mut terminal = files.open(120, 40);
    terminal.edit("default/one");
    terminal.keys("down");
    terminal.paste(&lines());
    terminal.wait_for("draft saved");
    terminal
}

/// Goes on with the draft that is offered.
fn goes_on(terminal: &mut Terminal) {
    terminal.wait_for("1 draft");
    terminal.answer("enter");
    terminal.wait_for("the draft of default/one is back");
}

#[test]
fn a_draft_of_200_lines_is_there_again_after_a_kill() {
    let files = Files::new(&stored());
    let mut terminal = with_draft(&files);
    let expected = format!("{{\n{}  \"module\": \"log\",\n  \"authorization\": \"‹kept:1›\"\n}}", lines());
    assert_eq!(saved(&files.home), expected);
    terminal.signal(Signal::KILL);
    terminal.wait_exit();

    let mut terminal = files.open(120, 40);
    let screen = terminal.wait_for("as stored now");
    assert!(screen.has("204 lines, 200 new"), "{}", screen.framed());
    goes_on(&mut terminal);
    terminal.wait_for("upstream UNCHANGED");
    assert_eq!(saved(&files.home), expected, "byte for byte");
    // And so it is written, its secret from the store.
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("done: write default/one");
    let written: serde_json::Value = serde_json::from_str(&files.text()).unwrap();
    assert_eq!(written["one"]["authorization"], SECRET);
    assert_eq!(written["one"]["line199"], "text of line 199, ünïcode too");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    assert!(!files.home.state().join("drafts").read_dir().unwrap().any(|_| true), "nothing is left of it");
    assert_eq!(files.home.files_holding(SECRET), std::slice::from_ref(&files.webhooks));
}

#[test]
fn a_closed_terminal_loses_nothing() {
    let files = Files::new(&stored());
    for end in [Signal::HUP, Signal::TERM] {
        let mut terminal = with_draft(&files);
        // Typed, and over before it could be saved in a pause.
        terminal.type_text("x");
        terminal.wait_for("draft changed");
        terminal.signal(end);
        terminal.wait_exit();
        assert!(saved(&files.home).contains("\nx  \"module\""));
        let mut terminal = files.open(120, 40);
        terminal.wait_for("1 draft");
        terminal.answer("d");
        terminal.wait_for("Throw away the draft of default/one?");
        terminal.answer("y");
        terminal.wait_for("the draft was thrown away");
        terminal.keys("q");
        terminal.wait_exit();
    }
    let mut terminal = with_draft(&files);
    terminal.hang_up();
    terminal.wait_exit();
    assert!(saved(&files.home).contains("\"line199\""));
}

#[test]
fn a_typed_secret_is_left_out_and_that_is_said() {
    let files = Files::new(&stored());
    let mut terminal = files.open(120, 40);
    terminal.edit("default/one");
    terminal.keys("down");
    terminal.paste(&format!("  \"password\": \"{TYPED}\",\n"));
    terminal.wait_for("1 typed secret not saved");
    terminal.keys("esc");
    terminal.wait_for("draft of default/one kept");
    terminal.keys("q");
    terminal.wait_for("default/one: 1 secret must be typed again");
    terminal.answer("y");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
    assert!(terminal.screen().contains("a draft is kept: it is offered at the next start"));
    assert_eq!(files.home.files_holding(TYPED).len(), 0);

    let mut terminal = files.open(120, 40);
    terminal.wait_for("1 secret must be typed again");
    goes_on(&mut terminal);
    terminal.wait_for("‹kept:0›");
    terminal.keys("ctrl-s");
    terminal.wait_for("the secret typed here was not saved with the draft; type it again");
}

#[test]
fn an_older_base_and_another_store_are_told() {
    let files = Files::new(&stored());
    let mut terminal = with_draft(&files);
    terminal.signal(Signal::KILL);
    terminal.wait_exit();
    files.write(&stored().replace("\"log\", \"auth", "\"kafka\", \"auth"));
    let mut terminal = files.open(120, 40);
    terminal.wait_for("older:");
    goes_on(&mut terminal);
    terminal.wait_for("upstream CHANGED");
    terminal.signal(Signal::KILL);
    terminal.wait_exit();

    // The same folder, and another file in the place of the store.
    let other = files.home.write("work/other.json", "{\"one\": {\"module\": \"log\"}}");
    let program = Program::confdeck::<&str>([]).at_home(&files.home);
    let mut terminal = Terminal::open(program.env("WEBHOOKS_CONFIG_FILE", other), 120, 40);
    terminal.wait_for("SYNCED");
    terminal.wait_for("drafts shows it");
}

#[test]
fn a_store_in_the_place_of_another_is_told() {
    let (one, two) = (Etcd::alone(), Etcd::alone());
    let home = Home::new();
    let open = |store: &Etcd| {
        let program = Etcd::program_at(&store.server.address(), "/cwm/", &[]);
        let config = fs::read_to_string(program.home.config().join("config.toml")).unwrap();
        home.write("config/confdeck/config.toml", config);
        let mut terminal = Terminal::open(program.at_home(&home), 120, 40);
        terminal.wait_for("SYNCED");
        terminal
    };
    for store in [&one, &two] {
        let output = store.server.etcdctl(&["put", "/cwm/default/webhooks/one", "{\"module\": \"log\"}"]);
        assert!(output.status.success());
    }
    let mut terminal = open(&one);
    terminal.unlock();
    terminal.edit("default/one");
    terminal.keys("down");
    terminal.paste("\"x\": 1,");
    terminal.wait_for("draft saved");
    terminal.signal(Signal::KILL);
    terminal.wait_exit();

    let mut terminal = open(&two);
    terminal.wait_for("of another store");
    terminal.answer("enter");
    terminal.wait_for("locked: type :unlock first");
    terminal.keys("esc");
    terminal.unlock();
    terminal.command("drafts");
    terminal.wait_for("1 draft");
    goes_on(&mut terminal);
    terminal.wait_for("of another store, look before you write");
}

#[test]
fn two_consoles_at_once_keep_their_drafts_apart() {
    let files = Files::new(&stored());
    let mut first = with_draft(&files);
    let mut second = files.open(120, 40);
    second.edit("default/one");
    second.keys("down");
    second.paste("  \"mine\": 1,\n");
    second.wait_for("draft saved");
    second.keys("esc");
    // The first one's draft is not offered while it lives.
    second.command("drafts");
    second.wait_for("1 draft");
    assert!(!second.screen_now().has("as stored now, ") && second.screen_now().has("here"));
    second.keys("esc q");
    assert_eq!(second.wait_exit(), Exit::Code(0));
    first.signal(Signal::KILL);
    first.wait_exit();

    let mut third = files.open(120, 40);
    third.wait_for("2 drafts");
}

#[test]
fn a_folder_that_takes_nothing_is_said_once_and_typing_goes_on() {
    let files = Files::new(&stored());
    files.home.write("state/confdeck/drafts", "no folder");
    let mut terminal = files.open(120, 40);
    terminal.edit("default/one");
    terminal.keys("down");
    terminal.paste("  \"x\": 1,\n");
    terminal.wait_for("the draft of default/one is not saved:");
    terminal.wait_for("draft NOT saved");
    terminal.type_text(" ");
    terminal.keys("esc");
    terminal.wait_for("draft of default/one kept");
    terminal.keys("q");
    terminal.wait_for("default/one cannot be saved");
    terminal.answer("y");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    assert!(terminal.screen().contains("not saved: the draft of default/one:"), "{}", terminal.screen());
}
