//! The scenes of the pictures in README.md and docs/, played in the real program. `screenshots/make` draws
//! them; without it they are tests: a scene that can no longer be played means that a picture is out of date.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::screen::{Color, Screen};
use crate::store::{Etcd, Files};
use crate::support::etcd::Cluster;
use crate::support::run::{Program, Signal};
use crate::terminal::Terminal;

fn demo(columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::open(Program::confdeck(["--demo"]), columns, rows);
    terminal.wait_for("SYNCED");
    // The badge of its secrets tells what is known of them.
    terminal.wait_for("missing of");
    terminal
}

/// Goes to a document of the demo.
fn at(address: &str, columns: u16, rows: u16) -> Terminal {
    let mut terminal = demo(columns, rows);
    terminal.go_to(address);
    terminal.wait_for(&format!("/webhook/{address}"));
    terminal
}

#[test]
fn browse() {
    let mut terminal = at("production/audit", 132, 36);
    terminal.keys("j");
    // Something changes while one looks.
    terminal.wait_for("staging     canary");
    terminal.keys("k");
    terminal.wait_for("••••••••");
    draw(&terminal, "browse");
}

#[test]
fn narrow() {
    let mut terminal = demo(80, 24);
    terminal.keys("j j");
    // Of 24, or of those that the demo has made them by then.
    terminal.wait_for("3 of 2");
    terminal.wait_until(|screen| screen.has("⊘") && !screen.has("connecting") && !screen.has("  ·  "));
    draw(&terminal, "narrow");
}

#[test]
fn secrets() {
    let mut terminal = demo(132, 36);
    terminal.keys("3");
    terminal.wait_for("no reference seen");
    terminal.wait_until(|screen| screen.has("unreachable") && !screen.has(" asking"));
    terminal.keys("j");
    terminal.wait_until(|screen| screen.has("VERSIONS  3") && screen.has("newest"));
    draw(&terminal, "secrets");
}

#[test]
fn edit() {
    let mut terminal = demo(110, 24);
    terminal.edit("production/audit");
    terminal.wait_for("‹kept:1›");
    terminal.replace("\"incoming\"", "\"incoming/2026\"");
    // A comma is missing before it.
    terminal.keys("enter");
    terminal.type_text("\"content_type\": \"application/json\"");
    terminal.keys("enter");
    terminal.type_text("// who reads it?");
    terminal.wait_for("F2 take the comment out");
    terminal.wait_for("2 of 2");
    terminal.wait_for("draft saved");
    draw(&terminal, "edit");
}

#[test]
fn completion() {
    let mut terminal = demo(110, 24);
    terminal.edit("team-a/misspelt");
    terminal.wait_for("L11 none: open to anyone");
    terminal.keys("down end enter ctrl-n");
    terminal.wait_for("authorization");
    terminal.wait_for("draft saved");
    draw(&terminal, "completion");
}

#[test]
fn problems() {
    let mut terminal = demo(132, 36);
    terminal.keys("4");
    // What is said of secrets comes as they are looked at, above what is selected.
    terminal.wait_until(|screen| screen.has("team-a/misspelt") && !screen.has("✗…"));
    terminal.wait_quiet_for(Duration::from_secs(1));
    terminal.keys("g");
    terminal.wait_for("unresolved-reference");
    draw(&terminal, "problems");
}

/// The ladder of a value that hides three others.
#[test]
fn settings() {
    let mut terminal = demo(132, 36);
    terminal.keys("8");
    // A layer goes stale, and another one's new values are refused.
    terminal.wait_until(|screen| screen.has("it answers 503") && screen.has("newer values are refused"));
    terminal.keys("j");
    terminal.wait_until(|screen| screen.has("Connections kept open") && screen.has("Database/PoolSize"));
    draw(&terminal, "settings");
}

#[test]
fn review() {
    let mut terminal = demo(110, 24);
    terminal.edit("production/payments");
    terminal.replace("\"payments\"", "\"payments-eu\"");
    terminal.replace("203.0.113.8", "203.0.113.9");
    terminal.review();
    terminal.wait_for("ip_whitelist[1]");
    draw(&terminal, "review");
}

