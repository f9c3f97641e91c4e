//! A file as a source: JSON, YAML and TOML with a place for each value, a file of variables, and the file
//! that overrides are written to.

mod contents;
mod json_text;
mod toml_text;
mod variables_text;
mod writer;
mod yaml_text;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use zeroize::Zeroizing;

pub(super) use self::variables_text::{quoted, value_text};
pub use self::writer::FileWriter;
use super::variable_names::{NamedFileFault, VariableNames};
use super::watch::{FileWatch, SeenFile};
use crate::application::{FileFormat, LayerRevision, Load, Source, SourceError, SourceFault};
use crate::domain::reference::Variables;
use crate::provider::file::{GATHER, HESITATION, IoThreads, SILENT, StatStamp, read_within};
use crate::provider::{CALL_DEADLINE, Error};

/// The largest file of settings that is read, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The largest file that a variable may name, in bytes.
const LARGEST_NAMED: u64 = 1024 * 1024;

/// How many threads the I/O of one file may block.
const THREADS: usize = 2;

/// How long to wait before a file is read again that an editor is writing.
const GLANCE: Duration = Duration::from_millis(10);

/// Variables, as they are looked up in files.
pub type SharedVariables = Arc<dyn Variables + Send + Sync>;

/// Which file a layer is, and how it is read.
#[derive(Clone)]
pub struct FileLayer {
    path: Arc<PathBuf>,
    format: FileFormat,
    /// Those in its path, which are a part of every origin.
    path_variables: Vec<Arc<str>>,
    /// `None` where `${NAME}` is a text like any other: what overrides hold was not written by a person.
    variables: Option<SharedVariables>,
    names: Arc<VariableNames>,
    /// Whether a file that is not there is an empty layer.
    is_optional: bool,
}

impl FileLayer {
    /// A file that people write. `path_variables` are those that its path was made with; `names` counts for
    /// [`FileFormat::Env`] alone.
    pub fn new(
        path: PathBuf,
        format: FileFormat,
        path_variables: Vec<Arc<str>>,
        variables: SharedVariables,
        names: Arc<VariableNames>,
    ) -> Self {
        let variables = Some(variables);
        Self { path: Arc::new(path), format, path_variables, variables, names, is_optional: false }
    }

    /// The JSON file that overrides are written to. While there is none, nothing is overridden.
    pub fn runtime(path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            format: FileFormat::Json,
            path_variables: Vec::new(),
            variables: None,
            names: Arc::default(),
            is_optional: true,
        }
    }

    /// What a load finds, and the files that it saw. Blocks on I/O.
    fn load(&self, known: Option<&LayerRevision>) -> (Vec<SeenFile>, Result<Load, SourceError>) {
        // Many editors truncate or remove a file before they write it.
        let patience = known.is_some().then(|| std::time::Instant::now() + HESITATION);
        loop {
            let (seen, loaded) = self.read(known);
            match (&loaded, patience) {
                (Err(_), Some(until)) if std::time::Instant::now() < until => std::thread::sleep(GLANCE),
                _ => return (seen, loaded),
            }
        }
    }

    fn read(&self, known: Option<&LayerRevision>) -> (Vec<SeenFile>, Result<Load, SourceError>) {
        let mut files = FileReader::default();
        let loaded = self.bytes(&mut files).and_then(|bytes| {
            // Variables may name other files, which are not known yet.
            let is_alone = self.tree_format().is_some();
            if is_alone && known == Some(&revision_of(bytes.as_ref().map(|bytes| bytes.as_slice()))) {
                return Ok(Load::Unchanged);
            }
            let contents = self.contents(bytes.as_ref().map(|bytes| bytes.as_slice()), &mut files)?;
            Ok(match known {
                Some(known) if *known == contents.revision => Load::Unchanged,
                _ => Load::Contents(contents),
            })
        });
        (files.seen, loaded)
    }

    /// The bytes of the file; `None` if it may be missing, and is.
    fn bytes(&self, files: &mut FileReader) -> Result<Option<Zeroizing<Vec<u8>>>, SourceError> {
        let found = files.read(&self.path, LARGEST).map_err(|error| self.unreadable(&error))?;
        if found.is_none() && !self.is_optional {
            return Err(self.missing());
        }
        Ok(found)
    }

    fn missing(&self) -> SourceError {
        SourceError {
            fault: SourceFault::Missing,
            place: self.path.display().to_string(),
            reason: "there is no such file".into(),
            remedy: "make it, or take its layer out of the application file".into(),
        }
    }

    fn unreadable(&self, error: &Error) -> SourceError {
        let (reason, remedy) = match error {
            Error::Denied { permission, remedy } => (format!("permission denied: {permission}"), *remedy),
            other => (other.to_string(), "it is read again as soon as it can be"),
        };
        SourceError {
            fault: SourceFault::Unavailable,
            place: self.path.display().to_string(),
            reason,
            remedy: remedy.into(),
        }
    }
}

