//! One secret with its versions, by the rules of KV 2. Pure: the current time is a parameter.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::domain::{
    FieldState, Presence, SecretContents, SecretMetadata, SecretVersion, VersionInfo, VersionState,
};
use crate::provider::SecretFields;

/// KV 2's default for `max_versions`.
const KEPT: u64 = 10;

#[derive(Default)]
pub(super) struct StoredSecret {
    versions: BTreeMap<SecretVersion, StoredVersion>,
    /// 0 until the first version is written.
    newest: u64,
    created: Option<SystemTime>,
    updated: Option<SystemTime>,
}

struct StoredVersion {
    written: SystemTime,
    /// `None` once destroyed.
    fields: Option<SecretFields>,
    deleted: Option<SystemTime>,
}

impl StoredSecret {
    pub(super) fn current(&self) -> Option<SecretVersion> {
        (self.newest > 0).then_some(SecretVersion(self.newest))
    }

    pub(super) fn write(&mut self, fields: SecretFields, now: SystemTime) -> SecretVersion {
        self.newest += 1;
        let version = SecretVersion(self.newest);
        self.versions.insert(version, StoredVersion { written: now, fields: Some(fields), deleted: None });
        self.created.get_or_insert(now);
        self.updated = Some(now);
        let oldest = SecretVersion((self.newest + 1).saturating_sub(KEPT));
        self.versions.retain(|version, _| *version >= oldest);
        version
    }

    /// The fields of a version; `None` if it is deleted, destroyed or pruned.
    pub(super) fn fields(&self, version: Option<SecretVersion>) -> Option<&SecretFields> {
        let version = self.versions.get(&version?)?;
        if version.deleted.is_some() { None } else { version.fields.as_ref() }
    }

    pub(super) fn delete(&mut self, versions: &[SecretVersion], now: SystemTime) {
        self.change(versions, now, |version| {
            if version.fields.is_some() && version.deleted.is_none() {
                version.deleted = Some(now);
            }
        });
    }

    pub(super) fn undelete(&mut self, versions: &[SecretVersion], now: SystemTime) {
        self.change(versions, now, |version| {
            if version.fields.is_some() {
                version.deleted = None;
            }
        });
    }

    pub(super) fn destroy(&mut self, versions: &[SecretVersion], now: SystemTime) {
        self.change(versions, now, |version| version.fields = None);
    }

    fn change(&mut self, versions: &[SecretVersion], now: SystemTime, change: impl Fn(&mut StoredVersion)) {
        versions.iter().for_each(|version| {
            self.versions.get_mut(version).map(&change);
        });
        self.updated = Some(now);
    }

    pub(super) fn presence(&self) -> Presence {
        let Some(version) = self.current() else { return Presence::Missing };
        match self.versions.get(&version) {
            None => Presence::Missing,
            Some(StoredVersion { fields: None, .. }) => Presence::Destroyed { version },
            Some(StoredVersion { deleted: at @ Some(_), .. }) => Presence::Deleted { version, at: *at },
            Some(StoredVersion { fields: Some(fields), written, .. }) => Presence::Present(SecretContents {
                // Like the server, does not look at values: an empty string counts as present.
                fields: fields.iter().map(|(name, _)| (name.clone(), FieldState::Present)).collect(),
                version: Some(version),
                written: Some(*written),
            }),
        }
    }

    pub(super) fn versions(&self) -> SecretMetadata {
        let info = |(version, kept): (&SecretVersion, &StoredVersion)| VersionInfo {
            version: *version,
            written: Some(kept.written),
            state: match (&kept.fields, kept.deleted) {
                (None, _) => VersionState::Destroyed,
                (Some(_), Some(at)) => VersionState::Deleted(Some(at)),
                (Some(_), None) => VersionState::Available,
            },
        };
        SecretMetadata {
            current: self.current(),
            list: self.versions.iter().rev().map(info).collect(),
            created: self.created,
            updated: self.updated,
            ..SecretMetadata::default()
        }
    }
}
