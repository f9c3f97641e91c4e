//! On real files: what is edited here, and what others do to the same files.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::store::Files;
use crate::support::run::Program;
use crate::terminal::{Exit, Terminal};

/// Members in no order, spaced by no rule; each has an `n` of its own.
const ODD: &str = "{ \"zulu\":{\"module\" : \"log\",\"n\":  31},\r\n\t\"alpha\": {\"module\": \"log\", \"n\": 41, \"big\": 12345678901234567890.10},\n\n  \"middle\": {\n    \"module\": \"kafka\",\n    \"n\": 51\n  }}\n\n";

#[test]
fn an_edit_changes_its_bytes_and_no_other() {
    let files = Files::new(ODD);
    fs::set_permissions(&files.webhooks, Permissions::from_mode(0o640)).unwrap();
    let mut terminal = files.open(120, 40);
    let mut expected = ODD.to_owned();
    for (id, old, new) in [("alpha", "41", "42"), ("zulu", "31", "32"), ("middle", "51", "52")] {
        terminal.edit(&format!("default/{id}"));
        terminal.replace(&format!("\"n\": {old}"), &format!("\"n\": {new}"));
        terminal.review();
        terminal.answer("enter");
        terminal.wait_gone("REVIEW");
        expected = expected.replace(old, new);
        assert_eq!(files.text(), expected, "{id}");
    }
    let mode = fs::metadata(&files.webhooks).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
    let left: Vec<_> =
        fs::read_dir(files.home.work()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("tmp")), "{left:?}");
}

#[test]
fn an_outside_edit_of_another_document_is_no_conflict() {
    let files = Files::new(ODD);
    let mut terminal = files.open(120, 40);
    terminal.edit("default/alpha");
    terminal.replace("\"n\": 41", "\"n\": 42");
    let theirs = ODD.replace("51", "5100");
    files.write(&theirs);
    terminal.review();
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert_eq!(files.text(), theirs.replace("41", "42"));
    terminal.go_to("default/middle");
    terminal.wait_for("5100");
}

#[test]
fn an_outside_edit_of_the_same_document_is_a_conflict() {
    let files = Files::new(ODD);
    let mut terminal = files.open(120, 40);
    terminal.edit("default/alpha");
    terminal.replace("\"n\": 41", "\"n\": 42");
    let theirs = ODD.replace("41", "4100");
    files.write(&theirs);
    terminal.wait_for("upstream CHANGED");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("MERGE");
    let screen = terminal.wait_for("1 clash, 1 to choose");
    let clash = screen.line_with("○ choose").unwrap();
    assert!(["42", "41", "4100"].iter().all(|value| clash.contains(value)), "{}", screen.framed());
    assert_eq!(files.text(), theirs);
    terminal.keys("m enter");
    terminal.wait_for("REVIEW");
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert_eq!(files.text(), ODD.replace("41", "42"));
}

#[test]
fn a_file_made_invalid_is_stale_with_line_and_column_until_it_is_repaired() {
    let files = Files::new("{\n  \"alpha\": {\"module\": \"log\"}\n}\n");
    let mut terminal = files.open(120, 40);
    files.write("{\n  \"alpha\": {\"module\" \"log\"}\n}\n");
    let screen = terminal.wait_for("STALE");
    assert!(screen.has("alpha"), "the last good picture stays\n{}", screen.framed());
    terminal.keys("6");
    terminal.wait_for("webhooks.json: line 2, column 22");
    terminal.keys("1");
    files.write("{\n  \"alpha\": {\"module\": \"log\"},\n  \"beta\": {\"module\": \"log\"}\n}\n");
    terminal.wait_for("SYNCED");
    terminal.wait_for("beta");
}

#[test]
fn a_file_that_appears_later_is_shown() {
    let files = Files::new("{}");
    fs::remove_file(&files.webhooks).unwrap();
    let mut terminal = Terminal::open(Program::confdeck::<&str>([]).at_home(&files.home), 120, 40);
    terminal.wait_for("1 Webhooks");
    files.write("{\"late\": {\"module\": \"log\"}}");
    terminal.wait_for("default/late");
    terminal.wait_for("SYNCED");
}

#[test]
fn the_demo_on_files_leaves_no_folder_behind() {
    let mut terminal = Terminal::open(Program::confdeck(["--demo=files"]), 120, 40);
    terminal.wait_for("SYNCED");
    let demo_files = |terminal: &Terminal| {
        let files = terminal.home().files();
        files.into_iter().filter(|path| path.ends_with("webhooks.json")).collect::<Vec<_>>()
    };
    let found = demo_files(&terminal);
    assert_eq!(found.len(), 1, "in the folder that TMPDIR names");
    terminal.edit("default/github_events");
    terminal.replace("\"gh\"", "\"gh-eu\"");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_gone("REVIEW");
    assert!(fs::read_to_string(&found[0]).unwrap().contains("gh-eu"));
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    assert_eq!(fs::read_dir(terminal.home().path().join("tmp")).unwrap().count(), 0);
}
