//! Secrets that are told by their name, their look or the name beside them, in the console: no frame, draft,
//! review, file of another editor or log shows one. The harness searches all of them when a test ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::store::Files;
use crate::support::planted;
use crate::support::run::{Program, Signal};
use crate::terminal::{Exit, Terminal};

fn files() -> (Files, String) {
    let stored = format!("{{\"one\": {}}}\n", planted::document_of_secrets());
    (Files::new(&stored), stored)
}

/// Looks at all of what is on the screen, page by page.
fn page_through(terminal: &mut Terminal) {
    for _ in 0..4 {
        terminal.keys("page-down");
    }
    terminal.keys("home");
}

#[test]
fn a_document_of_secrets_is_looked_at_edited_restored_reviewed_and_written() {
    let (files, stored) = files();
    let mut terminal = files.open(120, 40);
    terminal.go_to("default/one");
    terminal.keys("enter");
    let screen = terminal.wait_for("\"module\": \"log\"");
    assert!(screen.has("\"ssl_key\": \"••••••••\""), "{}", screen.framed());
    page_through(&mut terminal);
    terminal.keys("esc");
    terminal.edit("default/one");
    terminal.replace("\"log\"", "\"kafka\"");
    terminal.wait_for("draft saved");
    page_through(&mut terminal);
    terminal.signal(Signal::KILL);
    terminal.wait_exit();

    let mut terminal = files.open(120, 40);
    terminal.wait_for("1 draft");
    terminal.answer("enter");
    terminal.wait_for("the draft of default/one is back");
    terminal.review();
    terminal.wait_for("kafka");
    // The whole text, too.
    terminal.keys("f");
    page_through(&mut terminal);
    terminal.keys("f");
    terminal.answer("enter");
    terminal.wait_for("done: write default/one");
    assert_eq!(files.text(), stored.replacen("\"log\"", "\"kafka\"", 1), "every other byte is as it was");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
}

#[test]
fn another_editor_gets_placeholders_and_gives_the_secrets_back() {
    let (files, stored) = files();
    let editor =
        files.home.write("bin/editor", "#!/bin/sh\ncat \"$1\"\nsed -i 's/\"log\"/\"kafka\"/' \"$1\"\n");
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let program = Program::confdeck::<&str>([]).at_home(&files.home).env("EDITOR", &editor);
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.go_to("default/one");
    terminal.edit("default/one");
    terminal.keys("ctrl-e");
    terminal.wait_for("\"kafka\"");
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("done: write default/one");
    assert_eq!(files.text(), stored.replacen("\"log\"", "\"kafka\"", 1));
}

#[test]
fn a_merge_with_another_hand_shows_a_pair_by_its_name_alone() {
    let (files, stored) = files();
    let mut terminal = files.open(120, 40);
    terminal.edit("default/one");
    terminal.replace("\"log\"", "\"kafka\"");
    let theirs = stored.replace("planted-pair", "planted-theirs").replacen("\"log\"", "\"s3\"", 1);
    files.write(&theirs);
    terminal.wait_for("upstream CHANGED: ctrl-g merges");
    terminal.keys("ctrl-g");
    let screen = terminal.wait_for("MERGE default/one");
    assert!(screen.has("env[0]") && !screen.has("env[0].value"), "{}", screen.framed());
    page_through(&mut terminal);
    terminal.keys("esc");
    terminal.wait_for("EDIT default/one");
}

#[test]
fn one_key_reveals_what_was_told_by_its_look_too() {
    let stored = "{\"one\": {\"module\": \"log\", \"note\": \"ghp_planted-0123456789abcdef\"}}\n";
    let files = Files::new(stored);
    let mut terminal = files.open(120, 40);
    terminal.edit("default/one");
    terminal.wait_for("\"note\": \"‹kept:1›\"");
    terminal.reveals("planted-0123456789abcdef");
    terminal.keys("ctrl-t");
    terminal.wait_for("ghp_planted-0123456789abcdef");
    terminal.replace("\"log\"", "\"kafka\"");
    terminal.wait_for("draft saved");
    let drafts = files.home.files_holding("planted-");
    assert_eq!(drafts, std::slice::from_ref(&files.webhooks), "the draft on disk has a placeholder again");
}

