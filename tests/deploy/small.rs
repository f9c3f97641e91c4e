//! Development on files, and staging on one etcd.

use std::time::{Duration, Instant};

use crate::environment::Environment;
use crate::support::process::PATIENCE;

#[test]
fn dev_serves_files_and_a_second_start_changes_nothing() {
    let (mut dev, said) = Environment::started("dev");
    let seeded = ["connections/kafka_main", "default/hello", "default/orders", "default/payments"];
    assert_each(&said, &seeded, "  - -> ");
    assert_eq!(dev.webhooks(), ["default/hello", "default/orders", "default/payments"]);
    dev.confdeck(["health"]).run().expect_code(0);

    // The receiver was there before its webhooks were.
    answers(&mut dev, "/webhook/hello", 200);
    assert_eq!(dev.post("/webhook/orders", Some("Bearer dev-token")).status, 200);
    assert_eq!(dev.post("/webhook/orders", None).status, 401);
    let health = crate::support::http::get(dev.receiver(), "/health").unwrap().json();
    assert_eq!(health["components"]["config_backend"], "file");

    let before = dev.confdeck(["list", "webhooks", "-o", "json"]).run().expect_code(0).out();
    let again = dev.up().unwrap();
    assert_each(&again, &seeded, "  is there already");
    assert_eq!(dev.confdeck(["list", "webhooks", "-o", "json"]).run().expect_code(0).out(), before);
}

#[test]
fn staging_serves_what_confdeck_writes_without_a_restart() {
    let (mut staging, said) = Environment::started("staging");
    assert_each(&said, &["connections/kafka_main", "staging/events", "staging/orders"], "  - -> ");
    assert_eq!(staging.webhooks(), ["staging/events", "staging/orders", "staging/payments"]);
    staging.confdeck(["health"]).run().expect_code(0);

    let bearer = format!("Bearer {}", staging.secret("WEBHOOK_ORDERS_TOKEN"));
    // The plain route is that of ETCD_NAMESPACE.
    assert_eq!(staging.post("/webhook/orders", Some(&bearer)).status, 200);
    assert_eq!(staging.post("/webhook/staging/orders", Some(&bearer)).status, 200);
    assert_eq!(staging.post("/webhook/orders", Some("Bearer dev-token")).status, 401);
    assert_eq!(staging.post("/webhook/events", Some(&bearer)).status, 501);

    assert_eq!(staging.post("/webhook/new", None).status, 404);
    staging.confdeck(["put", "staging/new", r#"{"module":"log"}"#, "--create"]).run().expect_code(0);
    answers(&mut staging, "/webhook/new", 200);
    staging.confdeck(["delete", "staging/new", "--yes"]).run().expect_code(0);
    answers(&mut staging, "/webhook/new", 404);
    // A change of ours outlives the next start.
    staging.confdeck(["put", "staging/orders", r#"{"module":"log"}"#]).run().expect_code(0);
    staging.engine().stop("etcd");
    let again = staging.up().unwrap();
    assert!(again.contains("staging/orders  is there already"), "{again}");
    let got = staging.confdeck(["get", "staging/orders", "-o", "json"]).run().expect_code(0);
    assert_eq!(got.out(), "{\"module\":\"log\"}\n");
}

/// Every address stands on a line of its own with `after` behind it.
#[track_caller]
fn assert_each(said: &str, addresses: &[&str], after: &str) {
    for address in addresses {
        let line = format!("{address}{after}");
        assert!(said.lines().any(|said| said.starts_with(&line)), "no {line:?} in {said}");
    }
}

#[track_caller]
fn answers(environment: &mut Environment, path: &str, status: u16) {
    let begun = Instant::now();
    while environment.post(path, None).status != status {
        assert!(begun.elapsed() < PATIENCE, "{path} does not answer {status}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
