//! Applications' settings over real files, a real etcd and a real HTTP server: the remote sources, and whole
//! applications.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test says what is wrong by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod declared;
mod etcd;
mod etcd_layer;
mod etcd_outage;
mod etcd_writing;
mod http;
mod http_failures;
mod latency;
mod outages;
mod running;
mod secrets;
mod systems;
mod written;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use confdeck::application::{
    LayerContents, LayerKind, LayerRevision, LayerSpec, Load, SettingPath, SettingSpec, Source, SourceError,
    SourceFault, SourceValue, SpecPlace, ValueType,
};
use serde_json::{Value, json};

/// How long any condition may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

fn path(text: &str) -> SettingPath {
    text.parse().unwrap()
}

fn place() -> SpecPlace {
    SpecPlace { path: Arc::new(PathBuf::from("app.toml")), line: 3, column: 1 }
}

fn setting(value_type: ValueType, key: Option<&str>) -> SettingSpec {
    SettingSpec { etcd_key: key.map(Into::into), ..SettingSpec::new(value_type, place()) }
}

/// Settings that declare these types and keys.
fn settings(declared: &[(&str, ValueType, &str)]) -> BTreeMap<SettingPath, SettingSpec> {
    let one =
        |(name, value_type, key): &(&str, ValueType, &str)| (path(name), setting(*value_type, Some(key)));
    declared.iter().map(one).collect()
}

fn layer(kind: LayerKind) -> LayerSpec {
    LayerSpec { name: "remote".into(), rank: 30, required: false, kind, place: place() }
}

async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Everything that the source holds.
async fn contents(source: &impl Source) -> LayerContents {
    match within("a load", source.load(None)).await {
        Ok(Load::Contents(contents)) => contents,
        Ok(Load::Unchanged) => panic!("unchanged since nothing was loaded"),
        Err(error) => panic!("{error}"),
    }
}

async fn is_unchanged(source: &impl Source, known: &LayerRevision) -> bool {
    match within("a load", source.load(Some(known))).await {
        Ok(load) => matches!(load, Load::Unchanged),
        Err(error) => panic!("{error}"),
    }
}

async fn refused(source: &impl Source) -> SourceError {
    let error = match within("a load", source.load(None)).await {
        Ok(_) => panic!("it was loaded"),
        Err(error) => error,
    };
    assert_says_no_secret(&error.to_string());
    assert!(!error.remedy.is_empty() && !error.place.is_empty(), "{error:?}");
    error
}

async fn refused_as(source: &impl Source, fault: SourceFault) -> String {
    let error = refused(source).await;
    assert_eq!(error.fault, fault, "{error}");
    error.to_string()
}

/// Loads at each change until the layer has what is wanted, as an engine does.
async fn until(source: &impl Source, what: &str, wanted: impl Fn(&Value) -> bool) -> LayerContents {
    within(what, async {
        loop {
            if let Ok(Load::Contents(contents)) = source.load(None).await
                && wanted(&shown(&contents))
            {
                return contents;
            }
            source.changed().await;
        }
    })
    .await
}

/// Loads at each change until the layer cannot be loaded.
async fn until_refused(source: &impl Source) -> SourceError {
    within("a failure", async {
        loop {
            match source.load(None).await {
                Ok(_) => source.changed().await,
                Err(error) => return error,
            }
        }
    })
    .await
}

/// The values by their paths; text as text.
fn shown(contents: &LayerContents) -> Value {
    let value = |value: &SourceValue| match value {
        SourceValue::Typed(value) => value.expose().clone(),
        SourceValue::Text(text) => json!(**text),
    };
    contents.values.iter().map(|(path, layer)| (path.to_string(), value(&layer.value))).collect()
}

fn place_of(contents: &LayerContents, name: &str) -> String {
    contents.values[&path(name)].place.to_string()
}

fn facts(source: &impl Source) -> BTreeMap<&'static str, String> {
    let facts: BTreeMap<_, _> = source.facts().into_iter().collect();
    facts.values().for_each(|fact| assert_says_no_secret(fact));
    facts
}

#[track_caller]
fn assert_says_no_secret(text: &str) {
    assert!(!text.contains(support::planted::MARK), "{}", text.replace(support::planted::MARK, "planted_"));
}
