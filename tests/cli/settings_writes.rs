//! `settings set`, `unset`, `versions` and `rollback`: what is written where, and what is then in force, over
//! real files and a real etcd.

use std::fs;

use serde_json::json;

use confdeck::application::OpenOptions;
use confdeck::provider::env::EnvVariables;

use crate::support::etcd::EtcdServer;
use crate::support::home::Home;
use crate::support::run::Program;
use crate::{confdeck, json};

const APPLICATION: &str = r#"
name = "billing"
state = "versions"

[[layers]]
kind = "file"
path = "base.yaml"
[[layers]]
kind = "file"
path = "more.toml"
[[layers]]
kind = "environment"
[[layers]]
kind = "runtime"
path = "runtime.json"

[settings."database.pool_size"]
type = "integer"
default = 5
min = 1
max = 100
env = "DATABASE_POOL_SIZE"
etcd = "Database/PoolSize"
[settings."database.url"]
type = "url"
secret = true
[settings.timeout]
type = "duration"
[settings.offset]
type = "integer"
[settings.debug]
type = "boolean"
default = false

[[rules]]
id = "no-large-pool-while-debugging"
when = 'debug && database.pool_size > 50'
message = "a debugger cannot follow so many connections"
"#;

fn billing() -> Home {
    let home = Home::new();
    home.write("work/app.toml", APPLICATION);
    home.write("work/base.yaml", "# Kept.\ndatabase:\n  pool_size: 10 # ten\n");
    home.write("work/more.toml", "[database]\npool_size = 20 # twenty\n");
    home
}

fn settings(home: &Home, words: &[&str]) -> Program {
    confdeck(home, &["settings", "--app", "app.toml"]).with(words)
}

fn read(home: &Home, name: &str) -> String {
    fs::read_to_string(home.work().join(name)).unwrap()
}

#[test]
fn set_writes_into_the_layer_that_wins_and_says_what_is_in_force() {
    let home = billing();
    let told = settings(&home, &["set", "database.pool_size", "25"]).run().expect_code(0).out();
    assert!(told.contains("written: database.pool_size in more.toml: 20 -> 25"), "{told}");
    assert!(told.contains("in force: database.pool_size is 25 (more.toml, more.toml:2:13)"), "{told}");
    assert_eq!(read(&home, "more.toml"), "[database]\npool_size = 25 # twenty\n");

    let told = settings(&home, &["set", "database.pool_size", "30", "--layer", "base.yaml", "-o", "json"]);
    let told = json(&told.run().expect_code(0).out());
    assert_eq!(told["writes"][0]["before"], 10);
    assert_eq!(told["in_force"][0]["after"]["value"], 25, "a higher layer hides it: {told}");
    assert_eq!(read(&home, "base.yaml"), "# Kept.\ndatabase:\n  pool_size: 30 # ten\n");

    // A layer that cannot be written is overridden by the highest one that can.
    let by_variable =
        || settings(&home, &["set", "database.pool_size", "50"]).env("DATABASE_POOL_SIZE", "40");
    let planned = by_variable().with(["--dry-run"]).run().expect_code(0).out();
    assert!(planned.contains("to write: database.pool_size in runtime: - -> 50"), "{planned}");
    assert!(!home.work().join("runtime.json").exists(), "it was only planned");
    by_variable().run().expect_code(0);
    let got = settings(&home, &["get", "database.pool_size"]).env("DATABASE_POOL_SIZE", "40");
    assert_eq!(got.run().expect_code(0).out(), "50\n");
    settings(&home, &["set", "offset", "-3", "--layer", "more.toml"]).run().expect_code(0);
    settings(&home, &["set", "timeout", "--layer", "runtime"]).input("1m30s\n").run().expect_code(0);
    let timeout = settings(&home, &["get", "timeout", "-o", "json"]).run().expect_code(0).out();
    assert_eq!(json(&timeout)["value"], 90);
}

