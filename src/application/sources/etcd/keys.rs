//! Which keys of etcd are which settings, in each of the three shapes; no I/O.

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::application::sources::tree::{TreeFault, TreeFormat, read, text_of};
use crate::application::{
    EtcdShape, LayerValue, SettingPath, SettingSpec, SourceError, SourceFault, SourceValue, ValuePlace,
    ValueType,
};
use crate::domain::{Entry, KeyPrefix, ResourceKey, escape};

/// The keys under one root, and the settings that they hold.
pub(super) struct KeyTable {
    shape: EtcdShape,
    /// With a slash at the end: what a store leaves out of its [`ResourceKey`]s.
    prefix: String,
    /// The key of the document, without the prefix.
    document: Vec<u8>,
    /// Settings that declare a key, by their keys without the prefix.
    declared: BTreeMap<Vec<u8>, Vec<SettingPath>>,
    settings: BTreeMap<SettingPath, (Option<String>, ValueType)>,
}

/// What a layer holds, by setting.
pub(super) type KeyedValues = BTreeMap<SettingPath, LayerValue>;

impl KeyTable {
    /// `root` has a leading slash and none at the end.
    pub(super) fn new(root: &str, shape: EtcdShape, specs: &BTreeMap<SettingPath, SettingSpec>) -> Self {
        let (prefix, document) = match (shape, root.rsplit_once('/')) {
            (EtcdShape::Document, Some((folder, name))) => (format!("{folder}/"), name.into()),
            _ => (format!("{}/", root.trim_end_matches('/')), Vec::new()),
        };
        let key = |spec: &SettingSpec| Some(spec.etcd_key.as_ref()?.trim_start_matches('/').to_owned());
        let settings: BTreeMap<_, _> =
            specs.iter().map(|(path, spec)| (path.clone(), (key(spec), spec.value_type))).collect();
        let mut declared: BTreeMap<Vec<u8>, Vec<SettingPath>> = BTreeMap::new();
        for (path, (key, _)) in &settings {
            if let Some(key) = key {
                declared.entry(key.as_bytes().to_vec()).or_default().push(path.clone());
            }
        }
        Self { shape, prefix, document, declared, settings }
    }

    pub(super) fn shape(&self) -> EtcdShape {
        self.shape
    }

    /// What the store's prefix has to be.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What is watched.
    pub(super) fn scope(&self) -> KeyPrefix {
        match self.shape {
            EtcdShape::Document => KeyPrefix::Key(self.document_key()),
            EtcdShape::KeyMap | EtcdShape::Tree => KeyPrefix::All,
        }
    }

    /// Whether a key of the scope holds a setting.
    pub(super) fn counts(&self, key: &ResourceKey) -> bool {
        match self.shape {
            EtcdShape::KeyMap => self.declared.contains_key(key.short_bytes()),
            EtcdShape::Document | EtcdShape::Tree => true,
        }
    }

    /// The keys that must be readable, where those are known.
    pub(super) fn needed(&self) -> impl Iterator<Item = ResourceKey> {
        let declared = self.declared.keys().filter(|_| self.shape == EtcdShape::KeyMap);
        declared.map(|raw| ResourceKey::foreign(raw.clone()))
    }

    pub(super) fn declared_keys(&self) -> usize {
        self.declared.len()
    }

    pub(super) fn document_key(&self) -> ResourceKey {
        ResourceKey::foreign(self.document.clone())
    }

    /// The whole key, as it is shown.
    pub(super) fn name(&self, key: &ResourceKey) -> String {
        self.prefix.clone() + &escape(key.short_bytes())
    }

    /// The settings of the entries that count.
    ///
    /// # Errors
    /// [`SourceError`] with the key: the first that cannot be read, or be a setting.
    pub(super) fn values(&self, entries: &BTreeMap<ResourceKey, Entry>) -> Result<KeyedValues, SourceError> {
        match self.shape {
            EtcdShape::Document => self.document_values(entries.values().next()),
            EtcdShape::KeyMap => self.keyed_values(entries),
            EtcdShape::Tree => {
                let values = self.keyed_values(entries)?;
                self.no_value_is_a_section(values)
            }
        }
    }

    fn document_values(&self, entry: Option<&Entry>) -> Result<KeyedValues, SourceError> {
        let key = self.document_key();
        let Some(entry) = entry else {
            return Err(SourceError {
                fault: SourceFault::Missing,
                place: self.name(&key),
                reason: "there is no such key in etcd".into(),
                remedy: "write a JSON object there, or name another root".into(),
            });
        };
        let name: Arc<str> = self.name(&key).into();
        let told = |fault: TreeFault| fault.of(&name);
        let text = text_of(entry.document.as_bytes()).map_err(told)?;
        let root = read(TreeFormat::Json, text).map_err(told)?;
        let values = root.into_values(text, |path, _, _| ValuePlace::EtcdKey {
            key: Arc::clone(&name),
            revision: entry.revision,
            pointer: path.pointer().into(),
        });
        values.map_err(told)
    }

