//! The demo's application: six layers in memory, of which one goes stale, and one has a newer value that is refused.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::application::{
    Application, ApplicationSpec, LayerContents, LayerRevision, LayerValue, LayerWriteError, LayerWriteFault,
    LayerWriter, Load, SettingPath, SettingValue, Source, SourceError, SourceFault, SourceValue, ValuePlace,
};
use crate::console::runtime::OpenApplication;
use crate::domain::Revision;
use crate::provider::env::EnvVariables;

/// The name of its file, which is not on disk.
const FILE: &str = "billing.toml";

const SPEC: &str = include_str!("application.toml");

/// When one layer goes stale and another gets what is refused.
const QUIET: Duration = Duration::from_secs(1);

/// The interval between two changes.
const PACE: Duration = Duration::from_secs(9);

/// What the layers hold: path and value, as text or as JSON.
const CONFIG: &[(&str, &str)] = &[
    ("cache.ttl", "\"45s\""),
    ("database.pool_size", "10"),
    ("http.timeout", "\"30s\""),
    ("mail.sender", "\"billing@example.com\""),
    ("worker.queues", "[\"invoices\", \"reminders\"]"),
];
const ENVIRONMENT: &[(&str, &str)] = &[
    ("database.pool_size", "15"),
    ("database.url", "postgresql://billing:demo-Plaintext-5@db.example/billing"),
    ("environment", "production"),
];
const ETCD: &[(&str, &str)] =
    &[("database.pool_size", "20"), ("limits.upload", "64MiB"), ("worker.count", "4")];
const REMOTE: &[(&str, &str)] = &[
    ("features.new_invoice", "true"),
    ("log.level", "\"WARNING\""),
    ("mail.api_key", "\"demo-Plaintext-6\""),
];
const OVERRIDES: &[(&str, &str)] = &[("log.level", "\"DEBUG\"")];

/// The name of the application's file, and what opens the application.
pub fn demo_application() -> (String, OpenApplication) {
    let open = || -> BoxFuture<'static, Result<Application, String>> { open().boxed() };
    (FILE.into(), Arc::new(open))
}

async fn open() -> Result<Application, String> {
    let DemoApplication { spec, config, environment, etcd, remote, overrides } = DemoApplication::new()?;
    let application = Application::builder(spec)
        .source("config", Arc::clone(&config) as Arc<dyn Source>)
        .source("environment", environment)
        .source("etcd", Arc::clone(&etcd) as Arc<dyn Source>)
        .source("http", Arc::clone(&remote) as Arc<dyn Source>)
        .source("runtime", Arc::clone(&overrides) as Arc<dyn Source>)
        .writer("config", Arc::clone(&config) as Arc<dyn LayerWriter>)
        .writer("etcd", Arc::clone(&etcd) as Arc<dyn LayerWriter>)
        .writer("runtime", overrides)
        .start()
        .await
        .map_err(|error| error.to_string())?;
    tokio::spawn(simulate(config, etcd, remote));
    Ok(application)
}

/// The application with its layers, the defaults apart.
pub(crate) struct DemoApplication {
    pub(crate) spec: ApplicationSpec,
    pub(crate) config: Arc<DemoLayer>,
    pub(crate) environment: Arc<DemoLayer>,
    pub(crate) etcd: Arc<DemoLayer>,
    pub(crate) remote: Arc<DemoLayer>,
    pub(crate) overrides: Arc<DemoLayer>,
}

impl DemoApplication {
    pub(crate) fn new() -> Result<Self, String> {
        let variables = EnvVariables::of([("ENVIRONMENT", "production")]);
        let spec = ApplicationSpec::parse(Path::new(FILE), SPEC, &variables);
        let layer = |values, is_typed, place: PlaceOf| Arc::new(DemoLayer::new(values, is_typed, place));
        Ok(Self {
            spec: spec.map_err(|error| error.to_string())?,
            config: layer(CONFIG, true, |_, line, _| file("config/production.yaml", line)),
            environment: layer(ENVIRONMENT, false, |path, _, _| {
                ValuePlace::Variable(path.names().collect::<Vec<_>>().join("_").to_uppercase().into())
            }),
            etcd: layer(ETCD, false, |path, _, revision| ValuePlace::EtcdKey {
                key: etcd_key(path).into(),
                revision: Revision(48_190 + revision),
                pointer: "".into(),
            }),
            remote: layer(REMOTE, true, |path, _, _| ValuePlace::Url {
                url: "https://config.example/billing.json".into(),
                etag: Some("\"7f3a\"".into()),
                pointer: path.pointer().into(),
            }),
            overrides: layer(OVERRIDES, true, |_, line, _| file("runtime.json", line)),
        })
    }
}

/// Changes layers as others would, as long as the program runs.
async fn simulate(config: Arc<DemoLayer>, etcd: Arc<DemoLayer>, remote: Arc<DemoLayer>) {
    sleep(QUIET).await;
    remote.fail();
    config.put("cache.ttl", "\"soon\"");
    for count in (4..9).cycle() {
        sleep(PACE).await;
        etcd.put("worker.count", &count.to_string());
    }
}

fn file(path: &str, line: usize) -> ValuePlace {
    ValuePlace::File { path: Arc::new(path.into()), line, column: 3, variables: Vec::new() }
}