#[test]
fn what_does_not_fit_is_not_written() {
    let home = billing();
    let before = read(&home, "more.toml");
    for (words, code, said) in [
        (&["set", "database.pool_size", "101"][..], 8, "101"),
        (&["set", "database.pool_size", "many"], 8, "whole number"),
        (&["set", "database.pool_size", "7", "--layer", "environment"], 8, "write into one of"),
        (&["set", "database.pool_size", "7", "--layer", "etcd"], 2, "there is no layer etcd"),
        (&["set", "database", "7"], 8, "database.pool_size"),
        (&["unset", "database.pool_size"], 2, "--yes"),
        (&["set", "timeout", "planted-a", "planted-b"], 2, "the value in quotes"),
        (&["set", "timeout", "-planted"], 2, "the value in quotes"),
        (&["set", "planted wrong place", "timeout"], 2, "write names joined by dots"),
        (&["list", "--set", "planted-nothing"], 2, "path=value"),
        (&["unset", "timeout", "--yes"], 4, "none to remove"),
        (
            &["unset", "database.pool_size", "--layer", "runtime", "--yes"],
            4,
            "the layer runtime has no value",
        ),
        (&["set", "debug", "true", "--read-only"], 5, "writing, which is off"),
        (&["unset", "debug", "--yes", "--read-only"], 5, "writing, which is off"),
        (&["rollback", "9", "--yes"], 4, "version 9 is not kept"),
    ] {
        let refused = settings(&home, words).run().expect_code(code).err();
        // Neither is a value repeated.
        assert!(refused.contains(said) == (said != "101"), "{words:?}: {refused}");
    }
    settings(&home, &["set", "debug", "on", "--layer", "more.toml"]).run().expect_code(0);
    let rule = settings(&home, &["set", "database.pool_size", "60"]).run().expect_code(8);
    assert!(rule.err().contains("a debugger cannot follow"), "{}", rule.err());
    settings(&home, &["unset", "debug", "--yes"]).run().expect_code(0);
    assert_eq!(read(&home, "more.toml"), before);
}

#[test]
fn unset_shows_what_is_then_in_force() {
    let home = billing();
    let planned = settings(&home, &["unset", "database.pool_size", "--dry-run"]).run().expect_code(0).out();
    assert!(planned.contains("to write: database.pool_size in more.toml: 20 -> -"), "{planned}");
    assert!(
        planned.contains("in force then: database.pool_size would be 10 (base.yaml, base.yaml:3:14)"),
        "{planned}"
    );
    let done = settings(&home, &["unset", "database.pool_size", "--yes"]).run().expect_code(0).out();
    assert!(done.contains("in force: database.pool_size is 10 (base.yaml, base.yaml:3:14)"), "{done}");
    // Of YAML values are only replaced.
    let refused = settings(&home, &["unset", "database.pool_size", "--yes"]).run().expect_code(8);
    assert!(refused.err().contains("edit the file by hand"), "{}", refused.err());
    settings(&home, &["set", "database.pool_size", "9", "--layer", "runtime"]).run().expect_code(0);
    settings(&home, &["unset", "database", "--yes"]).run().expect_code(0);
    assert_eq!(settings(&home, &["get", "database.pool_size"]).run().expect_code(0).out(), "10\n");
}

