//! A made-up source, and an application of some.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::super::layer::Layer;
use super::super::*;
use crate::provider::env::EnvVariables;

/// A source whose contents a test sets.
pub(crate) struct FakeSource {
    state: Mutex<FakeState>,
    changed: Notify,
    pub(crate) loads: AtomicU64,
}

struct FakeState {
    contents: LayerContents,
    number: u64,
    fault: Option<SourceFault>,
    hangs: bool,
    /// What the answer of the next load waits for.
    held: Option<Arc<Notify>>,
}

impl FakeSource {
    pub(crate) fn new(object: &Value) -> Arc<Self> {
        let contents = contents(object);
        let state = FakeState { contents, number: 1, fault: None, hangs: false, held: None };
        Arc::new(Self { state: Mutex::new(state), changed: Notify::new(), loads: AtomicU64::new(0) })
    }

    /// Other contents, which are not told to those who follow it.
    pub(crate) fn set_quietly(&self, object: &Value) {
        let mut state = self.state.lock();
        state.number += 1;
        state.contents = contents(object);
        state.contents.revision = LayerRevision(state.number.to_string().into());
    }

    pub(crate) fn set(&self, object: &Value) {
        self.set_quietly(object);
        self.changed.notify_one();
    }

    pub(crate) fn set_contents(&self, contents: LayerContents) {
        let mut state = self.state.lock();
        state.number += 1;
        state.contents = contents;
        state.contents.revision = LayerRevision(state.number.to_string().into());
        drop(state);
        self.changed.notify_one();
    }

    pub(crate) fn fail_quietly(&self, fault: Option<SourceFault>) {
        self.state.lock().fault = fault;
    }

    pub(crate) fn fail(&self, fault: Option<SourceFault>) {
        self.fail_quietly(fault);
        self.changed.notify_one();
    }

    pub(crate) fn hang(&self, hangs: bool) {
        self.state.lock().hangs = hangs;
    }

    /// Lets the next load answer with what is there now, once it is told to.
    pub(crate) fn hold_next(&self) -> Arc<Notify> {
        let release = Arc::new(Notify::new());
        self.state.lock().held = Some(release.clone());
        release
    }

    pub(crate) fn notify(&self) {
        self.changed.notify_one();
    }
}

#[async_trait]
impl Source for FakeSource {
    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        if self.state.lock().hangs {
            std::future::pending::<()>().await;
        }
        let held = self.state.lock().held.take();
        if let Some(release) = held {
            let contents = self.state.lock().contents.clone();
            release.notified().await;
            return Ok(Load::Contents(contents));
        }
        // Others come in between, as they do where a source waits for a server.
        tokio::task::yield_now().await;
        let state = self.state.lock();
        match state.fault {
            Some(fault) => Err(source_error(fault)),
            None if known == Some(&state.contents.revision) => Ok(Load::Unchanged),
            None => Ok(Load::Contents(state.contents.clone())),
        }
    }

    async fn changed(&self) {
        self.changed.notified().await;
    }
}

pub(crate) fn source_error(fault: SourceFault) -> SourceError {
    let (place, reason, remedy) = ("the source".into(), "it is away".into(), "bring it back".into());
    SourceError { fault, place, reason, remedy }
}

/// The members of an object as a layer has them, each on a line of its own.
pub(crate) fn contents(object: &Value) -> LayerContents {
    let mut values = BTreeMap::new();
    flatten(object, &mut Vec::new(), &mut values);
    LayerContents { revision: LayerRevision("1".into()), values }
}

fn flatten(value: &Value, path: &mut Vec<Arc<str>>, found: &mut BTreeMap<SettingPath, LayerValue>) {
    match value {
        Value::Object(members) if !members.is_empty() || path.is_empty() => {
            for (name, member) in members {
                path.push(name.as_str().into());
                flatten(member, path, found);
                path.pop();
            }
        }
        _ => {
            let place = place(found.len() + 1);
            let value = SourceValue::Typed(SettingValue::new(value.clone()));
            found.insert(SettingPath::new(path.clone()).unwrap(), LayerValue { value, place });
        }
    }
}

