//! The demo's secrets in memory: those that its documents refer to, and webhooks' own. Every mark of the
//! lists occurs: `production/fanout` lacks a secret; the secret of `staging/iot` is deleted, that of
//! `production/audit` forbidden, and that of `staging/orders` unreachable.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::check::{OwnPathTemplate, OwnSecrets, SecretLookup};
use crate::domain::{KvPath, Mount, SecretPath, SecretRight};
use crate::provider::memory::MemorySecrets;

/// The mount that references are relative to.
const REFERENCES: &str = "secret";

/// The mount of webhooks' own secrets.
const OWN: &str = "webhooks";

/// Mount, path, fields, number of versions, and the age of the newest one in minutes.
type SeedSecret = (&'static str, &'static str, &'static [(&'static str, &'static str)], u32, u64);

const DAY: u64 = 24 * 60;

const SECRETS: &[SeedSecret] = &[
    (REFERENCES, "app/orders", &[("token", "demo-orders-token")], 3, 12 * DAY),
    (
        REFERENCES,
        "app/payments",
        &[("hmac", "demo-payments-hmac"), ("api", "demo-payments-api")],
        1,
        40 * DAY,
    ),
    (REFERENCES, "app/github", &[("hmac", "demo-github-hmac")], 3, 200),
    (REFERENCES, "app/users", &[("jwt", "demo-users-jwt")], 1, 90 * DAY),
    // No document refers to it any more.
    (REFERENCES, "app/retired", &[("token", "demo-retired-token")], 2, 400 * DAY),
    (REFERENCES, "infra/rabbit", &[("user", "hooks"), ("pass", "demo-rabbit-pass")], 2, 5 * DAY),
    (REFERENCES, "infra/aws", &[("id", "demo-aws-id"), ("key", "demo-aws-key")], 1, 300 * DAY),
    (REFERENCES, "iot/floor", &[("consumer", "demo-floor-consumer")], 4, 2 * DAY),
    (
        OWN,
        "production/orders/secrets",
        &[("bearer-token", "demo-orders-bearer"), ("hmac-header", "X-Signature")],
        1,
        30,
    ),
];

fn kv_path(mount: &str, path: &str) -> Option<SecretPath> {
    Some(SecretPath::Kv { mount: Mount::new(mount).ok()?, path: KvPath::new(path).ok()? })
}

pub fn demo_secrets() -> MemorySecrets {
    let minutes_ago = Arc::new(AtomicU64::new(0));
    let ago = Arc::clone(&minutes_ago);
    let secrets = MemorySecrets::with_clock(move || {
        let ago = Duration::from_secs(60 * ago.load(Ordering::Relaxed));
        SystemTime::now().checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH)
    });
    for (mount, path, fields, versions, age) in SECRETS {
        minutes_ago.store(*age, Ordering::Relaxed);
        if let Some(path) = kv_path(mount, path) {
            for _ in 0..*versions {
                secrets.put_now(&path, fields.iter().copied());
            }
        }
    }
    if let Some(path) = kv_path(REFERENCES, "iot/floor") {
        secrets.delete_now(&path);
    }
    if let Some(path) = kv_path(REFERENCES, "infra/aws") {
        secrets.forbid(SecretRight::Presence, &path);
        secrets.forbid(SecretRight::Reveal, &path);
    }
    if let Some(path) = kv_path(OWN, "staging/orders/secrets") {
        secrets.make_unreachable(&path);
    }
    minutes_ago.store(0, Ordering::Relaxed);
    secrets
}

/// How the demo's receiver maps documents to these secrets.
pub fn demo_secret_lookup() -> Option<SecretLookup> {
    let (own, references) = (Mount::new(OWN).ok()?, Mount::new(REFERENCES).ok()?);
    let kept = OwnSecrets::Kv { mount: own, template: OwnPathTemplate::default() };
    Some(SecretLookup {
        references: Some(references),
        own: kept.clone(),
        stored: kept,
        can_read_kv: true,
        ..SecretLookup::default()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::super::seed_data;
    use super::*;
    use crate::check::{NeedMark, needs};
    use crate::domain::{ConnectionName, Masking, ResourceKey, SecretNames};
    use crate::inventory::Facts;

    #[tokio::test]
    async fn every_mark_is_seen() {
        let store: HashMap<_, _> = seed_data::documents().collect();
        let facts = |key: &ResourceKey| {
            Some(Facts::scan(&Masking::of(key, &SecretNames::default()), store.get(key)?))
        };
        let facts_of = |name: &str| facts(&ResourceKey::connection(ConnectionName::new(name).ok()?));
        let (lookup, secrets) = (demo_secret_lookup().unwrap(), demo_secrets());
        let reader = secrets.access(false).reader;
        let mut seen = BTreeMap::new();
        for key in store.keys() {
            let needs = needs(key, &facts(key).unwrap(), &facts_of, &lookup);
            let mut told = HashMap::new();
            for path in needs.paths() {
                told.insert(path.clone(), reader.presence(path).await.unwrap());
            }
            let mark = needs.mark(&|path| told.get(path));
            seen.entry(mark).or_insert_with(Vec::new).push(key.to_string());
        }
        for mark in NeedMark::ALL.into_iter().filter(|mark| *mark != NeedMark::Asking) {
            assert!(seen.contains_key(&mark), "{mark:?}: {seen:?}");
        }
    }
}
