//! The tab Secrets by keys: every path with who depends on it, what is stored without a reference, what is
//! done with a secret from there; and that a viewer sees all of it without one request for a value.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::secrets::{lab, reference};
use crate::support::bao::{Bao, viewer};
use crate::support::home::Home;
use crate::support::run::Program;
use crate::terminal::Terminal;

fn demo(columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::open(Program::confdeck(["--demo"]), columns, rows);
    terminal.wait_for("SYNCED");
    terminal.keys("3");
    terminal.wait_for("secret/app/github");
    terminal
}

/// A console on files, whose references lead to an engine of a real server.
fn on_vault(bao: &Bao, home: &Home, (mount, token): (&str, &str), version: u8, webhooks: &Value) -> Terminal {
    let program = lab(bao, home, (mount, token), webhooks).env("VAULT_KV_VERSION", version.to_string());
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("SYNCED");
    terminal.keys("3");
    terminal
}

/// Waits until a row of the list says these words.
fn row(terminal: &mut Terminal, path: &str, words: &str) {
    terminal
        .wait_until(|screen| screen.lines().iter().any(|line| line.contains(path) && line.contains(words)));
}

#[test]
fn every_secret_is_listed_with_its_state_and_leads_to_who_depends_on_it() {
    let mut terminal = demo(120, 40);
    for (path, words) in [
        ("secret/app/github", "present"),
        ("secret/app/fanout", "missing"),
        ("secret/app/retired", "no reference seen"),
        ("secret/infra/aws", "forbidden"),
        ("secret/iot/floor", "deleted"),
        ("webhooks/staging/orders/secrets", "unreachable"),
    ] {
        row(&mut terminal, path, words);
    }
    terminal.keys("G");
    row(&mut terminal, "$CI_PASSWORD", "not visible from");
    terminal.wait_for("1 without a reference seen");
    terminal.keys("/");
    terminal.type_text("retired");
    terminal.keys("enter enter");
    let screen = terminal.wait_for("used   no reference seen");
    assert!(!screen.text().contains("safe to delete"));
    terminal.wait_for("v2     400d  kept  newest");
    terminal.keys("esc esc /");
    terminal.type_text("app/github");
    terminal.keys("enter");
    terminal.wait_for("1 of ");
    terminal.wait_for("production/github_events  hmac");
    terminal.keys("enter G enter");
    terminal.wait_for("/webhook/production/github_eve");
    assert!(!terminal.has_ever_written("demo-github-hmac"));
}

#[test]
fn a_secret_is_rotated_taken_back_deleted_and_undeleted_from_its_row_at_80x24() {
    let mut terminal = demo(80, 24);
    terminal.keys("/");
    terminal.type_text("app/users");
    terminal.keys("enter");
    row(&mut terminal, "secret/app/users", "v1");
    terminal.keys("enter s");
    terminal.generate("jwt");
    terminal.wait_for("only if still at v1");
    terminal.answer("enter");
    terminal.wait_for("done: set jwt of secret/app/users, now v2");
    terminal.wait_for("TO BE READ AGAIN");
    terminal.keys("esc");
    // The detail of the tab follows at once: the presence and the versions.
    terminal.wait_for("present · v2");
    terminal.wait_until(|screen| {
        screen.lines().iter().any(|line| line.contains("v2 ") && line.contains("newest"))
    });
    terminal.keys("u");
    terminal.wait_for("UNDO");
    terminal.answer("enter");
    terminal.wait_for("now v3");
    terminal.wait_for("TO BE READ AGAIN");
    terminal.keys("esc");
    terminal.wait_for("present · v3");
    terminal.keys("d");
    terminal.wait_for("Delete v3 of secret/app/users, its newest version?");
    terminal.answer("y");
    terminal.wait_for("v3, its newest version, was deleted");
    terminal.keys("U");
    terminal.wait_for("Undelete v3 of secret/app/users?");
    terminal.answer("y");
    terminal.wait_for("TO BE READ AGAIN");
    terminal.keys("esc");
    terminal.wait_for("present · v3");
    terminal.keys("a");
    terminal.wait_for("AFTERWARDS");
}

