//! What the receiver makes of a document, and which document serves a path.

use serde_json::Value;

use crate::support::home::Home;
use crate::{SECRET, confdeck, json};

const VECTORS: &str = include_str!("../vectors/anonymous.json");

fn home() -> Home {
    let home = Home::new();
    home.write(
        "work/webhooks.json",
        r#"{
            "orders": {"module": "log", "hmac": {"secret": "planted-plain"}, "ip_whitelist": ["203.0.113.7"],
                       "jwt": {}, "topic": "{$REGION:eu}", "authorization": "Bearer {$TOKEN}"},
            "typo": {"module": "kafkXX"},
            "shut": {"module": "log", "ip_whitelist": ["10.0.0.0/8"]},
            "text": "planted-plain"
        }"#,
    );
    home
}

#[test]
fn a_document_of_a_file_is_explained_without_any_store() {
    let home = Home::new();
    let cases: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let wanted = [
        "no check at all",
        "an unknown module",
        "other text is no data type",
        "a chain without steps",
        "the last of two counts: open",
        "ip_whitelist of networks refuses everybody",
        "recaptcha: null breaks",
        "an empty default opens",
        "two schemes for one header",
        "what is not JSON is skipped",
    ];
    let chosen: Vec<_> =
        cases.iter().filter(|case| wanted.iter().any(|about| case["about"] == *about)).collect();
    assert_eq!(chosen.len(), wanted.len());
    for case in chosen {
        let text = case["text"].as_str().map_or_else(|| case["document"].to_string(), str::to_owned);
        let file = home.write("work/doc.json", &text);
        let words = ["explain", "--file", &file.to_string_lossy(), "-o", "json"];
        // A server that nobody answers at: it is not asked.
        let run = confdeck(&home, &words).env("CONFIG_BACKEND", "etcd").env("ETCD_HOST", "192.0.2.1");
        let run = run.env("CONFDECK_RECEIVER_ENV", "process").run().expect_code(0);
        let told = json(&run.out());
        assert_eq!(told["verdict"], case["verdict"], "{}", case["about"]);
        assert_eq!(told["anonymous"]["status"], case["status"], "{}", case["about"]);
        assert_eq!(told["anonymous"]["by"], case["by"], "{}", case["about"]);
    }
}

#[test]
fn a_stored_document_is_explained_with_its_routes_checks_and_references() {
    let home = home();
    let run = confdeck(&home, &["explain", "orders", "-o", "json"]).env("TOKEN", SECRET).run().expect_code(0);
    let told = json(&run.out());
    assert_eq!(told["routes"], json(r#"["/webhook/orders", "/webhook/default/orders"]"#));
    assert_eq!(told["anonymous"], json(r#"{"status": 401, "by": "authorization"}"#));
    let names: Vec<_> = told["checks"].as_array().unwrap().iter().map(|check| &check["name"]).collect();
    assert_eq!(names, ["authorization", "hmac", "ip"]);
    assert_eq!(told["ignored"][0]["member"], "jwt");
    assert_eq!(told["document"]["topic"], "eu");
    assert!(
        told["defaults"].as_array().unwrap().iter().any(|it| it["value"] == "X-HMAC-Signature"),
        "{told}"
    );
    let outcomes = told["references"].to_string();
    assert!(outcomes.contains("its default takes its place") && outcomes.contains("is set"), "{outcomes}");
    let table = confdeck(&home, &["explain", "orders"]).run().expect_code(0).out();
    for shown in [
        "POST /webhook/orders",
        "401 by authorization",
        "refuses all other addresses",
        "IGNORED",
        "\"topic\": \"eu\",  # {$REGION} is not set: its default takes its place",
        "\"jwt\": {},  # ignored: it is an empty object: open",
        "\"header\": \"X-HMAC-Signature\"  # the receiver's default",
    ] {
        assert!(table.contains(shown), "{shown}: {table}");
    }
    let from_pipe = confdeck(&home, &["explain", "--file", "-", "-o", "yaml"]).input(r#"{"module": "log"}"#);
    assert!(from_pipe.run().expect_code(0).out().contains("verdict: open"));
}

#[test]
fn a_document_that_darkens_the_next_start_says_so() {
    let told = json(&confdeck(&home(), &["explain", "typo", "-o", "json"]).run().expect_code(0).out());
    assert_eq!(told["anonymous"], json(r#"{"status": 501, "by": "module"}"#));
    assert_eq!(told["after_restart"], json(r#"{"status": 404, "by": "L01"}"#));
}

#[test]
fn what_cannot_be_explained_says_why() {
    let home = home();
    confdeck(&home, &["explain"]).run().expect_code(2);
    confdeck(&home, &["explain", "connections/redis_main"]).run().expect_code(2);
    confdeck(&home, &["explain", "nothing"]).run().expect_code(4);
    confdeck(&home, &["explain", "--file", "missing.json"]).run().expect_code(1);
}

#[test]
fn a_path_is_served_by_its_document_or_by_the_catch_all_or_by_none() {
    let home = home();
    let told = |path: &str, code: u8| {
        json(&confdeck(&home, &["resolve", path, "-o", "json"]).run().expect_code(code.into()).out())
    };
    let orders = told("/webhook/orders", 0);
    assert_eq!((&orders["served_by"], &orders["catch_all"]), (&"default/orders".into(), &false.into()));
    assert_eq!(orders["anonymous"]["by"], "authorization");
    // Files hold one namespace, whatever a route calls it.
    assert_eq!(told("/webhook/any/shut", 0)["served_by"], "default/shut");
    for (path, code, status, by) in [
        ("/webhook/absent", 4, 404, "id"),
        ("/webhook/text", 4, 404, "document"),
        ("/elsewhere", 4, 404, "route"),
        ("/webhook/Health", 8, 400, "id"),
        ("/webhook/bad%20ns/orders", 8, 400, "namespace"),
    ] {
        let found = told(path, code);
        assert_eq!(found["served_by"], Value::Null, "{path}");
        assert_eq!(found["anonymous"], serde_json::json!({"status": status, "by": by}), "{path}");
    }
    home.write("work/webhooks.json", r#"{"default": {"module": "log"}}"#);
    let caught = told("/webhook/absent", 0);
    assert_eq!((&caught["served_by"], &caught["catch_all"]), (&"default/default".into(), &true.into()));
    assert_eq!(caught["anonymous"]["status"], 200);
    let table = confdeck(&home, &["resolve", "/webhook/absent"]).run().expect_code(0).out();
    assert!(table.contains("default/default (the catch-all)"), "{table}");
    // Without a file the receiver has a webhook of its own, which takes everything.
    let built_in =
        json(&confdeck(&Home::new(), &["resolve", "/webhook/any", "-o", "json"]).run().expect_code(0).out());
    assert_eq!((&built_in["served_by"], &built_in["catch_all"]), (&Value::Null, &true.into()));
    assert_eq!(built_in["anonymous"]["status"], 200);
}
