//! Behaviours of the public systems, and their faults, each a test named after it (docs/applications.md).

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::super::*;
use super::support::*;
use crate::domain::Condition;

#[tokio::test]
async fn system_c_the_values_of_an_unmodified_source_do_not_vanish_in_a_reload() {
    let made = TestApplication::with(&["file", "http"]);
    made.source("file").set_quietly(&json!({"a": 1}));
    made.source("http").set_quietly(&json!({"b": 1}));
    let application = made.start().await;
    made.source("file").set_quietly(&json!({"a": 2}));
    application.reload(None).await.unwrap();
    assert_eq!(tree(&application.version()), json!({"a": 2, "b": 1}));
    application.reload(Some("http")).await.unwrap();
    assert_eq!(tree(&application.version()), json!({"a": 2, "b": 1}));
}

#[tokio::test]
async fn system_c_the_higher_number_wins() {
    let mut made = TestApplication::with(&["one", "two"]);
    // In the order of the file the first would be the lowest.
    made.layers[0].0.rank = 55;
    made.source("one").set_quietly(&json!({"a": "one"}));
    made.source("two").set_quietly(&json!({"a": "two"}));
    assert_eq!(made.start().await.get::<String>("a").unwrap(), "one");
}

#[tokio::test]
async fn system_c_variables_are_json_where_that_works_and_text_else() {
    let made = TestApplication::with(&["file", "environment"]);
    made.source("file").set_quietly(&json!({"feature_flags": {"old_ui": false}, "name": "file"}));
    let variables = [("debug_mode", "false"), ("feature_flags", r#"{"new_ui": true}"#), ("name", "a b")];
    made.source("environment").set_contents(texts(&variables));
    let application = made.start().await;
    let expected =
        json!({"feature_flags": {"old_ui": false, "new_ui": true}, "name": "a b", "debug_mode": false});
    assert_eq!(tree(&application.version()), expected);
    let debug = application.version().value("debug_mode").unwrap().unwrap().origin().to_string();
    assert_eq!(debug, "DEBUG_MODE, in the layer environment");
}

#[tokio::test]
async fn system_b_a_failed_read_does_not_become_an_absent_value() {
    let made = TestApplication::with(&["etcd"]).setting(
        "level",
        SettingSpec { default: Some(SettingValue::new("INFO".into())), ..setting(ValueType::Text) },
    );
    let etcd = made.source("etcd");
    etcd.set_quietly(&json!({"level": "DEBUG"}));
    let application = made.start().await;
    etcd.fail_quietly(Some(SourceFault::Unavailable));
    assert_eq!(application.reload(Some("etcd")).await.unwrap().status, ReloadStatus::Failed);
    assert_eq!(application.get::<String>("level").unwrap(), "DEBUG", "and not the default");
}

#[tokio::test]
async fn system_b_an_ill_formed_integer_is_an_error_and_not_its_default() {
    let made = TestApplication::with(&["etcd"]).setting(
        "pool",
        SettingSpec { default: Some(SettingValue::new(5.into())), ..setting(ValueType::Integer) },
    );
    made.source("etcd").set_contents(texts(&[("pool", "planted-pool")]));
    let told = made.builder().start().await.err().unwrap().to_string();
    let line = "\n  pool: it must be a whole number of 64 bits, as 5; it is a text that is none (POOL, in the layer etcd); correct it there";
    assert!(told.ends_with(line), "it is told with its place");
}

#[tokio::test]
async fn system_a_a_wrong_type_does_not_end_the_program_and_the_last_good_value_stays() {
    let made = TestApplication::with(&["file"]).setting("pool", setting(ValueType::Integer));
    let file = made.source("file");
    file.set_quietly(&json!({"pool": 5}));
    let application = made.start().await;
    file.set_quietly(&json!({"pool": "planted-five"}));
    assert_eq!(application.reload(None).await.unwrap().status, ReloadStatus::Failed);
    assert_eq!(application.get::<u8>("pool").unwrap(), 5);
}

#[tokio::test]
async fn system_c_metrics_count_reloads_by_status_with_their_times() {
    let made = TestApplication::with(&["file", "http"]).setting("pool", setting(ValueType::Integer));
    let (file, http) = (made.source("file"), made.source("http"));
    let application = made.start().await;
    file.set_quietly(&json!({"pool": 1}));
    application.reload(None).await.unwrap();
    http.fail_quietly(Some(SourceFault::Unavailable));
    application.reload(None).await.unwrap();
    file.set_quietly(&json!({"pool": "planted-no"}));
    application.reload(None).await.unwrap();
    application.rollback(1).unwrap();
    let _updates = application.subscribe();
    let metrics = application.metrics();
    let counts = ReloadStatus::ALL.map(|status| (status.word(), metrics.reloads_with(status)));
    assert_eq!(counts, [("success", 2), ("partial", 1), ("failed", 1)]);
    assert_eq!((metrics.reloads_total(), metrics.rollbacks, metrics.subscriptions), (4, 1, 1));
    assert_eq!((metrics.sources, metrics.healthy_sources, metrics.version), (2, 1, 1));
    assert!(metrics.buckets.is_sorted() && metrics.buckets.last() == Some(&4));
    assert!(metrics.mean_time().unwrap() < Duration::from_millis(100) && metrics.last_time.is_some());
    assert!(metrics.last_success.is_some_and(|at| at <= SystemTime::now()));
}

#[tokio::test]
async fn system_c_health_is_good_while_sources_answer_and_reloads_succeed() {
    let made = TestApplication::with(&["file", "http"]);
    let application = made.start().await;
    assert_eq!(application.health().condition(), Condition::Healthy);
    made.source("http").fail_quietly(Some(SourceFault::Unavailable));
    application.reload(None).await.unwrap();
    assert_eq!(application.health().condition(), Condition::Degraded);
    made.source("file").fail_quietly(Some(SourceFault::Unavailable));
    for _ in 0..2 {
        application.reload(None).await.unwrap();
    }
    let health = application.health();
    assert_eq!(health.condition(), Condition::Unusable);
    let texts: Vec<_> = health.findings().iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts[0], "no source of settings answers");
    assert!(texts.contains(&"as many reloads failed as succeeded, or more"), "{texts:?}");
}

#[tokio::test]
async fn an_optional_layer_that_is_not_there_is_no_trouble() {
    let made = TestApplication::with(&["file", "runtime"]);
    made.source("runtime").fail_quietly(Some(SourceFault::Missing));
    let application = made.start().await;
    assert_eq!(application.health().condition(), Condition::Healthy);
    assert_eq!(
        application.health().findings()[0].text,
        "the layer runtime is missing: the source: it is away"
    );
}

#[tokio::test]
async fn of_files_of_one_rank_the_later_wins() {
    let mut made = TestApplication::with(&["a", "c", "b"]);
    for (layer, _) in &mut made.layers {
        layer.rank = 10;
        let (path, format, variables) = ("x.json".into(), FileFormat::Json, Vec::new());
        layer.kind = LayerKind::File { path, format, variables, watch: true, debounce: Duration::ZERO };
    }
    for name in ["a", "b", "c"] {
        made.source(name).set_quietly(&json!({"from": name, "also": {name: true}}));
    }
    let application = made.start().await;
    assert_eq!(application.get::<String>("from").unwrap(), "b");
    made.source("c").set_quietly(&json!({"from": "c", "also": {"b": false}}));
    application.reload(None).await.unwrap();
    assert_eq!(tree(&application.version()), json!({"from": "b", "also": {"a": true, "b": true}}));
}