#[test]
fn a_secret_is_typed_or_piped_and_every_write_is_audited() {
    let home = billing();
    let secret = "postgresql://app:planted-in-url@db/app";
    // A file that a test planted something in may hold what confdeck is told to write there.
    home.write("work/runtime.json", "{\"api_token\": \"planted-token\"}");
    let argument = settings(&home, &["set", "database.url", secret]).run().expect_code(2);
    assert!(argument.err().contains("no secret is taken from the command line"), "{}", argument.err());
    let piped = settings(&home, &["set", "database.url", "--layer", "runtime"]).input(format!("{secret}\n"));
    let piped = piped.run().expect_code(0).out();
    assert!(piped.contains("database.url in runtime: - -> ***"), "{piped}");
    assert!(read(&home, "runtime.json").contains(secret));
    settings(&home, &["set", "database.url", "--layer", "runtime"])
        .input("planted-no-url")
        .run()
        .expect_code(8);
    settings(&home, &["unset", "database.url", "--yes"]).run().expect_code(0);
    settings(&home, &["get", "api_token", "--reveal", "--reason", "INC-42"])
        .reveals("planted-token")
        .run()
        .expect_code(0);

    let audit = |words: &[&str]| {
        let rows = json(&confdeck(&home, &["audit", "-o", "json"]).with(words).run().expect_code(0).out());
        let row = |row: &serde_json::Value| {
            let word = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
            (word("action"), word("key"), word("store"), word("outcome"), word("reason"))
        };
        rows.as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    let entry = |action: &str, key: &str, reason: &str| {
        let store = "application billing, layer runtime".to_owned();
        (action.to_owned(), key.to_owned(), store, "done".to_owned(), reason.to_owned())
    };
    assert_eq!(
        audit(&["--setting", "database.url"]),
        [entry("write_setting", "database.url", "-"), entry("remove_setting", "database.url", "-")]
    );
    assert_eq!(audit(&["--setting", "api_token"]), [entry("reveal_setting", "api_token", "INC-42")]);
    assert_eq!(audit(&["--key", "default/orders"]), []);
}

/// Starts the application as its service does, which keeps a version, and ends it.
fn serve(home: &Home) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let none = EnvVariables::of::<String, String>([]);
        let options = OpenOptions::new().variables(std::sync::Arc::new(none));
        let application = options.open(&home.work().join("app.toml")).await.unwrap();
        application.shutdown().await;
    });
}

