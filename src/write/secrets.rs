//! Writes of secrets, conditional on a version, and reads of their values.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::{Audited, WriteService};
use crate::audit::{AuditAction, PendingRecords, SecretEvent};
use crate::domain::{FieldName, Opaque, Presence, SecretPath, SecretVersion};
use crate::provider::{
    CALL_DEADLINE, Error, Result, SecretAccess, SecretData, SecretExpect, SecretFields, SecretReader,
    SecretWriter, VersionChange, change_versions, secret_store_answer, within,
};

/// How often, and at what interval, the outcome of a write is queried.
const QUERIES: usize = 10;
const QUERIES_APART: Duration = Duration::from_secs(2);

/// The context of a request about secrets: their store, and what is recorded in the audit.
pub struct SecretRequest<'a> {
    pub service: &'a WriteService,
    pub access: &'a SecretAccess,
    /// Unique within this process.
    pub number: u64,
    /// The reason the user gave.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretWriteMode {
    /// Writes these fields only.
    Replace,
    /// Changes these fields; the others are not read.
    Patch,
    /// Reads all fields, changes them and writes them back.
    ReadModifyWrite,
}

#[derive(Debug)]
pub struct SecretWrite {
    pub path: SecretPath,
    pub mode: SecretWriteMode,
    pub expect: SecretExpect,
    pub set: Opaque<SecretFields>,
    pub remove: Vec<FieldName>,
}

/// A request to write an older version's fields as the newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreRequest {
    pub path: SecretPath,
    pub from: SecretVersion,
    /// The version that must still be the newest.
    pub newest: SecretVersion,
}

/// A request to write the fields of a secret to another path, where there must be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRequest {
    pub from: SecretPath,
    /// The version that is copied, if its store keeps versions.
    pub version: Option<SecretVersion>,
    pub to: SecretPath,
}

/// The result of a write.
#[derive(Debug)]
pub struct SecretWriteOutcome {
    /// The new version, if one was written and the store has versions.
    pub result: Result<Option<SecretVersion>>,
    /// How many values were read for it.
    pub values_read: usize,
    /// Whether it was so already, and nothing was sent.
    pub unchanged: bool,
}

/// The values read for a write, and why that read is not in the audit, if it is not.
#[derive(Default)]
struct ReadBefore {
    values: usize,
    unrecorded: Option<String>,
}

/// If the writer is refused, the refusal is recorded, and nothing is read or sent.
type Writer = Result<Arc<dyn SecretWriter>>;

