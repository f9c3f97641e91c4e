//! What is stored by people and programs that mean no good, and what nobody but the store may hold.

use std::time::Duration;

use crate::store::Etcd;
use crate::support::home::Home;
use crate::terminal::{Exit, Terminal};

/// Texts that would do something to a terminal, and how each is shown.
const ATTACKS: [(&str, &str, &str); 7] = [
    ("clear", "\u{1b}[2J\u{1b}[3;5Hgone", "␛[2J␛[3;5Hgone"),
    ("title", "\u{1b}]0;owned\u{7}", "␛]0;owned␇"),
    ("clipboard", "\u{1b}]52;c;b3duZWQ=\u{7}", "␛]52;c;b3duZWQ=␇"),
    ("bell", "ding\u{7}dong", "ding␇dong"),
    ("reversed", "abc\u{202e}fed", "abc‹U+202E›fed"),
    ("eightbit", "\u{9b}31mred", "‹U+009B›31mred"),
    ("hidden", "in\u{200b}visible", "in‹U+200B›visible"),
];

#[test]
fn stored_control_characters_are_shown_and_never_sent() {
    let store = Etcd::new();
    // Once where JSON allows them escaped only, once in what is no JSON, once in a name.
    for (id, text, _) in ATTACKS {
        store.put_all([
            (format!("evil/webhooks/{id}"), format!("{{\"module\": \"{text}\", \"note\": \"{text}\"}}")),
            (format!("evil/webhooks/{id}-plain"), text.to_owned()),
            (format!("evil/webhooks/{id}-name{text}"), "{\"module\": \"log\"}".to_owned()),
        ]);
    }
    let mut terminal = store.open(120, 40);
    terminal.wait_for("1 of 21");
    for (id, _, shown) in ATTACKS {
        for address in [format!("evil/{id}"), format!("evil/{id}-plain")] {
            terminal.go_to(&address);
            let screen = terminal.wait_for(&address);
            assert!(screen.has("confdeck · lab") && screen.has("NAMESPACES"), "{}", screen.framed());
            terminal.wait_for(shown);
        }
    }
    // Through the names, in the list and as titles of details.
    terminal.keys("g");
    for _ in 0..21 {
        terminal.keys("j");
    }
    terminal.wait_for("21 of 21");
    terminal.keys("/");
    terminal.paste("\u{1b}[2J\u{202e}");
    terminal.wait_for("0 of 21");
    terminal.keys("esc");
    terminal.wait_for("of 21");
    for sent in ["\u{1b}[2J\u{1b}[3;5H", "\u{1b}]", "\u{7}", "\u{202e}", "\u{200b}", "\u{9b}"] {
        assert!(!terminal.has_ever_written(sent), "{sent:?} was sent to the terminal");
    }
    assert_eq!(terminal.copied(), Vec::<String>::new());
}