pub(crate) fn place(line: usize) -> ValuePlace {
    ValuePlace::File { path: Arc::new("app.yaml".into()), line, column: 1, variables: Vec::new() }
}

/// The contents of a layer that has text alone.
pub(crate) fn texts(pairs: &[(&str, &str)]) -> LayerContents {
    let value = |(path, text): &(&str, &str)| {
        let value = SourceValue::Text((*text).to_owned().into());
        (self::path(path), LayerValue { value, place: ValuePlace::Variable(path.to_uppercase().into()) })
    };
    LayerContents { revision: LayerRevision("1".into()), values: pairs.iter().map(value).collect() }
}

pub(crate) fn path(text: &str) -> SettingPath {
    text.parse().unwrap()
}

pub(crate) fn layer_spec(name: &str, rank: u32) -> LayerSpec {
    LayerSpec { name: name.into(), rank, required: false, kind: LayerKind::Arguments, place: spec_place() }
}

pub(crate) fn spec_place() -> SpecPlace {
    SpecPlace { path: Arc::new("app.toml".into()), line: 1, column: 1 }
}

pub(crate) fn setting(value_type: ValueType) -> SettingSpec {
    SettingSpec::new(value_type, spec_place())
}

/// An application to be: layers, settings and a rule.
#[derive(Default)]
pub(crate) struct TestApplication {
    pub(crate) layers: Vec<(LayerSpec, Arc<FakeSource>)>,
    pub(crate) settings: BTreeMap<SettingPath, SettingSpec>,
    /// An expression that is true of a violation.
    pub(crate) rule: Option<&'static str>,
    pub(crate) state: Option<PathBuf>,
}

impl TestApplication {
    /// A layer for each name, the first the lowest.
    pub(crate) fn with(names: &[&str]) -> Self {
        let layers = names.iter().zip(1..);
        let layers = layers.map(|(name, rank)| (layer_spec(name, rank * 10), FakeSource::new(&json!({}))));
        Self { layers: layers.collect(), ..Self::default() }
    }

    pub(crate) fn setting(mut self, path: &str, spec: SettingSpec) -> Self {
        self.settings.insert(self::path(path), spec);
        self
    }

    pub(crate) fn source(&self, name: &str) -> Arc<FakeSource> {
        self.layers.iter().find(|(spec, _)| *spec.name == *name).unwrap().1.clone()
    }

    pub(crate) fn builder(&self) -> ApplicationBuilder {
        let spec = ApplicationSpec {
            name: "test".into(),
            folder: PathBuf::new(),
            layers: self.layers.iter().map(|(spec, _)| spec.clone()).collect(),
            settings: self.settings.clone(),
            rules: self.rule.map(rules).unwrap_or_default(),
            state: self.state.clone(),
            ..ApplicationSpec::default()
        };
        let builder = Application::builder(spec);
        self.layers.iter().fold(builder, |it, (spec, source)| it.source(&spec.name, source.clone()))
    }

    pub(crate) async fn start(&self) -> Application {
        self.builder().start().await.unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Waits until something is so, which it must be soon.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "not so after 20 s: {what}");
}

/// One rule, as an application file has it.
fn rules(when: &str) -> SpecRules {
    let text = format!(
        "name = \"test\"\n[[rules]]\nid = \"the-rule\"\nwhen = '{when}'\nmessage = \"they do not go together\"\n"
    );
    let variables = EnvVariables::of([("", ""); 0]);
    let spec = ApplicationSpec::parse("app.toml".as_ref(), &text, &variables);
    spec.unwrap_or_else(|error| panic!("{error}")).rules
}

pub(crate) fn declared(settings: BTreeMap<SettingPath, SettingSpec>) -> ApplicationSpec {
    ApplicationSpec { settings, ..ApplicationSpec::default() }
}

/// A layer of an object.
pub(crate) fn layer(name: &str, rank: u32, object: &Value, declared: &ApplicationSpec) -> Arc<Layer> {
    let layer = Layer::new(&layer_spec(name, rank), contents(object), declared);
    Arc::new(layer.unwrap_or_else(|faults| panic!("{faults:?}")))
}

/// All values as one object.
pub(crate) fn tree(version: &ApplicationVersion) -> Value {
    version.settings().unwrap()
}
