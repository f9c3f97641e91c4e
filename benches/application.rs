//! 10,000 settings over six layers: a reload of all, one value that changes, a look-up; beside `figment` and
//! `config`, which read the same files. They have no origins with places, no shadowed values and no versions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use confdeck::application::{
    Application, ApplicationSpec, LayerContents, LayerKind, LayerRevision, LayerSpec, LayerValue, Load,
    SettingFault, SettingPath, SettingSpec, SettingValidator, SettingValue, Source, SourceError, SourceFault,
    SourceValue, SpecPlace, ValuePlace, ValueType,
};
use criterion::{Criterion, criterion_group, criterion_main};
use figment::providers::Format as _;
use serde_json::Value;
use tempfile::TempDir;

const SETTINGS: usize = 10_000;
const LAYERS: usize = 6;
/// Settings in one section.
const SECTION: usize = 100;
/// The setting that is looked up, and that changes: the highest layer has it.
const LOOKED_UP: &str = "section_50.setting_5000";

/// The lowest layer has every setting, and each higher one half as many.
fn text(layer: usize, changed: u64) -> String {
    let mut text = String::from("{");
    for section in 0..SETTINGS / SECTION {
        let numbers = section * SECTION..(section + 1) * SECTION;
        let comma = if section == 0 { "" } else { "," };
        // Writing to a text cannot fail.
        let _ = write!(text, "{comma}\n  \"section_{section}\": {{");
        for (at, number) in numbers.filter(|number| number.is_multiple_of(1 << layer)).enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let value = match (number, number % 3) {
                (5_000, _) => format!("{changed}"),
                (_, 0) => format!("\"value {number} of the layer {layer}\""),
                (_, 1) => format!("{number}"),
                _ => format!("[{number}, \"x\"]"),
            };
            let _ = write!(text, "{comma}\n    \"setting_{number}\": {value}");
        }
        text.push_str("\n  }");
    }
    text.push_str("\n}\n");
    text
}

fn file(folder: &Path, layer: usize) -> PathBuf {
    folder.join(format!("{layer}.json"))
}

/// The highest layer that has [`LOOKED_UP`].
const CHANGED_LAYER: usize = 3;

fn files() -> Option<TempDir> {
    let folder = tempfile::tempdir().ok()?;
    for layer in 0..LAYERS {
        fs::write(file(folder.path(), layer), text(layer, 0)).ok()?;
    }
    Some(folder)
}

/// A layer that is a file of JSON, read again at each load.
struct JsonFile {
    path: Arc<PathBuf>,
    loads: AtomicU64,
}

fn unreadable(path: &Path) -> SourceError {
    SourceError {
        fault: SourceFault::Invalid,
        place: path.display().to_string(),
        reason: "it cannot be read".into(),
        remedy: "write it anew".into(),
    }
}

#[async_trait]
impl Source for JsonFile {
    async fn load(&self, _: Option<&LayerRevision>) -> Result<Load, SourceError> {
        let read = fs::read_to_string(&*self.path).ok().and_then(|text| serde_json::from_str(&text).ok());
        let Some(object): Option<Value> = read else { return Err(unreadable(&self.path)) };
        let mut values = BTreeMap::new();
        let mut lines = 1..;
        for (section, members) in object.as_object().into_iter().flatten() {
            for (name, value) in members.as_object().into_iter().flatten() {
                let path = SettingPath::new([section.as_str(), name.as_str()]);
                let (Ok(path), Some(line)) = (path, lines.next()) else { return Err(unreadable(&self.path)) };
                let place =
                    ValuePlace::File { path: self.path.clone(), line, column: 1, variables: Vec::new() };
                let value = SourceValue::Typed(SettingValue::new(value.clone()));
                values.insert(path, LayerValue { value, place });
            }
        }
        let revision = self.loads.fetch_add(1, Ordering::Relaxed).to_string();
        Ok(Load::Contents(LayerContents { revision: LayerRevision(revision.into()), values }))
    }

    async fn changed(&self) {
        std::future::pending().await
    }
}

/// Judges every setting, and has a rule, so that a tree of all is made.
struct Judge;

impl SettingValidator for Judge {
    fn coerce(&self, _: &SettingSpec, value: &SourceValue) -> Result<SettingValue, String> {
        match value {
            SourceValue::Typed(value) => Ok(value.clone()),
            SourceValue::Text(text) => Ok(SettingValue::new(text.as_str().into())),
        }
    }

    fn check(&self, _: &SettingSpec, value: &SettingValue) -> Result<(), String> {
        if value.expose().is_null() { Err("must not be null".into()) } else { Ok(()) }
    }

    fn has_rules(&self) -> bool {
        true
    }

    fn judge(&self, settings: &Value) -> Vec<SettingFault> {
        black_box(settings);
        Vec::new()
    }
}

fn place() -> SpecPlace {
    SpecPlace { path: Arc::default(), line: 1, column: 1 }
}

