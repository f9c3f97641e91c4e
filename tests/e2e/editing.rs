//! The editor: problems told while typing, undo, pastes, drafts that are kept.

use crate::store::Files;
use crate::terminal::{Exit, Terminal};

const STORED: &str = "{\n  \"one\": {\"module\": \"log\", \"n\": 1},\n  \"two\": {\"module\": \"log\"}\n}\n";

/// A console on files with a draft of `default/one` open.
fn editor() -> (Files, Terminal) {
    let files = Files::new(STORED);
    let mut terminal = files.open(120, 40);
    terminal.edit("default/one");
    (files, terminal)
}

#[test]
fn a_problem_is_told_by_line_and_column_while_typing() {
    let (files, mut terminal) = editor();
    terminal.wait_for("✓ a JSON object");
    terminal.replace("\"log\",", "\"log\"");
    let screen = terminal.wait_for("✗ line 3, column 3");
    assert!(!screen.has("a JSON object"), "{}", screen.framed());
    // A review of it is refused, and leads to the place.
    terminal.keys("ctrl-s");
    terminal.wait_for("line 3, column 3");
    assert!(!terminal.screen_now().has("REVIEW"));
    terminal.keys("up end");
    terminal.type_text(",");
    terminal.wait_for("✓ a JSON object");
    assert_eq!(files.text(), STORED);
}

#[test]
fn what_was_done_can_be_undone_and_done_again() {
    let (_files, mut terminal) = editor();
    terminal.replace("\"n\": 1", "\"n\": 234");
    terminal.keys("ctrl-u");
    terminal.wait_gone("234");
    for _ in 0..20 {
        terminal.keys("ctrl-u");
    }
    terminal.wait_for("\"n\": 1");
    terminal.wait_for("draft unchanged");
    for _ in 0..21 {
        terminal.keys("ctrl-r");
    }
    terminal.wait_for("\"n\": 234");
}

#[test]
fn a_paste_into_the_editor_is_text_whatever_it_says() {
    let (_files, mut terminal) = editor();
    terminal.keys("end");
    terminal.paste("\n  \"pasted\": true,\n  \"q\": \":quit\",");
    let screen = terminal.wait_for("\"pasted\": true,");
    assert!(screen.has("\"q\": \":quit\",") && screen.has("✓ a JSON object"), "{}", screen.framed());
    terminal.review();
    let screen = terminal.wait_for("pasted");
    assert!(screen.has("+ pasted") && screen.has("+ q"), "{}", screen.framed());
}

#[test]
fn a_paste_outside_of_text_runs_no_keys() {
    let files = Files::new(STORED);
    let mut terminal = files.open(120, 40);
    terminal.paste("d\ny\nq\n:quit\n");
    terminal.wait_for("a paste is taken only where text is typed");
    terminal.keys("/");
    terminal.paste("tw");
    terminal.wait_for("1 of 2");
    assert_eq!(files.text(), STORED);
}

#[test]
fn a_draft_is_kept_taken_up_again_and_asked_about_by_ctrl_c() {
    let (files, mut terminal) = editor();
    terminal.replace("\"n\": 1", "\"n\": 2");
    terminal.keys("esc");
    terminal.wait_for("draft of default/one kept: e takes it up again");
    terminal.go_to("default/two");
    terminal.edit("default/one");
    terminal.wait_for("\"n\": 2");
    terminal.wait_for("draft saved");
    // Out of the editor, one key asks, and again it leaves.
    terminal.keys("ctrl-c");
    terminal.wait_for("Leave with a draft?");
    terminal.wait_for("default/one");
    terminal.keys("ctrl-c");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
    assert_eq!(files.text(), STORED);
}

#[test]
fn a_draft_is_thrown_away_after_a_question() {
    let (_files, mut terminal) = editor();
    terminal.replace("\"n\": 1", "\"n\": 2");
    terminal.keys("ctrl-x");
    terminal.wait_for("Throw away the draft of default/one?");
    terminal.answer("y");
    terminal.wait_for("draft of default/one thrown away");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
}