impl SecretRequest<'_> {
    /// Reads the newest version, or the given one, with a revealer made for this one call; `None` if it does
    /// not exist. Without `field` all fields are requested.
    pub async fn reveal(
        &self,
        path: &SecretPath,
        version: Option<SecretVersion>,
        field: Option<&FieldName>,
    ) -> Audited<Result<Option<SecretData>>> {
        let fields = field.into_iter().cloned().collect();
        let mut pending = self.begin(AuditAction::RevealSecret, path, fields, [version]);
        let revealer = self.access.revealer();
        let answer = secret_store_answer(revealer.reveal(path, version)).await;
        pending.secret_read(field, &answer);
        Audited { answer, unrecorded: self.service.save(pending).await }
    }

    pub async fn write(&self, writer: Writer, write: SecretWrite) -> Audited<SecretWriteOutcome> {
        let SecretWrite { path, mode, expect, set: Opaque(set), remove } = write;
        let changed = set.iter().map(|(name, _)| name).chain(&remove).cloned().collect();
        let version = match expect {
            SecretExpect::Version(version) => Some(version),
            SecretExpect::Absent | SecretExpect::Anything => None,
        };
        let pending = self.begin(AuditAction::WriteSecret, &path, changed, [version]);
        let mut before = ReadBefore::default();
        let (path, read) = (&path, &mut before);
        let call = |writer: Arc<dyn SecretWriter>| async move {
            let fields = match mode {
                SecretWriteMode::Replace => set,
                SecretWriteMode::Patch => {
                    return write_answer(path, writer.patch(path, &set, expect)).await;
                }
                SecretWriteMode::ReadModifyWrite => {
                    self.merged_fields(path, version, set, &remove, read).await?
                }
            };
            write_answer(path, writer.put(path, &fields, expect)).await
        };
        let written = self.service.audited(pending, writer, call, PendingRecords::secret_written).await;
        before.outcome(written)
    }

    /// All fields as they will be written. The write keeps its condition, so that it replaces exactly the
    /// version that was read.
    async fn merged_fields(
        &self,
        path: &SecretPath,
        version: Option<SecretVersion>,
        set: SecretFields,
        remove: &[FieldName],
        read: &mut ReadBefore,
    ) -> Result<SecretFields> {
        let Some(mut fields) = self.read_before(path, version, read).await? else {
            // A version deleted meanwhile is still the newest, so the condition alone would be satisfied.
            return version.map_or(Ok(set), |version| Err(others_unreadable(path, version)));
        };
        for name in remove {
            fields.remove(name.as_str());
        }
        for (name, value) in set {
            fields.set(name, value);
        }
        Ok(fields)
    }

    pub async fn restore(&self, writer: Writer, restore: RestoreRequest) -> Audited<SecretWriteOutcome> {
        let RestoreRequest { path, from, newest } = restore;
        let pending = self.begin(AuditAction::WriteSecret, &path, Vec::new(), [Some(newest)]);
        let mut before = ReadBefore::default();
        let (path, read) = (&path, &mut before);
        let call = |writer: Arc<dyn SecretWriter>| async move {
            let Some(fields) = self.read_before(path, Some(from), read).await? else {
                let reason = format!("{from} of {path} is not there any more: nothing was written");
                return Err(Error::Invalid { reason });
            };
            write_answer(path, writer.put(path, &fields, SecretExpect::Version(newest))).await
        };
        let written = self.service.audited(pending, writer, call, PendingRecords::secret_written).await;
        before.outcome(written)
    }

    pub async fn copy(&self, writer: Writer, copy: CopyRequest) -> Audited<SecretWriteOutcome> {
        let CopyRequest { from, version, to } = copy;
        let pending = self.begin(AuditAction::WriteSecret, &to, Vec::new(), [None]);
        let mut before = ReadBefore::default();
        let (from, to, read) = (&from, &to, &mut before);
        let call = |writer: Arc<dyn SecretWriter>| async move {
            let why = format!("to copy them to {to}");
            let Some(fields) = self.read_for(why, from, version, read).await? else {
                let reason = format!("{from} is not there any more: nothing was written");
                return Err(Error::Invalid { reason });
            };
            write_answer(to, writer.put(to, &fields, SecretExpect::Absent)).await
        };
        let written = self.service.audited(pending, writer, call, PendingRecords::secret_written).await;
        before.outcome(written)
    }

    async fn read_before(
        &self,
        path: &SecretPath,
        version: Option<SecretVersion>,
        read: &mut ReadBefore,
    ) -> Result<Option<SecretFields>> {
        self.read_for("to write the fields again that do not change".to_owned(), path, version, read).await
    }

    /// Reads all fields for a write; recorded in the audit like a read requested by a user.
    async fn read_for(
        &self,
        why: String,
        path: &SecretPath,
        version: Option<SecretVersion>,
        read: &mut ReadBefore,
    ) -> Result<Option<SecretFields>> {
        let revealed = SecretRequest { reason: Some(why), ..*self }.reveal(path, version, None).await;
        read.unrecorded = revealed.unrecorded;
        let fields = revealed.answer?.map(|data| data.fields);
        read.values = fields.as_ref().map_or(0, SecretFields::len);
        Ok(fields)
    }

    /// As [`change_versions`]: returns the versions that were so already.
    pub async fn change_versions(
        &self,
        writer: Writer,
        change: VersionChange,
        path: &SecretPath,
        versions: &[SecretVersion],
    ) -> Audited<Result<Vec<SecretVersion>>> {
        let action = match change {
            VersionChange::Delete => AuditAction::DeleteSecret,
            VersionChange::Undelete => AuditAction::UndeleteSecret,
            VersionChange::Destroy => AuditAction::DestroySecret,
        };
        let each = versions.iter().copied().map(Some).chain(versions.is_empty().then_some(None));
        let pending = self.begin(action, path, Vec::new(), each);
        let call = |writer: Arc<dyn SecretWriter>| async move {
            change_versions(&*self.access.reader, &*writer, path, change, versions).await
        };
        self.service.audited(pending, writer, call, PendingRecords::versions_changed).await
    }

    fn begin(
        &self,
        action: AuditAction,
        path: &SecretPath,
        fields: Vec<FieldName>,
        versions: impl IntoIterator<Item = Option<SecretVersion>>,
    ) -> PendingRecords {
        let event = |version| SecretEvent {
            action,
            path: path.clone(),
            fields: fields.clone(),
            version,
            reason: self.reason.clone(),
        };
        self.service.audit.begin_secret(self.number, versions.into_iter().map(event))
    }
}

impl ReadBefore {
    fn outcome(self, written: Audited<Result<Option<SecretVersion>>>) -> Audited<SecretWriteOutcome> {
        let answer =
            SecretWriteOutcome { result: written.answer, values_read: self.values, unchanged: false };
        Audited { answer, unrecorded: self.unrecorded.or(written.unrecorded) }
    }
}

/// The fields to keep were in a version that can no longer be read; nothing was written.
pub fn others_unreadable(path: &SecretPath, version: SecretVersion) -> Error {
    let reason =
        format!("the other fields of {path} cannot be read from {version} any more: nothing was written");
    Error::Invalid { reason }
}

/// Queries presence after a write without an answer, until the store answers or the attempts are used up.
///
/// # Errors
/// Those of [`SecretReader::presence`]: the outcome is still unknown.
pub async fn wait_for_presence(reader: &dyn SecretReader, path: &SecretPath) -> Result<Presence> {
    let mut found = secret_store_answer(reader.presence(path)).await;
    for _ in 1..QUERIES {
        if !matches!(found, Err(_) | Ok(Presence::Unreachable { .. })) {
            break;
        }
        sleep(QUERIES_APART).await;
        found = secret_store_answer(reader.presence(path)).await;
    }
    found
}

/// The answer to a write. After the deadline it may or may not have been carried out.
async fn write_answer<T>(path: &SecretPath, call: impl Future<Output = Result<T>>) -> Result<T> {
    within(CALL_DEADLINE, call, |within| {
        Err(Error::SecretUnknown { path: path.clone(), reason: format!("nothing {within}") })
    })
    .await
}
