//! KV 1: no versions, no subkeys, no check-and-set.
//!
//! Without reading values, only names can be listed. So a name that is not listed is missing, and one
//! that is listed is `Unknown`, with the reason: it exists, but its fields are not known. Where listing
//! is not permitted, every secret is `Unknown`.

use super::v2::found;
use super::wire::{self, values};
use super::{KvLocation, VaultSecrets};
use crate::domain::{KvPath, Presence, SecretFolder, SecretVersion};
use crate::provider::vault::request::VaultRequest;
use crate::provider::{Error, Result, SecretChange, SecretData, SecretExpect, SecretListItem};

impl VaultSecrets {
    pub(super) async fn presence_v1(&self, at: KvLocation<'_>) -> Result<Presence> {
        let unknown = |so: &str| {
            let reason = format!("KV 1 does not tell the fields of a secret without reading it{so}");
            Presence::Unknown { reason }
        };
        let secret = SecretListItem::Secret(at.secret_path.clone());
        let folder = at.path.as_str().rsplit_once('/').and_then(|(folder, _)| KvPath::new(folder).ok());
        let folder = SecretFolder { mount: at.mount.clone(), folder };
        Ok(match self.list_below(&folder).await? {
            Ok(names) if names.contains(&secret) => unknown("; it exists"),
            Ok(_) => Presence::Missing,
            Err(Presence::Forbidden { permission }) => {
                unknown(&format!("; whether it exists takes {permission}"))
            }
            Err(instead) => instead,
        })
    }

    pub(super) async fn reveal_v1(&self, at: KvLocation<'_>) -> Result<Option<SecretData>> {
        let call = VaultRequest::get(at.plain_path());
        let fields = self.read(at.mount, &call, |reply| reply.data().ok().and_then(values)).await?;
        Ok(found(fields)?.map(|fields| SecretData { fields, version: None }))
    }

    pub(super) async fn change_v1(
        &self,
        at: KvLocation<'_>,
        change: SecretChange<'_>,
    ) -> Result<Option<SecretVersion>> {
        let path = at.secret_path;
        let no_versions = |doing: &str| {
            let remedy = "a KV 1 engine keeps no versions, and what is deleted there is gone: \
                          destroy the secret as a whole, if that is meant";
            Err(Error::unsupported(format!("{doing} a version of {path}"), remedy))
        };
        let (capability, call) = match change {
            SecretChange::Put(_, expect) if expect != SecretExpect::Anything => {
                return Err(Error::unsupported(
                    format!("writing {path} only if nobody else did meanwhile"),
                    "a KV 1 engine keeps no versions and takes no conditions; upgrade it to KV 2, or write \
                     it unconditionally by a command, which replaces all of its fields",
                ));
            }
            SecretChange::Put(fields, _) if fields.is_empty() => {
                return Err(Error::invalid(format!(
                    "a KV 1 engine keeps no secret without fields; nothing was written to {path}"
                )));
            }
            SecretChange::Put(fields, _) => {
                ("create and update", VaultRequest::post(at.plain_path(), wire::object(fields)))
            }
            SecretChange::Patch(..) => {
                return Err(Error::unsupported(
                    format!("changing single fields of {path}"),
                    "a KV 1 engine only replaces a secret as a whole: read it and write all of its fields",
                ));
            }
            SecretChange::Delete(_) => return no_versions("deleting"),
            SecretChange::Undelete(_) => return no_versions("undeleting"),
            SecretChange::Destroy(_) => return no_versions("destroying"),
            SecretChange::DestroyAll => ("delete", VaultRequest::delete(at.plain_path())),
        };
        let reply = self.send_write(at, &call).await?;
        if reply.is_done() {
            return Ok(None);
        }
        Err(self.write_error(at, &reply, format!("{capability} on {path}")).await)
    }
}
