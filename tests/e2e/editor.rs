//! The editor by keys: looking for text, steps that are undone, pastes, indentation, problems that are
//! mended, wrapped lines, the path, values that are revealed, and a document of 1 MiB.

use crate::store::{Etcd, Files};
use crate::terminal::Terminal;

const STORED: &str = "{\n  \"one\": {\"module\": \"kafka\", \"module-config\": {\"topic\": \"orders\"}, \"chain\": [{\"n\": 1}, {\"n\": 2}]},\n  \"two\": {\"module\": \"log\"}\n}\n";

/// A console on files with a draft of `default/one` open.
fn editor() -> (Files, Terminal) {
    let files = Files::new(STORED);
    let mut terminal = files.open(120, 40);
    terminal.edit("default/one");
    (files, terminal)
}

#[test]
fn a_text_is_found_as_one_types_and_again() {
    let (_files, mut terminal) = editor();
    terminal.keys("ctrl-f");
    terminal.wait_for("find");
    terminal.type_text("MODULE");
    terminal.wait_for("✗ not found");
    terminal.keys("ctrl-u");
    terminal.type_text("module");
    terminal.wait_for("1 of 2");
    terminal.wait_for("line 2, column 4");
    terminal.keys("enter");
    terminal.wait_for("2 of 2");
    terminal.keys("esc");
    terminal.wait_for("line 3, column 4");
    // F3 goes on from there, round and round.
    terminal.keys("f3");
    terminal.wait_for("1 of 2");
    terminal.wait_for("line 2, column 4");
    terminal.wait_for("draft unchanged");
}

#[test]
fn steps_are_undone_and_done_again() {
    let (_files, mut terminal) = editor();
    terminal.keys("end");
    terminal.type_text("\n\"note\": \"three words here\",");
    terminal.wait_for("\"note\": \"three words here\",");
    // The quote and comma, the words one by one.
    terminal.keys("ctrl-u ctrl-u");
    terminal.wait_for("\"note\": \"three words");
    terminal.wait_gone("here");
    terminal.keys("ctrl-u");
    terminal.wait_gone("words");
    terminal.keys("ctrl-r ctrl-r ctrl-r");
    terminal.wait_for("\"note\": \"three words here\",");
    for _ in 0..12 {
        terminal.keys("ctrl-u");
    }
    terminal.wait_for("draft unchanged");
    terminal.wait_for("nothing to take back");
}

#[test]
fn a_block_is_pasted_in_one_step_and_lines_move_in_and_back() {
    let (_files, mut terminal) = editor();
    terminal.keys("end");
    terminal.paste("\n\t\"a\": [\n      1\n ],");
    let screen = terminal.wait_for("\"a\": [");
    assert!(screen.has("␉\"a\": [") && screen.has("  4  ],"), "as it is: {}", screen.framed());
    terminal.keys("ctrl-u");
    terminal.wait_for("draft unchanged");
    // The indentation follows the brackets.
    terminal.type_text("\n\"a\": [\n1\n],");
    terminal.wait_for("  3     1");
    terminal.wait_for("  4   ],");
    terminal.wait_for("✓ a JSON object");
    terminal.keys("tab");
    terminal.wait_for("  4     ],");
    terminal.keys("shift-tab shift-tab");
    terminal.wait_for("  4 ],");
}

#[test]
fn problems_are_gone_to_and_mended_by_keys() {
    let (files, mut terminal) = editor();
    terminal.replace("\"kafka\",", "'kafka'");
    terminal.wait_for("✗ line 2, column 13: JSON strings take double quotes");
    terminal.wait_for("1 of 2");
    let screen = terminal.wait_for("2   \"module\": 'kafka'");
    assert!(screen.lines().iter().any(|line| line.starts_with("✗ 3")), "{}", screen.framed());
    terminal.keys("f8 f8");
    terminal.wait_for("line 2, column 13");
    terminal.keys("f2");
    terminal.wait_for("\"module\": \"kafka\"");
    terminal.wait_for("✗ line 3, column 3: a comma is missing before this");
    terminal.wait_for("F2 put a comma there");
    terminal.keys("f2");
    terminal.wait_for("✓ a JSON object");
    terminal.wait_for("draft unchanged");
    terminal.keys("ctrl-u");
    terminal.wait_for("✗ line 3, column 3: a comma is missing before this");
    assert_eq!(files.text(), STORED);
}

#[test]
fn the_path_is_told_and_brackets_match() {
    let (_files, mut terminal) = editor();
    terminal.keys("down down down end");
    terminal.wait_for("module-config.topic · line 4");
    terminal.keys("ctrl-f");
    terminal.type_text("\"n\": 2");
    terminal.keys("esc");
    terminal.wait_for("chain[1].n");
    // From the last bracket to the first, which is not in the same column.
    terminal.keys("ctrl-end home");
    terminal
        .wait_until(|screen| screen.find("  1 {").is_some_and(|(_, row)| screen.style_at(4, row).underline));
}

#[test]
fn a_long_line_is_wrapped_or_not() {
    let (_files, mut terminal) = editor();
    terminal.keys("end");
    terminal.type_text("\n");
    terminal.paste(&format!("\"long\": \"{} the end\",", "0123456789".repeat(20)));
    terminal.wait_for("the end");
    terminal.wait_for("✓ a JSON object");
    // A text across the break between two rows is found too.
    terminal.keys("ctrl-home ctrl-f");
    terminal.type_text("9 the end");
    terminal.wait_for("1 of 1");
    terminal.keys("esc ctrl-home f5");
    terminal.wait_for("long lines run out of the screen");
    terminal.wait_gone("the end");
    terminal.keys("down end");
    terminal.wait_for("line 2, column 222");
    terminal.wait_for("the end");
    terminal.keys("f5");
    terminal.wait_for("long lines go on in the next row");
}

