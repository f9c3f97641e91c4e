//! Audit of stored secrets: path, fields, versions, reason; never a value.

use std::sync::Arc;

use super::record::{bounded_to, recorded_name};
use super::{Audit, AuditAction, AuditOutcome, AuditRecord, PendingRecords};
use crate::domain::{FieldName, SecretPath, SecretVersion};
use crate::provider::{Error, SecretData};

/// The maximum number of fields recorded, since a secret may have very many.
const FIELDS_MAX: usize = 32;

/// The longest field name that is recorded, in characters.
const FIELD_MAX: usize = 128;

/// The longest reason that is recorded, in characters.
const REASON_MAX: usize = 500;

/// An operation on a secret that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretEvent {
    /// One of the actions on secrets, see [`AuditAction::is_of_secret`].
    pub action: AuditAction,
    pub path: SecretPath,
    /// The fields that are read or written; empty if whole versions are deleted or destroyed.
    pub fields: Vec<FieldName>,
    /// The version that is read, deleted, destroyed or replaced by a write; `None` if the request names none.
    pub version: Option<SecretVersion>,
    /// The reason the user gave.
    pub reason: Option<String>,
}

impl Audit {
    /// Sets the kind and address of the secret store, as text for people.
    #[must_use]
    pub fn with_secrets(mut self, store: impl Into<String>) -> Self {
        self.secrets = store.into();
        self
    }

    /// Starts the records of a request about a secret, before it is sent; like a commit's, `number` is unique
    /// within this process. Until a result is set, the outcome is unknown, and this is recorded if the
    /// records are dropped. All events of one request, such as the versions it destroys, share its number.
    pub fn begin_secret(
        self: &Arc<Self>,
        number: u64,
        events: impl IntoIterator<Item = SecretEvent>,
    ) -> PendingRecords {
        let record = |event: SecretEvent| AuditRecord {
            store: self.secrets.clone(),
            commit: format!("{}-{number}", self.run),
            action: event.action,
            key: recorded_name(&event.path.to_string()),
            before: event.version.map(|version| version.to_string()),
            count: (event.action == AuditAction::RevealSecret).then_some(event.fields.len()),
            fields: event.fields.iter().take(FIELDS_MAX).map(name).collect(),
            reason: event.reason.as_deref().and_then(reason),
            ..self.blank()
        };
        let records = events.into_iter().map(record).collect();
        PendingRecords { records, audit: Arc::clone(self), appended: false }
    }
}

fn name(field: &FieldName) -> String {
    bounded_to(field.as_str(), FIELD_MAX)
}

pub(super) fn reason(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| bounded_to(text, REASON_MAX))
}

impl PendingRecords {
    /// Sets the result of a write: the new version, if the store has versions.
    pub fn secret_written(&mut self, result: &Result<Option<SecretVersion>, Error>) {
        if let Ok(Some(version)) = result {
            for record in &mut self.records {
                record.after = Some(version.to_string());
            }
        }
        self.done(result);
    }

    /// Sets the result of a change of versions; some of them may have been so already.
    pub fn versions_changed(&mut self, result: &Result<Vec<SecretVersion>, Error>) {
        self.done(result);
        let unchanged: Vec<_> = result.iter().flatten().map(|version| Some(version.to_string())).collect();
        for record in self.records.iter_mut().filter(|record| unchanged.contains(&record.before)) {
            record.outcome = AuditOutcome::Unchanged;
        }
    }

