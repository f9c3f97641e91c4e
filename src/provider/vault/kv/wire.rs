//! Bodies of requests and responses. Values are JSON text in buffers that are wiped, and are never parsed
//! into a tree, so that numbers are preserved. Parser errors may quote values, so they are not passed on.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::domain::{
    FieldName, FieldState, KvPath, SecretContents, SecretFolder, SecretMetadata, SecretPath, SecretValue,
    SecretVersion, VersionInfo, VersionState, moment,
};
use crate::provider::{SecretData, SecretExpect, SecretFields, SecretListItem};

/// The tolerated clock skew to the server: a deletion time further in the future is a scheduled one, by
/// `delete_version_after`.
const CLOCKS_APART: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
pub(super) struct VersionMeta {
    pub(super) version: u64,
    #[serde(default)]
    created_time: String,
    #[serde(default)]
    deletion_time: String,
    #[serde(default)]
    pub(super) destroyed: bool,
}

impl VersionMeta {
    pub(super) fn number(&self) -> SecretVersion {
        SecretVersion(self.version)
    }

    pub(super) fn deleted(&self) -> Option<SystemTime> {
        moment(&self.deletion_time)
    }
}

/// The response of `subkeys`: names, with null in place of values.
#[derive(Deserialize)]
pub(super) struct Subkeys {
    metadata: VersionMeta,
    subkeys: Option<BTreeMap<String, IgnoredAny>>,
}

impl Subkeys {
    pub(super) fn contents(self) -> SecretContents {
        let names = self.subkeys.unwrap_or_default().into_keys();
        SecretContents {
            // The server returns no values: an empty string counts as present.
            fields: names.map(|name| (FieldName::new(&name), FieldState::Present)).collect(),
            version: Some(self.metadata.number()),
            written: moment(&self.metadata.created_time),
        }
    }
}

/// The body of a 404.
#[derive(Deserialize)]
pub(super) struct NotFoundBody {
    data: Option<NotFoundData>,
    pub(super) warnings: Option<Vec<String>>,
    errors: Option<Vec<IgnoredAny>>,
}

/// A read has the version in `metadata`, a patch has it directly.
#[derive(Deserialize)]
#[serde(untagged)]
enum NotFoundData {
    Read { metadata: VersionMeta },
    Patch(VersionMeta),
    Other(IgnoredAny),
}

impl NotFoundBody {
    /// The version that is deleted or destroyed; the flag is whether `errors` is present and empty, as
    /// for a missing secret.
    pub(super) fn into_version(self) -> (Option<VersionMeta>, bool) {
        let nothing = self.errors.is_some_and(|errors| errors.is_empty());
        let version = match self.data {
            Some(NotFoundData::Read { metadata } | NotFoundData::Patch(metadata)) => Some(metadata),
            Some(NotFoundData::Other(_)) | None => None,
        };
        (version, nothing)
    }
}

