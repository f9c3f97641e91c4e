//! A value that is planted in a real OpenBao, and all that commands and the console do with it. What
//! they print and leave behind is searched by the harness when each test ends (`support::planted`).

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::bao::Bao;
use crate::support::home::Home;
use crate::support::run::Program;
use crate::terminal::{Exit, Terminal};

/// What is there at first, and what is put in its place.
const OLD: &str = "planted-old";
const NEW: &str = "planted-new";

struct World {
    bao: Bao,
    home: Home,
}

impl World {
    fn new() -> Self {
        let bao = Bao::dev();
        bao.does("POST", "secret/data/app", &json!({"data": {"key": OLD, "other": "x"}}));
        let home = Home::new();
        let orders = json!({"orders": {"module": "log", "authorization": "Bearer {$vault:app#key}"}});
        home.write("work/webhooks.json", orders.to_string());
        Self { bao, home }
    }

    fn program(&self, words: &[&str]) -> Program {
        Program::confdeck(words)
            .at_home(&self.home)
            .env("SECRETS_BACKEND", "vault")
            .env("VAULT_ADDR", self.bao.address())
            .env("VAULT_TOKEN", self.bao.root_token())
            .env("VAULT_MOUNT_POINT", "secret")
            .env("CONFDECK_LOG", "trace")
    }

    fn open(&self, words: &[&str]) -> Terminal {
        Terminal::open(self.program(words), 120, 40)
    }

    /// A shell that knows the store and has run this.
    fn shell(&self, preparation: &str) -> Terminal {
        let program = Program::shell().at_home(&self.home).env("TOKEN", self.bao.root_token());
        let mut shell = Terminal::open(program, 120, 40);
        shell.wait_for("$ ");
        let variables =
            format!("export SECRETS_BACKEND=vault VAULT_ADDR={} VAULT_TOKEN=$TOKEN", self.bao.address());
        shell.type_text(&format!("{variables}; {preparation}\n"));
        shell
    }

    fn stored(&self) -> Value {
        self.bao.root("GET", "secret/data/app", &Value::Null).1["data"]["data"].clone()
    }
}

/// A command for a shell.
const SET: &str = concat!(env!("CARGO_BIN_EXE_confdeck"), " secrets set secret/app key");

/// What keyboards and terminals send that is no text: keys, clicks in all forms, answers to questions that a
/// program before this one asked.
const NO_TEXT: [&str; 18] = [
    "\x1b[A",
    "\x1bOD",
    "\x1b[1;5C",
    "\x1b[H",
    "\x1b[3~",
    "\x1bOP",
    "\x1b[[B",
    "\x1b[24~",
    "\x1b[M !!",
    "\x1b[M#qd",
    "\x1b[<0;10;10M\x1b[<0;10;10m",
    "\x1b[32;10;10M",
    "\x1b[I\x1b[O",
    "\x1b[?62c",
    "\x1b[?62;22c",
    "\x1b[12;40R",
    "\x1b]11;rgb:0000/0000/dddd\x1b\\",
    "\x1bP>|XTerm(379)\x1b\\",
];

#[test]
fn what_a_terminal_sends_that_is_no_text_is_no_part_of_a_value() {
    let world = World::new();
    let letters = ('a'..='z').take(NO_TEXT.len());
    let value = format!("planted-{}", letters.clone().collect::<String>());
    let mut set = world.open(&["secrets", "set", "secret/app", "key"]);
    set.wait_for("value of key (not shown):");
    // At once, and the second time over a link that cuts it in two and takes its time.
    set.type_text("planted-");
    for (letter, sent) in letters.clone().zip(NO_TEXT) {
        set.type_text(&format!("{sent}{letter}"));
    }
    set.type_text("\n");
    set.wait_for("again:");
    set.type_text("planted-");
    for (n, (letter, sent)) in letters.zip(NO_TEXT).enumerate() {
        let (first, rest) = sent.split_at(1 + n % (sent.len() - 1));
        set.type_text(first);
        thread::sleep(Duration::from_millis(120));
        set.type_text(&format!("{rest}{letter}"));
    }
    set.type_text("\n");
    assert_eq!(set.wait_exit(), Exit::Code(0), "{}", set.screen());
    assert_eq!(world.stored()["key"], value);
}

#[test]
fn a_hidden_value_is_mended_by_the_keys_of_its_terminal() {
    let world = World::new();
    // An erase character that is no usual one, and pastes in brackets that a crashed program left on.
    let mut set = world.shell(&format!("stty erase ^T; printf '\\033[?2004h'; {SET}"));
    set.wait_for("value of key (not shown):");
    set.type_text("wrong\x15planted-aX\x14üY\x7f日Z\x08 gone\x17\x1b[200~two\rlines\x1b[201~!\n");
    set.wait_for("again:");
    set.type_text("planted-a");
    for byte in "ü日".as_bytes() {
        set.send(&[*byte]);
        thread::sleep(Duration::from_millis(40));
    }
    set.paste(" two\nlines");
    set.type_text("!\n");
    set.wait_for("v1 -> v2");
    assert_eq!(world.stored()["key"], "planted-aü日 two\nlines!");
}

