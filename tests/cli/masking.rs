//! Secrets that are told by their name, their look or the name beside them: no command prints one, whatever it
//! is asked for and however it fails. The harness searches what each prints and leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::home::Home;
use crate::support::planted;
use crate::{confdeck, json};

fn stored() -> Home {
    let home = Home::new();
    let document = planted::document_of_secrets();
    home.write("work/webhooks.json", format!("{{\"one\": {document}}}"));
    home.write("work/connections.json", format!("{{\"two\": {document}}}"));
    // A missing comma, an unclosed string and a text that is not JSON at all.
    home.write("work/comma.json", document.replacen(",\n", "\n", 1));
    home.write("work/cut.json", &document[..document.len() - 8]);
    home.write("work/lines.json", document.replace(['{', '}'], ""));
    home
}

#[test]
fn no_command_prints_a_secret_of_any_name_or_look() {
    let home = stored();
    for key in ["default/one", "connections/two"] {
        let table = confdeck(&home, &["get", key]).run().expect_code(0).out();
        for shown in
            ["\"module\": \"log\"", "\"name\": \"password\"", "\"Key\": \"X-Api-Key\"", "services/••••••••"]
        {
            assert!(table.contains(shown), "{shown} in {table}");
        }
        assert_eq!(table.matches("••••••••").count(), 30, "{table}");
        for words in [
            &["get", key, "--merged"][..],
            &["get", key, "--merged", "-o", "json"],
            &["put", key, "comma.json"],
            &["put", key, "cut.json"],
            &["put", key, "lines.json"],
            &["put", key, "webhooks.json", "--expect-revision", "000000000000"],
            &["put", key, "comma.json", "--force"],
            &["secrets", "presence", key],
            &["delete", key, "--expect-revision", "000000000000"],
        ] {
            confdeck(&home, words).run();
        }
    }
    for words in [
        &["list", "namespaces"][..],
        &["list", "webhooks", "-o", "json"],
        &["list", "connections"],
        &["health"],
        &["health", "-o", "json"],
        &["secrets", "list"],
        &["audit", "-o", "json"],
    ] {
        confdeck(&home, words).run();
    }
    for words in [&["watch"][..], &["watch", "-o", "table"]] {
        let mut watch = confdeck(&home, words).start();
        watch.wait_for("SYNCED");
    }
}

#[test]
fn the_stored_text_is_printed_where_it_is_asked_for() {
    let home = stored();
    let get = confdeck(&home, &["get", "default/one", "-o", "json"]);
    let get = ["planted-", "AKIAPLANTED", "BsYW50ZWQt", "wbGFudGVkL", "cGxhbnRlZC"]
        .iter()
        .fold(get, |get, mark| get.reveals(mark));
    let printed = json(&get.run().expect_code(0).out());
    assert_eq!(printed, json(&planted::document_of_secrets()));
}

/// A document with values under names that only a context can judge: the code is planted, the license is not.
const OF_A_CONTEXT: &str = r#"{"module": "log", "license": "MIT-2024", "internal_code": "planted-code", "owner": {"InternalCode": {"deep": ["planted-deep"], "on": true}}, "env": [{"name": "INTERNAL-CODE", "value": "planted-pair"}, {"name": "license", "value": "MIT-pair"}], "note": "app.internal_code=planted-note", "where": "{$LICENSE}", "basic_auth": {"username": "u", "password": "planted-listed"}}"#;

const NAMES: &str =
    "[contexts.lab]\nhide_names = [\"internal_code\"]\nshow_names = [\"license\", \"password\"]\n";

fn of_a_context(config: &str) -> Home {
    let home = Home::new();
    home.write("config/confdeck/config.toml", config);
    home.write("work/webhooks.json", format!("{{\"one\": {OF_A_CONTEXT}}}"));
    home
}

#[test]
fn the_names_of_a_context_hide_and_show_in_every_command() {
    let home = of_a_context(NAMES);
    let lab = |words: &[&str]| {
        let words = [words, &["--context", "lab"]].concat();
        confdeck(&home, &words).env("LICENSE", "MIT-variable")
    };
    for (words, shown) in [
        (&["get", "default/one"][..], &["MIT-2024", "MIT-pair", "{$LICENSE}"][..]),
        (&["get", "default/one", "--merged"], &["MIT-2024", "MIT-pair", "MIT-variable"]),
        (&["get", "default/one", "--merged", "-o", "json"], &["MIT-2024", "MIT-pair", "MIT-variable"]),
    ] {
        let out = lab(words).run().expect_code(0).out();
        assert!(shown.iter().all(|text| out.contains(text)), "{words:?}: {out}");
        // Two texts and a mode under the name, a pair, an assignment, and the listed password.
        assert_eq!(out.matches("••••••••").count(), 6, "{words:?}: {out}");
    }
    for words in [&["watch"][..], &["watch", "-o", "table"]] {
        let mut watch = lab(words).start();
        let out = watch.wait_for("SYNCED");
        assert!(out.contains("MIT-2024") && out.contains("internal_code"), "{out}");
    }
    for words in [
        &["list", "webhooks", "-o", "json"][..],
        &["put", "default/one", "{\"internal_code\": \"planted-new\", }"],
        &["put", "default/one", "{}", "--expect-revision", "000000000000"],
        &["secrets", "presence", "default/one"],
        &["health"],
    ] {
        lab(words).run();
    }
}

#[test]
fn without_a_setting_the_names_are_judged_by_the_table_alone() {
    let home = of_a_context(NAMES);
    let program = confdeck(&home, &["get", "default/one"]);
    let program = ["planted-code", "planted-deep", "planted-pair", "planted-note"]
        .iter()
        .fold(program, |program, value| program.reveals(value));
    let out = program.run().expect_code(0).out();
    assert!(out.contains("planted-code") && !out.contains("MIT-"), "{out}");
}

#[test]
fn the_search_for_plaintext_knows_the_names_of_the_context() {
    for (config, document, found) in [
        ("", r#"{"internal_code": "planted-code"}"#, false),
        ("[defaults]\nhide_names = [\"internal_code\"]\n", r#"{"internal_code": "planted-code"}"#, true),
        ("", r#"{"license": "MIT-2024"}"#, true),
        ("[defaults]\nshow_names = [\"license\"]\n", r#"{"license": "MIT-2024"}"#, false),
    ] {
        let home = Home::new();
        home.write("config/confdeck/config.toml", config);
        let file = home.write("work/webhooks.json", format!("{{\"one\": {document}}}"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let health = confdeck(&home, &["health"]).run().out();
        assert_eq!(health.contains("plaintext"), found, "{config}{health}");
        let presence = confdeck(&home, &["secrets", "presence", "default/one"]).run().out();
        assert_eq!(presence.contains("plaintext"), found, "{config}{presence}");
    }
}

#[test]
fn a_name_that_is_none_is_a_mistake_with_its_place() {
    let home = of_a_context("[defaults]\nhide_names = [\"a\", \"\"]\n");
    let error = confdeck(&home, &["list", "webhooks"]).run().expect_code(2).err();
    assert!(error.contains("config.toml:2:20: hide_names has a name that is empty"), "{error}");
    let home = of_a_context("");
    let program = confdeck(&home, &["get", "default/one"]).env("CONFDECK_SHOW_NAMES", "pin,,otp");
    let error = program.run().expect_code(2).err();
    assert!(error.contains("CONFDECK_SHOW_NAMES: show_names has a name that is empty"), "{error}");
}