#[test]
fn stored_values_are_shown_after_the_key_for_it_and_not_before() {
    const SECRET: &str = "planted-editor-secret";
    let store = Etcd::new();
    store.put("lab/webhooks/one", &format!("{{\"module\":\"log\",\"authorization\":\"Bearer {SECRET}\"}}"));
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.edit("lab/one");
    terminal.wait_for("‹kept:1›");
    assert!(!terminal.has_ever_written(SECRET));
    terminal.reveals(SECRET);
    terminal.keys("ctrl-t");
    terminal.wait_for(SECRET);
    terminal.wait_for("1 value revealed");
    terminal.wait_for("draft unchanged");
    terminal.keys("ctrl-u");
    terminal.wait_for("‹kept:1›");
    terminal.wait_gone(SECRET);
    terminal.keys("end");
    terminal.type_text("\n\"note\": 1,");
    terminal.review();
    terminal.wait_for("+ note");
    terminal.answer("enter");
    terminal.wait_for("done: write lab/one");
    assert!(store.value("lab/webhooks/one").unwrap().contains(SECRET), "what was hidden is kept");
    assert_eq!(terminal.home().files_holding(SECRET).len(), 0);
    let audit = std::fs::read_to_string(terminal.home().state().join("audit.jsonl")).unwrap();
    let reveals: Vec<serde_json::Value> = audit
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|record: &serde_json::Value| record["action"] == "reveal")
        .collect();
    assert_eq!(reveals.len(), 1, "{audit}");
    assert_eq!((&reveals[0]["key"], &reveals[0]["count"]), (&"lab/one".into(), &1.into()));
}

#[test]
fn a_document_of_one_mebibyte_is_typed_into() {
    let store = Etcd::new();
    let members: Vec<_> = (0..28_000).map(|n| format!("  \"member_{n:06}\": \"value {n:06}\"")).collect();
    let text = format!("{{\n{}\n}}", members.join(",\n"));
    assert!(text.len() > 950_000 && text.len() <= 1 << 20);
    store.put_all([("lab/webhooks/large", text)]);
    let mut terminal = store.open(120, 40);
    terminal.unlock();
    terminal.edit("lab/large");
    terminal.wait_for("✓ a JSON object");
    terminal.keys("ctrl-end up");
    terminal.wait_for("member_027999 · line 28001, column 2");
    terminal.keys("end");
    terminal.type_text(",\n\"last\": tru");
    terminal.wait_for("\"last\": tru");
    // What is wrong follows when typing pauses.
    terminal.wait_for("✗ line 28002, column 11");
    terminal.type_text("e");
    terminal.wait_for("✓ a JSON object");
    terminal.keys("ctrl-s");
    terminal.wait_for("REVIEW");
    terminal.wait_for("+ last");
    terminal.keys("esc");
    terminal.wait_for("EDIT lab/large");
    terminal.wait_for("draft saved");
}

#[test]
fn a_member_is_completed_at_the_cursor_in_one_line_and_at_every_size() {
    for (columns, rows) in [(120, 40), (80, 24)] {
        let files = Files::new("{\n  \"one\": {\"module\": \"kafka\"}\n}\n");
        let connections = r#"{"kafka_main": {"type": "kafka"}, "pg": {"type": "postgres"}}"#;
        files.home.write("work/connections.json", connections);
        let mut terminal = files.open(columns, rows);
        terminal.edit("default/one");
        terminal.keys("down end");
        terminal.type_text(",\n\"");
        // Nobody asked, so nothing is selected; what is needed is first.
        let screen = terminal.wait_for("needed · a text · Name of a connection");
        assert!(screen.has("module-config") && !screen.has("▌connection"), "{}", screen.framed());
        terminal.type_text("conn");
        terminal.wait_gone("module-config");
        terminal.keys("tab");
        let screen = terminal.wait_for("kafka_main");
        assert!(!screen.has("pg"), "{}", screen.framed());
        terminal.keys("down enter");
        terminal.wait_for("\"connection\": \"kafka_main\"");
        // By the key that every terminal sends, and by the one that it may send.
        for key in ["ctrl-space", "alt-/", "ctrl-n"] {
            terminal.keys("end");
            terminal.type_text(",\n");
            terminal.keys(key);
            terminal.wait_for("▌module-config");
            terminal.keys("esc ctrl-u ctrl-u");
        }
        terminal.type_text(",\n\"modu");
        terminal.wait_for("module-config");
        terminal.keys("tab");
        terminal.type_text("\"to");
        terminal.wait_for("needed · a text · Topic");
        terminal.keys("tab");
        terminal.type_text("orders");
        terminal.wait_for("\"module-config\": {\"topic\": \"orders\"}");
        // The member at the cursor is described once nothing is wrong there.
        terminal.wait_for("Topic to publish to.");
        terminal.review();
        terminal.answer("enter");
        terminal.wait_for("done: write default/one");
        assert!(files.text().contains("\"connection\": \"kafka_main\""), "{}", files.text());
    }
}
