//! Whatever happens to five layers, in whatever order: in the end what is in force is what a fresh start
//! computes, and never was anything in force that is not valid.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::super::*;
use super::support::*;

const LAYERS: [&str; 5] = ["defaults", "file", "environment", "etcd", "http"];

#[derive(Debug, Clone)]
enum Event {
    /// A layer has other contents, which its source tells of.
    Change(usize, Value),
    /// A source does not answer, or holds what cannot be read.
    Fail(usize, bool),
    Recover(usize),
    Reload(Option<usize>),
    Rollback(usize),
    /// Tasks that follow sources come to their turn.
    Yield(usize),
}

/// Objects that are valid, that a type or a limit refuses, or that a rule may refuse beside those of other
/// layers.
fn objects() -> impl Strategy<Value = Value> {
    let pool =
        prop_oneof![4 => (0..100i64).prop_map(Value::from), 1 => Just(json!(500)), 1 => Just(json!("text"))];
    let members = (
        proptest::option::of(pool),
        proptest::option::of(any::<bool>()),
        proptest::option::of(any::<bool>()),
        proptest::option::of(prop_oneof![
            Just(json!(1)),
            Just(json!({"x": 1})),
            Just(json!({})),
            Just(json!([1]))
        ]),
    );
    members.prop_map(|(pool, debug, production, free)| {
        let members = [
            ("pool", pool),
            ("debug", debug.map(Value::from)),
            ("production", production.map(Value::from)),
            ("free", free),
        ];
        let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(members.collect())
    })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let layer = 0..LAYERS.len();
    let event = prop_oneof![
        6 => (layer.clone(), objects()).prop_map(|(at, object)| Event::Change(at, object)),
        2 => (layer.clone(), any::<bool>()).prop_map(|(at, invalid)| Event::Fail(at, invalid)),
        2 => layer.clone().prop_map(Event::Recover),
        2 => proptest::option::of(layer).prop_map(Event::Reload),
        1 => (1..3usize).prop_map(Event::Rollback),
        3 => (1..8usize).prop_map(Event::Yield),
    ];
    proptest::collection::vec(event, 1..40)
}

fn violates(settings: &Value) -> bool {
    settings["production"] == true && settings["debug"] == true
}

fn is_valid(settings: &Value) -> bool {
    let pool = settings.get("pool").is_none_or(|pool| pool.as_i64().is_some_and(|it| it <= 100));
    pool && !violates(settings)
}

/// An application of five layers, with what each holds.
fn application(objects: &[Value; LAYERS.len()]) -> TestApplication {
    let pool = SettingSpec { max: Some(100.0), ..setting(ValueType::Integer) };
    let mut made = TestApplication::with(&LAYERS).setting("pool", pool);
    made.rule = Some("production == true && debug == true");
    LAYERS.iter().zip(objects).for_each(|(name, object)| made.source(name).set_quietly(object));
    made
}

/// Values with their origins.
fn picture(version: &ApplicationVersion) -> Vec<(String, Value, ValueOrigin)> {
    version
        .iter()
        .map(|it| (it.path().to_string(), it.value().expose().clone(), it.origin().clone()))
        .collect()
}

async fn play(events: Vec<Event>, ends_by_reload: bool) {
    let mut objects: [Value; LAYERS.len()] = std::array::from_fn(|_| json!({}));
    let made = application(&objects);
    let application = made.start().await;
    let valid = Arc::new(AtomicBool::new(true));
    let mut updates = application.subscribe();
    let seen = valid.clone();
    let reader = tokio::spawn(async move {
        while let Some(update) = updates.next().await {
            seen.fetch_and(is_valid(&tree(&update.version)), Ordering::Relaxed);
        }
    });
    for event in events {
        match event {
            Event::Change(at, object) => {
                made.source(LAYERS[at]).set(&object);
                objects[at] = object;
            }
            Event::Fail(at, invalid) => {
                let fault = if invalid { SourceFault::Invalid } else { SourceFault::Unavailable };
                made.source(LAYERS[at]).fail(Some(fault));
            }
            Event::Recover(at) => made.source(LAYERS[at]).fail(None),
            Event::Reload(at) => drop(application.reload(at.map(|at| LAYERS[at])).await.unwrap()),
            Event::Rollback(steps) => drop(application.rollback(steps)),
            Event::Yield(times) => {
                for _ in 0..times {
                    tokio::task::yield_now().await;
                }
            }
        }
        assert!(is_valid(&tree(&application.version())), "what is in force is valid");
    }
    // Whoever wrote what is refused corrects it, and everything is well again.
    for (at, object) in objects.iter_mut().enumerate() {
        let members = object.as_object_mut().unwrap();
        members.retain(|name, value| name != "pool" || is_valid(&json!({"pool": value})));
        members.remove("debug");
        let source = made.source(LAYERS[at]);
        source.fail_quietly(None);
        source.set(object);
    }
    let fresh = self::application(&objects).start().await;
    let fresh = picture(&fresh.version());
    match ends_by_reload {
        true => {
            let report = application.reload(None).await.unwrap();
            assert_eq!(report.status, ReloadStatus::Success);
            assert_eq!(picture(&application.version()), fresh);
        }
        // Nobody asks: the tasks find out by themselves.
        false => until("all is followed", || picture(&application.versions()[0]) == fresh).await,
    }
    assert!(
        application.sources().iter().all(|it| it.faults.is_empty() && it.failure.is_none())
            || !ends_by_reload
    );
    drop(application);
    reader.await.unwrap();
    assert!(valid.load(Ordering::Relaxed), "subscribers see what is valid alone");
}

#[test]
fn any_interleaving_ends_in_what_a_fresh_start_computes() {
    let cases = if std::env::var_os("CONFDECK_LONG").is_some() { 1_000 } else { 100 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
        .run(&(events(), any::<bool>()), |(events, ends_by_reload)| {
            runtime.block_on(play(events, ends_by_reload));
            Ok(())
        })
        .unwrap();
}
