//! On JSON files.

use std::fs;

use serde_json::json;

use crate::started::Started;

#[test]
fn health_says_that_files_are_behind_it() {
    let receiver = Started::on_files(&json!({}), &[]);
    let health = receiver.health();
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["service"], "webhook-service");
    assert!(health["timestamp"].as_f64().unwrap() > 1.7e9);
    let components = health["components"].as_object().unwrap();
    let names: Vec<&str> = components.keys().map(String::as_str).collect();
    assert_eq!(names, ["config_manager", "redis_stats", "clickhouse", "webhook_connect", "config_backend"]);
    assert_eq!(components["config_manager"], "healthy");
    assert_eq!(components["config_backend"], "file");
}

#[test]
fn what_is_written_appears_and_what_is_removed_disappears_without_a_restart() {
    let receiver = Started::on_files(&json!({"one": {"module": "log"}}), &[]);
    assert_eq!((receiver.status("/webhook/one"), receiver.status("/webhook/two")), (200, 404));
    let file = receiver.file("webhooks.json");
    fs::write(&file, json!({"two": {"module": "log"}}).to_string()).unwrap();
    receiver.answers("/webhook/two", 200);
    receiver.answers("/webhook/one", 404);
    // As an editor saves it: another file under the same name.
    fs::write(receiver.file("new"), json!({"three": {"module": "log"}}).to_string()).unwrap();
    fs::rename(receiver.file("new"), &file).unwrap();
    receiver.answers("/webhook/three", 200);
    receiver.answers("/webhook/two", 404);
    // A file that cannot be read changes nothing.
    fs::write(&file, "{").unwrap();
    assert_eq!(receiver.status("/webhook/three"), 200);
    fs::write(&file, json!({"four": {"module": "log"}}).to_string()).unwrap();
    receiver.answers("/webhook/four", 200);
}
