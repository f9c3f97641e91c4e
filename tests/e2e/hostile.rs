//! What a store may hold to hurt who looks at it: escape sequences, reversed text, huge values, and
//! secrets where they should not be.

use crate::screen::Screen;
use crate::store::Etcd;
use crate::terminal::{Exit, Terminal};

/// Stands for a password that must be seen nowhere.
const SECRET: &str = "hunter2-Planted";

/// Goes to every document that is listed, one by one.
fn walk(terminal: &mut Terminal, documents: usize, mut look: impl FnMut(&Screen)) {
    terminal.keys("g");
    for at in 1..=documents {
        look(&terminal.wait_for(&format!("{at} of {documents}")));
        terminal.keys("j");
    }
}

#[test]
fn escape_sequences_and_reversed_text_change_nothing_but_their_own_cells() {
    let etcd = Etcd::new();
    let bad = [
        ("a/webhooks/raw", "{\"module\": \"log\u{1b}]52;c;QUFB\u{7}\u{1b}[2J\u{9b}31m\"}"),
        (
            "a/webhooks/valid",
            "{\"module\": \"m\u{202e}gol\", \"x\": \"\\u001b[31m\", \"y\": \"\u{200b}\u{2066}z\"}",
        ),
        ("a/webhooks/id\u{202e}\u{1b}[5m", "{\"module\": \"log\"}"),
        ("a/web\u{1b}[2Jhooks/foreign", "\u{1b}c"),
        ("global/connections/c\u{7}", "{\"type\": \"kaf\u{1b}[?1049lka\"}"),
    ];
    etcd.put_all(bad);
    let mut terminal = etcd.open(120, 40);
    walk(&mut terminal, 3, |screen| {
        assert!(screen.has("confdeck · lab") && screen.has("1 Webhooks"), "{}", screen.framed());
    });
    terminal.keys("2");
    terminal.wait_for("1 of 1");
    for bytes in [
        "\u{1b}]52;",
        "\u{7}",
        "\u{9b}",
        "\u{202e}",
        "\u{200b}",
        "\u{2066}",
        "\u{1b}[5m",
        "\u{1b}c",
        "\u{1b}[31m",
    ] {
        assert!(!terminal.has_ever_written(bytes), "{bytes:?}");
    }
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
}

#[test]
fn a_value_of_one_mebibyte_is_shown_shortened() {
    let etcd = Etcd::new();
    let huge = format!("{{\"module\": \"log\", \"blob\": \"{}\"}}", "A".repeat(1 << 20));
    etcd.put_all([("a/webhooks/huge", huge.as_str()), ("a/webhooks/small", "{\"module\": \"log\"}")]);
    let mut terminal = etcd.open(120, 40);
    terminal.wait_for("1 of 2");
    let screen = terminal.wait_for("\"blob\"");
    assert!(screen.has("confdeck · lab") && screen.has("small"), "{}", screen.framed());
    assert!(terminal.bytes_out() < 64 * 1024, "{} bytes for a few frames", terminal.bytes_out());
    terminal.keys("j");
    terminal.wait_for("POST /webhook/a/small");
}

#[test]
fn a_plaintext_password_is_in_no_frame_and_no_file() {
    let etcd = Etcd::new();
    let documents = [
        (
            "a/webhooks/basic",
            format!("{{\"module\":\"log\",\"basic_auth\":{{\"username\":\"u\",\"password\":\"{SECRET}\"}}}}"),
        ),
        ("a/webhooks/broken", format!("{{\"module\":\"log\",\"jwt\":{{\"secret\":\"{SECRET}\"")),
        (
            "a/webhooks/default",
            format!("{{\"module\":\"log\",\"jwt\":{{\"secret\":\"{{$vault:a#b:{SECRET}}}\"}}}}"),
        ),
        ("a/webhooks/text", format!("password={SECRET}\nAuthorization: Bearer {SECRET}\n")),
        (
            "a/webhooks/url",
            format!("{{\"module\":\"log\",\"module-config\":{{\"url\":\"https://u:{SECRET}@h/x\"}}}}"),
        ),
        (
            "global/connections/db",
            format!("{{\"type\":\"mysql\",\"host\":\"h\",\"port\":1,\"password\":\"{SECRET}\"}}"),
        ),
        ("a/other/foreign", format!("token: {SECRET}")),
    ];
    etcd.put_all(documents.iter().map(|(key, text)| (*key, text.as_str())));
    let mut terminal = Terminal::open(etcd.program(&[]).env("CONFDECK_LOG", "trace"), 120, 40);
    terminal.wait_for("SYNCED");
    walk(&mut terminal, 5, |screen| assert!(!screen.has(SECRET), "{}", screen.framed()));
    terminal.go_to("key:a/other/foreign");
    terminal.wait_for("token: ");

    terminal.unlock();
    for (address, field) in
        [("a/basic", "\"log\""), ("a/default", "\"log\""), ("connections/db", "\"mysql\"")]
    {
        terminal.edit(address);
        terminal.replace(field, "\"kafka\"");
        terminal.review();
        terminal.keys("f");
        terminal.wait_for("+ ");
        // Somebody else changes the secret itself meanwhile: the conflict must not tell it either.
        let (key, text) =
            documents.iter().find(|(key, _)| key.ends_with(address.rsplit('/').next().unwrap())).unwrap();
        etcd.put(key, &text.replace(SECRET, &format!("{SECRET}-new")));
        terminal.answer("enter");
        terminal.wait_for("CONFLICT");
        terminal.keys("f");
        terminal.wait_for("- ");
        terminal.keys("esc ctrl-x y");
        terminal.wait_for("Throw away");
        terminal.answer("y");
        terminal.wait_gone("EDIT");
    }
    terminal.keys("d");
    terminal.wait_for("Delete connections/db");
    terminal.keys("n 7");
    terminal.wait_for("not done: write");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));

    assert!(!terminal.has_ever_written(SECRET));
    assert_eq!(terminal.home().files_holding(SECRET), Vec::<std::path::PathBuf>::new());
    assert!(!terminal.home().files().is_empty(), "there is a log to look into");
}
