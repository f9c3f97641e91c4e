//! An application of real files: two that people write, the environment, and overrides.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::super::*;
use super::support::path;
use crate::provider::env::EnvVariables;

const APPLICATION: &str = r#"
name = "billing"
[[layers]]
kind = "file"
name = "base"
path = "base.yaml"
[[layers]]
kind = "file"
name = "site"
path = "site.toml"
[[layers]]
kind = "environment"
prefix = "APP_"
[[layers]]
kind = "runtime"
path = "runtime.json"

[settings."database.pool_size"]
type = "integer"
default = 5
min = 1
max = 100
[settings."database.timeout"]
type = "duration"
default = "30s"
[settings."database.password"]
secret = true
[settings.debug]
type = "boolean"
default = false
[settings.environment]
allowed = ["staging", "production"]
default = "staging"
[[rules]]
id = "no-debug-in-production"
when = 'environment == "production" && debug'
message = "debug must be off in production"
"#;

pub(super) const BASE: &str = "# kept by hand\ndatabase:\n  pool_size: 10 # of each process\n  password: planted-one\nregion: eu\n\
    zone: ${ZONE}\n";

/// The files of an application, and how it is opened.
pub(super) struct Files {
    folder: tempfile::TempDir,
    pub(super) application: String,
    pub(super) variables: Vec<(&'static str, String)>,
}

impl Files {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("base.yaml"), BASE).unwrap();
        std::fs::write(folder.path().join("site.toml"), "[database]\npool_size = 20\n").unwrap();
        Self { folder, application: APPLICATION.into(), variables: vec![("ZONE", "a".into())] }
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.at(name)).unwrap()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).unwrap();
    }

    pub(super) fn options(&self) -> OpenOptions {
        OpenOptions::new().variables(Arc::new(EnvVariables::of(self.variables.iter().cloned())))
    }

    pub(super) async fn open_with(&self, options: OpenOptions) -> Application {
        self.write("app.toml", &self.application);
        options.open(&self.at("app.toml")).await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) async fn open(&self) -> Application {
        self.open_with(self.options()).await
    }
}

pub(super) fn some(value: Value) -> Option<SettingValue> {
    Some(SettingValue::new(value))
}

pub(super) fn write(layer: &str, at: &str, value: Option<SettingValue>) -> SettingWrite {
    SettingWrite { layer: layer.into(), path: path(at), value }
}

pub(super) async fn set(
    application: &Application,
    at: &str,
    value: Value,
    layer: Option<&str>,
) -> AppliedPlan {
    let set = application.set(&path(at), some(value), layer).await;
    set.unwrap_or_else(|error| panic!("{error}"))
}
