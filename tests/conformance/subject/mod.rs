//! The stores under test, each with the hand of another program.

pub(crate) mod etcd;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use confdeck::domain::{Document, LinkState, ResourceKey};
use confdeck::provider::ConfigWriter;
use confdeck::provider::file::{FileProvider, FileSettings};
use confdeck::provider::memory::{MemoryStore, RestoreMode};
use serde_json::value::RawValue;

/// How a store comes back after a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mend {
    /// Its history is whole: what changed meanwhile is replayed.
    Resume,
    /// Its history is gone: watches load anew.
    Resync,
}

/// An empty store, and what the suite must be able to do to it past the traits.
#[async_trait]
pub(crate) trait Subject: Send + Sync {
    /// The store.
    fn store(&self) -> Arc<dyn ConfigWriter>;

    /// Writes as another program would; any bytes that [`Subject::holds`], foreign keys included.
    async fn outside_put(&self, key: &ResourceKey, bytes: &[u8]);

    /// Deletes as another program would.
    async fn outside_delete(&self, key: &ResourceKey);

    /// Writes many documents at once, as another program would.
    async fn outside_put_all(&self, documents: Vec<(ResourceKey, Vec<u8>)>) {
        for (key, bytes) in documents {
            self.outside_put(&key, &bytes).await;
        }
    }

    /// Whether the store can hold this value.
    fn holds(&self, _bytes: &[u8]) -> bool {
        true
    }

    /// Keys of shapes that the receiver ignores.
    fn foreign(&self) -> Vec<ResourceKey>;

    /// Cuts the store off from its watches while the outside goes on; `false` where that is impossible.
    async fn cut(&self) -> bool {
        false
    }

    /// Ends the cut.
    async fn mend(&self, _how: Mend) {}
}

pub(crate) struct Memory(MemoryStore);

pub(crate) async fn memory() -> Option<Memory> {
    Some(Memory(MemoryStore::new()))
}

#[async_trait]
impl Subject for Memory {
    fn store(&self) -> Arc<dyn ConfigWriter> {
        Arc::new(self.0.clone())
    }

    async fn outside_put(&self, key: &ResourceKey, bytes: &[u8]) {
        self.0.put_raw(key.clone(), Document::new(bytes));
    }

    async fn outside_delete(&self, key: &ResourceKey) {
        assert!(self.0.remove_raw(key));
    }

    fn foreign(&self) -> Vec<ResourceKey> {
        let raw: [&[u8]; 4] = [b"a b/webhooks/x", b"default/webhooks/a/b", b"default/webhooks/", b"\xff\x00"];
        raw.map(ResourceKey::foreign).to_vec()
    }

    async fn cut(&self) -> bool {
        self.0.inject_outage(LinkState::Stale {
            reason: "cut off".into(),
            retry_in: Some(Duration::from_secs(1)),
        });
        true
    }

    async fn mend(&self, how: Mend) {
        self.0.restore(match how {
            Mend::Resume => RestoreMode::Resume,
            Mend::Resync => RestoreMode::Resync,
        });
    }
}

pub(crate) struct Files {
    folder: tempfile::TempDir,
    provider: FileProvider,
}

pub(crate) async fn files() -> Option<Files> {
    let folder = tempfile::tempdir().unwrap();
    let settings = FileSettings {
        webhooks: folder.path().join("webhooks.json"),
        connections: folder.path().join("connections.json"),
    };
    let provider = FileProvider::with_debounce(settings, Duration::ZERO);
    Some(Files { folder, provider })
}

type Members = BTreeMap<String, Box<RawValue>>;

impl Files {
    fn place(&self, key: &ResourceKey) -> (PathBuf, String) {
        let (file, name) = match key {
            ResourceKey::Webhook { id, .. } => ("webhooks", id.as_str().to_owned()),
            ResourceKey::Connection { name } => ("connections", name.as_str().to_owned()),
            ResourceKey::Foreign { raw } => {
                let text = std::str::from_utf8(raw).unwrap();
                text.split_once('/').map(|(file, name)| (file, name.to_owned())).unwrap()
            }
        };
        (self.folder.path().join(file).with_extension("json"), name)
    }

    /// Edits a file as most programs do: read, write beside it, rename.
    fn edit(&self, path: &PathBuf, change: impl FnOnce(&mut Members)) {
        let text = std::fs::read_to_string(path).unwrap_or_else(|_| "{}".into());
        let mut members: Members = serde_json::from_str(&text).unwrap();
        change(&mut members);
        let aside = path.with_extension("outside");
        std::fs::write(&aside, serde_json::to_vec(&members).unwrap()).unwrap();
        std::fs::rename(aside, path).unwrap();
    }
}

#[async_trait]
impl Subject for Files {
    fn store(&self) -> Arc<dyn ConfigWriter> {
        Arc::new(self.provider.clone())
    }

    async fn outside_put(&self, key: &ResourceKey, bytes: &[u8]) {
        self.outside_put_all(vec![(key.clone(), bytes.to_vec())]).await;
    }

    async fn outside_delete(&self, key: &ResourceKey) {
        let (path, name) = self.place(key);
        self.edit(&path, |members| assert!(members.remove(&name).is_some()));
    }

    async fn outside_put_all(&self, documents: Vec<(ResourceKey, Vec<u8>)>) {
        let mut files: BTreeMap<PathBuf, Vec<(String, Box<RawValue>)>> = BTreeMap::new();
        for (key, bytes) in documents {
            let (path, name) = self.place(&key);
            let value = RawValue::from_string(String::from_utf8(bytes).unwrap()).unwrap();
            files.entry(path).or_default().push((name, value));
        }
        for (path, values) in files {
            self.edit(&path, |members| members.extend(values));
        }
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        let value = std::str::from_utf8(bytes).ok().map(serde_json::from_str::<&RawValue>);
        value.is_some_and(|value| value.is_ok())
    }

    fn foreign(&self) -> Vec<ResourceKey> {
        let raw: [&[u8]; 3] = [b"webhooks/a/b", b"webhooks/", b"connections/a/b"];
        raw.map(ResourceKey::foreign).to_vec()
    }
}
