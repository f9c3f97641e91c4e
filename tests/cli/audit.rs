//! The audit: what commands write goes into it, and comes out of it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::PathBuf;

use crate::support::home::Home;
use crate::support::rights::{NOBODY, is_root};
use crate::support::run::Program;
use crate::{SECRET, confdeck, json};

fn file(home: &Home) -> PathBuf {
    home.state().join("audit.jsonl")
}

fn rows(home: &Home, more: &[&str]) -> Vec<serde_json::Value> {
    let printed = confdeck(home, &["audit", "-o", "json"]).with(more).run().expect_code(0).out();
    json(&printed).as_array().unwrap().clone()
}

fn words(rows: &[serde_json::Value]) -> Vec<String> {
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
    rows.iter().map(|row| ["action", "key", "outcome"].map(|name| text(row, name)).join(" ")).collect()
}

#[test]
fn every_write_is_kept_with_its_outcome_and_no_value() {
    let home = Home::new();
    let document = format!(r#"{{"module":"log","authorization":"{SECRET}"}}"#);
    let put = |more: &[&str]| confdeck(&home, &["put", "default/orders", &document]).with(more).run();
    put(&["--create"]).expect_code(0);
    put(&["--create"]).expect_code(3);
    put(&[]).expect_code(0);
    confdeck(&home, &["put", "default/orders", r#"{"module":"log"}"#, "--ttl", "1h"]).run().expect_code(8);
    let token = rows(&home, &[])[0]["after"].as_str().unwrap().to_owned();
    confdeck(&home, &["delete", "default/orders", "--expect-revision", &token]).run().expect_code(0);
    confdeck(&home, &["delete", "default/orders", "--yes"]).run().expect_code(4);

    let kept = rows(&home, &[]);
    assert_eq!(
        words(&kept),
        [
            "create default/orders done",
            "create default/orders conflict",
            "write default/orders done",
            "write default/orders refused",
            "delete default/orders done",
            "delete default/orders not_found",
        ]
    );
    let deleted = &kept[4];
    assert_eq!((deleted["before"].as_str(), deleted["after"].as_str()), (Some(token.as_str()), None));
    assert_eq!(deleted["context"], "files webhooks.json");
    assert!(deleted["store"].as_str().unwrap().starts_with("files /"), "{deleted}");
    assert!(deleted["user"].is_string() && deleted["uid"].is_u64() && deleted["host"].is_string());
    assert!(kept[0]["commit"] != kept[1]["commit"], "each its own");

    let table = confdeck(&home, &["audit"]).run().expect_code(0).out();
    assert!(table.starts_with("TIME") && table.lines().count() == 7, "{table}");
    let mode = fs::metadata(file(&home)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let holding = home.files_holding(SECRET);
    assert!(holding.is_empty(), "{holding:?}");
}

#[test]
fn nothing_yet_is_said_and_is_no_failure() {
    let home = Home::new();
    let none = confdeck(&home, &["audit"]).run().expect_code(0);
    assert!(none.err().contains("nothing has been written yet"), "{}", none.err());
    assert!(rows(&home, &[]).is_empty());
    assert_eq!(home.files(), Vec::<PathBuf>::new(), "looking leaves nothing behind");
}

#[test]
fn records_are_chosen_by_age_key_context_and_number() {
    let home = Home::new();
    let put = |address: &str| confdeck(&home, &["put", address, r#"{"module":"log"}"#]).run().expect_code(0);
    put("default/a");
    put("default/b");
    home.write("config/confdeck/config.toml", "[contexts.lab]\nbackend = \"file\"\n");
    confdeck(&home, &["put", "default/c", r#"{"module":"log"}"#, "--context", "lab"]).run().expect_code(0);
    // The file has it no more, the audit has.
    home.write("config/confdeck/config.toml", "");

    let keys = |more: &[&str]| {
        let rows = rows(&home, more);
        rows.iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&["--key", "default/b"]), ["default/b"]);
    assert_eq!(keys(&["--context", "lab"]), ["default/c"]);
    assert_eq!(keys(&["--limit", "2"]), ["default/b", "default/c"]);
    assert_eq!(keys(&["--since", "1h"]).len(), 3);
    let third = rows(&home, &[])[2]["time"].as_str().unwrap().to_owned();
    assert_eq!(keys(&["--since", &third]), ["default/c"]);
    assert_eq!(keys(&["--since", "2999-01-01"]), Vec::<String>::new());
    let left_out = confdeck(&home, &["audit", "--limit", "1"]).run().expect_code(0);
    assert!(left_out.err().contains("2 older ones"), "{}", left_out.err());
    confdeck(&home, &["audit", "--since", "yesterday"]).run().expect_code(2);
}

#[test]
fn a_damaged_line_is_shown_by_its_number_and_hides_no_other() {
    let home = Home::new();
    confdeck(&home, &["put", "default/a", r#"{"module":"log"}"#]).run().expect_code(0);
    let whole = fs::read_to_string(file(&home)).unwrap();
    let cut = whole.split_at(30).0;
    home.write("state/confdeck/audit.jsonl", format!("{whole}\u{1b}[2J {SECRET}\n{whole}{cut}"));
    confdeck(&home, &["put", "default/b", r#"{"module":"log"}"#]).run().expect_code(0);
    let table = confdeck(&home, &["audit"]).run().expect_code(0).out();
    let damaged: Vec<_> = table.lines().filter(|line| line.contains("damaged")).collect();
    assert!(damaged[0].contains("audit.jsonl, line 2") && damaged[1].contains("line 4"), "{table}");
    assert!(table.lines().count() == 6 && !table.contains(SECRET), "{table}");
    assert_eq!(rows(&home, &[])[1]["damaged"], "audit.jsonl, line 2");
}

#[test]
fn a_closed_pipe_ends_silently() {
    let home = Home::new();
    confdeck(&home, &["put", "default/a", r#"{"module":"log"}"#]).run().expect_code(0);
    let line = fs::read_to_string(file(&home)).unwrap();
    fs::write(file(&home), line.repeat(5_000)).unwrap();
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_confdeck")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let script = "confdeck audit --limit 5000 | head -c 1 > first; exit ${PIPESTATUS[0]}";
    let run = Program::named("bash").with(["-c", script]).at_home(&home).env("PATH", path).run();
    assert_eq!(run.expect_code(0).err(), "");
}

#[test]
fn two_processes_at_once_tear_no_line() {
    let home = Home::new();
    home.write("config/confdeck/config.toml", "[defaults]\nsilence_rules = [\"L11: nobody calls it\"]\n");
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_confdeck")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let writer = |name: &str| {
        // Each on files of its own, so that only the audit is shared.
        let script = format!(
            "for n in $(seq 200); do WEBHOOKS_CONFIG_FILE={name}.json confdeck put default/{name}$n '{{\"module\":\"log\"}}' || exit; done"
        );
        Program::named("bash").with(["-c", &script]).at_home(&home).env("PATH", &path).start()
    };
    let both = [writer("a"), writer("b")];
    for running in both {
        assert_eq!(running.finish().expect_code(0).err(), "");
    }
    let kept = rows(&home, &["--limit", "1000"]);
    assert_eq!(kept.len(), 400);
    for name in ["a", "b"] {
        let of =
            |row: &&serde_json::Value| row["key"].as_str().unwrap().starts_with(&format!("default/{name}"));
        let numbers: Vec<_> = kept
            .iter()
            .filter(of)
            .map(|row| row["key"].as_str().unwrap().split_at(9).1.parse::<usize>().unwrap())
            .collect();
        assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
    }
}

#[test]
fn a_write_goes_on_without_an_audit_and_says_so() {
    let home = Home::new();
    // A file where the state folder should be.
    home.write("state/confdeck", "");
    let put = confdeck(&home, &["put", "default/a", r#"{"module":"log"}"#]).run().expect_code(0);
    assert!(put.err().contains("this write is not in the audit"), "{}", put.err());
    assert!(put.out().starts_with("default/a"), "{}", put.out());
    confdeck(&home, &["get", "default/a"]).run().expect_code(0);
}

/// Root, with the home folder of another user: whatever lies in wait there is left alone, and the write says
/// that it is not in the audit.
#[test]
fn links_in_a_state_folder_of_another_user_are_not_followed() {
    if !is_root() {
        return;
    }
    let home = Home::new();
    let victim = home.write("victim", "precious\n");
    let folder = home.path().join("folder");
    fs::create_dir_all(folder.join("inside")).unwrap();
    fs::create_dir_all(home.state()).unwrap();
    for (name, to) in
        [("audit.jsonl", &victim), ("audit.lock", &victim), ("drafts", &folder), ("edit", &folder)]
    {
        symlink(to, home.state().join(name)).unwrap();
    }
    for path in [home.state(), home.path().join("state")] {
        chown(path, Some(NOBODY), None).unwrap();
    }
    let modes = || [&victim, &folder].map(|path| fs::metadata(path).unwrap().permissions().mode());
    let before = modes();
    let told = confdeck(&home, &["put", "default/one", r#"{"module":"log"}"#]).run().expect_code(0).err();
    assert!(told.contains("belongs to another user"), "{told}");
    assert!(told.contains("set XDG_STATE_HOME"), "{told}");
    confdeck(&home, &["audit"]).run();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious\n");
    assert_eq!(modes(), before);
}
