//! From one context to another and back, in one console.

use crate::store::Etcd;
use crate::support::run::Program;
use crate::terminal::{Exit, Terminal};

fn webhooks(id: &str) -> String {
    format!("{{\n  \"{id}\": {{\"module\": \"log\"}}\n}}\n")
}

#[test]
fn another_context_is_gone_to_with_drafts_kept_and_one_that_is_broken_is_not() {
    let program = Program::confdeck(["--context", "one"]);
    let home = &program.home;
    home.write("config/confdeck/one.json", webhooks("from-one"));
    home.write("config/confdeck/two.json", webhooks("from-two"));
    home.write(
        "config/confdeck/config.toml",
        "[contexts.one]\nwebhooks_file = \"one.json\"\naccent = \"green\"\n\
         [contexts.two]\nwebhooks_file = \"two.json\"\naccent = \"red\"\nprotected = true\nread_only = true\n\
         [contexts.broken]\ntheme = \"neon\"\n",
    );
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("from-one");
    terminal.edit("default/from-one");
    terminal.paste("  ");
    terminal.wait_for("draft saved");
    terminal.keys("esc");
    terminal.command("context two");
    let two = terminal.wait_until(|screen| screen.text().contains("from-two"));
    let head = two.text().lines().next().unwrap_or_default().to_owned();
    assert!(head.contains("two") && head.contains("PROTECTED") && head.contains("READ ONLY"), "{head}");
    assert!(!two.text().contains("from-one"), "{}", two.text());

    terminal.command("context broken");
    terminal.wait_for("not gone to broken");
    terminal.wait_for("from-two");

    terminal.command("context one");
    terminal.wait_for("1 draft");
    terminal.answer("enter");
    terminal.wait_for("the draft of default/from-one is back");
    terminal.keys("esc q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
}

#[test]
fn a_context_that_is_come_back_to_is_locked_again() {
    let etcd = Etcd::new();
    etcd.put("default/webhooks/in-etcd", r#"{"module":"log"}"#);
    let program = Program::confdeck::<&str>([]);
    program.home.write("config/confdeck/files.json", webhooks("in-files"));
    program.home.write(
        "config/confdeck/config.toml",
        format!(
            "default_context = \"lab\"\n[contexts.lab]\nbackend = \"etcd\"\nhost = \"{}\"\nprefix = \"{}\"\n\
             [contexts.files]\nwebhooks_file = \"files.json\"\n",
            etcd.server.address(),
            etcd.prefix()
        ),
    );
    let mut terminal = Terminal::open(program, 120, 40);
    terminal.wait_for("in-etcd");
    terminal.unlock();
    terminal.command("context files");
    terminal.wait_for("in-files");
    // What changes there now is nothing to this context.
    etcd.put("default/webhooks/later", r#"{"module":"log"}"#);
    terminal.command("context lab");
    terminal.wait_for("later");
    terminal.wait_for("LOCKED");
    let screen = terminal.screen();
    assert!(!screen.contains("UNLOCKED") && !screen.contains("in-files"), "{screen}");
    terminal.keys("q");
    assert_eq!(terminal.wait_exit(), Exit::Code(0));
    terminal.assert_restored();
}
