//! `secrets` over a real OpenBao, and over variables: what is told without reading, what is read on
//! purpose, what is written on which condition.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::bao::Bao;
use crate::support::home::Home;
use crate::support::run::Program;
use crate::world::World;
use crate::{SECRET, confdeck, json};

fn orders(mount: &str) -> Value {
    json!({"orders": {
        "module": "kafka", "topic": "orders",
        "module-config": {"api_key": format!("{{$vault:app/{mount}#key}}"), "x": "{$vault:app/none#f:d}"},
    }})
}

#[test]
fn what_documents_need_is_told_without_reading_a_value() {
    let world = World::new("needs", &orders("needs"));
    world.put("orders/secrets", &json!({"bearer-token": SECRET}));
    let all = world.secrets(&["presence", "--fail-on-missing"]).run().expect_code(9).out();
    assert!(all.contains("needs/orders/secrets") && all.contains("needs/app/needs"), "{all}");
    world.put("app/needs", &json!({"key": SECRET}));
    world.secrets(&["presence", "--fail-on-missing"]).run().expect_code(0);

    let rows = json(&world.secrets(&["presence", "default/orders", "-o", "json"]).run().expect_code(0).out());
    let state = |field: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["field"] == field).unwrap();
        (row["state"].as_str().unwrap().to_owned(), row["fallback"].as_bool().unwrap())
    };
    assert_eq!(state("bearer-token"), ("present".into(), false));
    assert_eq!(state("key"), ("present".into(), false));
    assert_eq!(state("f"), ("missing".into(), true));
    let one = world.secrets(&["presence", "MOUNT/orders/secrets"]).run().expect_code(0).out();
    assert!(one.contains("bearer-token") && one.contains("v1"), "{one}");
    world.secrets(&["presence", "MOUNT/none", "--fail-on-missing"]).run().expect_code(9);

    let listed = world.secrets(&["list", "MOUNT"]).run().expect_code(0).out();
    assert!(listed.contains("needs/app/") && listed.contains("folder"), "{listed}");
    let masked = world.secrets(&["get", "MOUNT/app/needs", "key"]).run().expect_code(0).out();
    assert!(masked.contains("••••••••"), "{masked}");
    world.secrets(&["get", "MOUNT/app/needs", "other"]).run().expect_code(4);
    world.run(&["get", "default/orders", "--merged"]).run().expect_code(0);
    assert_eq!(world.reads(), 0);
    assert!(world.audited().is_empty());
}

#[test]
fn a_value_is_shown_on_purpose_and_that_is_kept() {
    let world = World::new("shown", &json!({}));
    world.put("a", &json!({"key": SECRET, "n": 5, "odd\u{1b}[2J": "x\u{1b}]0;y"}));
    let reveal =
        |words: &[&str]| world.secrets(&["get", "MOUNT/a"]).with(words).reveals(SECRET).run().expect_code(0);
    let one = reveal(&["key", "--reveal", "--reason", "INC-42"]);
    assert_eq!(one.out(), format!("{SECRET}\n"));
    assert!(one.err().contains("secret values read: 1"), "{}", one.err());
    let all = json(&reveal(&["--reveal", "-o", "json"]).out());
    assert_eq!(
        (&all["fields"]["key"], &all["fields"]["n"], &all["version"]),
        (&json!(SECRET), &json!(5), &json!("v1"))
    );
    let table = reveal(&["--reveal"]).out();
    assert!(
        table.contains(SECRET) && !table.lines().any(|line| line.contains("]0;y") && line.contains('\u{1b}')),
        "{table}"
    );
    world.secrets(&["get", "MOUNT/a", "none", "--reveal"]).run().expect_code(4);
    world.secrets(&["get", "MOUNT/none", "--reveal"]).run().expect_code(4);
    let kept = world.audited();
    assert_eq!(kept.len(), 5, "{kept:?}");
    assert_eq!(kept[0], "reveal_secret v1 - done key");
    assert!(kept[1].starts_with("reveal_secret v1 - done key,n,odd"), "{kept:?}");
    assert!(kept[3].contains("not_found") && kept[4].contains("not_found"), "{kept:?}");
    let told = confdeck(&world.home, &["audit", "--secret", "shown/a"]).run().expect_code(0).out();
    assert!(told.contains("INC-42") && told.contains("fields key") && !told.contains("[2J\u{1b}"), "{told}");
    assert!(!told.contains('\u{1b}') && world.home.files_holding(SECRET).is_empty());
}

