//! A pair of files in a folder of its own, with a provider on them, and the keys that tests use.

use std::path::{Path, PathBuf};
use std::time::Duration;

use confdeck::domain::{ConnectionName, Namespace, ResourceKey, Token, WebhookId};
use confdeck::provider::file::{FileProvider, FileSettings};
use confdeck::provider::{ConfigReader, ConfigWriter, Expect, Lease, Op, Result};
use tempfile::TempDir;

pub(crate) struct Pair {
    pub(crate) folder: TempDir,
    pub(crate) provider: FileProvider,
}

pub(crate) fn settings(folder: &Path) -> FileSettings {
    FileSettings { webhooks: folder.join("webhooks.json"), connections: folder.join("connections.json") }
}

/// A provider that does not wait for a receiver.
pub(crate) fn provider(folder: &Path) -> FileProvider {
    FileProvider::with_debounce(settings(folder), Duration::ZERO)
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with_debounce(Duration::ZERO)
    }

    pub(crate) fn with_debounce(debounce: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let provider = FileProvider::with_debounce(settings(folder.path()), debounce);
        Self { folder, provider }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }

    pub(crate) async fn put(&self, key: ResourceKey, text: &str) {
        self.try_put(key, text).await.unwrap();
    }

    pub(crate) async fn try_put(&self, key: ResourceKey, text: &str) -> Result<()> {
        self.provider.set(key, text.into(), Expect::Anything, Lease::Keep).await.map(|_| ())
    }

    pub(crate) async fn token(&self, key: &ResourceKey) -> Token {
        self.provider.get(key).await.unwrap().unwrap().token
    }
}

pub(crate) fn webhook(id: &str) -> ResourceKey {
    ResourceKey::webhook(Namespace::default(), WebhookId::new(id).unwrap())
}

pub(crate) fn connection(name: &str) -> ResourceKey {
    ResourceKey::connection(ConnectionName::new(name).unwrap())
}

pub(crate) fn put(key: ResourceKey, text: &str, expect: Expect) -> Op {
    Op::Put { key, document: text.into(), expect, lease: Lease::Keep }
}
