//! Applications opened by their files, over real files, a real etcd and a real HTTP server.

use std::fs;
use std::path::Path;

use confdeck::application::{Application, LayerCondition, LayerStatus, OpenApplicationError, OpenOptions};
use confdeck::provider::env::EnvVariables;

use super::*;

/// A folder with an application file and what its layers read.
pub(super) struct AppFolder {
    pub(super) folder: tempfile::TempDir,
    file: PathBuf,
}

impl AppFolder {
    pub(super) fn new(application: &str) -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap(), file: "app.toml".into() };
        made.write("app.toml", application);
        made
    }

    /// An example of `examples/applications`, with its files.
    pub(super) fn example(file: &str) -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap(), file: file.into() };
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/applications");
        copy(&examples, made.folder.path());
        made
    }

    /// Puts a file there whole, as editors do.
    pub(super) fn write(&self, name: &str, text: &str) {
        let (new, file) = (self.folder.path().join("new"), self.folder.path().join(name));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&new, text).unwrap();
        fs::rename(new, file).unwrap();
    }

    pub(super) fn options(variables: &[(&str, &str)]) -> OpenOptions {
        OpenOptions::new().variables(Arc::new(EnvVariables::of(variables.iter().copied())))
    }

    pub(super) async fn open(&self, variables: &[(&str, &str)]) -> Application {
        self.open_with(Self::options(variables)).await
    }

    pub(super) async fn open_with(&self, options: OpenOptions) -> Application {
        self.try_open(options).await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) async fn try_open(&self, options: OpenOptions) -> Result<Application, OpenApplicationError> {
        within("a start", options.open(&self.folder.path().join(&self.file))).await
    }

    /// Why it does not start.
    pub(super) async fn refused(&self, variables: &[(&str, &str)]) -> String {
        let error = self.try_open(Self::options(variables)).await.err().expect("it started");
        assert_says_no_secret(&format!("{error:?}"));
        let told = error.to_string().replace(self.folder.path().to_str().unwrap(), "FOLDER");
        assert_says_no_secret(&told);
        told
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(fs::copy(path, to).unwrap()),
        }
    }
}

/// All settings in force, as one object.
pub(super) fn all(application: &Application) -> Value {
    application.version().settings().unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn status(application: &Application, layer: &str) -> LayerStatus {
    application.sources().into_iter().find(|it| &*it.name == layer).unwrap()
}

/// What the layers have at a path, highest first: places in words.
pub(super) fn ladder(application: &Application, name: &str) -> Vec<String> {
    application.explain(&path(name)).ladder.iter().map(|step| step.origin.to_string()).collect()
}

/// Waits until something is so.
pub(super) async fn until_so(what: &str, is_so: impl Fn() -> bool) {
    within(what, async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

pub(super) async fn until_stale(application: &Application, layer: &str) {
    let is_stale = || matches!(status(application, layer).condition, LayerCondition::Stale { .. });
    until_so(&format!("{layer} is stale"), is_stale).await;
}

pub(super) async fn until_current(application: &Application, layer: &str) {
    let is_current = || status(application, layer).condition == LayerCondition::Current;
    until_so(&format!("{layer} is current"), is_current).await;
}

/// Everything that an application tells about itself but its values, as people and logs meet it.
pub(super) fn told(application: &Application) -> String {
    let (sources, metrics) = (application.sources(), application.metrics());
    let mut told = vec![format!("{sources:?}\n{metrics:?}\n{:?}", application.pinned())];
    told.extend(application.health().findings().iter().map(|finding| format!("{finding:?}")));
    told.extend(sources.iter().flat_map(|layer| &layer.faults).map(ToString::to_string));
    told.extend(sources.iter().filter_map(|layer| Some(layer.failure.as_ref()?.error.to_string())));
    for version in application.versions() {
        told.push(format!("{} {:?}", version.hash(), version.layers()));
        told.extend(version.iter().map(|value| format!("{} {:?}", value.path(), value.origin())));
        told.extend(version.changes().iter().map(|change| format!("{} {:?}", change.path, change.kind())));
    }
    told.join("\n")
}
