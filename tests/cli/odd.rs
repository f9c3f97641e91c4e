//! Odd secrets by commands, over a real OpenBao: line 6 of the issue on secrets.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::json;
use crate::support::bao::Bao;
use crate::world::World;

/// Stands for every value here.
const VALUE: &str = "planted-odd";

#[test]
fn values_of_any_kind_are_shown_as_they_are_and_do_nothing_to_a_terminal() {
    let world = World::new("odd-values", &json!({}));
    let binary = format!("{VALUE}\u{0}\u{1}\u{1b}]0;x\u{7}\u{1b}[2J\u{7f}\u{202e}\u{fffd}");
    let fields = json!({
        "binary": binary, "empty": "", "list": [1, null, VALUE], "none": null, "number": -12.25,
        "odd\u{1b}[31m\nname": VALUE,
    });
    world.put("a", &fields);
    let presence = world.secrets(&["presence", "MOUNT/a"]).run().expect_code(0).out();
    let masked = world.secrets(&["get", "MOUNT/a"]).run().expect_code(0).out();
    for shown in [&presence, &masked] {
        assert!(
            shown.lines().count() >= 7 && shown.contains("empty") && shown.contains(r"odd\x1b[31m\x0aname"),
            "{shown}"
        );
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
    let reveal = |words: &[&str]| {
        world.secrets(&["get", "MOUNT/a", "--reveal"]).with(words).reveals(VALUE).run().expect_code(0)
    };
    assert_eq!(json(&reveal(&["-o", "json"]).out())["fields"], fields);
    let table = reveal(&[]).out();
    assert!(!table.contains(['\u{1b}', '\u{0}', '\u{7}', '\u{202e}']), "{table:?}");
    assert!(table.contains("planted-odd␀␁␛]0;x"), "{table}");
    // A program gets the bytes.
    assert_eq!(reveal(&["binary"]).stdout, format!("{binary}\n").into_bytes());
    for (field, printed) in [("empty", "\n"), ("none", "null\n"), ("number", "-12.25\n")] {
        assert_eq!(reveal(&[field]).out(), printed, "{field}");
    }
    // And as it was, written again.
    let exact = reveal(&["binary"]).stdout;
    world.secrets(&["set", "MOUNT/b", "copy"]).input(exact).run().expect_code(0);
    assert_eq!(world.stored("b").1["copy"], binary);
}

#[test]
fn a_mebibyte_is_written_and_shown_and_more_is_refused() {
    let world = World::new("odd-large", &json!({}));
    let large = format!("{VALUE}{}", "x".repeat((1 << 20) - VALUE.len()));
    let set = |value: &str| world.secrets(&["set", "MOUNT/a", "large", "--keep-newline"]).input(value).run();
    set(&large).expect_code(0);
    let again = world.secrets(&["set", "MOUNT/a", "small"]).input(VALUE).run().expect_code(0);
    assert!(again.out().contains("v1 -> v2"), "the other field is not sent again: {}", again.out());
    let shown = world.secrets(&["get", "MOUNT/a", "large", "--reveal"]).reveals(VALUE).run().expect_code(0);
    assert!(shown.stdout.len() == large.len() + 1 && shown.stdout.starts_with(large.as_bytes()));
    let masked = world.secrets(&["get", "MOUNT/a"]).run().expect_code(0);
    assert!(masked.stdout.len() < 1000);
    let refused = set(&format!("{large}x")).expect_code(8).err();
    assert!(refused.contains("the value of large is longer than 1048576 bytes"), "{refused}");
}

#[test]
fn what_a_server_takes_for_too_large_is_refused_by_it_and_that_is_said() {
    let bao = Arc::new(Bao::on_disk(None));
    let world = World::on(bao, "odd-raft", &json!({}));
    let large = format!("{VALUE}{}", "x".repeat((1 << 20) - VALUE.len()));
    for value in [large.as_str(), VALUE, &large] {
        let set = world.secrets(&["set", "MOUNT/a", "large"]).input(value).run();
        if value == VALUE {
            set.expect_code(0);
            continue;
        }
        let refused = set.expect_code(8).err();
        assert!(refused.contains("larger than the server takes"), "{refused}");
    }
    assert_eq!(world.stored("a"), (1, json!({"large": VALUE})));
}

#[test]
fn paths_of_any_characters_are_one_secret_each() {
    let world = World::new("odd-paths", &json!({}));
    let paths = ["a b", "a%20b", "a%2Fb", "ü/日本 🔑", "q\"<>\\^`{|}", "a#b?c=d&e", "..."];
    for path in paths {
        let value = format!("{VALUE}-{path}");
        let secret = format!("kv:MOUNT/{path}");
        world.secrets(&["set", &secret, "f", "--create"]).input(value).run().expect_code(0);
    }
    for path in paths {
        let secret = format!("MOUNT/{path}");
        let told = world.secrets(&["presence", &secret, "-o", "json"]).run().expect_code(0);
        assert_eq!(json(&told.out())["version"], "v1", "{path}");
        let shown = world.secrets(&["get", &secret, "f", "--reveal"]).reveals(VALUE).run().expect_code(0);
        assert_eq!(shown.out(), format!("{VALUE}-{path}\n"));
    }
    let listed = world.secrets(&["list", "MOUNT"]).run().expect_code(0).out();
    assert!(listed.contains("odd-paths/a%2Fb") && listed.contains("odd-paths/ü/"), "{listed}");
    assert_eq!(listed.lines().count(), 1 + paths.len(), "{listed}");
    for path in ["esc\u{1b}[2J", "a//b", "../a", "a/./b", "/a", "a/"] {
        let refused = world.secrets(&["presence", &format!("kv:MOUNT/{path}")]).run().expect_code(2);
        assert!(refused.err().contains("names no secret"), "{}", refused.err());
    }
}

#[test]
fn a_mount_that_does_not_exist_is_said_by_every_command() {
    let world = World::over(Bao::shared(), "odd-none", &json!({}));
    let words = "there is no secrets engine at odd-none/";
    let told = world.secrets(&["presence", "kv:MOUNT/a", "--fail-on-missing"]).run().expect_code(6).out();
    assert!(told.contains("unreachable") && told.contains(words), "{told}");
    let masked = world.secrets(&["get", "kv:MOUNT/a"]).run();
    assert!((masked.out() + &masked.err()).contains(words));
    for (command, rest) in [
        (&["list", "MOUNT"][..], &[][..]),
        (&["get", "kv:MOUNT/a"], &["--reveal"]),
        (&["set", "kv:MOUNT/a", "f"], &[]),
        (&["set", "kv:MOUNT/a", "f"], &["--create"]),
        (&["generate", "kv:MOUNT/a", "f"], &["--expect-version", "1"]),
        (&["delete", "kv:MOUNT/a"], &["--versions", "1"]),
        (&["undelete", "kv:MOUNT/a"], &["--versions", "1"]),
        (&["destroy", "kv:MOUNT/a"], &["--all", "--yes"]),
    ] {
        let refused = world.secrets(command).with(rest).input(VALUE).run().expect_code(6).err();
        assert!(refused.contains(words), "{command:?}: {refused}");
    }
}

#[test]
fn kv_1_is_read_and_replaced_and_tells_what_it_cannot_do() {
    let bao = Bao::shared();
    bao.mount("odd-one", 1);
    bao.does("POST", "odd-one/a", &json!({"f": VALUE, "g": "planted-other"}));
    let world = World::over(bao, "odd-one", &json!({}));
    let one = |words: &[&str]| world.secrets(words).env("VAULT_KV_VERSION", "1");
    let run = |words: &[&str], code: i32| {
        let run = one(words).input(VALUE).run().expect_code(code);
        run.out() + &run.err()
    };
    let told = run(&["presence", "MOUNT/a"], 0);
    assert!(told.contains("unknown") && told.contains("without reading it; it exists"), "{told}");
    assert!(run(&["presence", "MOUNT/none", "--fail-on-missing"], 9).contains("missing"));
    assert!(run(&["get", "MOUNT/a"], 0).contains("unknown"));
    assert_eq!(
        one(&["get", "MOUNT/a", "f", "--reveal"]).reveals(VALUE).run().expect_code(0).out(),
        format!("{VALUE}\n")
    );
    for words in [&["set", "MOUNT/a", "f"][..], &["generate", "MOUNT/a", "f"]] {
        let refused = run(words, 8);
        assert!(refused.contains("a KV 1 engine only replaces a secret as a whole"), "{refused}");
        assert!(refused.contains("--read-modify-write") && refused.contains("--replace"), "{refused}");
    }
    assert!(
        run(&["set", "MOUNT/a", "f", "--create"], 8).contains("keeps no versions and takes no conditions")
    );
    for words in [&["--yes"][..], &["--versions", "1"]] {
        let refused = one(&["delete", "MOUNT/a"]).with(words).run().expect_code(8).err();
        assert!(refused.contains("versions") && refused.contains("destroy"), "{refused}");
    }
    let stored = || world.bao.does("GET", "odd-one/a", &Value::Null)["data"].clone();
    assert_eq!(stored(), json!({"f": VALUE, "g": "planted-other"}), "nothing was written so far");
    let changed =
        one(&["set", "MOUNT/a", "f", "--read-modify-write"]).input("planted-new").run().expect_code(0);
    assert!(changed.err().contains("secret values read: 2"), "{}", changed.err());
    assert_eq!(stored(), json!({"f": "planted-new", "g": "planted-other"}));
    run(&["set", "MOUNT/a", "f", "--replace"], 0);
    assert_eq!(stored(), json!({"f": VALUE}));
    run(&["destroy", "MOUNT/a", "--all", "--yes"], 0);
    assert!(run(&["get", "MOUNT/a", "--reveal"], 4).contains("there is no odd-one/a"));

    // A setting that does not fit the engine is no missing secret.
    let misfit = world.secrets(&["get", "MOUNT/a", "--reveal"]).run().expect_code(6).err();
    assert!(misfit.contains("odd-one/ is a KV 1 engine, and VAULT_KV_VERSION is 2: set it to 1"), "{misfit}");
}
