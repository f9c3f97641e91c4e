//! Documents as a receiver uses them: references resolved, secrets merged in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop, and say where"
)]

#[path = "../support/mod.rs"]
mod support;

mod outage;
mod planted;
mod process;
mod types;
mod vectors;

use std::sync::Arc;

use confdeck::config::{Environment, SecretSource};
use confdeck::domain::{Document, Namespace, ResourceKey, WebhookId};
use confdeck::manager::UnifiedConfigManager;
use confdeck::provider::memory::MemoryStore;

/// A webhook's key.
fn webhook(namespace: &str, id: &str) -> ResourceKey {
    ResourceKey::webhook(Namespace::new(namespace).unwrap(), WebhookId::new(id).unwrap())
}

/// Secrets from exactly these variables.
fn variables(variables: &[(&str, &str)]) -> SecretSource {
    SecretSource::Env(Arc::new(Environment::of(variables.iter().copied()).variables()))
}

/// A manager over a store that holds one document.
fn holding(key: &ResourceKey, document: &str, secrets: SecretSource) -> UnifiedConfigManager {
    let store = MemoryStore::seeded([(key.clone(), Document::from(document))]);
    UnifiedConfigManager::open(store, None).with_secrets(secrets)
}
