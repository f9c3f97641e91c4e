//! Finds out which engine is at a mount. A KV 1 engine takes the endpoints of KV 2 for secret names: it
//! answers `subkeys/…` as if the secret were missing, and would store a write to `data/…`. So each mount
//! is checked, and the result cached, before a write or a 404 is trusted.
//!
//! `sys/internal/ui/mounts/{mount}` is what the `vault` and `bao` commands use; it needs no
//! permission of its own, only any permission below the mount.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use serde::Deserialize;

use super::VaultSecrets;
use super::response::kv2_mismatch;
use crate::domain::Mount;
use crate::provider::Result;
use crate::provider::vault::request::VaultRequest;
use crate::provider::vault::settings::KvVersion;

/// How long a result is cached: an engine can be moved or upgraded while we run.
const FRESH: Duration = Duration::from_secs(60);

/// The maximum number of cached mounts; further ones are looked up each time.
const MOST: usize = 256;

/// What is mounted at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Engine {
    Kv(KvVersion),
    /// Another engine, by its type.
    Other(String),
    /// The mount is this parent path; the rest is a path in it.
    ParentMount(String),
    /// Not known: the lookup was denied or failed.
    Unknown,
}

impl Engine {
    /// Why it is not an engine of this version; `None` if it is, or is not known.
    pub(super) fn mismatch(&self, mount: &Mount, speaks: KvVersion) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Kv(version) if *version == speaks => None,
            Self::Kv(KvVersion::V1) => {
                Some(format!("{mount}/ is a KV 1 engine, and VAULT_KV_VERSION is 2: set it to 1"))
            }
            Self::Kv(KvVersion::V2) => Some(kv2_mismatch(mount)),
            Self::Other(kind) => Some(format!(
                "{mount}/ is an engine of type {kind:?}, which keeps no such secrets: check the mount"
            )),
            Self::ParentMount(inner) => {
                Some(format!("{mount}/ is no mount; {inner:?} is, and the rest belongs to the path"))
            }
        }
    }
}

#[derive(Default)]
pub(super) struct MountCache(pub(super) Mutex<HashMap<Mount, (Engine, Instant)>>);

impl MountCache {
    fn get(&self, mount: &Mount) -> Option<Engine> {
        let known = self.0.lock();
        let (engine, since) = known.get(mount)?;
        (since.elapsed() < FRESH).then(|| engine.clone())
    }

    fn insert(&self, mount: &Mount, engine: &Engine) {
        let mut known = self.0.lock();
        if known.len() < MOST || known.contains_key(mount) {
            known.insert(mount.clone(), (engine.clone(), Instant::now()));
        }
    }
}

#[derive(Deserialize)]
struct MountInfo {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    options: Option<MountOptions>,
}

#[derive(Deserialize)]
struct MountOptions {
    version: Option<String>,
}

impl MountInfo {
    fn engine(self, mount: &Mount) -> Engine {
        if self.path.trim_matches('/') != mount.as_str() {
            return Engine::ParentMount(self.path);
        }
        let version = self.options.and_then(|options| options.version);
        match (self.kind.as_str(), version.as_deref()) {
            ("kv" | "generic", Some("2")) => Engine::Kv(KvVersion::V2),
            ("kv" | "generic", None | Some("" | "1")) => Engine::Kv(KvVersion::V1),
            ("kv" | "generic", Some(_)) => Engine::Unknown,
            _ => Engine::Other(self.kind),
        }
    }
}

impl VaultSecrets {
    /// Why a mount is not the configured engine, or cannot be looked up, in which case its 404 says nothing
    /// about a secret. Cached; `None` also where this user may not look up the mount.
    pub(super) async fn mismatch(&self, mount: &Mount) -> Result<Option<String>> {
        if let Some(engine) = self.mounts.get(mount) {
            return Ok(engine.mismatch(mount, self.version()));
        }
        let unseen = |why: String| Ok(Some(format!("which engine is at {mount}/ cannot be seen: {why}")));
        let call = VaultRequest::get(format!("sys/internal/ui/mounts/{}", mount.as_str()));
        let reply = match self.session.call(&call).await {
            Ok(reply) => reply,
            Err(failure) if failure.standing().is_none() => {
                return unseen(failure.words(&self.session.name()));
            }
            Err(failure) => return Err(self.failed(failure)),
        };
        let engine = match reply.status {
            200 => match reply.data::<MountInfo>() {
                Ok(told) => told.engine(mount),
                Err(failure) => return unseen(failure.words(&self.session.name())),
            },
            // Without a permission below the mount.
            403 => Engine::Unknown,
            // Whatever is there, a Vault has this endpoint: a 404 is that of another path.
            _ => return unseen(self.unexpected_status(&reply)),
        };
        self.mounts.insert(mount, &engine);
        Ok(engine.mismatch(mount, self.version()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(data: &str) -> Engine {
        serde_json::from_str::<MountInfo>(data).unwrap().engine(&Mount::new("team/kv").unwrap())
    }

    #[test]
    fn an_engine_is_known_by_type_version_and_path() {
        let two = engine(r#"{"type": "kv", "path": "team/kv/", "options": {"version": "2"}}"#);
        assert_eq!(two, Engine::Kv(KvVersion::V2));
        for options in ["null", "{}", r#"{"version": "1"}"#, r#"{"version": null}"#] {
            let one = engine(&format!(r#"{{"type": "kv", "path": "team/kv/", "options": {options}}}"#));
            assert_eq!(one, Engine::Kv(KvVersion::V1), "{options}");
        }
        assert_eq!(engine(r#"{"type": "pki", "path": "team/kv/"}"#), Engine::Other("pki".into()));
        assert_eq!(engine(r#"{"type": "kv", "path": "team/"}"#), Engine::ParentMount("team/".into()));
    }

    #[test]
    fn what_does_not_fit_is_told_with_what_to_do() {
        let mount = Mount::new("team/kv").unwrap();
        let misfit = |engine: Engine, speaks| engine.mismatch(&mount, speaks);
        assert_eq!(misfit(Engine::Kv(KvVersion::V2), KvVersion::V2), None);
        assert_eq!(misfit(Engine::Unknown, KvVersion::V2), None);
        let words = misfit(Engine::Kv(KvVersion::V1), KvVersion::V2).unwrap();
        assert!(words.contains("KV 1") && words.contains("set it to 1"), "{words}");
        let words = misfit(Engine::Kv(KvVersion::V2), KvVersion::V1).unwrap();
        assert!(words.contains("KV 2") && words.contains("set it to 2"), "{words}");
        assert!(misfit(Engine::Other("pki".into()), KvVersion::V2).unwrap().contains("pki"));
        assert!(misfit(Engine::ParentMount("team/".into()), KvVersion::V2).unwrap().contains("team/"));
    }
}
