//! KV 1: no versions, no subkeys, no check-and-set.
//!
//! What it can tell without a value being read is whether a name stands in a list. So a name that
//! does not is missing, and one that does is `unknown`, with the reason: it exists, and what is in it
//! cannot be known. Where listing is not permitted, all is unknown.

use super::answer::{Absence, denied, is_two};
use super::two::Listed;
use super::wire::{self, Data, ReadOne, values};
use super::{At, Kv, unavailable};
use crate::domain::{KvPath, Presence, SecretFolder};
use crate::provider::secret::unsupported;
use crate::provider::vault::call::Call;
use crate::provider::vault::failure::Failure;
use crate::provider::{Error, Result, Revealed, SecretExpect, SecretFields, SecretName};

impl Kv {
    pub(super) async fn presence_one(&self, at: At<'_>) -> Result<Presence> {
        let unknown = |so: &str| {
            let reason = format!("KV 1 does not tell the fields of a secret without reading it{so}");
            Presence::Unknown { reason }
        };
        let secret = SecretName::Secret(at.whole.clone());
        Ok(match self.list_below(&folder_of(at), None).await? {
            Listed::Names(names) if names.contains(&secret) => unknown("; it exists"),
            Listed::Names(_) => Presence::Missing,
            Listed::Forbidden(permission) => unknown(&format!("; whether it exists takes {permission}")),
            Listed::Untold(reason) => Presence::Unreachable { reason },
        })
    }

    pub(super) async fn reveal_one(&self, at: At<'_>) -> Result<Option<Revealed>> {
        let reply = self.send(&Call::get(at.whole.to_string())).await?;
        match reply.status() {
            200 => {
                let read = reply.parse::<Data<ReadOne<'_>>>().map_err(|failure| self.failed(failure))?;
                let fields = values(read.data).ok_or_else(|| self.failed(Failure::Garbled))?;
                Ok(Some(Revealed { fields, version: None }))
            }
            403 => Err(denied(format!("read on {}", at.whole))),
            404 => match Absence::of(&reply) {
                Absence::Nothing => Ok(None),
                Absence::NoMount => Err(unavailable(self.unmounted(at.mount))),
                Absence::NoEndpoint => Err(unavailable(is_two(at.mount))),
                _ => Err(unavailable(self.not_vault())),
            },
            _ => Err(unavailable(self.odd(&reply))),
        }
    }

    pub(super) async fn put_one(
        &self,
        at: At<'_>,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<()> {
        if expect != SecretExpect::Anything {
            return Err(unsupported(
                format!("writing {} only if nobody else did meanwhile", at.whole),
                "a KV 1 engine keeps no versions and takes no conditions; upgrade it to KV 2, or write it \
                 unconditionally by a command, which replaces all of its fields",
            ));
        }
        if fields.is_empty() {
            let reason =
                format!("a KV 1 engine keeps no secret without fields; nothing was written to {}", at.whole);
            return Err(Error::Invalid { reason });
        }
        self.engine_fits(at.mount).await?;
        let permission = format!("create and update on {}", at.whole);
        let reply = self.send_write(at, &Call::post(at.whole.to_string(), wire::object(fields))).await?;
        if reply.is_done() { Ok(()) } else { Err(self.refused(at, &reply, permission)) }
    }
}

fn folder_of(at: At<'_>) -> SecretFolder {
    let folder = at.path.as_str().rsplit_once('/').and_then(|(folder, _)| KvPath::new(folder).ok());
    SecretFolder { mount: at.mount.clone(), folder }
}