#[test]
fn a_field_is_set_on_the_condition_that_nothing_changed() {
    let world =
        World::new("set", &json!({"orders": {"module": "log", "authorization": "Bearer {$vault:a#key}"}}));
    let set = |words: &[&str], value: &str| {
        world.secrets(&["set", "MOUNT/a"]).with(words).input(format!("{value}\n")).run()
    };
    let first = set(&["key", "-o", "json"], SECRET).expect_code(0);
    let told = json(&first.out());
    assert_eq!((&told["before"], &told["after"]), (&Value::Null, &json!("v1")));
    assert_eq!(told["documents"], json!(["default/orders"]));
    assert!(
        first.err().contains("written again") && first.err().contains("default/orders"),
        "{}",
        first.err()
    );
    // Others keep their values, and nothing is read for that.
    assert!(set(&["other"], "two").expect_code(0).out().contains("v1 -> v2"));
    assert_eq!(world.stored("a"), (2, json!({"key": SECRET, "other": "two"})));
    let conflict = set(&["key", "--expect-version", "v1"], "late").expect_code(3);
    assert!(conflict.err().contains("set/a was changed by someone else"), "{}", conflict.err());
    let exists = set(&["key", "--create"], "late").expect_code(3);
    assert!(exists.err().contains("exists already"), "{}", exists.err());
    assert_eq!(world.stored("a").0, 2);
    set(&["key", "--expect-version", "2"], "three").expect_code(0);
    let empty = world.secrets(&["set", "MOUNT/a", "key"]).input("\n").run().expect_code(8);
    assert!(empty.err().contains("--allow-empty"), "{}", empty.err());
    let binary = world.secrets(&["set", "MOUNT/a", "key"]).input(b"\xff".to_vec()).run().expect_code(8);
    assert!(binary.err().contains("UTF-8"), "{}", binary.err());
    for command in ["set", "generate"] {
        let argument = world.secrets(&[command, "MOUNT/a", "key", SECRET]).run().expect_code(2);
        assert!(argument.err().contains("no value is taken from the command line"), "{}", argument.err());
        world.secrets(&[command, "MOUNT/a", "key", "my", "pass", "phrase"]).run().expect_code(2);
    }
    let kept = world.audited();
    assert_eq!(
        kept,
        [
            "write_secret - v1 done key",
            "write_secret v1 v2 done other",
            "write_secret v1 - conflict key",
            "write_secret - - conflict key",
            "write_secret v2 v3 done key",
        ]
    );
    assert!(world.home.files_holding(SECRET).is_empty());
}

