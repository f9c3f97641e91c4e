//! Writes of KV 2, with check-and-set.

use super::response::NotFoundReason;
use super::wire::{self, WriteResponse};
use super::{KvLocation, VaultSecrets, number};
use crate::domain::{Presence, SecretVersion};
use crate::provider::secret::{check_patch, no_versions_named, nothing_to_patch};
use crate::provider::vault::error::VaultError;
use crate::provider::vault::request::VaultRequest;
use crate::provider::{Error, Result, SecretChange, SecretExpect};

impl VaultSecrets {
    pub(super) async fn change_v2(
        &self,
        at: KvLocation<'_>,
        change: SecretChange<'_>,
    ) -> Result<Option<SecretVersion>> {
        use SecretChange::{Delete, Destroy, DestroyAll, Patch, Put, Undelete};
        let right = change.right();
        let (_, endpoint) = right.in_kv_2();
        let place = at.endpoint_path(endpoint);
        let call = match change {
            Put(fields, expect) => {
                number::check(at.secret_path, fields)?;
                VaultRequest::post(place, wire::write(fields, expect))
            }
            Patch(fields, expect) => {
                check_patch(at.secret_path, fields)?;
                number::check(at.secret_path, fields)?;
                VaultRequest::patch(place, wire::write(fields, expect))
            }
            Delete([]) | Undelete([]) | Destroy([]) => return Err(no_versions_named(at.secret_path)),
            Delete(versions) | Undelete(versions) | Destroy(versions) => {
                VaultRequest::post(place, wire::numbers(versions))
            }
            DestroyAll => VaultRequest::delete(place),
        };
        let reply = self.send_write(at, &call).await?;
        match change {
            Put(..) | Patch(..) if reply.is_done() => match reply.data::<WriteResponse>() {
                Ok(written) => return Ok(Some(SecretVersion(written.version))),
                Err(_) => {
                    let reason =
                        format!("the answer names no version; look whether {}/ is a KV 2 engine", at.mount);
                    return Err(Error::SecretUnknown { path: at.secret_path.clone(), reason });
                }
            },
            _ if reply.is_done() => return Ok(None),
            Patch(_, expect) if reply.status == 404 => match NotFoundReason::of(&reply) {
                NotFoundReason::Nothing => return Err(patch_error(at, expect, None)),
                NotFoundReason::Gone(meta) => return Err(patch_error(at, expect, Some(meta.number()))),
                // A missing secret, or the empty 404 of a proxy: a read tells them apart.
                NotFoundReason::Other => match self.presence_v2(at).await? {
                    Presence::Present(_) | Presence::Unreachable { .. } => {
                        return Err(self.failed(VaultError::NotVault(404)));
                    }
                    absent => return Err(patch_error(at, expect, absent.version())),
                },
                _ => {}
            },
            _ => {}
        }
        Err(self.write_error(at, &reply, at.permission(right)).await)
    }

    /// The current version, for a conflict error; `None` if it cannot be read.
    pub(super) async fn newest(&self, at: KvLocation<'_>) -> Option<SecretVersion> {
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
        _ => nothing_to_patch(at.secret_path),
    }
}
