//! One secret with its versions, by the rules of KV 2. Pure: times are given.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::domain::{Contents, FieldState, Presence, SecretVersion, VersionInfo, VersionState, Versions};
use crate::provider::{SecretExpect, SecretFields};

/// How many versions an engine keeps unless told otherwise.
const KEPT: u64 = 10;

#[derive(Default)]
pub(super) struct Kept {
    versions: BTreeMap<SecretVersion, Version>,
    /// 0 until something but metadata is written.
    newest: u64,
    max: Option<u64>,
    cas_required: bool,
    custom: Vec<(String, String)>,
    created: Option<SystemTime>,
    updated: Option<SystemTime>,
}

struct Version {
    written: SystemTime,
    /// `None` once it is destroyed.
    fields: Option<SecretFields>,
    deleted: Option<SystemTime>,
}

impl Kept {
    pub(super) fn current(&self) -> Option<SecretVersion> {
        (self.newest > 0).then_some(SecretVersion(self.newest))
    }

    /// The newest version as a list of those to change.
    pub(super) fn newest(&self) -> Vec<SecretVersion> {
        self.current().into_iter().collect()
    }

    pub(super) fn cas_required(&self) -> bool {
        self.cas_required
    }

    pub(super) fn meets(&self, expect: SecretExpect) -> bool {
        match expect {
            SecretExpect::Absent => self.newest == 0,
            SecretExpect::Version(version) => self.current() == Some(version),
            SecretExpect::Anything => true,
        }
    }

    pub(super) fn write(&mut self, fields: SecretFields, now: SystemTime) -> SecretVersion {
        self.newest += 1;
        let version = SecretVersion(self.newest);
        self.versions.insert(version, Version { written: now, fields: Some(fields), deleted: None });
        self.touch(now);
        self.prune();
        version
    }

    /// What a version holds; `None` if it is deleted, destroyed or not kept any more.
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

    fn change(&mut self, versions: &[SecretVersion], now: SystemTime, change: impl Fn(&mut Version)) {
        versions.iter().for_each(|version| {
            self.versions.get_mut(version).map(&change);
        });
        self.updated = Some(now);
    }

    pub(super) fn describe(
        &mut self,
        custom: Vec<(String, String)>,
        max: Option<u64>,
        cas_required: bool,
        now: SystemTime,
    ) {
        (self.custom, self.max, self.cas_required) = (custom, max, cas_required);
        self.touch(now);
    }

    pub(super) fn presence(&self) -> Presence {
        let Some(version) = self.current() else { return Presence::Missing };
        match self.versions.get(&version) {
            None => Presence::Missing,
            Some(Version { fields: None, .. }) => Presence::Destroyed { version },
            Some(Version { deleted: at @ Some(_), .. }) => Presence::Deleted { version, at: *at },
            Some(Version { fields: Some(fields), written, .. }) => Presence::Present(Contents {
                // What a field holds is not looked at, as by the server: the empty text looks present.
                fields: fields.iter().map(|(name, _)| (name.clone(), FieldState::Present)).collect(),
                version: Some(version),
                written: Some(*written),
            }),
        }
    }

    pub(super) fn versions(&self) -> Versions {
        let info = |(version, kept): (&SecretVersion, &Version)| VersionInfo {
            version: *version,
            written: Some(kept.written),
            state: match (&kept.fields, kept.deleted) {
                (None, _) => VersionState::Destroyed,
                (Some(_), Some(at)) => VersionState::Deleted(Some(at)),
                (Some(_), None) => VersionState::Kept,
            },
        };
        Versions {
            current: self.current(),
            list: self.versions.iter().rev().map(info).collect(),
            max: self.max,
            cas_required: self.cas_required,
            delete_after: None,
            created: self.created,
            updated: self.updated,
            custom: self.custom.clone(),
        }
    }

    fn touch(&mut self, now: SystemTime) {
        self.created.get_or_insert(now);
        self.updated = Some(now);
    }

    fn prune(&mut self) {
        let max = self.max.unwrap_or(KEPT).max(1);
        let oldest = SecretVersion((self.newest + 1).saturating_sub(max));
        self.versions.retain(|version, _| *version >= oldest);
    }
}