    /// Sets the result of a read: its version, and how many values were received, since a store returns whole
    /// versions. Without `field` the names of all fields are recorded.
    pub fn secret_read(&mut self, field: Option<&FieldName>, result: &Result<Option<SecretData>, Error>) {
        let data = result.as_ref().ok().and_then(Option::as_ref);
        for record in &mut self.records {
            record.count = Some(data.map_or(0, |data| data.fields.len()));
            if let Some(version) = data.and_then(|data| data.version) {
                record.before = Some(version.to_string());
            }
            if let (None, Some(data)) = (field, data) {
                record.fields = data.fields.iter().take(FIELDS_MAX).map(|(it, _)| name(it)).collect();
            }
        }
        self.done(result);
        let is_there = |data: &SecretData| field.is_none_or(|it| data.fields.get(it.as_str()).is_some());
        if result.is_ok() && !data.is_some_and(is_there) {
            self.set_outcome(AuditOutcome::NotFound);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{AuditLine, read};
    use super::*;
    use crate::domain::{KvPath, Mount, SecretField, SecretText, SecretValue};
    use crate::provider::SecretFields;

    fn path() -> SecretPath {
        SecretPath::Kv {
            mount: Mount::new("webhooks").unwrap(),
            path: KvPath::new("a/orders/secrets").unwrap(),
        }
    }

    fn secret_event(action: AuditAction, fields: &[FieldName]) -> SecretEvent {
        let version = Some(SecretVersion(3));
        SecretEvent {
            action,
            path: path(),
            fields: fields.to_vec(),
            version,
            reason: Some(" INC-42 ".into()),
        }
    }

    fn values(fields: &[FieldName]) -> SecretFields {
        let value = || SecretValue::text(&SecretText::new("v".to_owned()));
        fields.iter().map(|name| (name.clone(), value())).collect()
    }

    pub(in super::super) fn kept(tell: impl FnOnce(&Arc<Audit>)) -> Vec<AuditRecord> {
        let folder = tempfile::tempdir().unwrap();
        let audit =
            Audit::new(Some(folder.path()), "lab", "files").with_secrets("vault http://127.0.0.1:8200");
        tell(&Arc::new(audit));
        let record = |line| match line {
            Ok(AuditLine::Record(record)) => *record,
            other => panic!("{other:?}"),
        };
        read(folder.path()).unwrap().map(record).collect()
    }

    #[test]
    fn a_write_tells_path_fields_versions_and_reason() {
        let records = kept(|audit| {
            let fields = [SecretField::HMAC_SECRET.name()];
            let mut pending = audit.begin_secret(4, [secret_event(AuditAction::WriteSecret, &fields)]);
            pending.secret_written(&Ok(Some(SecretVersion(4))));
            pending.append().unwrap();
        });
        let [record] = &*records else { panic!("{records:?}") };
        assert_eq!((record.action.word(), &*record.key), ("write_secret", "webhooks/a/orders/secrets"));
        assert_eq!((record.before.as_deref(), record.after.as_deref()), (Some("v3"), Some("v4")));
        assert_eq!(
            (&record.fields[..], record.reason.as_deref()),
            (&["hmac-secret".to_owned()][..], Some("INC-42"))
        );
        assert_eq!((record.outcome, record.count), (AuditOutcome::Done, None));
        assert_eq!(record.store, "vault http://127.0.0.1:8200");
        assert!(record.commit.ends_with("-4"));
    }

    #[test]
    fn a_read_counts_what_it_showed() {
        let records = kept(|audit| {
            let fields = [FieldName::new("a"), FieldName::new("b")];
            let mut pending = audit.begin_secret(1, [secret_event(AuditAction::RevealSecret, &fields)]);
            let data = SecretData { fields: values(&fields), version: Some(SecretVersion(7)) };
            pending.secret_read(None, &Ok(Some(data)));
            pending.append().unwrap();
            let mut pending = audit.begin_secret(2, [secret_event(AuditAction::RevealSecret, &fields)]);
            let denied = Error::Denied { permission: "read on webhooks/data/x".into(), remedy: "ask" };
            pending.secret_read(None, &Err(denied));
            pending.append().unwrap();
            let mut pending = audit.begin_secret(3, [secret_event(AuditAction::RevealSecret, &fields)]);
            pending.secret_read(None, &Ok(None));
            pending.append().unwrap();
            drop(audit.begin_secret(
                4,
                [
                    secret_event(AuditAction::DestroySecret, &[]),
                    secret_event(AuditAction::DestroySecret, &[]),
                ],
            ));
        });
        let words: Vec<_> =
            records.iter().map(|it| (it.before.as_deref(), it.count, it.outcome.words())).collect();
        assert_eq!(
            words,
            [
                (Some("v7"), Some(2), "done"),
                (Some("v3"), Some(0), "denied"),
                (Some("v3"), Some(0), "not found"),
                (Some("v3"), None, "unknown"),
                (Some("v3"), None, "unknown"),
            ]
        );
    }

    #[test]
    fn names_and_reasons_are_bounded() {
        let records = kept(|audit| {
            let long = "x".repeat(4_000);
            let fields: Vec<_> = (0..1_000).map(|n| FieldName::new(&format!("{n}{long}"))).collect();
            let mut event = secret_event(AuditAction::RevealSecret, &fields);
            event.reason = Some(long);
            drop(audit.begin_secret(1, [event]));
        });
        let record = &records[0];
        assert_eq!((record.fields.len(), record.count), (FIELDS_MAX, Some(1_000)));
        assert!(record.fields.iter().all(|name| name.chars().count() == FIELD_MAX + 1));
        assert_eq!(record.reason.as_ref().unwrap().chars().count(), REASON_MAX + 1);
    }

    #[test]
    fn what_older_versions_kept_is_still_read() {
        let line = r#"{"time":"2026-02-03T04:05:06.000Z","user":"anna","uid":1,"host":"h","pid":2,"context":"c","store":"s","action":"reveal","key":"a/x","before":null,"after":null,"outcome":"done","count":2}"#;
        let record: AuditRecord = serde_json::from_str(line).unwrap();
        assert!(record.fields.is_empty() && record.reason.is_none());
        assert_eq!(serde_json::to_string(&record).unwrap(), line);
    }
}