#[test]
fn a_value_of_one_mebibyte_is_shown_as_far_as_there_is_room() {
    let store = Etcd::new();
    let long = "y".repeat((1 << 20) - 40);
    store.put_all([("big/webhooks/json", format!("{{\"module\":\"log\",\"note\":\"{long}\"}}"))]);
    store.put_all([("big/webhooks/plain", long)]);
    store.put_all([("big/webhooks/small", r#"{"module":"kafka"}"#)]);
    let mut terminal = store.open(120, 40);
    terminal.wait_for("1 of 3");
    for id in ["json", "plain"] {
        terminal.go_to(&format!("big/{id}"));
        let screen = terminal.wait_until(|screen| screen.has(&format!("big/{id}")) && screen.has("yyyyyyyy"));
        assert!(screen.has("confdeck · lab") && screen.has("small"), "{}", screen.framed());
        terminal.keys("enter z G g z esc");
        terminal.wait_for("NAMESPACES");
    }
    terminal.go_to("big/small");
    terminal.wait_for("\"kafka\"");
    // A few full screens, and not the value over and over.
    assert!(terminal.bytes_out() < 200_000, "{} bytes", terminal.bytes_out());
}

/// Documents with a password in each of the places where people put them.
const SECRETS: [(&str, &str); 6] = [
    ("json", r#"{"module": "log", "n": 1, "basic_auth": {"username": "u", "password": "planted-json"}}"#),
    (
        "compact",
        r#"{"module":"log","n":1,"hmac":{"secret":"planted-hmac"},"authorization":"Bearer planted-hmac"}"#,
    ),
    ("broken", "{\"module\": \"log\",\n \"basic_auth\": {\"password\": \"planted-broken\"\n \"n\": 1}"),
    ("cut", r#"{"module": "log", "jwt": {"secret": "planted-cut"#),
    (
        "url",
        r#"{"module": "http_webhook", "n": 1, "module-config": {"url": "https://u:planted-url@h.example/x"}}"#,
    ),
    ("plain", "password=planted-plain"),
];

fn planted() -> Etcd {
    let store = Etcd::new();
    store.put_all(SECRETS.map(|(id, text)| (format!("sec/webhooks/{id}"), text)));
    store.put_all([
        (
            "global/connections/c1",
            r#"{"type": "rabbitmq", "n": 1, "host": "h.example", "pass": "planted-conn"}"#,
        ),
        (
            "global/connections/c2",
            r#"{"type": "redis-rq", "url": "redis://:planted-redis@h.example:6379/0"}"#,
        ),
        ("sec/connections/misplaced", r#"{"type": "kafka", "password": "planted-foreign"}"#),
    ]);
    store
}

/// Every planted password begins like this, and nothing else does.
const PLANTED: &str = "planted";

/// In no frame, and in no file: logs, state, counters.
#[track_caller]
fn assert_unseen(terminal: &Terminal, home: &Home) {
    assert!(!terminal.has_ever_written(PLANTED), "{}", terminal.screen_now().framed());
    assert_eq!(home.files_holding(PLANTED), Vec::<std::path::PathBuf>::new());
}

fn open(store: &Etcd) -> Terminal {
    let program = store.program(&[]);
    let stats = program.home.path().join("stats.json");
    let mut terminal = Terminal::open(program.env("CONFDECK_STATS", stats), 120, 40);
    terminal.wait_for("SYNCED");
    terminal
}

#[test]
fn a_planted_password_is_in_no_list_detail_filter_or_help() {
    let store = planted();
    let mut terminal = open(&store);
    for (id, _) in SECRETS {
        terminal.go_to(&format!("sec/{id}"));
        terminal.wait_for(&format!("sec/{id}"));
        terminal.wait_for("••••");
        terminal.keys("enter z G z esc");
        terminal.wait_for("NAMESPACES");
    }
    for address in ["connections/c1", "connections/c2", "key:sec/connections/misplaced"] {
        terminal.go_to(address);
        terminal.wait_for("••••••••");
    }
    terminal.keys("1 /");
    // As far as a guess may be typed without showing what is typed.
    terminal.type_text("nted");
    terminal.wait_for("0 of");
    terminal.keys("esc ?");
    terminal.wait_for("Lists and details");
    terminal.keys("esc 7");
    terminal.bytes_during(Duration::from_millis(100));
    terminal.keys("6");
    terminal.wait_for("MEMBER");
    let home = terminal.home().clone();
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    assert!(home.files().iter().any(|path| path.ends_with("stats.json")));
    assert_unseen(&terminal, &home);
}

#[test]
fn a_planted_password_is_in_no_editor_review_merge_or_question() {
    let store = planted();
    let mut terminal = open(&store);
    terminal.unlock();
    for (address, key) in [
        ("sec/json", "sec/webhooks/json"),
        ("sec/compact", "sec/webhooks/compact"),
        ("sec/url", "sec/webhooks/url"),
        ("connections/c1", "global/connections/c1"),
    ] {
        terminal.edit(address);
        terminal.wait_for("‹kept:1›");
        terminal.replace("\"n\": 1", "\"n\": 2");
        // Others write a new password meanwhile.
        let theirs = store.value(key).unwrap().replace("planted", "planted-too");
        store.put(key, &theirs);
        terminal.wait_for("upstream CHANGED");
        terminal.review();
        terminal.keys("f");
        terminal.wait_for("+   \"n\": 2");
        terminal.answer("enter");
        terminal.wait_for("MERGE");
        terminal.keys("f");
        terminal.wait_for("merged text against theirs");
        terminal.keys("f enter");
        terminal.wait_for("REVIEW");
        terminal.answer("enter");
        terminal.wait_gone("REVIEW");
        let stored = store.value(key).unwrap();
        assert!(
            stored.contains("planted") && stored.contains('2') && !stored.contains("kept:"),
            "a stored secret is kept"
        );
        terminal.keys("d");
        terminal.wait_for(&format!("Delete {address} from lab?"));
        terminal.keys("n");
        terminal.wait_gone("Delete ");
    }
    // Broken ones open too: for repair.
    for id in ["broken", "cut", "plain"] {
        terminal.edit(&format!("sec/{id}"));
        terminal.wait_for("kept:");
        terminal.keys("esc");
        terminal.wait_gone("EDIT");
    }
    let home = terminal.home().clone();
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    assert_unseen(&terminal, &home);
}