/// One document that only the names of a context can judge, and those names.
fn of_a_context() -> Files {
    let files = Files::new(
        "{\"one\": {\"module\": \"log\", \"internal_code\": \"planted-code\", \"owner\": {\"InternalCode\": [\"planted-deep\"]}, \"license\": \"MIT-2024\"}}\n",
    );
    let names = "[defaults]\nhide_names = [\"internal_code\"]\nshow_names = [\"license\"]\n";
    files.home.write("config/confdeck/config.toml", names);
    files
}

#[test]
fn the_names_of_a_context_hide_and_show_on_every_screen_and_in_the_draft_on_disk() {
    let files = of_a_context();
    let mut terminal = files.open(120, 40);
    // The list says that there is plaintext, and the detail shows what may be shown.
    terminal.go_to("default/one");
    let screen = terminal.wait_for("\"license\": \"MIT-2024\"");
    assert!(screen.has("\"internal_code\": \"••••••••\""), "{}", screen.framed());
    assert!(screen.has("¶"), "{}", screen.framed());
    terminal.edit("default/one");
    let screen = terminal.wait_for("\"internal_code\": \"‹kept:1›\"");
    assert!(screen.has("‹kept:2›") && screen.has("MIT-2024"), "{}", screen.framed());
    terminal.replace("\"log\"", "\"kafka\"");
    terminal.replace("MIT-2024", "MIT-2025");
    terminal.wait_for("draft saved");
    let mut drafts = files.home.files_holding("MIT-2025");
    drafts.retain(|file| file.to_string_lossy().contains("drafts"));
    assert_eq!(drafts.len(), 1, "what is shown is saved as it is");
    assert_eq!(files.home.files_holding("planted-"), std::slice::from_ref(&files.webhooks));
    terminal.signal(Signal::KILL);
    terminal.wait_exit();

    let mut terminal = files.open(120, 40);
    terminal.wait_for("1 draft");
    terminal.answer("enter");
    terminal.wait_for("the draft of default/one is back");
    terminal.review();
    let screen = terminal.wait_for("MIT-2025");
    assert!(screen.has("MIT-2024"), "{}", screen.framed());
    terminal.keys("f");
    terminal.wait_for("\"internal_code\": \"••••••••\"");
    terminal.answer("enter");
    terminal.wait_for("done: write default/one");
    let stored = files.text();
    assert!(stored.contains("\"planted-code\"") && stored.contains("[\"planted-deep\"]"), "nothing is lost");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
}

#[test]
fn a_draft_of_before_a_name_was_hidden_is_taken_up_without_its_value() {
    let files = of_a_context();
    let config = files.home.config().join("config.toml");
    let names = fs::read_to_string(&config).unwrap();
    fs::write(&config, "").unwrap();
    let mut terminal = files.open(120, 40);
    // Whatever of them a frame draws.
    terminal.reveals("planted-");
    terminal.edit("default/one");
    terminal.replace("\"log\"", "\"kafka\"");
    terminal.wait_for("draft saved");
    terminal.signal(Signal::KILL);
    terminal.wait_exit();

    fs::write(&config, names).unwrap();
    let mut terminal = files.open(120, 40);
    terminal.wait_for("1 draft");
    terminal.answer("enter");
    terminal.wait_for("the draft of default/one is back");
    let screen = terminal.wait_for("\"kafka\"");
    assert!(screen.has("\"internal_code\": \"‹kept:1›\"") && screen.has("MIT-2024"), "{}", screen.framed());
    terminal.wait_for("draft saved");
    assert_eq!(files.home.files_holding("planted-"), std::slice::from_ref(&files.webhooks));
    terminal.review();
    terminal.answer("enter");
    terminal.wait_for("done: write default/one");
    let stored = files.text();
    assert!(stored.contains("\"kafka\"") && stored.contains("\"planted-code\""), "nothing is lost");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
}
