//! Arguments: help, usage errors, and what goes with what.

use crate::support::home::Home;
use crate::{confdeck, json};

#[test]
fn help_says_what_each_command_takes() {
    let home = Home::new();
    for command in [
        "",
        "list",
        "list webhooks",
        "get",
        "put",
        "delete",
        "watch",
        "health",
        "explain",
        "resolve",
        "check",
        "secrets",
        "secrets set",
        "secrets get",
        "settings",
        "settings set",
        "settings get",
    ] {
        let arguments: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        let help = confdeck(&home, &arguments).run().expect_code(0).out();
        let name = if command.is_empty() { "confdeck".into() } else { command.replace(' ', "-") };
        insta::assert_snapshot!(format!("help-{name}"), help);
    }
}

#[test]
fn wrong_usage_exits_2_and_says_what_is_right() {
    let home = Home::new();
    for (arguments, said) in [
        (&["frob"][..], "unrecognized subcommand 'frob'"),
        (&["list"], "a command is missing here"),
        (&["get", "connections"], "NAMESPACE/ID"),
        (&["get", "a b/orders"], "a namespace is 1 to 64"),
        (&["watch", "-o", "yaml"], "possible values: json, table"),
        (&["watch", "a/b"], "write a namespace, connections"),
        (&["put", "a/b", "{}", "--ttl", "soon"], "90s or 15m"),
        (&["put", "a/b", "{}", "--create", "--expect-revision", "1"], "cannot be used with"),
        (&["put", "a/b", "{}", "--secrets-from", "-"], "--create"),
        (&["put", "a/b", "--create", "--secrets-from", "-"], "standard input holds the secrets"),
        (&["list", "webhooks", "--ids", "a"], "NAMESPACE"),
        (&["--demo", "list", "webhooks"], "--demo is for the console"),
        (&["--theme", "dark", "health"], "--theme is for the console"),
        (&[], "the console needs a terminal"),
        (&["--demo"], "the console needs a terminal"),
        (&["--demo=redis"], "possible values: memory, files"),
    ] {
        let run = confdeck(&home, arguments).run().expect_code(2);
        assert!(run.err().starts_with("confdeck: ") && run.err().contains(said), "{}", run.err());
        assert!(run.stdout.is_empty());
    }
}

/// Each of these may be a secret that somebody typed in the wrong place, or its beginning.
#[test]
fn what_may_be_a_value_is_not_repeated() {
    let home = Home::new();
    for command in ["set", "generate"] {
        for (words, said) in [
            (&["Pa55"][..], "no value is taken from the command line"),
            (&["my", "Pa55", "phrase"], "no value is taken from the command line"),
            (&["my", "Pa55", "--create", "phrase"], "no value is taken from the command line"),
            (&["--", "-Pa55", "--phrase"], "no value is taken from the command line"),
            (&["-Pa55"], "no value is taken from the command line"),
            (&["--Pa55=phrase"], "no value is taken from the command line"),
            (&["--read-only=Pa55"], "no value is taken from the command line"),
            (&["-oPa55"], "possible values: table, json, yaml"),
            (&["--expect-version", "Pa55"], "write a version such as 3"),
        ] {
            let arguments = [&["secrets", command, "secret/a", "token"][..], words].concat();
            let run = confdeck(&home, &arguments).run().expect_code(2);
            let err = run.err();
            assert!(err.starts_with("confdeck: ") && err.contains(said), "{words:?}: {err}");
            for part in ["Pa55", "-P", "phrase"] {
                assert!(!err.contains(part), "{words:?}: {err}");
            }
            assert!(run.stdout.is_empty());
        }
        let run = confdeck(&home, &["secrets", command, "secret/a", "token=Pa55"]).run().expect_code(2);
        let err = run.err();
        assert!(err.contains("a field's name has no = here") && !err.contains("Pa55"), "{err}");
    }
    let run = confdeck(&home, &["secrets", "get", "secret/a", "token", "--frob"]).run().expect_code(2);
    assert!(run.err().contains("--frob"), "a read is given no value: {}", run.err());
}

