//! Versions on disk, so that a process whose remote layers are away starts from the last good values: a file
//! for the contents of each layer, named after its digest, and one that lists the versions. Secrets are left
//! out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::layer::Layer;
use super::super::version::{ApplicationVersion, hex};
use super::super::{
    ApplicationSpec, LayerContents, LayerRevision, LayerValue, SettingPath, SettingValue, SourceValue,
    ValuePlace,
};
use super::writes::KeptLayer;
use crate::domain::{moment, utc_millis};
use crate::private_file::{create, io_reason, is_private, lock_until, make_folder, open, replace};

const LIST: &str = "versions.json";
const LOCK: &str = "lock";
/// The ending of the files of layers.
const CONTENTS: &str = "layer.json";
/// Layers larger than that are not kept.
const MAX_LAYER: usize = 16 << 20;
const MAX_LIST: u64 = 16 << 20;
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// The folder that an application's versions are kept in.
pub(super) struct StateFolder {
    folder: PathBuf,
    kept: usize,
}

/// A version, and the layers that it was made of.
pub(super) struct VersionToKeep {
    pub(super) version: Arc<ApplicationVersion>,
    pub(super) layers: Vec<LayerToKeep>,
    pub(super) declared: Arc<ApplicationSpec>,
}

pub(super) struct LayerToKeep {
    pub(super) layer: Arc<Layer>,
    /// When its source last answered.
    pub(super) answered: SystemTime,
    /// Whether it was read from this folder, and is there already.
    pub(super) remembered: bool,
}

/// What an earlier process kept.
#[derive(Default)]
pub(super) struct RememberedState {
    /// The number of its newest version.
    pub(super) number: u64,
    /// The newest contents of each layer, and when its source had them.
    pub(super) layers: HashMap<String, (LayerContents, SystemTime)>,
}

#[derive(Serialize, Deserialize, Default)]
struct VersionList {
    /// The newest last.
    versions: Vec<KeptVersion>,
}

/// A version in the folder of an application's versions. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptVersion {
    pub number: u64,
    /// RFC 3339, in UTC, with milliseconds.
    pub created: String,
    /// SHA-256 in hex, see [`ApplicationVersion::hash`].
    pub hash: String,
    /// The layers that it was made of, by name.
    pub layers: BTreeMap<String, KeptContents>,
    /// Paths, each with what happened to it: `added`, `modified`, `deleted`.
    pub changes: BTreeMap<String, String>,
}

/// The contents of a layer in a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptContents {
    /// The digest of their file.
    pub contents: String,
    /// When the source last answered; RFC 3339.
    pub answered: String,
}

/// The versions that an application has kept in this folder, the newest first; none if there is no folder.
///
/// # Errors
/// Why they cannot be read.
pub fn kept_versions(folder: &Path) -> Result<Vec<KeptVersion>, String> {
    let list = StateFolder::new(folder.to_path_buf(), 1).list();
    let list = list.map_err(|error| folder_fault(folder, "read", &error))?.unwrap_or_default();
    Ok(list.versions.into_iter().rev().collect())
}