/// `/APPS/Billing/Database/PoolSize`
fn etcd_key(path: &SettingPath) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    let names: Vec<String> = path.names().map(|name| name.split('_').map(capital).collect()).collect();
    format!("/APPS/Billing/{}", names.join("/"))
}

/// The place of a value, by its path, its line and the revision of its layer.
type PlaceOf = fn(&SettingPath, usize, u64) -> ValuePlace;

/// A layer in memory.
pub(crate) struct DemoLayer {
    /// Whether its values have types, or are texts.
    is_typed: bool,
    place: PlaceOf,
    state: Mutex<DemoLayerState>,
    changed: Notify,
}

struct DemoLayerState {
    revision: u64,
    values: BTreeMap<SettingPath, SourceValue>,
    fails: bool,
}

impl DemoLayerState {
    fn revision(&self) -> LayerRevision {
        LayerRevision(self.revision.to_string().into())
    }
}

impl DemoLayer {
    fn new(values: &[(&str, &str)], is_typed: bool, place: PlaceOf) -> Self {
        let state = DemoLayerState { revision: 0, values: BTreeMap::new(), fails: false };
        let layer = Self { is_typed, place, state: Mutex::new(state), changed: Notify::new() };
        values.iter().for_each(|(path, text)| layer.put(path, text));
        layer
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let value = match (self.is_typed, serde_json::from_str(text)) {
            (true, Ok(value)) => SourceValue::Typed(SettingValue::new(value)),
            _ => SourceValue::Text(text.to_owned().into()),
        };
        if let Ok(path) = path.parse() {
            self.set(&mut self.state.lock(), path, Some(value));
        }
    }

    fn set(&self, state: &mut DemoLayerState, path: SettingPath, value: Option<SourceValue>) {
        state.revision += 1;
        match value {
            Some(value) => drop(state.values.insert(path, value)),
            None => drop(state.values.remove(&path)),
        }
        self.changed.notify_one();
    }

    pub(crate) fn fail(&self) {
        self.state.lock().fails = true;
        self.changed.notify_one();
    }
}

#[async_trait]
impl Source for DemoLayer {
    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        let state = self.state.lock();
        if state.fails {
            return Err(SourceError {
                fault: SourceFault::Unavailable,
                place: "https://config.example/billing.json".into(),
                reason: "it answers 503, Service Unavailable".into(),
                remedy: "see why the server does; it is asked again".into(),
            });
        }
        if known == Some(&state.revision()) {
            return Ok(Load::Unchanged);
        }
        let values = state.values.iter().zip(1..).map(|((path, value), line)| {
            let place = (self.place)(path, line, state.revision);
            (path.clone(), LayerValue { value: value.clone(), place })
        });
        Ok(Load::Contents(LayerContents { revision: state.revision(), values: values.collect() }))
    }

    async fn changed(&self) {
        self.changed.notified().await;
    }
}

#[async_trait]
impl LayerWriter for DemoLayer {
    async fn can_write(&self, _path: &SettingPath) -> Result<(), LayerWriteError> {
        Ok(())
    }

    async fn can_remove(&self, _path: &SettingPath) -> Result<(), LayerWriteError> {
        Ok(())
    }

    async fn write(
        &self,
        path: &SettingPath,
        value: Option<&SettingValue>,
        expect: &LayerRevision,
    ) -> Result<LayerRevision, LayerWriteError> {
        let mut state = self.state.lock();
        if state.revision() != *expect {
            return Err(LayerWriteError {
                fault: LayerWriteFault::Conflict,
                place: (self.place)(path, 1, state.revision).to_string(),
                reason: "it has changed since it was read".into(),
                remedy: "look at what it has now, and write again".into(),
            });
        }
        let value = value.map(|value| match (self.is_typed, value.expose()) {
            (true, _) => SourceValue::Typed(value.clone()),
            (false, serde_json::Value::String(text)) => SourceValue::Text(text.clone().into()),
            (false, other) => SourceValue::Text(other.to_string().into()),
        });
        self.set(&mut state, path.clone(), value);
        Ok(state.revision())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::LayerCondition;
    use crate::console::screens::settings::SettingsPicture;

    #[tokio::test]
    async fn one_layer_goes_stale_one_value_is_refused_and_one_hides_three() {
        let application = open().await.unwrap();
        let mut snapshots = application.snapshots();
        let picture = loop {
            let picture = SettingsPicture::new(snapshots.next().await);
            if picture.snapshot.layers().iter().filter(|it| it.condition != LayerCondition::Current).count()
                == 2
            {
                break picture;
            }
        };
        let layers: Vec<_> =
            picture.snapshot.layers().iter().map(|it| (&*it.name, it.condition.word())).collect();
        assert_eq!(
            layers,
            [
                ("runtime", "current"),
                ("http", "stale"),
                ("etcd", "current"),
                ("environment", "current"),
                ("config", "refused"),
                ("defaults", "current")
            ]
        );
        let of = |wanted: fn(&crate::console::screens::settings::SettingRow) -> bool| -> Vec<&str> {
            picture.rows.iter().filter(|row| wanted(row)).map(|row| &*row.text).collect()
        };
        assert_eq!(of(|row| row.invalid), ["cache.ttl"]);
        assert_eq!(of(|row| row.shadows == 3), ["database.pool_size"]);
        let shown: Vec<_> = picture.rows.iter().filter_map(|row| row.value.as_deref()).collect();
        assert!(shown.iter().all(|value| !value.contains("demo-Plaintext")), "{shown:?}");
    }
}
