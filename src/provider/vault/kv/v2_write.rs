//! Writes of KV 2, with check-and-set.

use super::response::{NotFoundReason, WriteRefusal};
use super::wire::{self, DataEnvelope, WriteResponse};
use super::{KvLocation, VaultSecrets, number};
use crate::domain::{Presence, SecretVersion};
use crate::provider::secret::check_patch;
use crate::provider::vault::request::{VaultRequest, VaultResponse};
use crate::provider::{Error, Result, SecretExpect, SecretFields};

/// An operation on existing versions.
#[derive(Clone, Copy)]
pub(super) enum VersionAction {
    Delete,
    Undelete,
    Destroy,
}

impl VersionAction {
    fn endpoint(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Undelete => "undelete",
            Self::Destroy => "destroy",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Delete => "deleting",
            Self::Undelete => "undeleting",
            Self::Destroy => "destroying",
        }
    }
}

impl VaultSecrets {
    pub(super) async fn put_v2(
        &self,
        at: KvLocation<'_>,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<SecretVersion> {
        number::check(at.secret_path, fields)?;
        self.check_engine(at.mount).await?;
        let place = at.endpoint_path("data");
        let capability = if expect == SecretExpect::Absent { "create" } else { "update" };
        let permission = format!("{capability} on {place}");
        let reply = self.send_write(at, &VaultRequest::post(place, wire::write(fields, expect))).await?;
        self.written_version(at, &reply, permission).await
    }

    pub(super) async fn patch_v2(
        &self,
        at: KvLocation<'_>,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<SecretVersion> {
        check_patch(at.secret_path, fields)?;
        number::check(at.secret_path, fields)?;
        self.check_engine(at.mount).await?;
        let place = at.endpoint_path("data");
        let permission = format!("patch on {place}");
        let reply = self.send_write(at, &VaultRequest::patch(place, wire::write(fields, expect))).await?;
        match (reply.status(), NotFoundReason::of(&reply)) {
            (404, NotFoundReason::Nothing) => Err(patch_error(at, expect, None)),
            (404, NotFoundReason::Gone(meta)) => Err(patch_error(at, expect, Some(meta.number()))),
            _ => self.written_version(at, &reply, permission).await,
        }
    }

    pub(super) async fn change_versions_v2(
        &self,
        at: KvLocation<'_>,
        versions: &[SecretVersion],
        mark: VersionAction,
    ) -> Result<()> {
        self.check_engine(at.mount).await?;
        let place = at.endpoint_path(mark.endpoint());
        let permission = format!("update on {place}");
        let reply = self.send_write(at, &VaultRequest::post(place, wire::numbers(versions))).await?;
        if reply.is_done() { Ok(()) } else { Err(self.write_error(at, &reply, permission)) }
    }

    async fn written_version(
        &self,
        at: KvLocation<'_>,
        reply: &VaultResponse,
        permission: String,
    ) -> Result<SecretVersion> {
        if reply.is_done() {
            let written = reply.parse::<DataEnvelope<WriteResponse>>();
            return written.map(|written| SecretVersion(written.data.version)).map_err(|_| {
                let reason =
                    format!("the answer names no version; look whether {}/ is a KV 2 engine", at.mount);
                Error::SecretUnknown { path: at.secret_path.clone(), reason }
            });
        }
        if reply.status() == 400 && matches!(WriteRefusal::of(reply), WriteRefusal::Conflict) {
            return Err(Error::SecretConflict { path: at.secret_path.clone(), now: self.newest(at).await });
        }
        Err(self.write_error(at, reply, permission))
    }

    /// The current version, for a conflict error; `None` if it cannot be read.
    async fn newest(&self, at: KvLocation<'_>) -> Option<SecretVersion> {
        match self.presence_v2(at).await.ok()? {
            Presence::Present(contents) => contents.version,
            Presence::Deleted { version, .. } | Presence::Destroyed { version } => Some(version),
            Presence::Forbidden { .. } => self.versions_v2(at).await.ok()??.current,
            _ => None,
        }
    }
}

/// The error of a patch of a secret without current fields.
fn patch_error(at: KvLocation<'_>, expect: SecretExpect, now: Option<SecretVersion>) -> Error {
    match expect {
        SecretExpect::Version(version) if Some(version) != now => {
            Error::SecretConflict { path: at.secret_path.clone(), now }
        }
        SecretExpect::Absent if now.is_some() => Error::SecretConflict { path: at.secret_path.clone(), now },
        _ => crate::provider::secret::nothing_to_patch(at.secret_path),
    }
}