#[test]
fn a_version_is_put_back_by_a_plan_that_is_shown_first() {
    let home = billing();
    assert_eq!(settings(&home, &["versions", "-o", "json"]).run().expect_code(0).out(), "[]\n");
    serve(&home);
    settings(&home, &["set", "database.pool_size", "77"]).run().expect_code(0);
    settings(&home, &["set", "offset", "4", "--layer", "runtime"]).run().expect_code(0);
    serve(&home);
    let versions = json(&settings(&home, &["versions", "-o", "json"]).run().expect_code(0).out());
    let numbers: Vec<_> =
        versions.as_array().unwrap().iter().map(|it| it["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [2, 1], "the newest first, and none of a look from outside");
    let table = settings(&home, &["versions"]).run().expect_code(0).out();
    assert!(table.contains("VERSION") && table.contains("more.toml"), "{table}");

    let plan = settings(&home, &["rollback", "1"]).run().expect_code(0);
    assert!(plan.out().contains("to write: database.pool_size in more.toml: 77 -> 20"), "{}", plan.out());
    assert!(plan.out().contains("to write: offset in runtime: 4 -> -"), "{}", plan.out());
    assert!(plan.err().contains("--yes does it"), "{}", plan.err());
    assert!(read(&home, "more.toml").contains("77"), "it was only shown");
    let done = settings(&home, &["rollback", "1", "--yes", "-o", "json"]).run().expect_code(0).out();
    assert_eq!(json(&done)["written"], true);
    assert_eq!(read(&home, "more.toml"), "[database]\npool_size = 20 # twenty\n");
    let again = settings(&home, &["rollback", "1", "--yes"]).run().expect_code(0);
    assert!(again.err().contains("there is nothing to write"), "{}", again.err());
}

#[test]
fn an_application_without_a_folder_of_versions_says_how_to_have_one() {
    let home = billing();
    home.write("work/app.toml", APPLICATION.replace("state = \"versions\"", ""));
    let none = settings(&home, &["versions"]).run().expect_code(4);
    assert!(none.err().contains("state = \"FOLDER\""), "{}", none.err());
}

/// Keys of an etcd that no other test uses, as the context's, which the layer means.
fn with_etcd(home: &Home, server: &EtcdServer, words: &[&str]) -> Program {
    settings(home, words).env("CONFIG_BACKEND", "etcd").env("ETCD_HOST", server.address())
}

#[test]
fn a_key_of_the_context_s_etcd_is_set_and_removed() {
    let home = billing();
    let server = EtcdServer::shared();
    let layer = "[[layers]]\nkind = \"etcd\"\nroot = \"/settings-writes\"\n[[layers]]";
    home.write("work/app.toml", APPLICATION.replacen("[[layers]]", layer, 1));
    let key = "/settings-writes/Database/PoolSize";
    let etcdctl = |words: &[&str]| {
        let output = server.etcdctl(words);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    etcdctl(&["put", key, "30"]);
    let got = json(
        &with_etcd(&home, &server, &["get", "database.pool_size", "-o", "json"]).run().expect_code(0).out(),
    );
    assert_eq!((&got["value"], &got["origin"]["layer"]), (&json!(30), &json!("etcd")));
    assert!(got["origin"]["place"].as_str().unwrap().starts_with(key), "{got}");
    assert_eq!(got["shadows"][0]["layer"], "more.toml");
    let set = with_etcd(&home, &server, &["set", "database.pool_size", "44"]).run().expect_code(0).out();
    assert!(set.contains("database.pool_size in etcd: 30 -> 44"), "{set}");
    assert_eq!(etcdctl(&["get", key, "--print-value-only"]), "44\n");
    let unset =
        with_etcd(&home, &server, &["unset", "database.pool_size", "--yes"]).run().expect_code(0).out();
    assert!(unset.contains("in force: database.pool_size is 20 (more.toml"), "{unset}");
    assert_eq!(etcdctl(&["get", key]), "");
}

#[test]
fn a_layer_that_does_not_answer_is_said_and_not_written() {
    let home = billing();
    let layer = "[[layers]]\nkind = \"etcd\"\nroot = \"/none\"\nhost = \"http://127.0.0.1:9\"\n[[layers]]";
    home.write("work/app.toml", APPLICATION.replacen("[[layers]]", layer, 1));
    let listed = settings(&home, &["list"]).run().expect_code(0);
    assert!(
        listed.err().contains("the layer etcd is missing") && listed.err().contains("127.0.0.1:9"),
        "{}",
        listed.err()
    );
    let explained =
        json(&settings(&home, &["explain", "database.pool_size", "-o", "json"]).run().expect_code(0).out());
    assert_eq!(explained["layers"][0]["condition"], "missing");
    settings(&home, &["set", "database.pool_size", "7", "--layer", "etcd"]).run().expect_code(6);
}

#[test]
fn values_that_hinder_a_start_are_explained_and_corrected_one_by_one() {
    let home = billing();
    home.write("work/more.toml", "offset = \"far\"\n[database]\npool_size = 1000\n");
    settings(&home, &["list"]).run().expect_code(8);
    let told = settings(&home, &["explain", "database.pool_size"]).run().expect_code(0);
    assert!(told.out().contains("not in force; it is more than 100"), "{}", told.out());
    assert!(told.err().contains("more.toml:3:13") && told.err().contains("more.toml:1:10"), "{}", told.err());
    settings(&home, &["set", "database.pool_size", "2000"]).run().expect_code(8);
    let first = settings(&home, &["set", "database.pool_size", "30"]).run().expect_code(0);
    assert!(first.out().contains("written: database.pool_size in more.toml: 1000 -> 30"), "{}", first.out());
    assert!(!first.out().contains("in force") && first.err().contains("until this is corrected too: offset"));
    let second = settings(&home, &["unset", "offset", "--yes"]).run().expect_code(0);
    assert!(second.out().contains("in force: offset is without a value"), "{}", second.out());
    assert_eq!(settings(&home, &["get", "database.pool_size"]).run().expect_code(0).out(), "30\n");
}
