//! The values in force, by path: what readers look up.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{SettingPath, SettingPathError, SettingValue, ValueOrigin};

/// The value in force at a path, with its type. It may be a secret: to show it, ask
/// [`EffectiveValue::is_secret`].
#[derive(Clone)]
pub struct EffectiveValue {
    path: SettingPath,
    /// The path as it is written.
    text: Arc<str>,
    value: SettingValue,
    origin: ValueOrigin,
    secret: bool,
    digest: [u8; 32],
}

impl EffectiveValue {
    pub(super) fn new(path: SettingPath, value: SettingValue, origin: ValueOrigin, secret: bool) -> Self {
        let mut digest = Sha256::new();
        let text: Arc<str> = path.to_string().into();
        digest.update(&*text);
        // Text that no value is.
        digest.update(if secret { "\0secret".to_owned() } else { format!("\0{}", value.expose()) });
        let digest = digest.finalize().into();
        Self { path, text, value, origin, secret, digest }
    }

    pub fn path(&self) -> &SettingPath {
        &self.path
    }

    pub fn value(&self) -> &SettingValue {
        &self.value
    }

    pub fn origin(&self) -> &ValueOrigin {
        &self.origin
    }

    /// Whether it is declared to be secret, or its name or itself looks like one.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// A digest of path and value; of a secret, of its path alone.
    pub(super) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// The values in force. A path leads to a value or is a section, never both.
#[derive(Clone, Default)]
pub(super) struct EffectiveValues {
    sorted: BTreeMap<SettingPath, Arc<EffectiveValue>>,
    /// By the text of the path, so that a look-up compares one text and allocates nothing.
    by_text: HashMap<Arc<str>, Arc<EffectiveValue>>,
}

impl EffectiveValues {
    pub(super) fn insert(&mut self, value: Arc<EffectiveValue>) {
        self.by_text.insert(value.text.clone(), value.clone());
        self.sorted.insert(value.path.clone(), value);
    }

    pub(super) fn remove(&mut self, path: &SettingPath) {
        if let Some(value) = self.sorted.remove(path) {
            self.by_text.remove(&value.text);
        }
    }

    /// By a path as it is usually written.
    pub(super) fn by_text(&self, path: &str) -> Option<&Arc<EffectiveValue>> {
        self.by_text.get(path)
    }

    pub(super) fn get(&self, path: &SettingPath) -> Option<&Arc<EffectiveValue>> {
        self.sorted.get(path)
    }

    /// By a path in any of its ways to be written.
    pub(super) fn find(&self, path: &str) -> Result<Option<&Arc<EffectiveValue>>, SettingPathError> {
        match self.by_text(path) {
            Some(value) => Ok(Some(value)),
            None => Ok(self.get(&path.parse()?)),
        }
    }

    /// The values at a path and within it, or all of them, in the order of their paths.
    pub(super) fn within<'a>(
        &'a self,
        root: Option<&'a SettingPath>,
    ) -> impl Iterator<Item = &'a Arc<EffectiveValue>> {
        let start = root.map_or(Bound::Unbounded, Bound::Included);
        self.sorted
            .range::<SettingPath, _>((start, Bound::Unbounded))
            .take_while(move |(path, _)| root.is_none_or(|root| *path == root || root.contains(path)))
            .map(|(_, value)| value)
    }

    /// A section as an object, or all settings; `None` if nothing lies within it.
    pub(super) fn tree(&self, section: Option<&SettingPath>) -> Option<SettingValue> {
        let mut values = self.within(section).peekable();
        values.peek()?;
        let depth = section.map_or(0, |section| section.names().len());
        Some(tree_of(depth, values.map(|it| (&it.path, &it.value))))
    }
}

/// An object of the values within a section that is `depth` names deep.
pub(super) fn tree_of<'a>(
    depth: usize,
    values: impl Iterator<Item = (&'a SettingPath, &'a SettingValue)>,
) -> SettingValue {
    let mut root = Map::new();
    for (path, value) in values {
        put(&mut root, path.names().skip(depth), value.expose().clone());
    }
    SettingValue::new(Value::Object(root))
}

fn put<'a>(root: &mut Map<String, Value>, names: impl Iterator<Item = &'a str>, value: Value) {
    let (mut section, mut names) = (root, names.peekable());
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            section.insert(name.to_owned(), value);
            return;
        }
        // Most values have a section that is there already.
        if !section.contains_key(name) {
            section.insert(name.to_owned(), Value::Object(Map::new()));
        }
        let Some(Value::Object(members)) = section.get_mut(name) else { return };
        section = members;
    }
}