/// All settings are declared.
fn spec(folder: &Path) -> ApplicationSpec {
    let declared = |number: usize| {
        let path = SettingPath::new([format!("section_{}", number / SECTION), format!("setting_{number}")]);
        let spec = SettingSpec {
            value_type: ValueType::Json,
            default: None,
            required: false,
            secret: false,
            allowed: Vec::new(),
            min: None,
            max: None,
            min_length: None,
            pattern: None,
            description: "".into(),
            variable: None,
            etcd_key: None,
            place: place(),
        };
        path.ok().map(|path| (path, spec))
    };
    let layer = |(layer, rank): (usize, u32)| LayerSpec {
        name: layer.to_string().into(),
        rank,
        required: true,
        kind: LayerKind::Arguments,
        place: place(),
    };
    ApplicationSpec {
        name: "bench".into(),
        folder: folder.to_owned(),
        layers: (0..LAYERS).zip(1..).map(layer).collect(),
        settings: (0..SETTINGS).filter_map(declared).collect(),
        rules: Vec::new(),
        state: None,
    }
}

async fn application(folder: &Path) -> Option<Application> {
    let builder = (0..LAYERS).fold(Application::builder(spec(folder), Box::new(Judge)), |builder, layer| {
        let path = Arc::new(file(folder, layer));
        builder.source(&layer.to_string(), Arc::new(JsonFile { path, loads: AtomicU64::new(0) }))
    });
    builder.start().await.ok()
}

fn merged_by_figment(folder: &Path) -> figment::Figment {
    let add = |figment: figment::Figment, layer| {
        figment.merge(figment::providers::Json::file_exact(file(folder, layer)))
    };
    (0..LAYERS).fold(figment::Figment::new(), add)
}

fn merged_by_config(folder: &Path) -> Option<config::Config> {
    let add = |builder: config::ConfigBuilder<config::builder::DefaultState>, layer| {
        builder.add_source(config::File::from(file(folder, layer)))
    };
    (0..LAYERS).fold(config::Config::builder(), add).build().ok()
}

fn load(bench: &mut Criterion) {
    let (Some(folder), Ok(runtime)) = (files(), tokio::runtime::Runtime::new()) else { return };
    bench.bench_function("load 10,000 settings of 6 files", |bench| {
        bench.iter(|| runtime.block_on(application(folder.path())).map(|it| it.version().number()));
    });
    bench.bench_function("load 10,000 settings of 6 files: figment", |bench| {
        // It reads when it is asked.
        bench.iter(|| merged_by_figment(folder.path()).extract::<Value>().ok());
    });
    bench.bench_function("load 10,000 settings of 6 files: config", |bench| {
        bench.iter(|| merged_by_config(folder.path()));
    });
}

fn reload(bench: &mut Criterion) {
    let (Some(folder), Ok(runtime)) = (files(), tokio::runtime::Runtime::new()) else { return };
    let Some(application) = runtime.block_on(application(folder.path())) else { return };
    bench.bench_function("reload 10,000 settings of 6 files", |bench| {
        bench.iter(|| runtime.block_on(application.reload(None)).map(|it| it.version));
    });
    let mut changed = 0;
    let name = CHANGED_LAYER.to_string();
    bench.bench_function("put one changed value of 10,000 in force", |bench| {
        // From the answer of the source on, without the reading of the file.
        bench.iter_custom(|times| {
            let mut took = std::time::Duration::ZERO;
            for _ in 0..times {
                changed += 1;
                if fs::write(file(folder.path(), CHANGED_LAYER), text(CHANGED_LAYER, changed)).is_err() {
                    break;
                }
                let report = runtime.block_on(application.reload(Some(&name)));
                took += report.map(|it| it.took).unwrap_or_default();
            }
            took
        });
    });
    let in_force = application.get::<u64>(LOOKED_UP).ok();
    assert_eq!(in_force, Some(changed), "the changes were in force");
}

fn get(bench: &mut Criterion) {
    let (Some(folder), Ok(runtime)) = (files(), tokio::runtime::Runtime::new()) else { return };
    let Some(application) = runtime.block_on(application(folder.path())) else { return };
    bench.bench_function("get one of 10,000 settings", |bench| {
        bench.iter(|| application.get::<u64>(black_box(LOOKED_UP)).ok());
    });
    let figment = merged_by_figment(folder.path());
    // Its providers are read once, as an application that keeps it would.
    let read = figment.extract::<Value>().ok();
    let figment = figment::Figment::from(figment::providers::Serialized::defaults(read));
    bench.bench_function("get one of 10,000 settings: figment", |bench| {
        bench.iter(|| figment.extract_inner::<u64>(black_box(LOOKED_UP)).ok());
    });
    let Some(config) = merged_by_config(folder.path()) else { return };
    bench.bench_function("get one of 10,000 settings: config", |bench| {
        bench.iter(|| config.get::<u64>(black_box(LOOKED_UP)).ok());
    });
}

criterion_group!(benches, load, reload, get);
criterion_main!(benches);
