//! The writes, each under one lock: checked and applied, or not at all.

use async_trait::async_trait;

use super::counts::Call;
use super::{MemorySecrets, Place, State};
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
        let place = Place::of(path)?;
        let _underway = self.enter(Call::Write).await?;
        let now = (self.shared.clock)();
        let mut state = self.state();
        let exists = state.secret(place).is_some_and(|kept| kept.current().is_some());
        state.stage.may(if exists { SecretRight::Update } else { SecretRight::Create }, place)?;
        state.rival(place, now);
        state.check(place, expect)?;
        let version = state.secret_mut(place).write(fields.copied(), now);
        state.stage.answered(place).map(|()| Some(version))
    }

    async fn patch(
        &self,
        path: &SecretPath,
        fields: &SecretFields,
        expect: SecretExpect,
    ) -> Result<Option<SecretVersion>> {
        let place = Place::of(path)?;
        check_patch(path, fields)?;
        let _underway = self.enter(Call::Write).await?;
        let now = (self.shared.clock)();
        let mut state = self.state();
        state.stage.may(SecretRight::Patch, place)?;
        state.rival(place, now);
        state.check(place, expect)?;
        let mut whole = state.base(place)?;
        fields.copied().into_iter().for_each(|(name, value)| whole.set(name, value));
        let version = state.secret_mut(place).write(whole, now);
        state.stage.answered(place).map(|()| Some(version))
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
        let place = Place::of(path)?;
        let _underway = self.enter(Call::Write).await?;
        let mut state = self.state();
        state.stage.may(SecretRight::DestroyAll, place)?;
        state.kept.get_mut(place.mount).and_then(|mount| mount.remove(place.path));
        state.stage.answered(place)
    }
}

impl MemorySecrets {
    async fn mark(&self, path: &SecretPath, versions: &[SecretVersion], right: SecretRight) -> Result<()> {
        let place = Place::of(path)?;
        if versions.is_empty() {
            return Err(no_versions_named(path));
        }
        let _underway = self.enter(Call::Write).await?;
        let now = (self.shared.clock)();
        let mut state = self.state();
        state.stage.may(right, place)?;
        // As at the server: nothing happens to what is not there.
        if state.secret(place).is_some() {
            let kept = state.secret_mut(place);
            match right {
                SecretRight::Delete => kept.delete(versions, now),
                SecretRight::Undelete => kept.undelete(versions, now),
                _ => kept.destroy(versions, now),
            }
        }
        state.stage.answered(place)
    }
}

impl State {
    /// What a staged rival writes first.
    fn rival(&mut self, place: Place<'_>, now: std::time::SystemTime) {
        if !self.stage.take_rival(place) {
            return;
        }
        let kept = self.secret_mut(place);
        let same = kept.fields(kept.current()).map(SecretFields::copied).unwrap_or_default();
        kept.write(same, now);
    }

    fn check(&self, place: Place<'_>, expect: SecretExpect) -> Result<()> {
        let kept = self.secret(place);
        if expect == SecretExpect::Anything && kept.is_some_and(super::Kept::cas_required) {
            let reason = format!("{} takes writes only with the version that they replace", place.whole);
            return Err(Error::Invalid { reason });
        }
        let met = match kept {
            Some(kept) => kept.meets(expect),
            None => !matches!(expect, SecretExpect::Version(_)),
        };
        let now = kept.and_then(super::Kept::current);
        if met { Ok(()) } else { Err(Error::SecretConflict { path: place.whole.clone(), now }) }
    }

    /// What a patch changes.
    fn base(&self, place: Place<'_>) -> Result<SecretFields> {
        let kept = self.secret(place);
        let fields = kept.and_then(|kept| kept.fields(kept.current()));
        fields.map(SecretFields::copied).ok_or_else(|| nothing_to_patch(place.whole))
    }
}
