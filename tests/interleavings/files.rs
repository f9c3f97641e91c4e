//! Over two files: edited by others, by rename and in place, and the provider opened again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use confdeck::domain::{Address, KeyPrefix, ResourceKey};
use confdeck::provider::file::{FileProvider, FileSettings};
use confdeck::provider::{ConfigReader, ConfigWriter};
use serde_json::Value;

use crate::script::{Step, TEXTS, Write};
use crate::support::observer::Observer;
use crate::world::{Tally, World, seeds, witnessed};

const KEYS: [&str; 6] = [
    "default/one",
    "default/two",
    "default/three",
    "connections/main",
    "connections/backup",
    "connections/none",
];

struct Files {
    folder: tempfile::TempDir,
    provider: FileProvider,
    observer: Observer,
    keys: Vec<ResourceKey>,
}

fn open(folder: &std::path::Path) -> (FileProvider, Observer) {
    let settings =
        FileSettings { webhooks: folder.join("webhooks.json"), connections: folder.join("connections.json") };
    let provider = FileProvider::with_debounce(settings, Duration::ZERO);
    let observer = Observer::new(provider.watch(KeyPrefix::All));
    (provider, observer)
}

impl Files {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["webhooks.json", "connections.json"] {
            std::fs::write(folder.path().join(file), "{}").unwrap();
        }
        let (provider, observer) = open(folder.path());
        let keys = KEYS.map(|key| key.parse::<Address>().unwrap().0).to_vec();
        Self { folder, provider, observer, keys }
    }

    fn place(&self, key: usize) -> (PathBuf, &'static str) {
        let (kind, name) = KEYS[key].split_once('/').unwrap();
        let file = if kind == "connections" { "connections.json" } else { "webhooks.json" };
        (self.folder.path().join(file), name)
    }

    /// Edits a file: by a rename, as most programs do, or in place, as some editors do.
    fn edit(&self, writes: &[Write], in_place: bool) {
        let mut files: BTreeMap<PathBuf, serde_json::Map<String, Value>> = BTreeMap::new();
        for write in writes {
            let (Write::Put(key, _) | Write::Delete(key)) = *write;
            let (path, name) = self.place(key);
            let members = files
                .entry(path.clone())
                .or_insert_with(|| serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap());
            match write {
                Write::Put(_, text) => {
                    drop(members.insert(name.into(), serde_json::from_str(TEXTS[*text]).unwrap()));
                }
                Write::Delete(_) => drop(members.remove(name)),
            }
        }
        for (path, members) in files {
            let text = serde_json::to_vec_pretty(&members).unwrap();
            if in_place {
                std::fs::write(&path, text).unwrap();
            } else {
                let aside = path.with_extension("outside");
                std::fs::write(&aside, text).unwrap();
                std::fs::rename(aside, path).unwrap();
            }
        }
    }
}

#[async_trait(?Send)]
impl World for Files {
    fn keys(&self) -> &[ResourceKey] {
        &self.keys
    }

    fn store(&self) -> Arc<dyn ConfigWriter> {
        Arc::new(self.provider.clone())
    }

    fn observer(&mut self) -> &mut Observer {
        &mut self.observer
    }

    async fn happen(&mut self, step: &Step) {
        match step {
            Step::Outside(write) => self.edit(&[*write], false),
            Step::Together(writes) => self.edit(writes, true),
            Step::Restart => {
                self.provider.shutdown().await;
                (self.provider, self.observer) = open(self.folder.path());
            }
            _ => {}
        }
    }

    async fn mend_all(&mut self) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_end_equal_to_a_fresh_list() {
    let tally = Tally::default();
    for seed in seeds(100, 1_000) {
        witnessed("files", seed, &mut Files::begin(), &tally).await;
    }
    assert!(tally.cases.load(Ordering::Relaxed) > 0);
}