#[test]
fn several_fields_are_one_version_and_a_made_one_is_not_shown() {
    let world = World::new("several", &json!({}));
    let file = world.home.write("work/key.pem", "line one\nline two\n");
    let from = format!("pem={}", file.display());
    let set = world.secrets(&["set", "MOUNT/a", "key", "--file", &from]).input("one").run();
    set.expect_code(0);
    assert_eq!(world.stored("a"), (1, json!({"key": "one", "pem": "line one\nline two"})));
    let made = world.secrets(&["generate", "MOUNT/a", "key", "--length", "40", "--alphabet", "hex"]).run();
    let made = made.expect_code(0);
    let (version, stored) = world.stored("a");
    let key = stored["key"].as_str().unwrap();
    assert!(version == 2 && key.len() == 40 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{stored}");
    assert!(!made.out().contains(key) && !made.err().contains(key));
    assert_eq!(stored["pem"], "line one\nline two");
    world.secrets(&["generate", "MOUNT/a", "key", "--length", "3"]).run().expect_code(2);
    world.secrets(&["generate", "MOUNT/a", "key", "--alphabet", "klingon"]).run().expect_code(2);
}

#[test]
fn without_the_right_to_patch_it_is_said_before_anything_is_read() {
    let rules = r#"
path "MOUNT/metadata/*" { capabilities = ["list", "read"] }
path "MOUNT/subkeys/*"  { capabilities = ["read"] }
path "MOUNT/data/*"     { capabilities = ["create", "update", "read"] }
"#;
    let world = World::new("patch", &json!({})).with_policy(rules);
    world.put("a", &json!({"key": "one", "other": "two"}));
    let set = |words: &[&str]| world.secrets(&["set", "MOUNT/a", "key"]).with(words).input(SECRET).run();
    let refused = set(&[]).expect_code(5);
    assert!(refused.err().contains("--read-modify-write"), "{}", refused.err());
    assert!(refused.err().contains("patch on patch/data/a"), "{}", refused.err());
    assert_eq!(world.reads(), 0);
    let written = set(&["--read-modify-write"]).expect_code(0);
    assert_eq!(world.reads(), 1);
    assert!(written.err().contains("reading the others") && written.err().contains("secret values read: 2"));
    assert_eq!(world.stored("a"), (2, json!({"key": SECRET, "other": "two"})));
    assert!(
        world.audited().iter().any(|line| line == "reveal_secret v1 - done key,other"),
        "{:?}",
        world.audited()
    );
    set(&["--replace"]).expect_code(0);
    assert_eq!(world.stored("a").1, json!({"key": SECRET}));
    assert!(world.home.files_holding(SECRET).is_empty());
}

#[test]
fn deleting_undeleting_and_destroying_are_three_things() {
    let world = World::new("gone", &json!({}));
    for number in 1..=3 {
        world.put("a", &json!({"n": number}));
    }
    let unasked = world.secrets(&["delete", "MOUNT/a"]).run().expect_code(2);
    assert!(unasked.err().contains("--yes"), "{}", unasked.err());
    let deleted = world.secrets(&["delete", "MOUNT/a", "--yes"]).run().expect_code(0).out();
    assert!(deleted.contains("v3 deleted"), "{deleted}");
    let refused = world.secrets(&["set", "MOUNT/a", "n"]).input("4").run().expect_code(8);
    assert!(refused.err().contains("undelete it first"), "{}", refused.err());
    assert!(world.secrets(&["presence", "MOUNT/a"]).run().expect_code(0).out().contains("deleted"));
    world.secrets(&["undelete", "MOUNT/a"]).run().expect_code(0);
    assert_eq!(world.stored("a"), (3, json!({"n": 3})));
    world.secrets(&["destroy", "MOUNT/a"]).run().expect_code(2);
    world.secrets(&["destroy", "MOUNT/a", "--versions", "1,2"]).run().expect_code(2);
    world.secrets(&["destroy", "MOUNT/a", "--versions", "1,2", "--yes"]).run().expect_code(0);
    world.secrets(&["get", "MOUNT/a", "--version", "1", "--reveal"]).run().expect_code(4);
    world.secrets(&["destroy", "MOUNT/a", "--all", "--yes"]).run().expect_code(0);
    world.secrets(&["get", "MOUNT/a"]).run().expect_code(4);
    let kept = world.audited();
    assert_eq!(
        kept,
        [
            "delete_secret v3 - done",
            "undelete_secret v3 - done",
            "destroy_secret v1 - done",
            "destroy_secret v2 - done",
            "reveal_secret v1 - not_found",
            "destroy_secret - - done",
        ]
    );
}

#[test]
fn what_did_not_happen_is_not_told_done_and_the_audit_agrees() {
    let world = World::new("undone", &json!({}));
    for number in 1..=3 {
        world.put("a", &json!({"n": number}));
    }
    let run = |words: &[&str], code| {
        let ended = world.secrets(words).run().expect_code(code);
        format!("{}{}", ended.out(), ended.err())
    };
    for verb in ["delete", "undelete", "destroy"] {
        let yes: &[&str] = if verb == "undelete" { &[] } else { &["--yes"] };
        let told = run(&[&[verb, "MOUNT/a", "--versions", "9"], yes].concat(), 4);
        assert!(told.contains("v9 of undone/a does not exist; nothing was changed"), "{told}");
    }
    run(&["destroy", "MOUNT/a", "--versions", "1", "--yes"], 0);
    let told = run(&["undelete", "MOUNT/a", "--versions", "1"], 8);
    assert!(told.contains("v1 of undone/a is destroyed for ever and cannot be undeleted"), "{told}");
    run(&["delete", "MOUNT/a", "--versions", "2"], 0);
    let told = run(&["delete", "MOUNT/a", "--versions", "2,3", "-o", "json"], 0);
    assert_eq!(json(&told)["unchanged"], json!(["v2"]), "{told}");
    let told = run(&["delete", "MOUNT/a", "--versions", "2,3"], 0);
    assert!(told.contains("v2, v3 deleted already; nothing was sent"), "{told}");
    let told = run(&["destroy", "MOUNT/never", "--all", "--yes"], 4);
    assert!(told.contains("undone/never does not exist"), "{told}");
    let kept = world.audited();
    assert_eq!(
        kept,
        [
            "delete_secret v9 - not_found",
            "undelete_secret v9 - not_found",
            "destroy_secret v9 - not_found",
            "destroy_secret v1 - done",
            "undelete_secret v1 - refused",
            "delete_secret v2 - done",
            "delete_secret v2 - unchanged",
            "delete_secret v3 - done",
            "delete_secret v2 - unchanged",
            "delete_secret v3 - unchanged",
            "destroy_secret - - not_found",
        ]
    );
}

#[test]
fn a_change_that_may_not_be_looked_at_is_sent_and_unverified() {
    let world = World::new("unseen", &json!({}));
    world.put("a", &json!({"n": 1}));
    let world = world.with_policy("path \"MOUNT/delete/*\" { capabilities = [\"update\"] }");
    let told = world.secrets(&["delete", "MOUNT/a", "--versions", "1"]).run().expect_code(7).err();
    let expected = "sent, unverified: whether v1 of unseen/a is deleted now cannot be seen (read on";
    assert!(told.contains(expected), "{told}");
    assert_eq!(world.audited(), ["delete_secret v1 - unverified"]);
}

#[test]
fn what_is_forbidden_read_only_or_away_has_its_exit_code_and_no_value() {
    let bao = Arc::new(Bao::dev());
    let world = World::on(bao, "away", &orders("away"));
    world.put("orders/secrets", &json!({"bearer-token": SECRET}));
    let read_only =
        world.secrets(&["set", "MOUNT/a", "key", "--read-only"]).input(SECRET).run().expect_code(5);
    assert!(read_only.err().contains("--read-only"), "{}", read_only.err());
    let mut viewer = World { token: world.bao.token(&["default"], "1h"), ..world };
    let forbidden = viewer.secrets(&["get", "MOUNT/orders/secrets", "--reveal"]).run().expect_code(5);
    assert!(forbidden.err().contains("read on away/data/orders/secrets"), "{}", forbidden.err());
    let told = viewer.secrets(&["presence", "MOUNT/orders/secrets"]).run().expect_code(0).out();
    assert!(told.contains("forbidden"), "{told}");
    // What this user may not see is no proof of absence, nor of presence.
    viewer.secrets(&["presence", "--fail-on-missing"]).run().expect_code(5);
    viewer.token = viewer.bao.root_token();
    viewer.bao.stop();
    viewer.secrets(&["get", "MOUNT/orders/secrets", "--reveal"]).run().expect_code(6);
    let unsent = viewer.secrets(&["set", "MOUNT/orders/secrets", "bearer-token"]).input(SECRET).run();
    assert_eq!(unsent.code(), Some(6), "{}", unsent.err());
    assert!(viewer.home.files_holding(SECRET).is_empty());
}

#[test]
fn a_merged_document_shows_its_secrets_on_purpose_only() {
    let world = World::new("merged", &orders("merged"));
    world.put("orders/secrets", &json!({"bearer-token": SECRET}));
    world.put("app/merged", &json!({"key": "planted-key"}));
    for format in ["table", "json", "yaml"] {
        let masked = world.run(&["get", "default/orders", "--merged", "-o", format]).run().expect_code(0);
        let all = masked.out() + &masked.err();
        assert!(!all.contains(SECRET) && !all.contains("planted-"), "{all}");
        assert!(all.contains("orders"), "{all}");
    }
    let merged = world.run(&["get", "default/orders", "--merged", "--reveal", "-o", "json"]);
    let shown = merged.reveals(SECRET).reveals("planted-key").run().expect_code(0);
    assert!(shown.err().contains("secret values read: 2"), "{}", shown.err());
    let shown = json(&shown.out());
    assert_eq!(shown["authorization"], format!("Bearer {SECRET}"));
    assert_eq!(shown["module-config"], json!({"api_key": "planted-key", "x": "d"}));
    let mut kept = world.audited();
    kept.sort();
    assert_eq!(kept, ["reveal_secret v1 - done bearer-token", "reveal_secret v1 - done key"]);
    world.run(&["get", "default/orders", "--reveal"]).run().expect_code(2);
    world.run(&["get", "default/none", "--merged"]).run().expect_code(4);
}

#[test]
fn merged_and_presence_agree_on_whether_own_secrets_are_merged() {
    let world = World::new("agree", &json!({"orders": {"module": "log"}}));
    world.put("orders/secrets", &json!({"bearer-token": SECRET}));
    for (says, merges) in [("", false), ("false", false), ("true", true)] {
        world.home.write("config/confdeck/config.toml", "");
        let with = |program: Program| program.env("CONFDECK_RECEIVER_MERGES_OWN_SECRETS", says);
        let needs = with(world.secrets(&["presence", "default/orders", "-o", "json"])).run().expect_code(0);
        let needed = json(&needs.out()).as_array().unwrap().iter().any(|need| need["kind"] == "own");
        let merged = world.run(&["get", "default/orders", "--merged", "--reveal", "-o", "json"]);
        let merged = with(merged).reveals(SECRET).run().expect_code(0);
        let bearer = json(&merged.out()).get("authorization").is_some();
        assert_eq!((needed, bearer), (merges, merges), "{says:?}: {}", merged.err());
        let said = merged.err();
        assert_eq!(said.contains("merged in from agree/orders/secrets: bearer-token"), merges, "{said}");
        assert_eq!(
            said.contains("as far as it is said, the receiver merges none"),
            says.is_empty(),
            "{said}"
        );
    }
    let left_out = world.run(&["get", "default/orders", "--merged"]);
    let left_out = left_out.env("CONFDECK_RECEIVER_MERGES_OWN_SECRETS", "true").run().expect_code(0).err();
    assert!(left_out.contains("agree/orders/secrets") && left_out.contains("without --reveal"), "{left_out}");
}

#[test]
fn a_vault_is_reached_by_the_receiver_s_own_variables() {
    let world = World::new("theirs", &json!({}));
    world.put("a", &json!({"key": SECRET}));
    let present = |program: Program| program.run().expect_code(0).out();
    let theirs = world.secrets(&["presence", "MOUNT/a"]);
    let theirs = theirs.without_env("SECRETS_BACKEND").env("VAULT_ENABLED", "Yes");
    let theirs =
        theirs.env("VAULT_TOKEN", format!(" {}\n", world.token)).env("VAULT_MOUNT_POINT", "/theirs/");
    let theirs = theirs.env("VAULT_TIMEOUT_SECONDS", "0").env("VAULT_KV_VERSION", "3");
    let told = present(theirs);
    assert!(told.contains("present") && told.contains("key"), "{told}");

    let refused =
        world.secrets(&["presence", "MOUNT/a"]).env("VAULT_ADDR", "vault:8200").run().expect_code(2);
    assert!(refused.err().contains("VAULT_ADDR: an address begins with"), "{}", refused.err());
    let home = &world.home;
    home.write("work/webhooks.json", r#"{"a": {"x": "{$vault:a#key}"}}"#);
    let empty = world.secrets(&["presence", "default/a"]).env("VAULT_MOUNT_POINT", "").run().expect_code(0);
    assert!(empty.out().contains("the receiver reads no Vault"), "{}", empty.out());
    assert!(empty.err().contains("VAULT_MOUNT_POINT: it is empty"), "{}", empty.err());
}

#[test]
fn a_mount_that_is_not_there_holds_no_own_secrets() {
    let world = World::over(Bao::shared(), "nowhere", &json!({"orders": {"module": "log"}}));
    let merged = world.run(&["get", "default/orders", "--merged", "--reveal", "-o", "json"]).run();
    let merged = merged.expect_code(0);
    assert_eq!(json(&merged.out()), json!({"module": "log"}));
    assert!(merged.err().contains("no secrets engine at nowhere/"), "{}", merged.err());
    let told = world.secrets(&["presence", "default/orders"]).run().expect_code(0).out();
    assert!(told.contains("unreachable"), "{told}");
}

#[test]
fn variables_are_told_with_their_collisions_and_never_written() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"pay-in": {"module": "log"}, "pay_in": {"module": "log"}}"#);
    home.write("config/confdeck/config.toml", "[receiver]\nmerges_own_secrets = true\n");
    let run = |words: &[&str]| confdeck(&home, &["secrets"]).with(words).env("WEBHOOK_PAY_IN_TOKEN", SECRET);
    let listed = run(&["list"]).run().expect_code(0);
    assert!(listed.err().contains("WEBHOOK_PAY_IN_TOKEN is read by pay-in and pay_in"), "{}", listed.err());
    let rows = json(&run(&["list", "-o", "json"]).run().expect_code(0).out());
    let row = rows.as_array().unwrap().iter().find(|row| row["variable"] == "WEBHOOK_PAY_IN_TOKEN").unwrap();
    assert_eq!((&row["state"], &row["collision"]), (&json!("present"), &json!(true)));
    assert_eq!(row["webhooks"], json!(["default/pay-in", "default/pay_in"]));
    let needs = run(&["presence", "default/pay-in"]).run().expect_code(0).out();
    assert!(needs.contains("WEBHOOK_PAY_IN_TOKEN"), "{needs}");
    let refused = run(&["set", "default/pay-in", "bearer-token"]).input(SECRET).run().expect_code(8);
    assert!(refused.err().contains("WEBHOOK_PAY_IN_TOKEN") && refused.err().contains("start it anew"));
    let masked = run(&["get", "default/pay-in"]).run().expect_code(0);
    assert!(!(masked.out() + &masked.err() + &listed.out()).contains(SECRET));
    let shown = run(&["get", "default/pay-in", "bearer-token", "--reveal"]).reveals(SECRET).run();
    assert_eq!(shown.expect_code(0).out(), format!("{SECRET}\n"));
    assert!(home.files_holding(SECRET).is_empty());
}

