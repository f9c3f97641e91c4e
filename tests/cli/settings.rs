//! Contexts, the config file and variables, as the program reads them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::SECRET;
use crate::confdeck;
use crate::support::home::Home;

fn configured(text: &str) -> Home {
    let home = Home::new();
    home.write("config/confdeck/config.toml", text);
    home.write("config/confdeck/data.json", r#"{"from-context": {}}"#);
    home
}

#[test]
fn a_context_names_its_files_from_its_own_folder() {
    let home = configured(
        "default_context = \"local\"\n[contexts.local]\nwebhooks_file = \"data.json\"\n[contexts.ro]\nread_only = true\n",
    );
    let list = confdeck(&home, &["list", "webhooks"]).run().expect_code(0).out();
    assert!(list.contains("from-context"), "{list}");
    let health = confdeck(&home, &["health"]).run().expect_code(0).out();
    assert_eq!(
        health.lines().next().map(|line| line.split_whitespace().collect()),
        Some(vec!["context", "local"])
    );
    confdeck(&home, &["put", "default/x", "{}", "--context", "ro"]).run().expect_code(5);
    let unknown = confdeck(&home, &["health"]).env("CONFDECK_CONTEXT", "prod").run().expect_code(2);
    assert!(unknown.err().contains("known are local, ro"), "{}", unknown.err());
}

#[test]
fn a_mistake_in_the_file_names_its_line_and_column() {
    let home = configured("[contexts.prod]\nhosts = \"a\"\n");
    let error = confdeck(&home, &["list", "webhooks"]).run().expect_code(2).err();
    assert!(error.contains("config.toml:2:1: \"hosts\" is not known"), "{error}");
    let elsewhere = home.write("other.toml", "default_context = 1\n");
    let path = elsewhere.to_string_lossy().into_owned();
    let error = confdeck(&home, &["health", "--config", &path]).run().expect_code(2).err();
    assert!(error.contains("other.toml:1:19: default_context must be a text"), "{error}");
    let error = confdeck(&home, &["health", "--config", "none.toml"]).run().expect_code(2).err();
    assert!(error.contains("cannot read none.toml (--config)"), "{error}");
}

#[test]
fn a_password_in_a_file_that_others_read_is_refused_and_not_repeated() {
    let home =
        configured(&format!("[defaults]\nbackend = \"etcd\"\nusername = \"u\"\npassword = \"{SECRET}\"\n"));
    let path = home.config().join("config.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = confdeck(&home, &["health"]).run().expect_code(2).err();
    assert!(error.contains("config.toml:4:12") && error.contains("chmod 600"), "{error}");
    assert!(!error.contains(SECRET));
}

#[test]
fn variables_come_from_a_named_file_and_from_no_other() {
    let home = Home::new();
    home.write("work/.env", "WEBHOOKS_CONFIG_FILE=other.json\n");
    home.write("work/other.json", r#"{"named": {}}"#);
    home.write("work/webhooks.json", r#"{"usual": {}}"#);
    let list = |more: &[&str]| confdeck(&home, &["list", "webhooks"]).with(more).run();
    assert!(list(&[]).expect_code(0).out().contains("usual"));
    assert!(list(&["--env-file", ".env"]).expect_code(0).out().contains("named"));
    home.write("work/bad.env", "A=1\nnonsense\n");
    assert!(list(&["--env-file", "bad.env"]).expect_code(2).err().contains("bad.env:2:1"));
}

#[test]
fn a_file_of_the_receiver_s_variables_is_read_as_the_receiver_reads_it_and_read_on_where_it_gives_up() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"x": {"module": "log"}, "y": {"module": "log"}}"#);
    let file = home.write("work/its.env", "");
    fs::write(&file, b"export\tWEBHOOK_X_TOKEN=\"a\nb\"\nWEBHOOK_X_HMAC_SECRET=  # set me\n# caf\xe9\n")
        .unwrap();
    let told = confdeck(&home, &["secrets", "presence", "default/x", "-o", "json"])
        .env("CONFDECK_RECEIVER_ENV", "file:its.env")
        .run()
        .expect_code(0);
    let err = told.err();
    assert!(
        err.contains("its.env:4:6: this byte is not UTF-8: python-dotenv refuses the whole file"),
        "{err}"
    );
    let health =
        confdeck(&home, &["health"]).env("CONFDECK_RECEIVER_ENV", "file:its.env").run().expect_code(1);
    assert!(health.out().contains("its.env:4:6"), "{}", health.out());
    let refused = confdeck(&home, &["list", "webhooks", "--env-file", "its.env"]).run().expect_code(2).err();
    assert!(refused.contains("its.env:4:6: this byte is not UTF-8"), "{refused}");
}

#[test]
fn a_gate_does_not_pass_on_a_file_of_variables_that_the_receiver_refuses() {
    let home = Home::new();
    home.write(
        "work/webhooks.json",
        r#"{"x": {"module": "log", "authorization": "Bearer {$TOK}"}, "y": {}}"#,
    );
    let gate = |file: &[u8], id: &str| {
        fs::write(home.work().join("its.env"), file).unwrap();
        let words = ["secrets", "presence", id, "--fail-on-missing", "-o", "json"];
        confdeck(&home, &words).env("CONFDECK_RECEIVER_ENV", "file:its.env").run()
    };
    gate(b"TOK=abc\n# caf\xc3\xa9\n", "default/x").expect_code(0);
    let refused = gate(b"TOK=abc\n# caf\xe9\n", "default/x").expect_code(9);
    assert!(refused.err().contains("its.env:2:6"), "{}", refused.err());
    let rows = crate::json(&refused.out());
    assert_eq!(rows[0]["state"], "missing", "{rows}");
    assert_eq!(rows[0]["lacks"], true, "{rows}");
    // Who needs none of them does not depend on it.
    gate(b"TOK=abc\n# caf\xe9\n", "default/y").expect_code(0);
}

#[test]
fn a_theme_that_does_not_exist_exits_with_2_and_names_those_that_do() {
    let home = configured("[contexts.neon]\ntheme = \"neon\"\n");
    let variable = confdeck(&home, &["list", "webhooks"]).env("CONFDECK_THEME", "neon").run().expect_code(2);
    let file = confdeck(&home, &["list", "webhooks", "--context", "neon"]).run().expect_code(2);
    for refused in [variable.err(), file.err()] {
        assert!(refused.contains("is not a theme; write default or dark or light"), "{refused}");
    }
    for flag in [&["--theme", "neon"][..], &["--theme"]] {
        let refused = confdeck(&home, flag).run().expect_code(2).err();
        assert!(["default", "dark", "light"].iter().all(|name| refused.contains(name)), "{refused}");
    }
    let help = confdeck(&home, &["--help"]).run().expect_code(0).out();
    assert!(help.contains("[possible values: default, dark, light]"), "{help}");
}

#[test]
fn a_missing_vault_stops_nothing_that_needs_no_secret() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"x": {"module": "log"}}"#);
    let nothing = [("SECRETS_BACKEND", "vault")];
    let no_login = [("SECRETS_BACKEND", "vault"), ("VAULT_ADDR", "https://vault.example:8200")];
    let unread = [no_login[0], no_login[1], ("VAULT_TOKEN_FILE", "none")];
    for (variables, said) in [
        (&nothing[..], "vault needs VAULT_ADDR"),
        (&no_login, ".vault-token: vault needs a login"),
        (&unread, "cannot read none (VAULT_TOKEN_FILE)"),
    ] {
        let run = |words: &[&str]| {
            variables
                .iter()
                .fold(confdeck(&home, words), |program, (name, value)| program.env(name, value))
                .run()
        };
        run(&["list", "namespaces"]).expect_code(0);
        run(&["get", "default/x"]).expect_code(0);
        run(&["put", "default/y", r#"{"module":"log"}"#]).expect_code(0);
        let health = run(&["health"]).expect_code(1).out();
        assert!(health.contains(said), "{health}");
        let refused = run(&["secrets", "presence"]).expect_code(2).err();
        assert!(refused.contains(said), "{refused}");
    }
}
