//! Files as layers: what they hold, what their errors say, and when they change.

mod changes;
mod round_trips;
mod values;
mod writes;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::application::{LayerContents, SourceValue};
use crate::provider::env::EnvVariables;

fn format_of(path: &Path) -> FileFormat {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => FileFormat::Json,
        Some("yaml") => FileFormat::Yaml,
        Some("toml") => FileFormat::Toml,
        _ => FileFormat::Env,
    }
}

/// A file by its ending, in a process with a few variables.
fn layer(path: &Path) -> FileLayer {
    let variables = EnvVariables::of([("HOST", "db.example"), ("PORT", "5432"), ("FROM", "process")]);
    let names = VariableNames::new(&BTreeMap::new(), None).of_file();
    FileLayer::new(path.to_owned(), format_of(path), Vec::new(), Arc::new(variables), Arc::new(names))
}

fn source(path: &Path) -> FileSource {
    FileSource::new(layer(path))
}

async fn loaded(source: &FileSource) -> LayerContents {
    match source.load(None).await.unwrap_or_else(|error| panic!("{error}")) {
        Load::Contents(contents) => contents,
        Load::Unchanged => panic!("nothing was known"),
    }
}

async fn error_of(source: &FileSource) -> SourceError {
    source.load(None).await.err().expect("the file is refused")
}

/// Each setting: its path, its value as JSON, its line, column and variables.
fn rows(contents: &LayerContents) -> Vec<(String, serde_json::Value, String)> {
    let value = |value: &SourceValue| match value {
        SourceValue::Typed(value) => value.expose().clone(),
        SourceValue::Text(text) => serde_json::json!({ "text": text.as_str() }),
    };
    let place = |place: &crate::application::ValuePlace| {
        let place = place.to_string();
        place.rsplit_once('/').map_or(place.clone(), |(_, place)| place.to_owned())
    };
    let rows = contents.values.iter();
    rows.map(|(path, at)| (path.to_string(), value(&at.value), place(&at.place))).collect()
}

fn row(path: &str, value: serde_json::Value, place: &str) -> (String, serde_json::Value, String) {
    (path.to_owned(), value, place.to_owned())
}