#[test]
fn a_new_webhook_and_its_secrets_are_put_by_one_command() {
    let world = World::new("put-with", &json!({"orders": {"module": "log"}}));
    let secrets = json!({"bearer-token": SECRET, "hmac-secret": SECRET}).to_string();
    let put = |id: &str, input: &str| {
        world.run(&["put", id, r#"{"module":"log"}"#, "--create", "--secrets-from", "-"]).input(input).run()
    };
    let done = put("default/new", &secrets).expect_code(0);
    let lines: Vec<_> = done.out().lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "put-with/new/secrets  - -> v1");
    assert!(lines[1].starts_with("default/new  - -> "), "{lines:?}");
    assert_eq!(world.stored("new/secrets"), (1, json!({"bearer-token": SECRET, "hmac-secret": SECRET})));
    // What it may do without is not told as if it were needed.
    let needs = world.run(&["secrets", "presence", "new"]).run().expect_code(0).out();
    let of = |field: &str| needs.lines().find(|line| line.contains(field)).unwrap_or_default().to_owned();
    assert!(of("hmac-secret").contains("present"), "{needs}");
    assert!(of("hmac-header").contains("field missing, optional"), "{needs}");
    let kept = world.audited();
    assert_eq!(kept[0], "write_secret - v1 done bearer-token,hmac-secret");
    assert!(kept[1].starts_with("create - ") && kept[1].ends_with(" done"), "{kept:?}");

    // What exists is left alone, the secrets of it too.
    let exists = put("orders", &secrets).expect_code(3);
    assert!(exists.err().contains("default/orders exists already"), "{}", exists.err());
    assert_eq!(world.stored("orders/secrets").0, 0);
    world.put("taken/secrets", &json!({"bearer-token": "theirs"}));
    let taken = put("taken", &secrets).expect_code(3);
    assert!(taken.err().contains("put-with/taken/secrets exists already"), "{}", taken.err());
    world.run(&["get", "taken"]).run().expect_code(4);
    // What is wrong is refused before anything is sent, and not repeated.
    for input in [r#"{"token": "planted-plain"}"#, "planted-plain", "{}"] {
        let wrong = put("wrong", input).expect_code(8);
        assert!(wrong.err().contains("nothing was written"), "{}", wrong.err());
    }
    world
        .run(&["put", "wrong", "{", "--create", "--secrets-from", "-"])
        .input(&*secrets)
        .run()
        .expect_code(8);
    assert_eq!(world.stored("wrong/secrets").0, 0);
}

#[test]
fn what_documents_need_is_not_left_out_of_a_secret_unless_that_is_forced() {
    let orders = json!({"module": "log", "a": "{$vault:app#token}", "b": "{$vault:app#user:nobody}"});
    let world = World::new("left-out", &json!({"orders": orders}));
    world.put("app", &json!({"token": SECRET, "user": "planted-user"}));
    let set = |words: &[&str], code| {
        let words = [&["set", "MOUNT/app"], words].concat();
        world.secrets(&words).input(SECRET).run().expect_code(code).err()
    };
    let refused = set(&["other", "--replace"], 8);
    assert!(refused.contains("default/orders needs token; nothing was written"), "{refused}");
    assert_eq!(world.stored("app").0, 1);
    set(&["other"], 0);
    set(&["other", "--force"], 2);
    set(&["token", "--replace"], 0);
    set(&["other", "--replace", "--force"], 0);
    // What is missing already is no loss.
    set(&["another", "--replace"], 0);
    assert_eq!(world.stored("app").0, 5);
}
