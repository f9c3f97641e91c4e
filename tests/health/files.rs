//! Two files in every state that their file system can put them in.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use crate::support::home::Home;
use crate::support::run::Program;
use crate::{DEGRADED, HEALTHY, UNUSABLE, findings, json};

/// `confdeck health` over the files of a home's work folder.
fn health(home: &Home) -> Program {
    Program::confdeck(["health"]).at_home(home)
}

/// The same for a user whom modes bind: root without its rights over files.
fn bound(home: &Home) -> Program {
    if home.path().metadata().unwrap().uid() != 0 {
        return health(home);
    }
    let confdeck = env!("CARGO_BIN_EXE_confdeck");
    let without = ["--bounding-set", "-dac_override,-dac_read_search", confdeck, "health"];
    Program::named("setpriv").at_home(home).with(without)
}

fn pair(webhooks: &str, connections: &str) -> Home {
    let home = Home::new();
    home.write("work/webhooks.json", webhooks);
    home.write("work/connections.json", connections);
    for name in ["webhooks.json", "connections.json"] {
        set_mode(&home, name, 0o600);
    }
    home
}

fn set_mode(home: &Home, name: &str, mode: u32) {
    fs::set_permissions(home.work().join(name), PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn a_pair_that_is_well_is_told_in_numbers() {
    let home = pair(r#"{"a": {"module": "log"}, "b": {"module": "log"}}"#, "{}");
    let report = json(health(&home), HEALTHY);
    assert_eq!((report["condition"].as_str(), findings(&report)), (Some("healthy"), vec![]), "{report}");
    let webhooks = &report["members"][0];
    assert_eq!((&webhooks["role"], &webhooks["condition"]), (&"webhooks".into(), &"healthy".into()));
    let facts = &webhooks["facts"];
    assert_eq!((facts["documents"].as_u64(), facts["size"].as_u64()), (Some(2), Some(48)), "{facts}");
    assert_eq!(facts["mode"], "0600");
    let owner = home.path().metadata().unwrap().uid();
    if owner == 0 {
        assert_eq!(facts["owner"], "root");
    }
    let modified = facts["modified"].as_str().unwrap();
    assert!(modified.len() == 20 && modified.ends_with('Z'), "{modified}");
    assert_eq!(report["members"][1]["facts"]["documents"], 0);
}

#[test]
fn missing_and_broken_files_are_faults_by_name() {
    let home = Home::new();
    let report = json(health(&home), DEGRADED);
    assert_eq!(report["causes"], serde_json::json!(["fault"]));
    assert!(findings(&report)[0].1.contains("webhooks.json is missing: the receiver serves"), "{report}");
    assert_eq!(report["members"][1]["condition"], "healthy", "no connections is no fault");

    home.write("work/webhooks.json", "{\n  \"a\": {}\n  \"b\": {}\n}");
    let report = json(health(&home), DEGRADED);
    assert!(findings(&report)[0].1.contains("webhooks.json: line 3, column 3"), "{report}");
    assert_eq!(report["members"][0]["condition"], "unusable");

    home.write("work/connections.json", "[]");
    let report = json(health(&home), UNUSABLE);
    assert_eq!(findings(&report).len(), 2, "{report}");

    home.write("work/webhooks.json", "\u{feff}{\"_comment\": \"x\", \"a\": {}, \"a\": {}}");
    home.write("work/connections.json", "{}");
    let report = json(health(&home), DEGRADED);
    let all = findings(&report).iter().map(|finding| finding.1).collect::<Vec<_>>().join("\n");
    for told in ["byte order mark", "more than once (1)", "no objects (1)"] {
        assert!(all.contains(told), "{told} in {all}");
    }
    assert_eq!(report["members"][0]["facts"]["documents"], 2);
}

#[test]
fn a_file_that_may_not_be_read_is_a_matter_of_rights() {
    let home = pair("{}", "{}");
    set_mode(&home, "webhooks.json", 0o000);
    let report = json(bound(&home), DEGRADED);
    assert_eq!(report["causes"], serde_json::json!(["rights"]), "{report}");
    assert!(findings(&report)[0].1.contains("to read webhooks.json"), "{report}");
    assert_eq!(report["members"][0]["facts"]["mode"], "0000", "what may be seen is told");
    set_mode(&home, "connections.json", 0o000);
    let report = json(bound(&home), UNUSABLE);
    assert_eq!(
        (&report["condition"], &report["causes"]),
        (&"unusable".into(), &serde_json::json!(["rights"]))
    );
}

#[test]
fn a_folder_that_may_not_be_written_matters_to_whoever_writes() {
    let home = pair("{}", "{}");
    set_mode(&home, "", 0o555);
    let report = json(bound(&home), DEGRADED);
    let read_only = json(bound(&home).with(["--read-only"]), HEALTHY);
    set_mode(&home, "", 0o755);
    assert_eq!(report["causes"], serde_json::json!(["rights"]), "{report}");
    assert!(findings(&report)[0].1.contains("webhooks.json cannot be saved"), "{report}");
    assert_eq!(findings(&read_only), vec![], "{read_only}");
    json(bound(&home), HEALTHY);
}

#[test]
fn links_are_followed_and_told() {
    let home = pair("{}", "{}");
    let real = home.write("elsewhere/hooks.json", r#"{"a": {}}"#);
    fs::remove_file(home.work().join("webhooks.json")).unwrap();
    symlink(&real, home.work().join("webhooks.json")).unwrap();
    set_mode(&home, "webhooks.json", 0o600);
    let report = json(health(&home), HEALTHY);
    let facts = &report["members"][0]["facts"];
    assert_eq!(
        (&facts["links_to"], &facts["documents"]),
        (&real.to_str().unwrap().into(), &1.into()),
        "{report}"
    );
    fs::remove_file(&real).unwrap();
    let report = json(health(&home), DEGRADED);
    assert!(findings(&report)[0].1.contains("is missing"), "{report}");
    fs::remove_dir(real.parent().unwrap()).unwrap();
    let report = json(health(&home), DEGRADED);
    assert!(findings(&report).iter().any(|finding| finding.1.contains("there is no folder")), "{report}");
}

#[test]
fn a_folder_that_is_gone_is_told_once() {
    let home = pair("{}", "{}");
    fs::create_dir(home.work().join("gone")).unwrap();
    let health = health(&home)
        .env("WEBHOOKS_CONFIG_FILE", "gone/webhooks.json")
        .env("CONNECTIONS_CONFIG_FILE", "gone/connections.json");
    fs::remove_dir(home.work().join("gone")).unwrap();
    let report = json(health, UNUSABLE);
    let found = findings(&report);
    assert!(found.len() == 1 && found[0].1.contains("gone does not exist; create it"), "{report}");
}

#[test]
fn plaintext_secrets_that_everybody_may_read_are_worth_a_hint() {
    let home = pair(r#"{"a": {"hmac": {"secret": "hunter2"}}}"#, r#"{"c": {"password": "{$vault:a#b}"}}"#);
    assert_eq!(findings(&json(health(&home), HEALTHY)), vec![], "nobody else may");
    set_mode(&home, "webhooks.json", 0o644);
    set_mode(&home, "connections.json", 0o644);
    let report = json(health(&home), HEALTHY);
    let [(cause, text)] = findings(&report)[..] else { panic!("{report}") };
    assert!(cause == "hint" && text.contains("webhooks.json holds secrets in plaintext"), "{report}");
    assert_eq!(report["causes"], serde_json::json!([]));
    assert!(!report.to_string().contains("hunter2"));
}

#[test]
fn health_calls_plaintext_what_the_list_calls_plaintext() {
    for (webhook, plaintext) in [
        (r#"{"authorization": "Bearer {$TOK}"}"#, false),
        (r#"{"authorization": "Bearer "}"#, false),
        (r#"{"module-config": {"headers": {"Accept": "application/json"}}}"#, false),
        (r#"{"authorization": "${TOK}"}"#, true),
        (r#"{"module-config": {"password": 12345}}"#, true),
        (r#"{"module-config": {"url": "https://u:hunter2@h/"}}"#, true),
    ] {
        let home = pair(&format!(r#"{{"a": {webhook}}}"#), "{}");
        set_mode(&home, "webhooks.json", 0o644);
        let report = json(health(&home), HEALTHY);
        let told = findings(&report).iter().any(|(_, text)| text.contains("secrets in plaintext"));
        let needs = Program::confdeck(["secrets", "presence", "default/a"]).at_home(&home);
        let listed = json(needs, HEALTHY).as_array().unwrap().iter().any(|need| need["kind"] == "plaintext");
        assert_eq!((told, listed), (plaintext, plaintext), "{webhook}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_faults_and_the_documents_are_read_all_the_same() {
    let home = pair(r#"{"a": {"module": "log"}}"#, "{}");
    home.write("work/bad.env", "A=1\nnonsense\n");
    let vault = [("SECRETS_BACKEND", "vault"), ("VAULT_TOKEN", "planted-token")];
    let wrong = |address| [&vault[..], &[("VAULT_ADDR", address)]].concat();
    for (variables, said) in [
        (vec![("CONFDECK_RECEIVER_ENV", "file:none.env")], "cannot read none.env (CONFDECK_RECEIVER_ENV)"),
        (vec![("CONFDECK_RECEIVER_ENV", "file:bad.env")], "bad.env:2:1: this is not NAME=VALUE"),
        (vault.to_vec(), "SECRETS_BACKEND: vault needs VAULT_ADDR"),
        (wrong("vault:8200"), "VAULT_ADDR: an address begins with https://"),
        (vec![("SECRETS_BACKEND", "valut")], "SECRETS_BACKEND: \"valut\" is not a secrets_backend"),
    ] {
        let with = |program: Program| variables.iter().fold(program, |it, (name, value)| it.env(name, value));
        let report = json(with(health(&home)), DEGRADED);
        assert_eq!(report["causes"], serde_json::json!(["fault"]), "{report}");
        let told = findings(&report);
        assert!(told.iter().any(|(cause, text)| *cause == "fault" && text.starts_with(said)), "{report}");
        let listed = with(Program::confdeck(["list", "webhooks"]).at_home(&home)).run().expect_code(0);
        assert!(listed.out().contains("log"), "{}", listed.out());
    }
}

#[test]
fn a_value_that_the_receiver_reads_otherwise_is_a_hint() {
    let home = pair("{}", "{}");
    let vault = [("VAULT_ENABLED", "true"), ("VAULT_ADDR", "http://127.0.0.1:9"), ("VAULT_TOKEN", "t")];
    let odd = [("VAULT_TIMEOUT_SECONDS", "0"), ("VAULT_KV_VERSION", "3")];
    let program = vault.iter().chain(&odd).fold(health(&home), |it, (name, value)| it.env(name, value));
    let report = json(program, HEALTHY);
    let told: Vec<_> = findings(&report).into_iter().map(|(cause, text)| format!("{cause} {text}")).collect();
    let expected = [
        "hint VAULT_KV_VERSION: vault_kv_version is read as 2 here, as by the receiver",
        "hint VAULT_TIMEOUT_SECONDS: vault_timeout_seconds is read as 1 here, as by the receiver",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_save_under_way_is_seen_and_not_disturbed() {
    let home = pair("{}", "{}");
    let lock = File::create(home.work().join(".webhooks.json.lock")).unwrap();
    lock.lock().unwrap();
    let report = json(health(&home), HEALTHY);
    assert_eq!(report["members"][0]["facts"]["lock"], "held: a save is under way");
    assert!(report["members"][1]["facts"]["lock"].is_null());
    drop(lock);
    assert!(json(health(&home), HEALTHY)["members"][0]["facts"]["lock"].is_null());
}

#[test]
fn looking_changes_nothing() {
    let home = pair(r#"{"a": {}}"#, "{}");
    let path = home.work().join("webhooks.json");
    let before = path.metadata().unwrap();
    json(health(&home), HEALTHY);
    let after = path.metadata().unwrap();
    assert_eq!((before.mtime_nsec(), before.ctime_nsec()), (after.mtime_nsec(), after.ctime_nsec()));
    assert_eq!(fs::read_dir(home.work()).unwrap().count(), 2);
}
