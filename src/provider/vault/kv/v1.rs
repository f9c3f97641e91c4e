//! KV 1: no versions, no subkeys, no check-and-set.
//!
//! Without reading values, only names can be listed. So a name that is not listed is missing, and one
//! that is listed is `Unknown`, with the reason: it exists, but its fields are not known. Where listing
//! is not permitted, every secret is `Unknown`.

use super::response::{NotFoundReason, kv2_mismatch};
use super::v2::KvListing;
use super::wire::{self, DataEnvelope, Kv1Fields, values};
use super::{KvLocation, VaultSecrets};
use crate::domain::{KvPath, Presence, SecretFolder};
use crate::provider::vault::error::VaultError;
use crate::provider::vault::request::VaultRequest;
use crate::provider::{Error, Result, SecretData, SecretExpect, SecretFields, SecretListItem};

impl VaultSecrets {
    pub(super) async fn presence_v1(&self, at: KvLocation<'_>) -> Result<Presence> {
        let unknown = |so: &str| {
            let reason = format!("KV 1 does not tell the fields of a secret without reading it{so}");
            Presence::Unknown { reason }
        };
        let secret = SecretListItem::Secret(at.secret_path.clone());
        Ok(match self.list_below(&folder_of(at), None).await? {
            KvListing::Names(names) if names.contains(&secret) => unknown("; it exists"),
            KvListing::Names(_) => Presence::Missing,
            KvListing::Forbidden(permission) => unknown(&format!("; whether it exists takes {permission}")),
            KvListing::Unavailable(reason) => Presence::Unreachable { reason },
        })
    }

    pub(super) async fn reveal_v1(&self, at: KvLocation<'_>) -> Result<Option<SecretData>> {
        let reply = self.send(&VaultRequest::get(at.secret_path.to_string())).await?;
        match reply.status() {
            200 => {
                let read =
                    reply.parse::<DataEnvelope<Kv1Fields<'_>>>().map_err(|failure| self.failed(failure))?;
                let fields = values(read.data).ok_or_else(|| self.failed(VaultError::Malformed))?;
                Ok(Some(SecretData { fields, version: None }))
            }
            403 => Err(Error::denied(format!("read on {}", at.secret_path))),
            404 => match NotFoundReason::of(&reply) {
                NotFoundReason::Nothing => Ok(None),
                NotFoundReason::NoMount => Err(Error::unavailable(self.forget_mount(at.mount))),
                NotFoundReason::NoEndpoint => Err(Error::unavailable(kv2_mismatch(at.mount))),
                _ => Err(Error::unavailable(self.not_vault())),
            },
            _ => Err(Error::unavailable(self.unexpected_status(&reply))),
        }
    }

    pub(super) async fn put_v1(
        &self,
        at: KvLocation<'_>,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<()> {
        if expect != SecretExpect::Anything {
            return Err(Error::unsupported(
                format!("writing {} only if nobody else did meanwhile", at.secret_path),
                "a KV 1 engine keeps no versions and takes no conditions; upgrade it to KV 2, or write it \
                 unconditionally by a command, which replaces all of its fields",
            ));
        }
        if fields.is_empty() {
            let reason = format!(
                "a KV 1 engine keeps no secret without fields; nothing was written to {}",
                at.secret_path
            );
            return Err(Error::invalid(reason));
        }
        self.check_engine(at.mount).await?;
        let permission = format!("create and update on {}", at.secret_path);
        let reply = self
            .send_write(at, &VaultRequest::post(at.secret_path.to_string(), wire::object(fields)))
            .await?;
        if reply.is_done() { Ok(()) } else { Err(self.write_error(at, &reply, permission)) }
    }
}

fn folder_of(at: KvLocation<'_>) -> SecretFolder {
    let folder = at.path.as_str().rsplit_once('/').and_then(|(folder, _)| KvPath::new(folder).ok());
    SecretFolder { mount: at.mount.clone(), folder }
}
