//! Writes of KV 2, each on the condition that the caller names.

use super::answer::{Absence, Refusal};
use super::wire::{self, Data, Written};
use super::{At, Kv, number};
use crate::domain::{Presence, SecretVersion};
use crate::provider::secret::check_patch;
use crate::provider::vault::call::{Call, Reply};
use crate::provider::{Error, Result, SecretExpect, SecretFields};

/// What can be done to versions that are there.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Delete,
    Undelete,
    Destroy,
}

impl Mark {
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

impl Kv {
    pub(super) async fn put_two(
        &self,
        at: At<'_>,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<SecretVersion> {
        number::check(at.whole, fields)?;
        self.engine_fits(at.mount).await?;
        let place = at.under("data");
        let capability = if expect == SecretExpect::Absent { "create" } else { "update" };
        let permission = format!("{capability} on {place}");
        let reply = self.send_write(at, &Call::post(place, wire::write(fields, expect))).await?;
        self.written(at, &reply, permission).await
    }

    pub(super) async fn patch_two(
        &self,
        at: At<'_>,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<SecretVersion> {
        check_patch(at.whole, fields)?;
        number::check(at.whole, fields)?;
        self.engine_fits(at.mount).await?;
        let place = at.under("data");
        let permission = format!("patch on {place}");
        let reply = self.send_write(at, &Call::patch(place, wire::write(fields, expect))).await?;
        match (reply.status(), Absence::of(&reply)) {
            (404, Absence::Nothing) => Err(unpatched(at, expect, None)),
            (404, Absence::Gone(meta)) => Err(unpatched(at, expect, Some(meta.number()))),
            _ => self.written(at, &reply, permission).await,
        }
    }

    pub(super) async fn mark_two(&self, at: At<'_>, versions: &[SecretVersion], mark: Mark) -> Result<()> {
        self.engine_fits(at.mount).await?;
        let place = at.under(mark.endpoint());
        let permission = format!("update on {place}");
        let reply = self.send_write(at, &Call::post(place, wire::numbers(versions))).await?;
        if reply.is_done() { Ok(()) } else { Err(self.refused(at, &reply, permission)) }
    }

    async fn written(&self, at: At<'_>, reply: &Reply, permission: String) -> Result<SecretVersion> {
        if reply.is_done() {
            let written = reply.parse::<Data<Written>>();
            return written.map(|written| SecretVersion(written.data.version)).map_err(|_| {
                let reason =
                    format!("the answer names no version; look whether {}/ is a KV 2 engine", at.mount);
                Error::SecretUnknown { path: at.whole.clone(), reason }
            });
        }
        if reply.status() == 400 && matches!(Refusal::of(reply), Refusal::Conflict) {
            return Err(Error::SecretConflict { path: at.whole.clone(), now: self.newest(at).await });
        }
        Err(self.refused(at, reply, permission))
    }

    /// The newest version, for somebody who was told that theirs is not; as far as it can be had.
    async fn newest(&self, at: At<'_>) -> Option<SecretVersion> {
        match self.presence_two(at).await.ok()? {
            Presence::Present(contents) => contents.version,
            Presence::Deleted { version, .. } | Presence::Destroyed { version } => Some(version),
            Presence::Forbidden { .. } => self.versions_two(at).await.ok()??.current,
            _ => None,
        }
    }
}

/// A patch that met no fields to change.
fn unpatched(at: At<'_>, expect: SecretExpect, now: Option<SecretVersion>) -> Error {
    match expect {
        SecretExpect::Version(version) if Some(version) != now => {
            Error::SecretConflict { path: at.whole.clone(), now }
        }
        SecretExpect::Absent if now.is_some() => Error::SecretConflict { path: at.whole.clone(), now },
        _ => crate::provider::secret::nothing_to_patch(at.whole),
    }
}
