//! 10,000 settings over six layers: a reload of all, one value that changes, a look-up; beside `figment` and
//! `config`, which read the same files. They have no origins with places, no shadowed values and no versions.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use confdeck::application::{Application, ApplicationSpec, OpenOptions};
use confdeck::provider::env::EnvVariables;
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
    let _ = write!(text, ",\n  \"changes_{layer}\": {changed}\n}}\n");
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

/// All settings are declared, and a rule reads some of them, so that a tree of all is made.
fn spec(folder: &Path, variables: &EnvVariables) -> Option<ApplicationSpec> {
    let mut text = String::from("name = \"bench\"\n");
    // Writing to a text cannot fail.
    for layer in 0..LAYERS {
        let _ = write!(text, "[[layers]]\nkind = \"file\"\npath = \"{layer}.json\"\nwatch = false\n");
    }
    for number in 0..SETTINGS {
        let section = number / SECTION;
        let _ = write!(text, "[settings.\"section_{section}.setting_{number}\"]\ntype = \"json\"\n");
    }
    text.push_str(
        "[[rules]]\nid = \"one\"\nwhen = 'section_50.setting_5000 < 0'\nmessage = \"it is too small\"\n",
    );
    ApplicationSpec::parse(&folder.join("bench.toml"), &text, variables).ok()
}

/// The application of six files as it is opened, but for the application file itself, which is read before.
struct Bench {
    options: OpenOptions,
    spec: ApplicationSpec,
}

impl Bench {
    fn new(folder: &Path) -> Option<Self> {
        let variables = Arc::new(EnvVariables::of([("", ""); 0]));
        let spec = spec(folder, &variables)?;
        Some(Self { options: OpenOptions::new().variables(variables), spec })
    }

    async fn open(&self) -> Option<Application> {
        self.options.builder(self.spec.clone()).ok()?.start().await.ok()
    }
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
    let Some(application) = Bench::new(folder.path()) else { return };
    bench.bench_function("load 10,000 settings of 6 files", |bench| {
        bench.iter(|| runtime.block_on(application.open()).map(|it| it.version().number()));
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
    let opened = Bench::new(folder.path()).and_then(|it| runtime.block_on(it.open()));
    let Some(application) = opened else { return };
    bench.bench_function("reload 10,000 settings of 6 unchanged files", |bench| {
        bench.iter(|| runtime.block_on(application.reload(None)).map(|it| it.version));
    });
    let mut changed = 0;
    bench.bench_function("reload 10,000 settings of 6 changed files", |bench| {
        bench.iter_custom(|times| {
            let mut took = Duration::ZERO;
            for _ in 0..times {
                changed += 1;
                if (0..LAYERS)
                    .any(|layer| fs::write(file(folder.path(), layer), text(layer, changed)).is_err())
                {
                    break;
                }
                let begin = Instant::now();
                let _ = black_box(runtime.block_on(application.reload(None)));
                took += begin.elapsed();
            }
            took
        });
    });
    let layers = application.sources();
    let Some(name) = layers.iter().rev().nth(CHANGED_LAYER + 1).map(|layer| layer.name.clone()) else {
        return;
    };
    bench.bench_function("put one changed value of 10,000 in force", |bench| {
        // From the answer of the source on, without the reading of the file.
        bench.iter_custom(|times| {
            let mut took = Duration::ZERO;
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
    let opened = Bench::new(folder.path()).and_then(|it| runtime.block_on(it.open()));
    let Some(application) = opened else { return };
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