/// Webhooks of two namespaces, twelve in each.
fn fleet() -> Etcd {
    const IDS: [&str; 12] = [
        "audit",
        "billing",
        "checkout",
        "deliveries",
        "github_events",
        "invoices",
        "orders",
        "payments",
        "refunds",
        "returns",
        "shipments",
        "stock",
    ];
    let store = Etcd::new();
    let webhook = |namespace, id| {
        let document = format!(r#"{{"module": "kafka", "connection": "kafka_main", "topic": "{id}"}}"#);
        (format!("{namespace}/webhooks/{id}"), document)
    };
    let webhooks =
        ["production", "staging"].iter().flat_map(|namespace| IDS.map(|id| webhook(namespace, id)));
    store.put_all(webhooks);
    store.put("global/connections/kafka_main", r#"{"type": "kafka"}"#);
    store
}

/// 24 are marked and two of them in sight: what is asked before they are deleted, what an undo can still do
/// once somebody has written two anew, and what was told of it all.
#[test]
fn bulk() {
    let store = fleet();
    let mut terminal = store.open(110, 26);
    terminal.unlock();
    terminal.keys("*");
    terminal.wait_for("24 marked");
    terminal.keys("/");
    terminal.type_text("orders\n");
    terminal.wait_for("24 marked, 22 not on the screen");
    terminal.keys("d");
    terminal.wait_for("22 of 24 are not on the screen");
    terminal.answer("enter");
    terminal.wait_for("type delete 24 to write this");
    terminal.type_text("delete 2");
    terminal.wait_for("› delete 2");
    draw(&terminal, "delete");
    terminal.type_text("4\n");
    terminal.wait_for("✓ done: delete 24 documents");

    for id in ["orders", "payments"] {
        store.put(&format!("production/webhooks/{id}"), r#"{"module": "log"}"#);
    }
    terminal.wait_for("1 Webhooks 2");
    terminal.keys("u");
    terminal.wait_for("2 of 24 cannot be; 22 can");
    draw(&terminal, "undo");
    terminal.answer("enter");
    terminal.wait_gone("UNDO");
    store.delete("staging/webhooks/stock");
    terminal.wait_for("staging/stock was deleted");
    // What cannot be taken back is tried all the same.
    terminal.keys("u");
    terminal.wait_for("UNDO  ");
    terminal.answer("enter");
    terminal.wait_until(|screen| screen.text().matches("✗ production/payments").count() == 2);
    terminal.keys("esc");
    terminal.wait_gone("UNDO  ");
    terminal.keys("f4");
    terminal.wait_for("messages ─");
    draw(&terminal, "messages");
}

/// What stands on the tabs while others change the list.
#[test]
fn columns() {
    let mut terminal = demo(110, 26);
    terminal.command("columns");
    terminal.wait_for("columns of webhooks");
    terminal.keys("down down down down down");
    terminal.wait_for("▌✓ module");
    terminal.keys("K K K K");
    terminal.wait_for("J to the right");
    terminal.keys("down down down space");
    terminal.wait_gone("✓ auth");
    draw(&terminal, "columns");
}

/// A long text, wrapped, with what is looked for; some of the secrets that documents need are out of sight.
#[test]
fn detail() {
    let mut terminal = demo(132, 30);
    terminal.keys("/");
    terminal.type_text("kafka\n");
    terminal.go_to("production/fanout");
    terminal.wait_for("/webhook/production/fanout");
    terminal.keys("enter /");
    terminal.wait_for("in the text");
    terminal.type_text("rabbit\n");
    terminal.wait_for("1 of 2");
    terminal.wait_for("<1m ago");
    draw(&terminal, "detail");
}

/// What the receiver makes of a webhook.
#[test]
fn effective() {
    let mut terminal = at("production/fanout", 110, 36);
    terminal.keys("v");
    terminal.wait_for("EFFECTIVE");
    terminal.wait_for("DOCUMENT");
    draw(&terminal, "effective");
}

#[test]
fn context() {
    let store = fleet();
    let program = Program::confdeck(["--context", "staging"]);
    let context = |name: &str, more: &str| {
        let (address, prefix) = (store.server.address(), store.prefix());
        format!(
            "[contexts.{name}]\nbackend = \"etcd\"\nhost = \"{address}\"\nprefix = \"{prefix}\"\n{more}\n"
        )
    };
    let file = [
        context("development", "accent = \"green\""),
        context("staging", "accent = \"yellow\""),
        context("production", "accent = \"red\"\nprotected = true"),
    ];
    program.home.write("config/confdeck/config.toml", file.concat());
    let mut terminal = Terminal::open(program, 110, 24);
    terminal.wait_for("SYNCED");
    terminal.command("context production");
    terminal.wait_for("PROTECTED");
    terminal.wait_for("1 Webhooks 24");
    terminal.keys(":");
    terminal.wait_for("enter take");
    terminal.type_text("context ");
    terminal.wait_for("context staging");
    draw(&terminal, "context");
}

/// A secret that a connection refers to is rotated: how, what is written, and what follows from it.
#[test]
fn rotation() {
    let mut terminal = demo(110, 24);
    terminal.go_to("connections/rabbit_eu");
    terminal.command("set-fields");
    terminal.wait_for("SET  secret/infra/rabbit");
    terminal.keys("enter");
    terminal.wait_for("new value of");
    terminal.keys("ctrl-g");
    terminal.wait_for("make a value at random");
    terminal.keys("enter");
    terminal.wait_for("enter takes it");
    draw(&terminal, "rotate_value");
    terminal.keys("enter");
    terminal.wait_for("generated: 32 letters and digits");
    terminal.keys("ctrl-s");
    terminal.wait_for("through connections by 3 webhooks");
    draw(&terminal, "rotate_review");
    terminal.answer("enter");
    terminal.wait_for("TO BE READ AGAIN  1 document");
    terminal.wait_for("secret/infra/rabbit   set pass, now v");
    draw(&terminal, "rotate_done");
}

#[test]
fn merge() {
    let store = Etcd::new();
    let stored = |topic: &str, timeout: u16, more: &str| {
        format!(
            "{{\n  \"data_type\": \"json\",\n  \"module\": \"kafka\",\n  \"connection\": \"kafka_main\",\n  \
             \"topic\": \"{topic}\",\n  \"jwt\": {{\"secret\": \"Pl4nted{timeout}\"}},\n  \
             \"module-config\": {{\"timeout\": {timeout}, \"acks\": 1}}{more}\n}}\n"
        )
    };
    let key = "production/webhooks/orders";
    store.put(key, &stored("orders", 30, ""));
    let mut terminal = store.open(110, 24);
    terminal.unlock();
    terminal.edit("production/orders");
    terminal.replace("\"orders\"", "\"orders-eu\"");
    terminal.replace("30,", "45,");
    terminal.replace("\"acks\": 1", "\"acks\": 2");
    let theirs = stored("orders-v2", 60, ",\n  \"ip_whitelist\": [\"192.0.2.7\"]");
    store.put(key, &theirs);
    terminal.wait_for("ctrl-g merges");
    terminal.keys("ctrl-g");
    terminal.wait_for("2 clashes, 2 to choose");
    terminal.keys("m down");
    terminal.wait_for("● mine");
    assert!(!terminal.has_ever_written("Pl4nted"));
    draw(&terminal, "merge");
}

#[test]
fn drafts() {
    let stored = "{\n  \"orders\": {\"module\": \"kafka\", \"topic\": \"orders\", \"n\": 1},\n  \"refunds\": {\"module\": \"log\"}\n}\n";
    let files = Files::new(stored);
    for (address, text) in
        [("default/orders", "\"timeout\": 30,\n  "), ("default/refunds", "\"password\": \"x\",\n  ")]
    {
        let mut terminal = files.open(110, 24);
        if address.ends_with("refunds") {
            terminal.wait_for("later");
            terminal.keys("esc");
        }
        terminal.edit(address);
        terminal.keys("down end");
        terminal.paste(&format!("\n  {text}"));
        terminal.wait_for(" saved");
        terminal.signal(Signal::KILL);
        terminal.wait_exit();
    }
    files.write(&stored.replace("\"orders\", \"n\": 1", "\"orders-eu\", \"n\": 2"));
    let mut terminal = files.open(110, 24);
    terminal.wait_for("2 drafts");
    terminal.wait_for("older:");
    draw(&terminal, "drafts");
}

#[test]
fn health() {
    let cluster = Cluster::start(3);
    let leader = cluster.leader();
    let dead = cluster.others(leader)[0];
    // The console is on the leader, and loses another member.
    let members = [&[leader][..], &cluster.others(leader)].concat();
    let program = Etcd::program_at(&cluster.hosts(&members), "/cwm/", &[]);
    let mut terminal = Terminal::open(program, 132, 30);
    terminal.wait_for("SYNCED");
    terminal.keys("6");
    terminal.wait_for("● healthy  etcd");
    cluster.member(dead).kill();
    terminal.wait_for("cannot bear the loss of another member");
    draw(&terminal, "health");
}

#[test]
fn health_files() {
    let files = Files::new("{\"orders\": {\"module\": \"log\", \"hmac\": {\"secret\": \"plain\"}}}\n");
    std::fs::set_permissions(&files.webhooks, PermissionsExt::from_mode(0o644)).unwrap();
    files.home.write("work/connections.json", "{\n  \"main\": {\"type\": \"kafka\"\n}\n");
    let mut terminal = Terminal::open(Program::confdeck::<&str>([]).at_home(&files.home), 110, 26);
    terminal.keys("6");
    terminal.wait_for("connections.json: line 4, column 1");
    terminal.wait_for("holds secrets in plaintext");
    draw(&terminal, "health_files");
}

/// Writes the screen for `screenshots/render.py`, where `screenshots/make` asks for it.
fn draw(terminal: &Terminal, name: &str) {
    if let Some(folder) = std::env::var_os("CONFDECK_SCREENSHOTS") {
        let path = PathBuf::from(folder).join(name).with_extension("json");
        std::fs::write(path, cells(&terminal.screen_now()).to_string()).unwrap();
    }
}

/// The cells that are not blank: `[column, row, text, columns wide, foreground, background, style]`,
/// a colour being `null`, its number, or red, green and blue.
fn cells(screen: &Screen) -> Value {
    let (columns, rows) = screen.size();
    let mut cells = Vec::new();
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        let cell = screen.emulator().cell(row, column).unwrap();
        let style: String = [
            (cell.bold(), 'b'),
            (cell.dim(), 'd'),
            (cell.italic(), 'i'),
            (cell.underline(), 'u'),
            (cell.inverse(), 'r'),
        ]
        .into_iter()
        .filter(|(is_set, _)| *is_set)
        .map(|(_, letter)| letter)
        .collect();
        let blank = cell.contents().trim().is_empty() && cell.bgcolor() == Color::Default && style.is_empty();
        if !blank && !cell.is_wide_continuation() {
            let width = if cell.is_wide() { 2 } else { 1 };
            let colours = [cell.fgcolor(), cell.bgcolor()].map(colour);
            cells.push(json!([column, row, cell.contents(), width, colours[0], colours[1], style]));
        }
    }
    json!({ "columns": columns, "rows": rows, "cursor": screen.cursor(), "cells": cells })
}

fn colour(colour: Color) -> Value {
    match colour {
        Color::Default => Value::Null,
        Color::Idx(number) => json!(number),
        Color::Rgb(red, green, blue) => json!([red, green, blue]),
    }
}

#[test]
fn a_screen_is_handed_over_cell_by_cell() {
    let script = Program::script(r"printf '\033[31mr\033[0m \033[1;4;48;5;200m日\033[0m\033[?25l'; sleep 60");
    let mut terminal = Terminal::open(script, 20, 5);
    let cells = cells(&terminal.wait_for("日"));
    assert_eq!(cells["cells"], json!([[0, 0, "r", 1, 1, null, ""], [2, 0, "日", 2, null, 200, "bu"]]));
    assert_eq!((&cells["columns"], &cells["rows"]), (&json!(20), &json!(5)));
}
