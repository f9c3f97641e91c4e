//! `check` over files, folders and a store, and what `put` says and refuses by the same rules.

use std::fs;

use serde_json::Value;

use crate::support::etcd::EtcdServer;
use crate::support::home::Home;
use crate::support::run::{Finished, Program};
use crate::{confdeck, json};

const WEBHOOKS: &str = r#"{
  "orders": {"module": "kafka", "connection": "gone", "authorization": "Bearer planted-plain"},
  "payments": {
    "module": "kafkXX",
    "authorization": "Bearer planted-plain"
  },
  "audit": {"module": "kafka", "connection": "known", "authorization": "Bearer planted-plain"},
  "_comment": "text"
}
"#;

const CONNECTIONS: &str = r#"{
  "known": {"type": "kafka", "bootstrap_servers": "kafka:9092"},
  "é": {"type": "redis-rq", "host": "localhost",
    "port": 6379}
}
"#;

fn home() -> Home {
    let home = Home::new();
    home.write("work/hooks/webhooks.json", WEBHOOKS);
    home.write("work/hooks/connections.json", CONNECTIONS);
    home
}

fn check(home: &Home, words: &[&str]) -> Finished {
    confdeck(home, &[&["check"], words].concat()).run()
}

/// The findings of one rule, as JSON has them.
fn of_rule(report: &Value, rule: &str) -> Vec<Value> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|finding| finding["rule"] == rule).cloned().collect()
}

fn places(report: &Value, rule: &str) -> Vec<String> {
    let place = |finding: &Value| {
        let file = finding["file"].as_str().unwrap_or("-");
        let key = finding["key"].as_str().unwrap_or("-");
        format!("{file}:{}:{} {key} {}", finding["line"], finding["column"], finding["pointer"])
    };
    of_rule(report, rule).iter().map(place).collect()
}

#[test]
fn a_folder_is_checked_without_a_store_and_each_finding_has_its_place_in_the_file() {
    let home = home();
    // Nothing listens there, and nothing is asked.
    let nowhere = confdeck(&home, &["check", "hooks", "-o", "json"])
        .env("CONFIG_BACKEND", "etcd")
        .env("ETCD_HOST", "127.0.0.1:9");
    let report = json(&nowhere.run().expect_code(8).out());
    assert_eq!(report["documents"], 6);
    assert_eq!(
        places(&report, "L01"),
        [
            "hooks/webhooks.json:4:15 default/payments \"module\"",
            "hooks/webhooks.json:8:3 default/_comment null",
            "hooks/connections.json:3:37 connections/é \"host\"",
        ]
    );
    let unknown = &of_rule(&report, "L01")[0];
    assert_eq!((&unknown["name"], &unknown["severity"]), (&"refused-at-start".into(), &"error".into()));
    assert_eq!((&unknown["end_line"], &unknown["end_column"]), (&4.into(), &23.into()));
    assert!(unknown["message"].as_str().unwrap().contains("404 to every webhook"), "{unknown}");
    assert!(unknown["remedy"].is_string(), "{unknown}");
    let missing = of_rule(&report, "L15");
    assert!(missing.iter().any(|found| found["key"] == "default/orders"), "{missing:?}");
    assert!(missing.iter().all(|found| found["key"] != "default/audit"), "{missing:?}");
}

#[test]
fn a_file_is_checked_in_front_of_the_one_beside_it_and_alone_nothing_is_missing() {
    let home = home();
    let dangling = |words: &[&str]| {
        let report = json(&check(&home, &[words, &["-o", "json"]].concat()).out());
        assert!(of_rule(&report, "L01").iter().all(|found| found["file"] == words[0]), "{report}");
        of_rule(&report, "L15").iter().any(|found| found["key"] == "default/orders")
    };
    assert!(dangling(&["hooks/webhooks.json"]));
    fs::remove_file(home.work().join("hooks/connections.json")).unwrap();
    assert!(!dangling(&["hooks/webhooks.json"]), "they may be elsewhere");
    let folder = json(&check(&home, &["hooks", "-o", "json"]).out());
    assert!(!of_rule(&folder, "L15").is_empty(), "without the file there are none");
}

#[test]
fn both_files_named_at_once_are_one_set() {
    let home = home();
    let words = ["hooks/webhooks.json", "hooks/connections.json", "-o", "json"];
    let both = json(&check(&home, &words).expect_code(8).out());
    assert_eq!(both, json(&check(&home, &["hooks", "-o", "json"]).expect_code(8).out()));
}