    fn keyed_values(&self, entries: &BTreeMap<ResourceKey, Entry>) -> Result<KeyedValues, SourceError> {
        let mut values = KeyedValues::new();
        for (key, entry) in entries {
            let raw = key.short_bytes();
            let undeclared;
            let paths = match (self.declared.get(raw), self.shape) {
                (Some(paths), _) => paths,
                (None, EtcdShape::Tree) => match path_of(raw) {
                    Ok(path) => {
                        undeclared = vec![path];
                        &undeclared
                    }
                    // What stands for a folder in some tools.
                    Err(_) if entry.document.is_empty() => continue,
                    Err(reason) => return Err(self.invalid(key, reason, "rename or delete this key")),
                },
                (None, _) => continue,
            };
            let Ok(text) = entry.document.text() else {
                let reason = "the value is not UTF-8";
                return Err(self.invalid(key, reason, "write it as text, or delete this key"));
            };
            for path in paths {
                let place = ValuePlace::EtcdKey {
                    key: self.name(key).into(),
                    revision: entry.revision,
                    pointer: "".into(),
                };
                let value = SourceValue::Text(Zeroizing::new(text.to_owned()));
                if let Some(other) = values.insert(path.clone(), LayerValue { value, place }) {
                    let reason = format!("both this key and {} are the setting {path}", other.place);
                    return Err(self.invalid(key, reason, "delete one of them"));
                }
            }
        }
        Ok(values)
    }

    /// A key may hold a value and have others under it, and a setting may not; an empty value stands for a
    /// folder in some tools.
    fn no_value_is_a_section(&self, mut values: KeyedValues) -> Result<KeyedValues, SourceError> {
        let mut folders = Vec::new();
        // In their order, what lies in a section follows it at once.
        for ((above, section), (below, value)) in values.iter().zip(values.iter().skip(1)) {
            match &section.value {
                _ if !above.contains(below) => {}
                SourceValue::Text(text) if text.is_empty() => folders.push(above.clone()),
                _ => {
                    return Err(SourceError {
                        fault: SourceFault::Invalid,
                        place: section.place.to_string(),
                        reason: format!("this key has a value, and so has {} under it", value.place),
                        remedy: "delete one of them: a setting has a value or members".into(),
                    });
                }
            }
        }
        for path in folders {
            values.remove(&path);
        }
        Ok(values)
    }

    fn invalid(&self, key: &ResourceKey, reason: impl Into<String>, remedy: &str) -> SourceError {
        SourceError {
            fault: SourceFault::Invalid,
            place: self.name(key),
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }

    /// The key that a setting is written to, and the type that it declares.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn key_of(&self, path: &SettingPath) -> Result<(ResourceKey, Option<ValueType>), String> {
        let setting = self.settings.get(path);
        let value_type = setting.map(|(_, value_type)| *value_type);
        let key = match (self.shape, setting.and_then(|(key, _)| key.as_ref())) {
            (EtcdShape::Document, _) => self.document.clone(),
            (_, Some(key)) => key.as_bytes().to_vec(),
            (EtcdShape::KeyMap, None) => {
                return Err(format!("{path} declares no key, and this layer reads declared keys alone"));
            }
            (EtcdShape::Tree, None) => {
                let names: Vec<_> = path.names().collect();
                let key = names.join("/").into_bytes();
                match names.iter().all(|name| !name.contains('/')) && !self.declared.contains_key(&key) {
                    true => key,
                    false => return Err(format!("no key under this root is the setting {path}")),
                }
            }
        };
        Ok((ResourceKey::foreign(key), value_type))
    }
}

/// The path of a key whose names are separated by slashes.
fn path_of(raw: &[u8]) -> Result<SettingPath, &'static str> {
    let text = std::str::from_utf8(raw).map_err(|_| "the key is not UTF-8, and no setting")?;
    SettingPath::new(text.split('/')).map_err(|_| "a name in this key is empty, so that it is no setting")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Document, Revision, Token};

    fn entries(keys: &BTreeMap<String, String>) -> BTreeMap<ResourceKey, Entry> {
        let entry = |(name, text): (&String, &String)| {
            let key = ResourceKey::foreign(name.as_bytes());
            let (document, token) = (Document::from(text.as_str()), Token::counter(1));
            let entry = Entry {
                key: key.clone(),
                document,
                revision: Revision(1),
                created: None,
                version: None,
                token,
                lease: None,
            };
            (key, entry)
        };
        keys.iter().map(entry).collect()
    }

    proptest! {
        #[test]
        fn a_tree_is_read_whole_or_refused_and_what_is_read_is_written_to_its_key(
            keys in proptest::collection::btree_map("[ab/.é]{0,5}", "|x", 0..8)
        ) {
            let table = KeyTable::new("/root", EtcdShape::Tree, &BTreeMap::new());
            let Ok(values) = table.values(&entries(&keys)) else { return Ok(()) };
            for path in values.keys() {
                let below = values.keys().any(|other| path.contains(other));
                prop_assert!(!below, "{path} is a value and a section");
                let (key, _) = table.key_of(path).unwrap();
                let name = std::str::from_utf8(key.short_bytes()).unwrap();
                prop_assert!(keys.contains_key(name), "{path} is not of {name}");
            }
            // Nothing is left out but what is empty.
            let full = keys.values().filter(|text| !text.is_empty()).count();
            let is_empty = |value: &SourceValue| matches!(value, SourceValue::Text(text) if text.is_empty());
            let read = values.values().filter(|value| !is_empty(&value.value));
            prop_assert_eq!(read.count(), full);
        }
    }
}