/// Arguments in the wrong place, or of the wrong shape, wherever a command takes one.
#[test]
fn no_command_repeats_a_document_or_a_value_that_it_cannot_use() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"orders":{"module":"log"}}"#);
    // The last two are what is left of a document that nobody put in quotes.
    let documents = [
        r#"{"module":"log","authorization":"Bearer Pa55word"}"#,
        r#"{"url": "http://Pa55word@host/x"}"#,
        "-Pa55word",
        "Pa55 word",
        "Pa55=word",
        "{authorization:",
        "Pa55word}",
    ];
    let places: &[&[&str]] = &[
        &["HERE"],
        &["HERE", "default/orders"],
        &["--HERE"],
        &["list", "HERE"],
        &["list", "webhooks", "HERE"],
        &["list", "webhooks", "default", "HERE"],
        &["get", "HERE"],
        &["get", "default/orders", "HERE"],
        &["get", "default/orders", "-o", "HERE"],
        &["put", "HERE"],
        &["put", "HERE", "default/orders"],
        &["put", "HERE", "default/orders", "--create"],
        &["put", "--create", "HERE", "default/orders"],
        &["put", "default/orders", "{}", "HERE"],
        &["put", "default/orders", "{}", "--HERE"],
        &["put", "default/orders", "--file", "HERE"],
        &["put", "default/orders", "{}", "--ttl", "HERE"],
        &["put", "default/orders", "{}", "--expect-revision", "HERE"],
        &["put", "default/orders", "{}", "--create=HERE"],
        &["delete", "HERE"],
        &["delete", "default/orders", "HERE"],
        &["delete", "default/orders", "--expect-revision", "HERE"],
        &["watch", "HERE"],
        &["watch", "default", "HERE"],
        &["health", "HERE"],
        &["health", "-o", "HERE"],
        &["audit", "HERE"],
        &["audit", "--since", "HERE"],
        &["audit", "--key", "HERE"],
        &["audit", "--limit", "HERE"],
        &["secrets", "HERE"],
        &["secrets", "list", "HERE"],
        &["secrets", "presence", "HERE"],
        &["secrets", "presence", "default/orders", "HERE"],
        &["secrets", "get", "HERE"],
        &["secrets", "get", "default/orders", "token", "HERE"],
        &["secrets", "get", "default/orders", "--version", "HERE"],
        &["secrets", "set", "HERE", "token"],
        &["secrets", "set", "HERE", "default/orders", "token"],
        &["secrets", "set", "default/orders", "token", "HERE"],
        &["secrets", "set", "default/orders", "--file", "HERE"],
        &["secrets", "set", "default/orders", "--file", "token=HERE"],
        &["secrets", "set", "default/orders", "token", "--expect-version", "HERE"],
        &["secrets", "generate", "HERE", "token"],
        &["secrets", "generate", "default/orders", "token", "--length", "HERE"],
        &["secrets", "generate", "default/orders", "token", "--alphabet", "HERE"],
        &["secrets", "delete", "HERE"],
        &["secrets", "delete", "default/orders", "HERE"],
        &["secrets", "undelete", "default/orders", "--versions", "HERE"],
        &["secrets", "destroy", "default/orders", "--versions", "HERE", "--yes"],
    ];
    for secrets in ["env", "vault"] {
        // The other commands do not look where secrets are kept.
        let places = places.iter().filter(|place| secrets == "env" || place[0] == "secrets");
        for (place, document) in places.flat_map(|it| documents.map(|document| (it, document))) {
            let words: Vec<_> = place.iter().map(|word| word.replace("HERE", document)).collect();
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let run = confdeck(&home, &words)
                .env("SECRETS_BACKEND", secrets)
                .env("VAULT_ADDR", "http://127.0.0.1:9")
                .env("VAULT_TOKEN", "t")
                .run();
            let said = run.out() + &run.err();
            assert_ne!(run.code(), Some(0), "{words:?}: {said}");
            assert!(!said.contains("Pa55") && !said.contains("authorization"), "{words:?}: {said}");
            assert!(run.err().starts_with("confdeck: "), "{words:?}: {said}");
        }
    }
}

#[test]
fn a_mistyped_command_or_flag_is_still_named() {
    let home = Home::new();
    for (words, said) in [
        (&["lst"][..], "'lst'"),
        (&["secrets", "sett"], "'sett'"),
        (&["list", "webhooks", "--namespce"], "'--namespce'"),
        (&["get", "default/x", "--revael"], "'--revael'"),
        (&["put", "default/x", "{}", "--crate"], "see --help; write put ADDRESS DOCUMENT"),
        (&["put", "{}", "default/x"], "write NAMESPACE/ID, connections/NAME"),
    ] {
        let run = confdeck(&home, words).run().expect_code(2);
        assert!(run.err().contains(said), "{words:?}: {}", run.err());
    }
}

#[test]
fn an_escape_sequence_reaches_no_terminal() {
    let home = Home::new();
    home.write("work/webhooks.json", "{\"e\u{202e}vil\\u001b[2J\": {\"module\": \"\\u001b]0;x\\u0007\"}}");
    for arguments in
        [&["list", "webhooks"][..], &["get", "default/\u{1b}[2J"], &["health"], &["watch", "-o", "table"]]
    {
        let mut run = confdeck(&home, arguments).start();
        if arguments[0] == "watch" {
            run.wait_for("SYNCED");
            run.signal(crate::support::run::Signal::INT);
        }
        let run = run.finish();
        for text in [run.out(), run.err()] {
            let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(hostile), "{text:?}");
        }
    }
    let rows = json(&confdeck(&home, &["list", "webhooks", "-o", "json"]).run().expect_code(0).out());
    assert_eq!(rows[0]["id"], "e\u{202e}vil\u{1b}[2J");
}
