//! What documents need of secrets, as the lists mark it and the detail tells it; and variables, which
//! are seen, shared by mistake, and not written.

use crate::support::home::Home;
use crate::support::run::Program;
use crate::terminal::Terminal;

/// Stands in every variable.
const PLANTED: &str = "planted-in-a-variable";

fn demo(columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::open(Program::confdeck(["--demo"]), columns, rows);
    terminal.wait_for("SYNCED");
    terminal
}

/// Waits for the mark of a row.
#[track_caller]
fn wait_for_mark(terminal: &mut Terminal, row: &str, mark: &str) {
    terminal.wait_until(|screen| {
        screen.line_with(row).is_some_and(|line| line.split_whitespace().any(|word| word == mark))
    });
}

#[test]
fn every_mark_is_seen_in_the_demo_and_told_in_the_help_and_the_detail() {
    let mut terminal = demo(200, 50);
    for (row, mark) in [
        ("production  audit", "⊘"),
        ("production  fanout", "✗"),
        ("production  orders", "✓"),
        ("production  metrics", "¶"),
        ("production  stripe_events", "?"),
        ("staging     iot", "✗"),
        ("staging     orders", "!"),
        ("staging     open_door", "–"),
        ("team-a      reports", "↓"),
    ] {
        wait_for_mark(&mut terminal, row, mark);
    }
    terminal.keys("?");
    let screen = terminal.wait_for("nothing needed");
    for words in ["the column SEC", "some missing", "fallback in effect"] {
        assert!(screen.has(words), "{words}: {}", screen.framed());
    }
    terminal.keys("esc");
    for (address, told) in [
        ("staging/iot", ["secret/iot/floor · v4 deleted", "consumer · oauth1.consumer_secret"]),
        ("production/orders", ["secret/infra/rabbit · present · v2 · 5d", "pass  •••••••• · connection"]),
        ("team-a/reports", ["secret/app/reports · missing", "(default in effect)"]),
        ("production/audit", ["secret/infra/aws · forbidden", "read on secret/subkeys/infra/aws"]),
        ("production/stripe_events", ["{$STRIPE_KEY} · not visible from here", "header_auth.api_key"]),
    ] {
        terminal.go_to(address);
        terminal.wait_until(|screen| told.iter().all(|words| screen.has(words)));
    }
    assert!(!terminal.has_ever_written("demo-rabbit-pass"));
}

#[test]
fn on_a_narrow_screen_the_mark_stays_and_a_long_block_scrolls() {
    let mut terminal = demo(60, 16);
    wait_for_mark(&mut terminal, "audit", "⊘");
    let screen = terminal.screen_now();
    assert!(screen.has("SEC") && !screen.has("TOKEN"), "{}", screen.framed());
    terminal.go_to("production/audit");
    terminal.keys("enter");
    terminal.wait_for("needs");
    assert!(!terminal.screen_now().has("auditor"));
    terminal.keys("G");
    terminal.wait_for("auditor");
    terminal.keys("k k g");
    terminal.wait_for("needs");
}

