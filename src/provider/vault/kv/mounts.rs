//! Which engine stands at a mount. A KV 1 engine takes KV 2's requests for secrets of odd names: it
//! answers `subkeys/…` as if there were no such secret, and would store a write at `data/…`. So it is
//! asked once a mount, before the first write and the first 404.
//!
//! `sys/internal/ui/mounts/{mount}` is what the `vault` and `bao` commands ask; it needs no
//! permission of its own, only any permission below the mount.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::answer::{is_one, is_two, no_mount};
use super::{Kv, unavailable};
use crate::domain::Mount;
use crate::provider::Result;
use crate::provider::vault::call::Call;
use crate::provider::vault::settings::KvVersion;

/// How long an answer counts: an engine can be moved or upgraded while we run.
const FRESH: Duration = Duration::from_secs(60);

/// More mounts than anybody refers to; beyond, they are asked for each time.
const MOST: usize = 256;

/// What stands at a mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Engine {
    Kv(KvVersion),
    /// Another kind, by its type.
    Other(String),
    /// The mount is a part of this path only.
    Within(String),
    /// Nobody told.
    Unknown,
}

impl Engine {
    /// What is wrong with it for somebody who speaks this version; `None` if nothing is known to be.
    pub(super) fn misfit(&self, mount: &Mount, speaks: KvVersion) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Kv(version) if *version == speaks => None,
            Self::Kv(KvVersion::One) => Some(is_one(mount)),
            Self::Kv(KvVersion::Two) => Some(is_two(mount)),
            Self::Other(kind) => Some(format!(
                "{mount}/ is an engine of type {kind:?}, which keeps no such secrets: check the mount"
            )),
            Self::Within(inner) => {
                Some(format!("{mount}/ is no mount; {inner:?} is, and the rest belongs to the path"))
            }
        }
    }
}

/// What was learned of mounts.
#[derive(Default)]
pub(super) struct Mounts(Mutex<HashMap<Mount, (Engine, Instant)>>);

impl Mounts {
    fn known(&self, mount: &Mount) -> Option<Engine> {
        let known = self.lock();
        let (engine, since) = known.get(mount)?;
        (since.elapsed() < FRESH).then(|| engine.clone())
    }

    fn learn(&self, mount: &Mount, engine: &Engine) {
        let mut known = self.lock();
        if known.len() < MOST || known.contains_key(mount) {
            known.insert(mount.clone(), (engine.clone(), Instant::now()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Mount, (Engine, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Told {
    data: Described,
}

#[derive(Deserialize)]
struct Described {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    options: Option<Options>,
}

#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    version: Option<String>,
}

impl Described {
    fn engine(self, mount: &Mount) -> Engine {
        if self.path.trim_matches('/') != mount.as_str() {
            return Engine::Within(self.path);
        }
        let version = self.options.and_then(|options| options.version);
        match (self.kind.as_str(), version.as_deref()) {
            ("kv" | "generic", Some("2")) => Engine::Kv(KvVersion::Two),
            ("kv" | "generic", None | Some("" | "1")) => Engine::Kv(KvVersion::One),
            ("kv" | "generic", Some(_)) => Engine::Unknown,
            _ => Engine::Other(self.kind),
        }
    }
}

impl Kv {
    /// What stands at a mount, as far as this user may know.
    async fn engine(&self, mount: &Mount) -> Result<Engine> {
        if let Some(engine) = self.mounts.known(mount) {
            return Ok(engine);
        }
        let reply = self.send(&Call::get(format!("sys/internal/ui/mounts/{mount}"))).await?;
        let told = if reply.status() == 200 { reply.parse::<Told>().ok() } else { None };
        let engine = told.map_or(Engine::Unknown, |told| told.data.engine(mount));
        self.mounts.learn(mount, &engine);
        Ok(engine)
    }

    /// What is known to be wrong with a mount, so that its 404 says nothing about a secret.
    pub(super) async fn misfit(&self, mount: &Mount) -> Result<Option<String>> {
        Ok(self.engine(mount).await?.misfit(mount, self.version()))
    }

    /// Refuses a write to an engine that would take it for something else.
    pub(super) async fn engine_fits(&self, mount: &Mount) -> Result<()> {
        self.misfit(mount).await?.map_or(Ok(()), |misfit| Err(unavailable(misfit)))
    }

    /// Why there is no such mount, once the server has said so; what was known of it is forgotten.
    pub(super) fn unmounted(&self, mount: &Mount) -> String {
        self.mounts.lock().remove(mount);
        no_mount(mount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(data: &str) -> Engine {
        let told: Told = serde_json::from_str(&format!("{{\"data\": {data}}}")).unwrap();
        told.data.engine(&Mount::new("team/kv").unwrap())
    }

    #[test]
    fn an_engine_is_known_by_type_version_and_path() {
        let two = engine(r#"{"type": "kv", "path": "team/kv/", "options": {"version": "2"}}"#);
        assert_eq!(two, Engine::Kv(KvVersion::Two));
        for options in ["null", "{}", r#"{"version": "1"}"#, r#"{"version": null}"#] {
            let one = engine(&format!(r#"{{"type": "kv", "path": "team/kv/", "options": {options}}}"#));
            assert_eq!(one, Engine::Kv(KvVersion::One), "{options}");
        }
        assert_eq!(engine(r#"{"type": "pki", "path": "team/kv/"}"#), Engine::Other("pki".into()));
        assert_eq!(engine(r#"{"type": "kv", "path": "team/"}"#), Engine::Within("team/".into()));
    }

    #[test]
    fn what_does_not_fit_is_told_with_what_to_do() {
        let mount = Mount::new("team/kv").unwrap();
        let misfit = |engine: Engine, speaks| engine.misfit(&mount, speaks);
        assert_eq!(misfit(Engine::Kv(KvVersion::Two), KvVersion::Two), None);
        assert_eq!(misfit(Engine::Unknown, KvVersion::Two), None);
        let words = misfit(Engine::Kv(KvVersion::One), KvVersion::Two).unwrap();
        assert!(words.contains("KV 1") && words.contains("set it to 1"), "{words}");
        let words = misfit(Engine::Kv(KvVersion::Two), KvVersion::One).unwrap();
        assert!(words.contains("KV 2") && words.contains("set it to 2"), "{words}");
        assert!(misfit(Engine::Other("pki".into()), KvVersion::Two).unwrap().contains("pki"));
        assert!(misfit(Engine::Within("team/".into()), KvVersion::Two).unwrap().contains("team/"));
    }
}
