//! What commands know around a document: secrets that are there or not, whose they are, and when they were written.

use std::fs::File;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::support::home::Home;
use crate::world::World;
use crate::{SECRET, confdeck, json};

fn world(mount: &'static str) -> World {
    let orders = json!({"module": "log", "authorization": format!("Bearer {{$vault:app/{mount}#key}}"), "data_type": "json"});
    World::new(mount, &json!({"orders": orders, "open": {"module": "log"}}))
}

/// `L02 default/orders` for each finding.
fn found(world: &World, merges: &str) -> Vec<String> {
    let check = world.run(&["check", "--fail-on", "never", "-o", "json"]);
    let check = check.env("CONFDECK_RECEIVER_MERGES_OWN_SECRETS", merges).run().expect_code(0);
    let line = |finding: &Value| {
        format!("{} {}", finding["rule"].as_str().unwrap(), finding["key"].as_str().unwrap_or("-"))
    };
    json(&check.out())["findings"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn check_judges_the_documents_of_a_context_by_the_secrets_that_are_there() {
    let world = world("around");
    let missing = found(&world, "false");
    assert!(missing.contains(&"L02 default/orders".into()), "{missing:?}");
    assert!(missing.contains(&"L11 default/open".into()), "{missing:?}");
    world.run(&["check"]).run().expect_code(8);

    world.put("app/around", &json!({"key": SECRET}));
    let there = found(&world, "false");
    assert!(!there.iter().any(|line| line.starts_with("L02") || line.starts_with("L30")), "{there:?}");

    // The file was written long before the secret.
    let file = File::options().write(true).open(world.home.path().join("work/webhooks.json")).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(7_200)).unwrap();
    assert!(found(&world, "false").contains(&"L30 default/orders".into()));

    // An own secret protects what asks for nothing else, if the receiver merges it.
    world.put("open/secrets", &json!({"bearer-token": SECRET}));
    assert!(found(&world, "false").contains(&"L11 default/open".into()));
    assert!(!found(&world, "true").contains(&"L11 default/open".into()));
    // So for a document that is about to be written.
    for (merges, told) in [("false", true), ("true", false)] {
        let put = world.run(&["put", "default/open", r#"{"module": "log", "data_type": "json"}"#]);
        let said = put.env("CONFDECK_RECEIVER_MERGES_OWN_SECRETS", merges).run().expect_code(0).err();
        assert_eq!(said.contains("L11 open-to-anyone"), told, "{said}");
    }
    // A folder is judged without any store.
    let folder = world.run(&["check", ".", "--fail-on", "never"]).run().expect_code(0).out();
    assert!(!folder.contains("L02") && !folder.contains("L30"), "{folder}");
    assert_eq!(world.reads(), 0, "only whether they are there was asked");
}

#[test]
fn what_may_not_be_looked_at_is_counted_and_is_no_error() {
    let world = world("unlooked").with_policy(r#"path "auth/token/lookup-self" { capabilities = ["read"] }"#);
    let check =
        world.run(&["check", "--fail-on", "error"]).env("CONFDECK_RECEIVER_MERGES_OWN_SECRETS", "false");
    let check = check.run().expect_code(0);
    assert!(check.err().contains("1 of 1 secrets could not be looked at"), "{}", check.err());
    let told = check.out();
    assert!(told.contains("0 errors") && told.contains("the secret may not be seen from here"), "{told}");
}

#[test]
fn setting_a_secret_says_what_nothing_reads_and_what_its_documents_still_lack() {
    let world = world("said");
    let set = |words: &[&str]| {
        let set = world.secrets(&["set"]).with(words.iter().map(|word| word.replace("MOUNT", "said")));
        set.input(format!("{SECRET}\n")).run().expect_code(0).err()
    };
    let said = set(&["MOUNT/app/said", "kye"]);
    assert!(said.contains("warning S02 unread-field") && said.contains("key is one"), "{said}");
    assert!(said.contains("default/orders: error L02 unresolved-reference"), "{said}");
    let said = set(&["MOUNT/app/said", "key"]);
    assert!(!said.contains("S02") && !said.contains("L02"), "{said}");
    // Own secrets have names of their own.
    let said = set(&["MOUNT/open/secrets", "authorisation"]);
    assert!(said.contains("S02 unread-field") && said.contains("bearer-token is meant"), "{said}");
    let said = set(&["MOUNT/open/secrets", "bearer-token"]);
    assert!(!said.contains("S02"), "{said}");
    // The document of the other has a token, and wins.
    let said = set(&["MOUNT/orders/secrets", "bearer-token"]);
    assert!(said.contains("default/orders says otherwise, and wins"), "{said}");
    assert!(!said.contains(SECRET));
}

#[test]
fn a_merged_document_says_what_was_filled_in_and_from_where() {
    let world = world("filled");
    world.put("app/filled", &json!({"key": SECRET}));
    let merged = world.run(&["get", "default/orders", "--merged", "--reveal"]).reveals(SECRET);
    let said = merged.run().expect_code(0).err();
    assert!(said.contains("filled in from filled/app/filled (v1): key"), "{said}");

    let home = Home::new();
    home.write(
        "work/webhooks.json",
        r#"{"a": {"topic": "{$TOPIC}", "host": "{$NO_HOST:localhost}"}, "b": {}}"#,
    );
    let merged = |address: &str, env: &str| {
        let run = confdeck(&home, &["get", address, "--merged"]).env("TOPIC", "t");
        run.env("CONFDECK_RECEIVER_ENV", env).run().expect_code(0).err()
    };
    let said = merged("a", "process");
    assert!(said.contains("filled in from the receiver's variables: TOPIC"), "{said}");
    assert!(said.contains("not set for the receiver: NO_HOST; a default stands"), "{said}");
    assert!(!said.contains("not known"), "{said}");
    for address in ["a", "b"] {
        let said = merged(address, "unknown");
        assert!(said.contains("receiver.env says where the receiver's variables are"), "{said}");
    }
    assert!(merged("b", "unknown").contains("the receiver's variables are not known here"));
}