#[test]
fn a_document_is_named_as_its_file_or_as_it_is_told() {
    let home = Home::new();
    home.write("work/orders.json", "{\n  \"module\": \"kafkXX\"\n}\n");
    home.write("work/redis.json", r#"{"type": "redis-rq", "host": "redis"}"#);
    let found = |words: &[&str]| {
        let report = json(&check(&home, &[words, &["-o", "json"]].concat()).out());
        places(&report, "L01")
    };
    assert_eq!(found(&["orders.json"]), ["orders.json:2:13 default/orders \"module\""]);
    assert_eq!(found(&["redis.json"]), ["redis.json:1:1 connections/redis \"port\""]);
    // Only the default namespace is validated at the start.
    assert!(found(&["orders.json", "--as", "production/orders"]).is_empty());
    let piped = confdeck(&home, &["check", "-", "-o", "json"]).input("{\n  \"module\": \"kafkXX\"\n}\n");
    assert_eq!(
        places(&json(&piped.run().expect_code(8).out()), "L01"),
        ["-:2:13 default/document \"module\""]
    );
    for words in [&["orders.json", "redis.json", "--as", "a/b"][..], &[".", "--as", "a/b"], &["--as", "a/b"]]
    {
        check(&home, words).expect_code(2);
    }
}

#[test]
fn what_is_wrong_with_a_file_as_a_whole_is_told_by_its_place() {
    let home = Home::new();
    let path = "work/webhooks.json";
    for (text, expected) in [
        ("{\n  \"a\": {\"module\": log}\n}", "webhooks.json:2:19 - null"),
        ("[]", "webhooks.json:1:1 - null"),
        ("\u{feff}{}", "webhooks.json:1:1 - null"),
        ("{\"a\": {\"module\": \"log\"},\n \"a\": {\"module\": \"log\"}}", "webhooks.json:1:2 - \"a\""),
    ] {
        home.write(path, text);
        let report = json(&check(&home, &["webhooks.json", "-o", "json"]).expect_code(8).out());
        assert_eq!(places(&report, "L29"), [expected], "{text}");
    }
    check(&home, &["missing.json"]).expect_code(1);
    fs::create_dir(home.work().join("empty")).unwrap();
    let nothing = check(&home, &["empty"]).expect_code(4);
    assert!(nothing.err().contains("neither webhooks.json nor connections.json"), "{}", nothing.err());
}

#[test]
fn the_exit_code_follows_the_severity_that_is_asked_for() {
    let home = Home::new();
    let warned = r#"{"c": {"type": "mqtt", "user": "u"}}"#;
    home.write("work/connections.json", warned);
    let code =
        |words: &[&str], code| check(&home, &[&["connections.json"], words].concat()).expect_code(code);
    let table = code(&[], 0).out();
    assert!(table.contains("0 errors, 1 warning") && table.ends_with("in 1 document\n"), "{table}");
    assert!(table.contains("warning   L18"), "{table}");
    code(&["--fail-on", "warning"], 8);
    code(&["--fail-on", "hint"], 8);
    home.write("work/connections.json", CONNECTIONS);
    code(&[], 8);
    code(&["--fail-on", "never"], 0);
    code(&["--fail-on", "fatal"], 2);
}

#[test]
fn what_a_context_silences_is_counted() {
    let home = Home::new();
    home.write("work/connections.json", r#"{"c": {"type": "mqtt", "user": "u"}}"#);
    home.write(
        "config/confdeck/config.toml",
        "[defaults]\nsilence_rules = [\"L18: the broker ignores it\"]\n",
    );
    let table = check(&home, &["connections.json", "--fail-on", "hint"]).expect_code(0).out();
    assert_eq!(table, "0 errors, 0 warnings, 0 hints in 1 document; 1 silenced by the context\n");
}

#[test]
fn annotations_of_a_workflow_name_the_file_and_the_place() {
    let home = home();
    let annotated = check(&home, &["hooks", "-o", "github"]).expect_code(8);
    let out = annotated.out();
    let beginning =
        "::error file=hooks/webhooks.json,line=4,col=15,title=L01 refused-at-start::default/payments: ";
    let line = out.lines().find(|line| line.starts_with(beginning));
    assert!(line.is_some_and(|line| line.contains("module names a module")), "{out}");
    assert!(out.lines().all(|line| line.starts_with("::")), "{out}");
    assert!(annotated.err().contains("in 6 documents"), "{}", annotated.err());
}

#[test]
fn a_sarif_log_describes_its_rules_and_points_into_files() {
    let home = home();
    let log = json(&check(&home, &["hooks", "-o", "sarif"]).expect_code(8).out());
    assert_eq!((&log["version"], log["runs"].as_array().unwrap().len()), (&"2.1.0".into(), 1));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["text"].as_str().unwrap().len() > 20, "{rule}");
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()), "{result}");
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startLine"].as_u64() <= region["endLine"].as_u64(), "{result}");
    }
    let payments = results.iter().find(|result| {
        result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "default/payments#module"
            && result["ruleId"] == "L01"
    });
    let place = &payments.unwrap()["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "hooks/webhooks.json");
    assert_eq!(
        place["region"],
        serde_json::json!({"startLine": 4, "startColumn": 15, "endLine": 4, "endColumn": 23})
    );
}