#[test]
fn a_hidden_value_that_arrives_damaged_is_refused() {
    let world = World::new();
    // Longer than the rest of a character is waited for.
    let pause = Duration::from_millis(1_400);
    // Latin-1, a paste with a control character, and a paste that an escape makes a sequence.
    for (damaged, pause) in [
        (&[&b"planted-\xfc"[..]][..], Duration::ZERO),
        (&[b"planted-caf\xe9"], pause),
        (&[b"planted-\x1b[200~a\x07b\x1b[201~"], Duration::ZERO),
        (&[b"planted-\x1b", b"Password1"], pause),
    ] {
        let mut set = world.open(&["secrets", "set", "secret/app", "key"]);
        set.wait_for("value of key (not shown):");
        for piece in damaged {
            set.send(piece);
            thread::sleep(Duration::from_millis(300));
        }
        thread::sleep(pause);
        set.keys("enter");
        assert_eq!(set.wait_exit(), Exit::Code(8), "{}", set.screen());
        assert!(set.screen().contains("nothing was written"), "{}", set.screen());
        assert_eq!(world.stored()["key"], OLD);
    }
}

#[test]
fn a_value_is_typed_twice_and_never_shown() {
    let world = World::new();
    let mut set = world.open(&["secrets", "set", "secret/app", "key"]);
    set.wait_for("value of key (not shown):");
    set.type_text(&format!("{NEW}x"));
    set.keys("backspace");
    set.type_text("\n");
    set.wait_for("again:");
    set.type_text(&format!("{NEW}\n"));
    assert_eq!(set.wait_exit(), Exit::Code(0));
    assert!(set.screen().contains("v1 -> v2"), "{}", set.screen());
    assert_eq!(world.stored(), json!({"key": NEW, "other": "x"}));

    let mut differs = world.open(&["secrets", "set", "secret/app", "key"]);
    differs.wait_for("(not shown):");
    differs.type_text(&format!("{OLD}\n"));
    differs.wait_for("again:");
    differs.type_text(&format!("{NEW}\n"));
    assert_eq!(differs.wait_exit(), Exit::Code(1));
    assert!(differs.screen().contains("the two values differ"), "{}", differs.screen());

    // Given up half-way, the terminal shows again what is typed.
    let mut shell = world.shell(SET);
    shell.wait_for("(not shown):");
    shell.type_text(OLD);
    shell.keys("ctrl-c");
    shell.wait_for("nothing was written");
    shell.wait_until(|screen| screen.lines().iter().any(|line| line == "$"));
    shell.type_text("echo seen-again\n");
    shell.wait_until(|screen| screen.lines().iter().filter(|line| line.contains("seen-again")).count() >= 2);
    assert_eq!(world.stored()["key"], NEW);
}

#[test]
fn a_value_is_shown_after_a_question_and_only_then() {
    let world = World::new();
    let mut no = world.open(&["secrets", "get", "secret/app", "key", "--reveal"]);
    no.wait_for("read and print the field key of secret/app? [y/N]");
    no.type_text("\n");
    assert_eq!(no.wait_exit(), Exit::Code(1));
    let mut yes = world.open(&["secrets", "get", "secret/app", "key", "--reveal"]);
    yes.reveals(OLD);
    yes.wait_for("[y/N]");
    yes.type_text("y\n");
    assert_eq!(yes.wait_exit(), Exit::Code(0));
    assert!(yes.has_ever_written(OLD));
    let mut merged = world.open(&["get", "default/orders", "--merged"]);
    assert_eq!(merged.wait_exit(), Exit::Code(0));
}

#[test]
fn what_is_gone_for_ever_takes_the_path_typed() {
    let world = World::new();
    let mut destroy = world.open(&["secrets", "destroy", "secret/app", "--all"]);
    destroy.wait_for("type the path to destroy it:");
    destroy.type_text("y\n");
    assert_eq!(destroy.wait_exit(), Exit::Code(1));
    assert_eq!(world.stored()["key"], OLD);
    let mut destroy = world.open(&["secrets", "destroy", "secret/app", "--all"]);
    destroy.wait_for("type the path to destroy it:");
    destroy.type_text("secret/app\n");
    assert_eq!(destroy.wait_exit(), Exit::Code(0));
    assert_eq!(world.stored(), Value::Null);
}

#[test]
fn no_way_to_fail_tells_a_value() {
    let world = World::new();
    let every = |token: &str| {
        for words in [
            &["secrets", "list", "secret"][..],
            &["secrets", "presence"],
            &["secrets", "presence", "default/orders"],
            &["secrets", "presence", "secret/app"],
            &["secrets", "get", "secret/app"],
            &["secrets", "get", "secret/app", "none", "--reveal"],
            &["secrets", "set", "secret/app", "key", "--expect-version", "9"],
            &["secrets", "set", "secret/app", "key", "--create"],
            &["secrets", "set", "secret/nested/none", "key", "--expect-version", "9", "--read-modify-write"],
            &["get", "default/orders", "--merged"],
            &["get", "default/orders"],
            &["list", "webhooks"],
            &["health"],
            &["audit", "-o", "json"],
        ] {
            world.program(words).env("VAULT_TOKEN", token).input(NEW).run();
        }
    };
    every(&world.bao.root_token());
    let nothing = world.bao.token(&["default"], "1h");
    every(&nothing);
    every("planted-and-unknown");
    world.bao.seal();
    every(&world.bao.root_token());
    world.bao.stop();
    every(&world.bao.root_token());
}

#[test]
fn the_console_shows_documents_and_reads_no_value() {
    let world = World::new();
    let mut console = world.open(&[]);
    console.wait_for("SYNCED");
    console.wait_for("orders");
    for keys in ["enter", "z", "z", "esc", "2", "1", "6", "7", "1"] {
        console.keys(keys);
    }
    console.keys("q");
    assert_eq!(console.wait_exit(), Exit::Code(0));
    let read = |(operation, path): &&(String, String)| operation == "read" && path.contains("/data/");
    assert_eq!(world.bao.audit().iter().filter(read).count(), 0);
}