/// Line 1 of the issue, for the tab: all of it is told, and nothing was read.
#[test]
fn a_viewer_sees_every_secret_and_the_server_is_never_asked_for_a_value() {
    let bao = Bao::dev();
    bao.mount("team", 2);
    let write = |path: &str, fields: Value| {
        bao.does("POST", &format!("team/data/{path}"), &json!({"data": fields}));
    };
    let many: serde_json::Map<String, Value> =
        (0..300).map(|number| (format!("field-{number:03}"), json!("planted-many"))).collect();
    write("app/whole", json!({"key": "planted-whole", "other": "planted-other"}));
    write("app/part", json!({"other": "planted-part"}));
    write("app/gone", json!({"key": "planted-gone"}));
    write("app/many", Value::Object(many));
    write("odd/sp%20ace+%2520%C3%BC", json!({"key": "planted-odd"}));
    write("old/unused", json!({"key": "planted-unused"}));
    bao.does("POST", "team/delete/app/gone", &json!({"versions": [1]}));
    bao.does("POST", "team/metadata/app/whole", &json!({"custom_metadata": {"owner": "team-hooks"}}));
    bao.policy("viewer", &viewer("team"));
    let token = bao.token(&["viewer"], "1h");
    let webhooks = json!({
        "whole": reference("app/whole", "key"),
        "part": reference("app/part", "key"),
        "gone": reference("app/gone", "key"),
        "many": reference("app/many", "field-007"),
        "never": reference("app/never", "key"),
    });
    let home = Home::new();
    let before = bao.audit().len();
    let mut terminal = on_vault(&bao, &home, ("team", &token), 2, &webhooks);
    for (path, words) in [
        ("team/app/whole", "present"),
        ("team/app/part", "field missing"),
        ("team/app/gone", "deleted"),
        ("team/app/many", "present"),
        ("team/app/never", "missing"),
        ("team/odd/sp ace+%20ü", "no reference seen"),
        ("team/old/unused", "no reference seen"),
    ] {
        row(&mut terminal, path, words);
    }
    terminal.keys("/");
    terminal.type_text("whole");
    terminal.keys("enter enter");
    terminal.wait_for("owner  team-hooks");
    terminal.wait_for("VERSIONS  1");
    terminal.keys("esc esc /");
    terminal.type_text("many");
    terminal.keys("enter enter");
    terminal.wait_for("FIELDS  300");
    terminal.wait_for("field-007");
    terminal.keys("G");
    terminal.wait_for("default/many  field-007");

    let asked = bao.audit().split_off(before);
    let mut told = String::new();
    for (operation, path) in &asked {
        let _ = writeln!(told, "{operation} {path}");
    }
    assert!(asked.iter().any(|(operation, _)| operation == "list"), "{told}");
    assert!(asked.iter().any(|(_, path)| path == "team/metadata/app/whole"), "{told}");
    assert!(!asked.iter().any(|(_, path)| path.contains("/data/")), "{told}");
    // Metadata is for the selected secret: of the others, only the folders above them were asked.
    let metadata =
        asked.iter().filter(|(operation, path)| operation == "read" && path.contains("/metadata/"));
    assert!(metadata.count() <= 6, "{told}");
    for planted in ["planted-whole", "planted-many", "planted-odd", "planted-unused"] {
        assert!(!terminal.has_ever_written(planted));
    }
}

#[test]
fn what_may_not_be_listed_is_named_with_what_is_missing() {
    let bao = Bao::shared();
    bao.mount("no-list", 2);
    bao.does("POST", "no-list/data/app/x", &json!({"data": {"key": "planted"}}));
    bao.policy("listless", "path \"no-list/subkeys/*\" { capabilities = [\"read\"] }");
    let token = bao.token(&["listless"], "1h");
    let home = Home::new();
    let webhooks = json!({"x": reference("app/x", "key")});
    let mut terminal = on_vault(&bao, &home, ("no-list", &token), 2, &webhooks);
    row(&mut terminal, "no-list/app/x", "present");
    terminal.wait_for("not listed: no-list/");
    terminal.wait_for("list on no-list/metadata");
}

#[test]
fn an_engine_without_versions_and_one_that_does_not_exist_are_told_as_they_are() {
    let bao = Bao::shared();
    bao.mount("plain-kv", 1);
    bao.does("POST", "plain-kv/app/x", &json!({"key": "planted-plain"}));
    let webhooks = json!({"x": reference("app/x", "key")});
    let home = Home::new();
    let root = bao.root_token();
    let mut terminal = on_vault(&bao, &home, ("plain-kv", &root), 1, &webhooks);
    row(&mut terminal, "plain-kv/app/x", "unknown");
    terminal.wait_for("VERSIONS");
    assert!(!terminal.has_ever_written("planted-plain"));

    let home = Home::new();
    let mut terminal = on_vault(&bao, &home, ("nowhere-kv", &root), 2, &webhooks);
    terminal.wait_for("nowhere-kv/app/x");
    terminal.wait_until(|screen| {
        let line = screen.line_with("nowhere-kv/app/x").unwrap_or_default();
        !line.contains("asking")
    });
}