#[test]
fn variables_are_told_by_name_and_collisions_with_their_remedy() {
    let home = Home::new();
    let documents =
        r#"{"pay-in": {"module": "log"}, "pay_in": {"module": "log"}, "other": {"module": "log"}}"#;
    home.write("work/webhooks.json", documents);
    let settings = "[receiver]\nmerges_own_secrets = true\n\
                    [defaults]\nsilence_rules = [\"open-to-anyone: of no matter here\"]\n";
    home.write("config/confdeck/config.toml", settings);
    let program = Program::confdeck::<&str>([]).at_home(&home).env("WEBHOOK_PAY_IN_TOKEN", PLANTED);
    let mut terminal = Terminal::open(program, 200, 50);
    terminal.wait_for("SYNCED");
    terminal.go_to("default/pay_in");
    terminal.wait_until(|screen| {
        let (own, other) = (screen.line_with("▲ default    pay_in"), screen.line_with("▲ default    pay-in"));
        own.is_some() && other.is_some() && !screen.has("▲ default    other")
    });
    let screen = terminal.wait_for("all but one");
    assert!(screen.has("bearer, by a secret of its own"), "{}", screen.framed());
    assert!(screen.has("WEBHOOK_PAY_IN_TOKEN  ••••••••"), "{}", screen.framed());
    assert!(screen.has("WEBHOOK_PAY_IN_HMAC_SECRET · not set"), "{}", screen.framed());
    terminal.keys("s");
    terminal.wait_for("cannot be written from here: set the variables where the receiver is started");

    home.write("work/webhooks.json", r#"{"pay_in": {"module": "log"}, "other": {"module": "log"}}"#);
    terminal.wait_gone("all but one");
    assert!(!terminal.has_ever_written(PLANTED));
    assert_eq!(home.files_holding(PLANTED), Vec::<std::path::PathBuf>::new());
}

#[test]
fn what_the_receiver_alone_can_see_is_never_called_missing() {
    let home = Home::new();
    let document = r#"{"orders": {"module": "log", "jwt": {"secret": "{$vault:app/orders#jwt}"}, "url": "https://{$HOST}/"}}"#;
    home.write("work/webhooks.json", document);
    home.write("config/confdeck/config.toml", "[receiver]\nenv = \"unknown\"\n");
    let mut terminal = Terminal::open(Program::confdeck::<&str>([]).at_home(&home), 200, 50);
    terminal.wait_for("SYNCED");
    terminal.go_to("default/orders");
    terminal.wait_for("{$HOST} · not visible from here");
    let screen = terminal.wait_for("secret/app/orders · not visible from here");
    assert!(!screen.has("missing") && !screen.has("✗"), "{}", screen.framed());
}

#[test]
fn variables_that_could_not_be_read_are_told_with_the_reason_everywhere() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"orders": {"module": "log", "url": "https://{$HOST}/"}}"#);
    let program = Program::confdeck::<&str>([]).at_home(&home);
    let program = program.env("CONFDECK_RECEIVER_ENV", "file:none.env");
    let mut terminal = Terminal::open(program, 200, 50);
    let reason = "cannot read none.env";
    terminal.wait_for("SYNCED");
    terminal.go_to("default/orders");
    wait_for_mark(&mut terminal, "default    orders", "?");
    terminal.wait_until(|screen| screen.has("variables unreadable") && screen.has(reason));
    terminal.keys("6");
    terminal.wait_until(|screen| screen.has("degraded by fault  settings") && screen.has(reason));
    terminal.keys("3");
    terminal.wait_gone("degraded by fault");
    assert!(!terminal.screen_now().has("no store"), "{}", terminal.screen_now().framed());
}

#[test]
fn a_file_of_variables_is_read_on_as_the_receiver_reads_it_and_its_bad_line_is_told() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"orders": {"module": "log", "url": "https://{$HOST}/"}}"#);
    home.write("work/bad.env", "nonsense\nHOST=h\n");
    let program = Program::confdeck::<&str>([]).at_home(&home);
    let program = program.env("CONFDECK_RECEIVER_ENV", "file:bad.env");
    let mut terminal = Terminal::open(program, 200, 50);
    terminal.wait_for("SYNCED");
    terminal.go_to("default/orders");
    wait_for_mark(&mut terminal, "default    orders", "✓");
    terminal.keys("6");
    terminal.wait_until(|screen| {
        screen.has("degraded by fault  settings") && screen.has("bad.env:1:1: this is not NAME=VALUE")
    });
}

#[test]
fn a_vault_that_cannot_be_opened_is_told_and_the_documents_are_shown() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"orders": {"module": "log", "x": "{$vault:a#b}"}}"#);
    let program = Program::confdeck::<&str>([]).at_home(&home).env("VAULT_ENABLED", "true");
    let mut terminal = Terminal::open(program, 200, 50);
    terminal.wait_for("SYNCED");
    terminal.go_to("default/orders");
    wait_for_mark(&mut terminal, "default    orders", "!");
    terminal.wait_until(|screen| screen.has("vault ✗ no address") && screen.has("vault needs VAULT_ADDR"));
    terminal.keys("6");
    terminal.wait_until(|screen| {
        screen.has("unusable by fault  vault") && screen.has("VAULT_ENABLED: vault needs")
    });
}
