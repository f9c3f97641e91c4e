//! Over a pair of files.

use std::fs;

use crate::support::home::Home;
use crate::support::run::Program;
use crate::{SECRET, confdeck, json};

const WEBHOOKS: &str = r#"{
  "orders": {"module": "log", "retries": 1.0e2, "authorization": "Bearer planted-plain"},
  "broken": "text"
}
"#;

fn home() -> Home {
    let home = Home::new();
    home.write("work/webhooks.json", WEBHOOKS);
    home
}

fn webhooks(home: &Home) -> String {
    fs::read_to_string(home.work().join("webhooks.json")).unwrap()
}

/// The token that a table of `get` shows.
fn token(home: &Home, address: &str) -> String {
    let shown = confdeck(home, &["get", address]).run().expect_code(0).out();
    let line = shown.lines().find_map(|line| line.strip_prefix("token")).unwrap();
    line.trim().to_owned()
}

#[test]
fn a_folder_without_files_is_told_apart_from_files_without_documents() {
    let home = Home::new();
    for (what, file) in
        [("namespaces", "webhooks.json"), ("webhooks", "webhooks.json"), ("connections", "connections.json")]
    {
        let listed = confdeck(&home, &["list", what]).run().expect_code(0);
        assert_eq!(listed.out().lines().count(), 1, "{}", listed.out());
        let missing = format!("there is no file {file}; the first put makes it");
        assert!(listed.err().contains(&missing), "{what}: {}", listed.err());
        assert_eq!(listed.err().matches("no file").count(), 1, "{}", listed.err());
    }
    home.write("work/webhooks.json", "{}");
    home.write("work/connections.json", "{}");
    for what in ["namespaces", "webhooks", "connections"] {
        assert_eq!(confdeck(&home, &["list", what]).run().expect_code(0).err(), "", "{what}");
    }
}

#[test]
fn who_depends_on_a_connection_a_secret_or_a_variable_is_listed_by_its_whole_name_through_connections_too() {
    let home = Home::new();
    home.write(
        "work/webhooks.json",
        r#"{
          "direct": {"module": "kafka", "connection": "redis", "x": "{$HOST}"},
          "step": {"chain": ["log", {"module": "kafka", "connection": "redis_main"}]},
          "plain": {"module": "log", "url": "{$vault:app/github#hmac}", "authorization": "Bearer planted-plain"}
        }"#,
    );
    let connections =
        r#"{"redis": {"type": "redis-rq"}, "redis_main": {"type": "kafka", "host": "{$HOST}"}}"#;
    home.write("work/connections.json", connections);
    for (what, name, expected) in [
        ("webhooks", "redis", "default/direct"),
        ("webhooks", "redis_main", "default/step"),
        ("webhooks", "redis_", ""),
        ("webhooks", "$HOST", "default/direct default/step"),
        ("connections", "HOST", "connections/redis_main"),
        ("webhooks", "secret/app/github#hmac", "default/plain"),
        ("webhooks", "app/github#other", ""),
    ] {
        let listed = confdeck(&home, &["list", what, "-o", "json", "--uses", name]).run().expect_code(0);
        let rows = json(&listed.out());
        let keys: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
        assert_eq!(keys.join(" "), expected, "{what} {name}");
        assert_eq!(listed.err(), "", "{what} {name}");
    }
    let in_one = ["list", "webhooks", "default", "--ids", "st", "-o", "json", "--uses", "$HOST"];
    let rows = json(&confdeck(&home, &in_one).run().expect_code(0).out());
    assert_eq!(rows.as_array().unwrap().len(), 1, "what is behind its connection is read for it: {rows}");
}

