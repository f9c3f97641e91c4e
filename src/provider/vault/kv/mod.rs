//! Secrets in the key-value engines: which exist, what they hold, and the writes.
//!
//! | file | what it is for |
//! | --- | --- |
//! | `two` | KV 2: presence, versions, lists, reveals |
//! | `change` | KV 2: put, patch, delete, undelete, destroy |
//! | `one` | KV 1: the little that can be known and done there |
//! | `rights` | what this user may not do, asked for many secrets at once |
//! | `mounts` | which engine stands at a mount, asked once |
//! | `answer` | what a status means for one path |
//! | `wire` | bodies, both ways; the only place that handles values |
//! | `number` | numbers that the server would round |
//!
//! Nothing but a reveal asks for anything below `{mount}/data/` (KV 2) or for the secret itself (KV 1).

mod answer;
mod change;
mod mounts;
mod number;
mod one;
mod rights;
mod two;
mod wire;

use std::sync::Arc;

use super::call::{Call, Reply};
use super::failure::Failure;
use super::session::Session;
use super::settings::KvVersion;
use crate::domain::{KvPath, Mount, Presence, SecretFolder, SecretPath, SecretVersion, Versions};
use crate::provider::secret::{no_versions_named, unsupported};
use crate::provider::{Error, Result, Revealed, SecretCapabilities, SecretExpect, SecretFields, SecretName};
use change::Mark;
use mounts::Mounts;

/// The secrets of one server, through one session.
pub(super) struct Kv {
    session: Arc<Session>,
    mounts: Mounts,
}

/// One secret of a key-value engine.
#[derive(Clone, Copy)]
struct At<'a> {
    mount: &'a Mount,
    path: &'a KvPath,
    whole: &'a SecretPath,
}

impl<'a> At<'a> {
    fn of(whole: &'a SecretPath) -> Result<Self> {
        match whole {
            SecretPath::Kv { mount, path } => Ok(Self { mount, path, whole }),
            SecretPath::Variables(_) => {
                let what = format!("looking for {whole}");
                Err(unsupported(what, "this context keeps its secrets in Vault or OpenBao"))
            }
        }
    }

    /// The path below one of KV 2's endpoints.
    fn under(self, endpoint: &str) -> String {
        format!("{}/{endpoint}/{}", self.mount, self.path)
    }
}

impl Kv {
    /// Does nothing before it is used.
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self { session, mounts: Mounts::default() }
    }

    fn version(&self) -> KvVersion {
        self.session.settings().kv
    }

    pub(super) fn capabilities(&self) -> SecretCapabilities {
        let two = self.version() == KvVersion::Two;
        SecretCapabilities { presence: two, versions: two, patch: two, list: true, write: true }
    }

    pub(super) async fn presence(&self, path: &SecretPath) -> Result<Presence> {
        let at = At::of(path)?;
        match self.version() {
            KvVersion::Two => self.presence_two(at).await,
            KvVersion::One => self.presence_one(at).await,
        }
    }

    pub(super) async fn list(&self, folder: &SecretFolder) -> Result<Vec<SecretName>> {
        match self.version() {
            KvVersion::Two => self.list_below(folder, Some("metadata")).await?.names(),
            KvVersion::One => self.list_below(folder, None).await?.names(),
        }
    }

    pub(super) async fn versions(&self, path: &SecretPath) -> Result<Option<Versions>> {
        let at = At::of(path)?;
        match self.version() {
            KvVersion::Two => self.versions_two(at).await,
            KvVersion::One => Err(no_versions(format!("telling the versions of {path}"))),
        }
    }

    pub(super) async fn reveal(
        &self,
        path: &SecretPath,
        version: Option<SecretVersion>,
    ) -> Result<Option<Revealed>> {
        let at = At::of(path)?;
        match (self.version(), version) {
            (KvVersion::Two, version) => self.reveal_two(at, version).await,
            (KvVersion::One, None) => self.reveal_one(at).await,
            (KvVersion::One, Some(version)) => Err(no_versions(format!("reading {version} of {path}"))),
        }
    }

    pub(super) async fn put(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        let at = At::of(path)?;
        match self.version() {
            KvVersion::Two => self.put_two(at, fields, expect).await.map(Some),
            KvVersion::One => self.put_one(at, fields, expect).await.map(|()| None),
        }
    }

    pub(super) async fn patch(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        let at = At::of(path)?;
        match self.version() {
            KvVersion::Two => self.patch_two(at, fields, expect).await.map(Some),
            KvVersion::One => Err(unsupported(
                format!("changing single fields of {path}"),
                "a KV 1 engine only replaces a secret as a whole: read it and write all of its fields",
            )),
        }
    }

    pub(super) async fn delete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.mark(path, versions, Mark::Delete).await
    }

    pub(super) async fn undelete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.mark(path, versions, Mark::Undelete).await
    }

    pub(super) async fn destroy(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.mark(path, versions, Mark::Destroy).await
    }

    async fn mark(&self, path: &SecretPath, versions: &[SecretVersion], mark: Mark) -> Result<()> {
        let at = At::of(path)?;
        if self.version() == KvVersion::One {
            let remedy = "a KV 1 engine keeps no versions, and what is deleted there is gone: \
                          destroy the secret as a whole, if that is meant";
            return Err(unsupported(format!("{} a version of {path}", mark.words()), remedy));
        }
        if versions.is_empty() {
            return Err(no_versions_named(path));
        }
        self.mark_two(at, versions, mark).await
    }

    pub(super) async fn destroy_all(&self, path: &SecretPath) -> Result<()> {
        let at = At::of(path)?;
        let place = match self.version() {
            KvVersion::Two => at.under("metadata"),
            KvVersion::One => at.whole.to_string(),
        };
        self.remove(at, place).await
    }

    async fn remove(&self, at: At<'_>, place: String) -> Result<()> {
        self.engine_fits(at.mount).await?;
        let permission = format!("delete on {place}");
        let reply = self.send_write(at, &Call::delete(place)).await?;
        if reply.is_done() { Ok(()) } else { Err(self.refused(at, &reply, permission)) }
    }

    /// Sends what only reads.
    async fn send(&self, call: &Call) -> Result<Reply> {
        self.session.call(call).await.map_err(|failure| self.failed(failure))
    }

    /// Sends a write, whose outcome may stay unknown.
    async fn send_write(&self, at: At<'_>, call: &Call) -> Result<Reply> {
        self.session.call(call).await.map_err(|failure| self.failed_write(at, failure))
    }

    fn failed(&self, failure: Failure) -> Error {
        failure.into_error(&self.session.name())
    }

    fn failed_write(&self, at: At<'_>, failure: Failure) -> Error {
        if failure.may_be_done() {
            let reason = failure.words(&self.session.name());
            return Error::SecretUnknown { path: at.whole.clone(), reason };
        }
        self.failed(failure)
    }
}

fn no_versions(what: String) -> Error {
    unsupported(what, "a KV 1 engine keeps none")
}

fn unavailable(reason: String) -> Error {
    Error::Unavailable { reason, retry_in: None }
}
