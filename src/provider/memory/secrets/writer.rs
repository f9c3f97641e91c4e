//! Writes of the in-memory secret store, each atomic under one lock.

use async_trait::async_trait;

use super::{KvLocation, MemorySecrets, MemorySecretsState};
use crate::domain::{SecretPath, SecretRight, SecretVersion};
use crate::provider::secret::{check_patch, no_versions_named, nothing_to_patch};
use crate::provider::{Error, Result, SecretExpect, SecretFields, SecretWriter};

#[async_trait]
impl SecretWriter for MemorySecrets {
    async fn put(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        let place = KvLocation::of(path)?;
        self.check_open()?;
        let now = (self.shared.clock)();
        let mut state = self.state();
        let exists = state.secret(place).is_some_and(|kept| kept.current().is_some());
        state.faults.check_right(if exists { SecretRight::Update } else { SecretRight::Create }, place)?;
        state.check(place, expect)?;
        let version = state.secret_mut(place).write(fields.copied(), now);
        Ok(Some(version))
    }

    async fn patch(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        let place = KvLocation::of(path)?;
        check_patch(path, fields)?;
        self.check_open()?;
        let now = (self.shared.clock)();
        let mut state = self.state();
        state.faults.check_right(SecretRight::Patch, place)?;
        state.check(place, expect)?;
        let mut whole = state.base(place)?;
        fields.copied().into_iter().for_each(|(name, value)| whole.set(name, value));
        let version = state.secret_mut(place).write(whole, now);
        Ok(Some(version))
    }

    async fn delete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.mark(path, versions, SecretRight::Delete).await
    }

    async fn undelete(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.mark(path, versions, SecretRight::Undelete).await
    }

    async fn destroy(&self, path: &SecretPath, versions: &[SecretVersion]) -> Result<()> {
        self.mark(path, versions, SecretRight::Destroy).await
    }

    async fn destroy_all(&self, path: &SecretPath) -> Result<()> {
        let place = KvLocation::of(path)?;
        self.check_open()?;
        let mut state = self.state();
        state.faults.check_right(SecretRight::DestroyAll, place)?;
        state.secrets.get_mut(place.mount).and_then(|mount| mount.remove(place.path));
        Ok(())
    }
}

impl MemorySecrets {
    async fn mark(&self, path: &SecretPath, versions: &[SecretVersion], right: SecretRight) -> Result<()> {
        let place = KvLocation::of(path)?;
        if versions.is_empty() {
            return Err(no_versions_named(path));
        }
        self.check_open()?;
        let now = (self.shared.clock)();
        let mut state = self.state();
        state.faults.check_right(right, place)?;
        // Like the server, ignores a secret that does not exist.
        if state.secret(place).is_some() {
            let kept = state.secret_mut(place);
            match right {
                SecretRight::Delete => kept.delete(versions, now),
                SecretRight::Undelete => kept.undelete(versions, now),
                _ => kept.destroy(versions, now),
            }
        }
        Ok(())
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