#[test]
fn without_a_path_the_files_of_the_context_are_checked() {
    let home = Home::new();
    home.write("work/webhooks.json", WEBHOOKS);
    let report = json(&check(&home, &["-o", "json"]).expect_code(8).out());
    assert!(places(&report, "L01")[0].starts_with("webhooks.json:4:15 default/payments"), "{report}");
}

#[test]
fn without_a_path_the_store_of_the_context_is_checked() {
    let server = EtcdServer::shared();
    for (key, text) in [
        ("default/webhooks/payments", r#"{"module": "kafkXX"}"#),
        ("production/webhooks/orders", r#"{"module": "kafka", "connection": "gone"}"#),
        ("production/webhooks/audit", r#"{"module": "kafka", "connection": "known"}"#),
        ("global/connections/known", r#"{"type": "kafka"}"#),
    ] {
        assert!(server.etcdctl(&["put", &format!("/check/{key}"), text]).status.success());
    }
    let store = Program::confdeck(["check", "-o", "json"])
        .env("CONFIG_BACKEND", "etcd")
        .env("ETCD_HOST", server.address())
        .env("ETCD_PREFIX", "/check/");
    let report = json(&store.run().expect_code(8).out());
    assert_eq!(places(&report, "L01"), ["-:1:12 default/payments \"module\""]);
    let missing = of_rule(&report, "L15");
    assert!(missing.iter().any(|found| found["key"] == "production/orders"), "{report}");
    assert!(missing.iter().all(|found| found["key"] != "production/audit"), "{report}");
}

/// The token that `put` prints, or nothing if it was refused.
fn put(home: &Home, address: &str, text: &str, more: &[&str], code: i32) -> Finished {
    confdeck(home, &["put", address, text]).with(more).run().expect_code(code)
}

#[test]
fn a_put_says_what_its_document_does_on_standard_error() {
    let home = Home::new();
    let said = put(&home, "default/orders", r#"{"module": "log", "unheard": 1}"#, &["-o", "json"], 0);
    assert!(
        said.err().contains("confdeck: default/orders: warning L09 suspicious-key: line 1, column "),
        "{}",
        said.err()
    );
    assert!(json(&said.out())["after"].is_string());
}

#[test]
fn a_put_that_would_darken_the_receiver_is_refused_unless_it_is_forced() {
    let home = Home::new();
    let bad = r#"{"module": "kafkXX"}"#;
    for (address, text) in [
        ("default/orders", bad),
        ("default/orders", "{}"),
        ("connections/redis_main", r#"{"type": "redis-rq", "host": "localhost", "port": 6379}"#),
    ] {
        for more in [&[][..], &["--create"]] {
            let refused = put(&home, address, text, more, 8).err();
            assert!(refused.contains("error L01 refused-at-start: line 1, column"), "{refused}");
            assert!(refused.contains("404 to every webhook"), "{refused}");
            assert!(refused.contains("nothing was sent, --force stores it anyway"), "{refused}");
        }
    }
    assert!(!home.work().join("webhooks.json").exists());
    let forced = put(&home, "default/orders", bad, &["--force"], 0).err();
    assert!(forced.contains("error L01 refused-at-start"), "what was forced is told: {forced}");
}

#[test]
fn a_document_that_fails_is_repaired_step_by_step_and_not_made_worse() {
    let home = Home::new();
    home.write("work/connections.json", r#"{"c": {"type": "redis-rq"}}"#);
    let one = r#"{"type": "redis-rq", "host": "redis"}"#;
    let said = put(&home, "connections/c", one, &[], 0).err();
    assert!(said.contains("what was stored before has as many errors"), "{said}");
    assert!(said.contains("error L01"), "{said}");
    put(&home, "connections/c", r#"{"type": "redis-rq"}"#, &[], 8);
    let good = r#"{"type": "redis-rq", "host": "redis", "port": 6379}"#;
    let said = put(&home, "connections/c", good, &[], 0).err();
    assert!(!said.contains("L01"), "{said}");
    put(&home, "connections/c", one, &[], 8);
}

#[test]
fn what_a_put_cannot_look_at_stops_nothing() {
    let home = Home::new();
    home.write("work/webhooks.json", "{}");
    // A file that cannot be read says nothing of the connections in it.
    home.write("work/connections.json", "{");
    let said = put(&home, "default/orders", r#"{"module": "kafka", "connection": "c"}"#, &[], 0).err();
    assert!(!said.contains("L15"), "{said}");
    home.write("work/connections.json", "{}");
    let said = put(&home, "default/orders", r#"{"module": "kafka", "connection": "c"}"#, &[], 0).err();
    assert!(said.contains("L15 connection"), "{said}");
}