#[test]
fn a_put_is_conditional_and_changes_nothing_else() {
    let home = home();
    let before = token(&home, "default/orders");
    let put = ["put", "default/orders", r#"{"module":"kafka"}"#, "-o", "json", "--expect-revision"];
    let written = json(&confdeck(&home, &put).with([&before]).run().expect_code(0).out());
    assert_eq!(written["key"], "default/orders");
    assert_eq!(written["before"], before.as_str());
    assert_eq!(written["after"], token(&home, "default/orders").as_str());
    assert!(webhooks(&home).contains("\"broken\": \"text\"\n}\n"));

    let stored = webhooks(&home);
    let again = confdeck(&home, &put).with([&before]).run().expect_code(3).err();
    assert!(again.starts_with("confdeck: default/orders holds just this document already"), "{again}");
    let other = ["put", "default/orders", r#"{"module":"log"}"#, "--expect-revision", &before];
    let stale = confdeck(&home, &other).run().expect_code(3).err();
    assert!(stale.starts_with("confdeck: default/orders was changed by someone else"), "{stale}");
    let there = confdeck(&home, &["put", "default/orders", r#"{"module":"log"}"#, "--create"])
        .run()
        .expect_code(3)
        .err();
    assert!(there.starts_with("confdeck: default/orders exists already"), "{there}");
    assert_eq!(webhooks(&home), stored);
    confdeck(&home, &["put", "default/new", r#"{"module":"log"}"#, "--create"]).run().expect_code(0);
}

#[test]
fn what_the_receiver_cannot_use_is_refused_with_its_place() {
    let home = home();
    for (address, value, said) in [
        ("default/orders", "{\"a\": 1,\n  b}", "line 2, column 3"),
        ("default/orders", "[1]", "line 1, column 1"),
        ("default/orders", "", "line 1, column 1"),
        ("default/orders", r#"{"authorization":"‹kept:1›"}"#, "placeholder"),
        ("default/orders", r#"{"authorization":"••••••••"}"#, "mask"),
        ("default/health", "{}", "reserved"),
        ("default/a--b", "{}", "doubled"),
        ("key:a/b/c", "{}", "shape"),
        ("staging/orders", "{}", "default"),
    ] {
        let refused = confdeck(&home, &["put", address, value]).run().expect_code(8);
        assert!(refused.err().contains(said), "{}", refused.err());
    }
    confdeck(&home, &["put", "default/orders", r#"{"module":"log"}"#, "--ttl", "1h"]).run().expect_code(8);
    let placeholder = r#"{"authorization":"‹kept:1›"}"#;
    confdeck(&home, &["put", "default/orders", placeholder, "--force"]).run().expect_code(8);
    assert_eq!(webhooks(&home), WEBHOOKS);
    confdeck(&home, &["put", "default/health", "{}", "--force"]).run().expect_code(0);
}

#[test]
fn a_document_comes_from_an_argument_a_file_or_standard_input() {
    let home = home();
    let file = home.write("work/new.json", r#"{"module":"log","from":"file"}"#);
    let stored = || confdeck(&home, &["get", "default/x", "-o", "json"]).run().expect_code(0).out();
    let file = file.to_string_lossy();
    confdeck(&home, &["put", "default/x", "--file", &file]).run().expect_code(0);
    assert_eq!(stored(), "{\"module\":\"log\",\"from\":\"file\"}\n");
    confdeck(&home, &["put", "default/x"]).input(r#"{"module":"log","from":"pipe"}"#).run().expect_code(0);
    assert_eq!(stored(), "{\"module\":\"log\",\"from\":\"pipe\"}\n");
    confdeck(&home, &["put", "default/x", "--file", "-"])
        .input(r#"{"module":"log","from":"dash"}"#)
        .run()
        .expect_code(0);
    assert_eq!(stored(), "{\"module\":\"log\",\"from\":\"dash\"}\n");
    confdeck(&home, &["put", "default/x", "--file", "missing.json"]).run().expect_code(1);
    confdeck(&home, &["put", "default/x", r#"{"module":"log"}"#, "--file", &file]).run().expect_code(2);
}

#[test]
fn get_shows_a_person_the_masked_and_a_program_the_stored() {
    let home = home();
    let table = confdeck(&home, &["get", "default/orders"]).run().expect_code(0).out();
    assert!(table.contains("\"module\": \"log\"") && !table.contains(SECRET), "{table}");
    let raw = |format: &str| {
        confdeck(&home, &["get", "default/orders", "-o", format]).reveals(SECRET).run().expect_code(0).out()
    };
    let stored = raw("json");
    assert_eq!(
        stored,
        "{\"module\": \"log\", \"retries\": 1.0e2, \"authorization\": \"Bearer planted-plain\"}\n"
    );
    let yaml = raw("yaml");
    assert!(yaml.starts_with("module: log\n") && yaml.contains(SECRET), "{yaml}");
    let missing = confdeck(&home, &["get", "default/nothing"]).run().expect_code(4);
    assert!(missing.err().starts_with("confdeck: default/nothing does not exist"), "{}", missing.err());
    assert!(missing.stdout.is_empty());
}

#[test]
fn lists_tell_names_and_facts_but_no_values() {
    let home = home();
    home.write("work/connections.json", r#"{"kafka_main":{"type":"kafka","password":"planted-plain"}}"#);
    for (list, shown) in [
        (&["list", "webhooks"][..], "default    orders"),
        (&["list", "webhooks", "default", "-o", "json"], "\"bearer\""),
        (&["list", "webhooks", "-o", "yaml"], "JSON, but not an object"),
        (&["list", "connections"], "kafka_main  kafka"),
        (&["list", "namespaces"], "default    2"),
    ] {
        let listed = confdeck(&home, list).run().expect_code(0).out();
        assert!(listed.contains(shown), "{listed}");
        assert!(!listed.contains(SECRET), "{listed}");
    }
    let rows = json(&confdeck(&home, &["list", "namespaces", "-o", "json"]).run().expect_code(0).out());
    assert_eq!(rows, json(r#"[{"namespace":"default","webhooks":2}]"#));
}

#[test]
fn delete_needs_a_word_where_nobody_can_be_asked() {
    let home = home();
    let delete = |more: &[&str]| confdeck(&home, &["delete", "default/orders"]).with(more).run();
    delete(&[]).expect_code(2);
    delete(&["--expect-revision", "000000000000"]).expect_code(3);
    delete(&["--expect-revision", "no token"]).expect_code(2);
    assert_eq!(webhooks(&home), WEBHOOKS);
    let before = token(&home, "default/orders");
    let done = delete(&["--yes"]).expect_code(0).out();
    assert_eq!(done, format!("default/orders  {before} -> -\n"));
    delete(&["--yes"]).expect_code(4);
}

#[test]
fn a_foreign_key_is_got_and_deleted_and_never_put() {
    let home = Home::new();
    home.write("work/webhooks.json", r#"{"a/b": {"x": 1}}"#);
    let got = confdeck(&home, &["get", "key:webhooks/a/b", "-o", "json"]).run().expect_code(0).out();
    assert_eq!(got, "{\"x\": 1}\n");
    confdeck(&home, &["put", "key:webhooks/a/b", "{}", "--force"]).run().expect_code(8);
    confdeck(&home, &["delete", "key:webhooks/a/b", "--yes"]).run().expect_code(0);
    assert_eq!(json(&webhooks(&home)), json("{}"));
}

#[test]
fn read_only_forbids_every_write_and_says_by_whom() {
    let home = home();
    for (arguments, variable, by) in [
        (&["put", "default/x", r#"{"module":"log"}"#, "--read-only"][..], "", "--read-only"),
        (&["--read-only", "delete", "default/orders", "--yes"], "", "--read-only"),
        (&["put", "default/x", r#"{"module":"log"}"#], "1", "CONFDECK_READ_ONLY"),
    ] {
        let denied = confdeck(&home, arguments).env("CONFDECK_READ_ONLY", variable).run().expect_code(5);
        assert!(denied.err().contains(by), "{}", denied.err());
    }
    assert_eq!(webhooks(&home), WEBHOOKS);
}

#[test]
fn a_closed_pipe_ends_silently() {
    let home = Home::new();
    let members: Vec<_> = (0..5_000).map(|n| format!("\"w{n}\": {{\"module\": \"log\"}}")).collect();
    home.write("work/webhooks.json", format!("{{{}}}", members.join(",\n")));
    for command in ["list webhooks", "list webhooks -o json", "watch", "watch -o table", "--help"] {
        let script = format!("confdeck {command} | head -c 1 > first; exit ${{PIPESTATUS[0]}}");
        let folder = std::path::Path::new(env!("CARGO_BIN_EXE_confdeck")).parent().unwrap();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let run = Program::named("bash").with(["-c", &script]).at_home(&home).env("PATH", path).run();
        assert_eq!(run.expect_code(0).err(), "", "{command}");
        assert_eq!(fs::read(home.work().join("first")).unwrap().len(), 1);
    }
}

#[test]
fn what_is_created_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    confdeck(&home, &["put", "default/x", r#"{"module":"log"}"#]).run().expect_code(0);
    let mode = fs::metadata(home.work().join("webhooks.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A program reads what the fields are called in the field: an id is an id, a connection has a type.
#[test]
fn a_listing_for_programs_names_things_by_what_they_are() {
    let home = home();
    home.write("work/connections.json", r#"{"redis_main": {"type": "redis", "host": "h"}}"#);
    let list = |what: &[&str]| {
        json(&confdeck(&home, &[&["list"], what, &["-o", "json"]].concat()).run().expect_code(0).out())
    };
    let webhooks = list(&["webhooks"]);
    let orders = webhooks.as_array().unwrap().iter().find(|row| row["id"] == "orders").unwrap();
    assert_eq!((&orders["key"], &orders["module"]), (&"default/orders".into(), &"log".into()));
    assert!(orders.get("name").is_none() && orders.get("type").is_none(), "{orders}");
    let connection = &list(&["connections"])[0];
    assert_eq!((&connection["name"], &connection["type"]), (&"redis_main".into(), &"redis".into()));
    assert!(connection.get("id").is_none() && connection.get("module").is_none(), "{connection}");
    let begin = list(&["webhooks", "default", "--ids", "ord"]);
    assert_eq!((begin.as_array().unwrap().len(), &begin[0]["id"]), (1, &"orders".into()));
}

#[test]
fn an_id_alone_is_in_the_only_namespace_of_files() {
    let home = home();
    let shown = confdeck(&home, &["get", "orders"]).run().expect_code(0).out();
    assert!(shown.contains("default/orders"), "{shown}");
    let put = confdeck(&home, &["put", "new", r#"{"module":"log"}"#, "--create"]).run().expect_code(0).out();
    assert!(put.starts_with("default/new  "), "{put}");
    let deleted = confdeck(&home, &["delete", "new", "--yes"]).run().expect_code(0).out();
    assert!(deleted.starts_with("default/new  "), "{deleted}");
    let missing = confdeck(&home, &["get", "new"]).run().expect_code(4).err();
    assert!(missing.contains("default/new does not exist"), "{missing}");
}

#[test]
fn what_the_receiver_takes_is_served_and_comes_out_as_it_is_written() {
    let home = home();
    let deep = "[".repeat(300) + &"]".repeat(300);
    let odd = format!(
        r#"{{"module": "log", "n": [1e+23, -0.0, -0, 1e999, NaN, -Infinity, 123456789012345678901234567890],
        "twice": "{{$A}}", "half": "\ud800", "deep": {deep}, "twice": 1.50}}"#
    );
    home.write("work/webhooks.json", format!(r#"{{"odd": {odd}}}"#));
    let listed = confdeck(&home, &["list", "webhooks", "-o", "json"]).run().expect_code(0).out();
    assert_eq!(json(&listed)[0].get("problem"), None, "{listed}");
    for words in [&["get", "default/odd", "--merged", "-o", "json"][..], &["get", "default/odd", "--merged"]]
    {
        let merged = confdeck(&home, words).run().expect_code(0);
        assert!(!merged.err().contains("skips"), "{}", merged.err());
        let out: String = merged.out().split_whitespace().collect();
        let numbers = "[1e+23,-0.0,-0,1e999,NaN,-Infinity,123456789012345678901234567890]";
        assert!(out.contains(numbers) && out.contains(r#""half":"\ud800""#), "{out}");
        assert_eq!(out.matches("twice").count(), 1, "{out}");
        assert!(out.contains(r#""twice":1.50"#) && out.contains(&deep), "{out}");
    }
    for words in
        [&["get", "default/odd", "--merged", "-o", "yaml"][..], &["get", "default/odd", "-o", "yaml"]]
    {
        let yaml = confdeck(&home, words).run().expect_code(0).out();
        let numbers = [
            "\"n\":",
            "- 1.0e+23",
            "- -0.0",
            "- -0",
            "- 1.0e+999",
            "- .nan",
            "- -.inf",
            "- 123456789012345678901234567890",
            "twice: 1.50",
            "half: \"\\ud800\"",
        ];
        assert!(yaml.contains(&numbers.join("\n")), "{yaml}");
    }
    confdeck(&home, &["put", "default/new", r#"{"module": "log", "n": NaN}"#]).run().expect_code(0);
    let stored = confdeck(&home, &["get", "default/new", "-o", "json"]).run().expect_code(0).out();
    assert_eq!(stored, "{\"module\": \"log\", \"n\": NaN}\n");
    let refused = confdeck(&home, &["put", "default/new", r#"{"module": "log", "n": nan}"#]).run();
    assert!(refused.err().contains("not a JSON value"), "{}", refused.err());
    let digits = format!(r#"{{"n": {}}}"#, "1".repeat(4301));
    let refused = confdeck(&home, &["put", "default/new", &digits]).run();
    assert!(refused.err().contains("more than 4300 digits"), "{}", refused.err());
}
