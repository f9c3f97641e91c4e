//! The command: its exit codes, its table and its data.

use std::time::{Duration, Instant};

use crate::support::etcd::EtcdServer;
use crate::support::home::Home;
use crate::support::run::Program;
use crate::{DEGRADED, HEALTHY, UNUSABLE, findings, json};

fn on(server: &EtcdServer) -> Program {
    Program::confdeck(["health"])
        .env("CONFIG_BACKEND", "etcd")
        .env("ETCD_HOST", server.address())
        .env("ETCD_PREFIX", "/cwm/")
}

#[test]
fn the_data_of_an_etcd_have_the_documented_shape() {
    let server = EtcdServer::shared();
    let report = json(on(&server), HEALTHY);
    assert_eq!((&report["backend"], &report["condition"]), (&"etcd".into(), &"healthy".into()));
    assert_eq!((&report["causes"], &report["findings"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert!(report["facts"]["revision"].is_u64() && report["facts"]["raft_term"].is_u64(), "{report}");
    assert_eq!(report["facts"]["cluster"].as_str().unwrap().len(), 16);
    let member = &report["members"][0];
    assert_eq!((&member["name"], &member["role"]), (&"default".into(), &"leader".into()));
    assert_eq!(member["endpoint"], server.address().as_str());
    assert!(member["facts"]["size"].is_u64() && member["facts"]["version"].is_string(), "{report}");

    let yaml = on(&server).with(["-o", "yaml"]).run().expect_code(HEALTHY).out();
    assert!(yaml.lines().any(|line| line == "condition: healthy"), "{yaml}");
}

#[test]
fn the_table_begins_with_the_verdict_and_what_to_do() {
    let home = Home::new();
    let table = Program::confdeck(["health"]).at_home(&home).run().expect_code(DEGRADED).out();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[2].starts_with("condition") && lines[2].ends_with("degraded by fault"), "{table}");
    assert!(lines[3].starts_with("fault") && lines[3].contains("webhooks.json is missing"), "{table}");
    assert!(lines[4].trim_start().starts_with("-> create it"), "{table}");
    assert!(lines.iter().any(|line| line.starts_with("MEMBER") && line.contains("CONDITION")), "{table}");
}

#[test]
fn a_cluster_that_hangs_is_unusable_by_the_deadline() {
    let server = EtcdServer::start();
    json(on(&server), HEALTHY);
    server.freeze();
    let begun = Instant::now();
    let report = json(on(&server), UNUSABLE);
    let took = begun.elapsed();
    server.thaw();
    assert!(findings(&report)[0].1.contains("does not answer"), "{report}");
    assert!(took < Duration::from_secs(4), "{took:?} for a deadline of 2 s and a start");
}

#[test]
fn a_user_without_the_right_is_told_apart_from_a_store_that_is_broken() {
    let server = EtcdServer::start();
    for arguments in [
        &["user", "add", "root:rootpw"][..],
        &["user", "grant-role", "root", "root"],
        &["user", "add", "eve:evepw"],
        &["auth", "enable"],
    ] {
        assert!(server.etcdctl(arguments).status.success(), "{arguments:?}");
    }
    let eve = on(&server).env("ETCD_USERNAME", "eve").env("ETCD_PASSWORD", "evepw");
    let report = json(eve, DEGRADED);
    assert_eq!(report["causes"], serde_json::json!(["rights"]), "{report}");
    assert!(!report.to_string().contains("evepw"));
    let root = on(&server).env("ETCD_USERNAME", "root").env("ETCD_PASSWORD", "rootpw");
    json(root, HEALTHY);
    let stranger = json(on(&server).env("ETCD_HOST", "127.0.0.1:1"), UNUSABLE);
    assert_eq!(stranger["causes"], serde_json::json!(["fault"]));
}