#[derive(Serialize, Deserialize, Default)]
struct LayerFile {
    values: BTreeMap<String, ValueRecord>,
    /// The paths of secrets.
    left_out: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct ValueRecord {
    place: String,
    #[serde(flatten)]
    value: RecordedValue,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RecordedValue {
    Typed(Value),
    Text(String),
}

impl StateFolder {
    pub(super) fn new(folder: PathBuf, kept: usize) -> Self {
        Self { folder, kept: kept.max(1) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.folder
    }

    /// What an earlier process kept; nothing, if there was none.
    ///
    /// # Errors
    /// I/O errors, and files that are not what they are to be.
    pub(super) fn read(&self) -> io::Result<RememberedState> {
        let Some(list) = self.list()? else { return Ok(RememberedState::default()) };
        let mut state = RememberedState::default();
        for version in list.versions.into_iter().rev() {
            state.number = state.number.max(version.number);
            for (name, record) in version.layers {
                if state.layers.contains_key(&name) {
                    continue;
                }
                let Some(at) = moment(&record.answered) else { continue };
                if let Some(contents) = self.contents(&record.contents)? {
                    state.layers.insert(name, (contents, at));
                }
            }
        }
        Ok(state)
    }

    /// The numbers of the versions that are kept, and what the layers held in one of them, the newest of that
    /// number.
    ///
    /// # Errors
    /// I/O errors, and files that are not what they are to be.
    pub(super) fn kept_layers(&self, version: u64) -> io::Result<(Vec<u64>, Option<Vec<KeptLayer>>)> {
        let list = self.list()?.unwrap_or_default();
        let numbers = list.versions.iter().map(|it| it.number).collect();
        let Some(found) = list.versions.into_iter().rfind(|it| it.number == version) else {
            return Ok((numbers, None));
        };
        let mut layers = Vec::new();
        for (name, record) in found.layers {
            // Without its contents nothing is known of it.
            let Some(file) = self.layer_file(&record.contents)? else { continue };
            let path = |text: &String| text.parse().map_err(|_| damaged(&record.contents));
            let left_out = file.left_out.iter().map(path).collect::<io::Result<_>>()?;
            let values = layer_values(file, &record.contents)?;
            layers.push(KeptLayer { name: name.into(), values, left_out });
        }
        Ok((numbers, Some(layers)))
    }

    /// Keeps a version beside those that are there, and removes what is too old.
    ///
    /// # Errors
    /// I/O errors; what was kept before is still there.
    pub(super) fn keep(&self, version: &VersionToKeep) -> io::Result<()> {
        // Its rights may be meant for others: those of a folder of our own never are.
        if fs::metadata(&self.folder).is_ok_and(|it| it.is_dir() && !is_private(&it)) {
            let reason = "others may use that folder; name one that is for nothing else, or run chmod 700";
            return Err(io::Error::new(ErrorKind::PermissionDenied, reason));
        }
        make_folder(&self.folder)?;
        let lock = create(&self.folder.join(LOCK))?;
        if !lock_until(&lock, Instant::now() + LOCK_WAIT)? {
            return Err(io::Error::new(ErrorKind::TimedOut, "another process is writing there"));
        }
        // A list that cannot be read is replaced: it is of no use to anybody.
        let mut list = self.list().ok().flatten().unwrap_or_default();
        let before = list.versions.last().map(|last| last.layers.clone()).unwrap_or_default();
        let mut layers = BTreeMap::new();
        for LayerToKeep { layer, answered, remembered } in &version.layers {
            let record = match *remembered {
                true => before.get(&*layer.name).cloned(),
                false => self.keep_layer(layer, &version.declared, *answered)?,
            };
            layers.extend(record.map(|record| (layer.name.to_string(), record)));
        }
        let made = &version.version;
        list.versions.retain(|it| it.number != made.number() || it.hash != made.hash());
        list.versions.push(KeptVersion {
            number: made.number(),
            created: utc_millis(made.created()),
            hash: made.hash().to_owned(),
            layers,
            changes: made
                .changes()
                .iter()
                .map(|it| (it.path.to_string(), it.kind().word().to_owned()))
                .collect(),
        });
        list.versions.drain(..list.versions.len().saturating_sub(self.kept));
        replace(&self.folder.join(LIST), &serde_json::to_vec_pretty(&list)?, true)?;
        self.remove_unnamed(&list)
    }

    /// Writes the contents of a layer, if they are not there; `None` if they are too large.
    fn keep_layer(
        &self,
        layer: &Layer,
        declared: &ApplicationSpec,
        answered: SystemTime,
    ) -> io::Result<Option<KeptContents>> {
        let mut file = LayerFile::default();
        for (path, LayerValue { value, place }) in &layer.values {
            if declared.is_secret_source(path, value) {
                file.left_out.push(path.to_string());
                continue;
            }
            let value = match value {
                SourceValue::Typed(value) => RecordedValue::Typed(value.expose().clone()),
                SourceValue::Text(text) => RecordedValue::Text(text.to_string()),
            };
            file.values.insert(path.to_string(), ValueRecord { place: place.to_string(), value });
        }
        let text = serde_json::to_vec(&file)?;
        if text.len() > MAX_LAYER {
            return Ok(None);
        }
        let contents = hex(Sha256::new_with_prefix(&text)).to_string();
        let path = self.contents_path(&contents);
        if !fs::exists(&path)? {
            replace(&path, &text, true)?;
        }
        Ok(Some(KeptContents { contents, answered: utc_millis(answered) }))
    }

    fn contents_path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.{CONTENTS}"))
    }

    fn list(&self) -> io::Result<Option<VersionList>> {
        let Some(text) = read_file(&self.folder.join(LIST), MAX_LIST)? else { return Ok(None) };
        serde_json::from_slice(&text).map(Some).map_err(|_| damaged(LIST))
    }

    /// The contents of a layer; `None` if their file was removed.
    fn contents(&self, digest: &str) -> io::Result<Option<LayerContents>> {
        let Some(file) = self.layer_file(digest)? else { return Ok(None) };
        let values = layer_values(file, digest)?;
        Ok(Some(LayerContents { revision: LayerRevision(digest.into()), values }))
    }

    /// The file of a layer; `None` if it was removed.
    fn layer_file(&self, digest: &str) -> io::Result<Option<LayerFile>> {
        // It becomes the name of a file.
        if !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(damaged(LIST));
        }
        let path = self.contents_path(digest);
        let Some(text) = read_file(&path, MAX_LAYER as u64)? else { return Ok(None) };
        if *hex(Sha256::new_with_prefix(&text)) != *digest {
            return Err(damaged(digest));
        }
        serde_json::from_slice(&text).map(Some).map_err(|_| damaged(digest))
    }

    fn remove_unnamed(&self, list: &VersionList) -> io::Result<()> {
        let named: BTreeSet<_> = list
            .versions
            .iter()
            .flat_map(|version| version.layers.values())
            .map(|record| self.contents_path(&record.contents))
            .collect();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let is_contents = path.to_string_lossy().ends_with(&format!(".{CONTENTS}"));
            if is_contents && !named.contains(&path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn layer_values(file: LayerFile, digest: &str) -> io::Result<BTreeMap<SettingPath, LayerValue>> {
    let mut values = BTreeMap::new();
    for (path, ValueRecord { place, value }) in file.values {
        let value = match value {
            RecordedValue::Typed(value) => SourceValue::Typed(SettingValue::new(value)),
            RecordedValue::Text(text) => SourceValue::Text(text.into()),
        };
        let place = ValuePlace::Remembered(place.trim_end_matches(ValuePlace::REMEMBERED).into());
        values.insert(path.parse().map_err(|_| damaged(digest))?, LayerValue { value, place });
    }
    Ok(values)
}

fn damaged(file: &str) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        format!("{file} is damaged; remove the folder, which is made anew"),
    )
}

/// What went wrong with the folder, in words.
pub(super) fn folder_fault(folder: &Path, doing: &str, error: &io::Error) -> String {
    format!("the versions in {} cannot be {doing}: {}", folder.display(), io_reason(error))
}

/// `None` if there is no such file.
fn read_file(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    match file.take(limit + 1).read_to_end(&mut text)? as u64 {
        read if read > limit => Err(io::Error::new(ErrorKind::FileTooLarge, "it is too large; remove it")),
        _ => Ok(Some(text)),
    }
}