/// The response of `metadata`.
#[derive(Deserialize)]
pub(super) struct KvMetadata {
    current_version: u64,
    #[serde(default)]
    versions: BTreeMap<String, VersionEntry>,
    #[serde(default)]
    max_versions: u64,
    #[serde(default)]
    cas_required: bool,
    #[serde(default)]
    delete_version_after: String,
    #[serde(default)]
    created_time: String,
    #[serde(default)]
    updated_time: String,
    custom_metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct VersionEntry {
    created_time: String,
    deletion_time: String,
    destroyed: bool,
}

impl VersionEntry {
    fn state(&self, now: SystemTime) -> VersionState {
        let at = moment(&self.deletion_time);
        match at {
            _ if self.destroyed => VersionState::Destroyed,
            _ if self.deletion_time.is_empty() => VersionState::Available,
            Some(at) if at > now + CLOCKS_APART => VersionState::Available,
            at => VersionState::Deleted(at),
        }
    }
}

impl KvMetadata {
    pub(super) fn versions(self, now: SystemTime) -> SecretMetadata {
        let info = |(number, kept): (&String, &VersionEntry)| {
            let version = SecretVersion(number.parse().ok()?);
            Some(VersionInfo { version, written: moment(&kept.created_time), state: kept.state(now) })
        };
        let mut list: Vec<_> = self.versions.iter().filter_map(info).collect();
        list.sort_by_key(|info| std::cmp::Reverse(info.version));
        SecretMetadata {
            current: (self.current_version > 0).then_some(SecretVersion(self.current_version)),
            list,
            max: (self.max_versions > 0).then_some(self.max_versions),
            cas_required: self.cas_required,
            delete_after: duration(&self.delete_version_after).filter(|after| !after.is_zero()),
            created: moment(&self.created_time),
            updated: moment(&self.updated_time),
            custom: self.custom_metadata.unwrap_or_default().into_iter().collect(),
        }
    }
}

/// Parses a duration in Go's format: `1h0m0s`, `1.5s`.
fn duration(text: &str) -> Option<Duration> {
    text.parse::<SignedDuration>().ok()?.try_into().ok()
}

/// The response of a list.
#[derive(Deserialize)]
pub(super) struct KeyList {
    pub(super) keys: Vec<String>,
}

impl KeyList {
    pub(super) fn names(self, folder: &SecretFolder) -> Vec<SecretListItem> {
        let prefix = folder.folder.as_ref().map(|folder| format!("{}/", folder.as_str())).unwrap_or_default();
        let name = |key: String| {
            let (bare, is_folder) = key.strip_suffix('/').map_or((key.as_str(), false), |bare| (bare, true));
            let mount = folder.mount.clone();
            match KvPath::new(&format!("{prefix}{bare}")) {
                Ok(path) if is_folder => SecretListItem::Folder(SecretFolder { mount, folder: Some(path) }),
                Ok(path) => SecretListItem::Secret(SecretPath::Kv { mount, path }),
                Err(_) => SecretListItem::Invalid(key),
            }
        };
        let mut names: Vec<_> = self.keys.into_iter().map(name).collect();
        names.sort();
        names
    }
}

#[derive(Deserialize)]
pub(super) struct WriteResponse {
    pub(super) version: u64,
}

/// The response of `data`; borrows its values from the body.
#[derive(Deserialize)]
pub(super) struct KvSecret<'a> {
    #[serde(borrow)]
    data: Option<BTreeMap<String, &'a RawValue>>,
    metadata: VersionMeta,
}

impl KvSecret<'_> {
    /// `None` if a value is not JSON, which the parser rules out.
    pub(super) fn revealed(self) -> Option<SecretData> {
        let version = Some(self.metadata.number());
        Some(SecretData { fields: values(self.data?)?, version })
    }
}

/// The values by field; in KV 1 they are directly in `data`.
pub(super) fn values(read: BTreeMap<String, &RawValue>) -> Option<SecretFields> {
    let value = |(name, json): (String, &RawValue)| {
        let json = Zeroizing::new(json.get().to_owned());
        Some((FieldName::new(&name), SecretValue::json(json).ok()?))
    };
    read.into_iter().map(value).collect()
}

/// The fields as one JSON object.
pub(super) fn object(fields: &SecretFields) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(capacity(fields)));
    write_object(fields, &mut out);
    out
}

/// The body of a write of KV 2: the fields, and the expected version as `cas`.
pub(super) fn write(fields: &SecretFields, expect: SecretExpect) -> Zeroizing<Vec<u8>> {
    let cas = |version| format!("{{\"options\":{{\"cas\":{version}}},\"data\":");
    let head = match expect {
        SecretExpect::Absent => cas(0),
        SecretExpect::Version(version) => cas(version.0),
        SecretExpect::Anything => "{\"data\":".into(),
    };
    let mut out = Zeroizing::new(Vec::with_capacity(head.len() + capacity(fields) + 1));
    out.extend_from_slice(head.as_bytes());
    write_object(fields, &mut out);
    out.push(b'}');
    out
}

/// An upper bound of the object's size, so that the buffer never reallocates and leaves an unwiped copy.
fn capacity(fields: &SecretFields) -> usize {
    let of = fields.iter().map(|(name, value)| name.as_str().len() * 6 + value.expose_json().len() + 8);
    of.sum::<usize>() + 8
}

fn write_object(fields: &SecretFields, out: &mut Zeroizing<Vec<u8>>) {
    out.push(b'{');
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(serde_json::Value::from(name.as_str()).to_string().as_bytes());
        out.push(b':');
        out.extend_from_slice(value.expose_json().as_bytes());
    }
    out.push(b'}');
}

/// The body of a delete, undelete or destroy of versions.
pub(super) fn numbers(versions: &[SecretVersion]) -> Zeroizing<Vec<u8>> {
    let numbers: Vec<_> = versions.iter().map(|version| version.0.to_string()).collect();
    Zeroizing::new(format!("{{\"versions\":[{}]}}", numbers.join(",")).into_bytes())
}

#[cfg(test)]
mod tests;
