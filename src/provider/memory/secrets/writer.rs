//! Writes of the in-memory secret store, each atomic under one lock.

use async_trait::async_trait;

use super::{KvLocation, MemorySecrets, MemorySecretsState};
use crate::domain::{SecretPath, SecretRight, SecretVersion};
use crate::provider::secret::{check_patch, no_versions_named, nothing_to_patch};
use crate::provider::{Error, Result, SecretChange, SecretExpect, SecretFields, SecretWriter};

#[async_trait]
impl SecretWriter for MemorySecrets {
    async fn apply(&self, path: &SecretPath, change: SecretChange<'_>) -> Result<Option<SecretVersion>> {
        use SecretChange::{Delete, Destroy, DestroyAll, Patch, Put, Undelete};
        let (place, mut state) = self.open(path)?;
        match change {
            Patch(fields, _) => check_patch(path, fields)?,
            Delete([]) | Undelete([]) | Destroy([]) => return Err(no_versions_named(path)),
            _ => {}
        }
        let now = (self.shared.clock)();
        let exists = state.secret(place).is_some_and(|kept| kept.current().is_some());
        let right = match change {
            Put(..) if exists => SecretRight::Update,
            Put(..) => SecretRight::Create,
            _ => change.right(),
        };
        state.faults.check_right(right, place)?;
        match change {
            Put(fields, expect) => {
                state.check(place, expect)?;
                return Ok(Some(state.secret_mut(place).write(fields.copied(), now)));
            }
            Patch(fields, expect) => {
                state.check(place, expect)?;
                let mut whole = state.base(place)?;
                fields.copied().into_iter().for_each(|(name, value)| whole.set(name, value));
                return Ok(Some(state.secret_mut(place).write(whole, now)));
            }
            DestroyAll => {
                state.secrets.get_mut(place.mount).and_then(|mount| mount.remove(place.path));
            }
            // Like the server, ignores a secret that does not exist.
            Delete(_) | Undelete(_) | Destroy(_) if state.secret(place).is_none() => {}
            Delete(versions) => state.secret_mut(place).delete(versions, now),
            Undelete(versions) => state.secret_mut(place).undelete(versions, now),
            Destroy(versions) => state.secret_mut(place).destroy(versions, now),
        }
        Ok(None)
    }
}

impl MemorySecretsState {
    fn check(&self, place: KvLocation<'_>, expect: SecretExpect) -> Result<()> {
        let kept = self.secret(place);
        let met = match kept {
            Some(kept) => kept.meets(expect),
            None => !matches!(expect, SecretExpect::Version(_)),
        };
        let now = kept.and_then(super::StoredSecret::current);
        if met { Ok(()) } else { Err(Error::SecretConflict { path: place.secret_path.clone(), now }) }
    }

    /// The current fields, which a patch is applied to.
    fn base(&self, place: KvLocation<'_>) -> Result<SecretFields> {
        let kept = self.secret(place);
        let fields = kept.and_then(|kept| kept.fields(kept.current()));
        fields.map(SecretFields::copied).ok_or_else(|| nothing_to_patch(place.secret_path))
    }
}