/// Reads files, and remembers which.
#[derive(Default)]
pub(super) struct FileReader {
    pub(super) seen: Vec<SeenFile>,
    /// Of the files that variables name, in the order in which they were read.
    named: Sha256,
    has_named: bool,
}

impl FileReader {
    fn read(&mut self, path: &Path, largest: u64) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let before = StatStamp::at(path);
        let read = read_within(path, largest);
        let stamp = read.as_ref().ok().and_then(Option::as_ref).map(|(stamp, _)| *stamp).or(before);
        self.seen.push(SeenFile::new(path.to_owned(), stamp));
        Ok(read?.map(|(_, bytes)| Zeroizing::new(bytes)))
    }

    /// The text of a file that a variable names.
    pub(super) fn named(&mut self, path: &Path) -> Result<Zeroizing<String>, NamedFileFault> {
        let bytes = self.read(path, LARGEST_NAMED).map_err(|error| match error {
            Error::Denied { .. } => NamedFileFault::Denied,
            _ => NamedFileFault::Unreadable,
        });
        let bytes = bytes?.ok_or(NamedFileFault::Missing)?;
        self.named.update(bytes.len().to_le_bytes());
        self.named.update(&*bytes);
        self.has_named = true;
        let text = std::str::from_utf8(&bytes).map_err(|_| NamedFileFault::NotText)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// A digest of the files that variables name, if there are any.
    pub(super) fn named_digest(&self) -> Option<String> {
        self.has_named.then(|| hex(&self.named.clone().finalize()))
    }
}

/// The revision of a file's own bytes.
fn revision_of(bytes: Option<&[u8]>) -> LayerRevision {
    LayerRevision(bytes.map_or_else(|| "absent".into(), |bytes| hex(&Sha256::digest(bytes)).into()))
}

/// The first 16 bytes of a digest.
fn hex(digest: &[u8]) -> String {
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A file as the source of a layer.
///
/// ```
/// use std::sync::Arc;
///
/// use confdeck::application::{FileFormat, FileLayer, FileSource, Load, Source, VariableNames};
/// use confdeck::provider::env::EnvVariables;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("app.yaml");
/// std::fs::write(&path, "database:\n  url: postgresql://${DB_HOST:localhost}/orders\n")?;
///
/// let variables = Arc::new(EnvVariables::of([("DB_HOST", "db.example")]));
/// let names = Arc::new(VariableNames::default());
/// let source = FileSource::new(FileLayer::new(path, FileFormat::Yaml, Vec::new(), variables, names));
/// let Load::Contents(contents) = source.load(None).await? else { panic!("nothing was known") };
/// let url = &contents.values[&"database.url".parse()?];
/// assert!(url.place.to_string().ends_with("app.yaml:2:8 ${DB_HOST}"));
///
/// // As long as the file stays as it is, so do the values.
/// assert!(matches!(source.load(Some(&contents.revision)).await?, Load::Unchanged));
/// # Ok(())
/// # }
/// ```
pub struct FileSource {
    layer: Arc<FileLayer>,
    threads: IoThreads,
    watch: FileWatch,
    is_watched: bool,
}

impl FileSource {
    pub fn new(layer: FileLayer) -> Self {
        Self::with_debounce(layer, GATHER)
    }

    /// The same with another time that a burst of changes may take before they are loaded: 100 ms else.
    pub fn with_debounce(layer: FileLayer, debounce: Duration) -> Self {
        let threads = IoThreads::new(THREADS);
        let watch = FileWatch::new(debounce, threads.clone());
        Self { layer: Arc::new(layer), threads, watch, is_watched: true }
    }

    /// The same, loaded again only if that is asked for.
    #[must_use]
    pub fn unwatched(self) -> Self {
        Self { is_watched: false, ..self }
    }
}

#[async_trait]
impl Source for FileSource {
    async fn load(&self, known: Option<&LayerRevision>) -> Result<Load, SourceError> {
        let (layer, known) = (Arc::clone(&self.layer), known.cloned());
        let loaded = self.threads.run(move || layer.load(known.as_ref()));
        let (seen, loaded) = match timeout(CALL_DEADLINE, loaded).await {
            Ok(Some((seen, loaded))) => (Some(seen), loaded),
            _ => (None, Err(self.layer.unreadable(&Error::unavailable(SILENT)))),
        };
        self.watch.set_seen(seen);
        loaded
    }

    async fn changed(&self) {
        match self.is_watched {
            true => self.watch.changed().await,
            false => std::future::pending().await,
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let changes = match self.is_watched {
            true => self.watch.description(),
            false => "not looked for".to_owned(),
        };
        vec![("file", self.layer.path.display().to_string()), ("changes", changes)]
    }
}

#[cfg(test)]
mod tests;
