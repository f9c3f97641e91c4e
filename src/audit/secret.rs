//! What is done to a secret of its own: which, which fields of it, why; never a value.

use std::sync::Arc;

use super::record::{bounded, bounded_to};
use super::{Action, Audit, Outcome, Pending, Record};
use crate::domain::{FieldName, SecretPath, SecretVersion};
use crate::provider::Error;

/// How many fields are named; a secret may have very many.
const FIELDS_MAX: usize = 32;

/// The longest name of a field that is kept, in characters.
const FIELD_MAX: usize = 128;

/// The longest reason that is kept, in characters.
const REASON_MAX: usize = 500;

/// Something that is about to be done to a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// What; one of those that are about secrets.
    pub action: Action,
    /// To which.
    pub path: SecretPath,
    /// Which fields are read or written; none where whole versions are deleted or destroyed.
    pub fields: Vec<FieldName>,
    /// The version that is read, deleted or destroyed, or that a write is to follow; `None` where
    /// none is named.
    pub version: Option<SecretVersion>,
    /// Why, in the user's own words.
    pub reason: Option<String>,
}

impl Audit {
    /// Names the store of secrets for people, as kind and address.
    #[must_use]
    pub fn with_secrets(mut self, store: impl Into<String>) -> Self {
        self.secrets = store.into();
        self
    }

    /// Something is about to be done to a secret: its `number` is its own within this run, as that of
    /// a commit. Until more is known, its outcome is unknown; that is what is kept if nobody lives to
    /// tell more. Several deeds of one request, such as the versions it destroys, are told together.
    ///
    /// Commands and the console alike tell it here before the request leaves.
    pub fn secret(self: &Arc<Self>, number: u64, deeds: impl IntoIterator<Item = Deed>) -> Pending {
        let commit = format!("{}-{number}", self.run);
        let records = deeds.into_iter().map(|deed| self.record(&commit, deed)).collect();
        Pending { records, audit: Arc::clone(self), kept: false }
    }

    fn record(&self, commit: &str, deed: Deed) -> Record {
        let shown = deed.action == Action::RevealSecret;
        Record {
            store: self.secrets.clone(),
            commit: commit.to_owned(),
            action: deed.action,
            key: bounded(&deed.path.to_string()),
            before: deed.version.map(|version| version.to_string()),
            count: shown.then_some(deed.fields.len()),
            fields: deed.fields.iter().take(FIELDS_MAX).map(name).collect(),
            reason: deed.reason.as_deref().and_then(reason),
            ..self.blank()
        }
    }
}

fn name(field: &FieldName) -> String {
    bounded_to(field.as_str(), FIELD_MAX)
}

fn reason(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| bounded_to(text, REASON_MAX))
}

impl Pending {
    /// Which fields it was, where that is known only afterwards.
    pub fn secret_fields<'f>(&mut self, fields: impl IntoIterator<Item = &'f FieldName>) {
        let names: Vec<_> = fields.into_iter().map(name).collect();
        for record in &mut self.records {
            record.count = record.count.map(|_| names.len());
            record.fields = names.iter().take(FIELDS_MAX).cloned().collect();
        }
    }

    /// What the store of secrets answered to a write: the version it made, where it keeps any.
    pub fn secret_written(&mut self, result: &Result<Option<SecretVersion>, Error>) {
        if let Ok(Some(version)) = result {
            for record in &mut self.records {
                record.after = Some(version.to_string());
            }
        }
        self.secret_done(result);
    }

    /// What it answered to a read: the version that was read, where it keeps any.
    pub fn secret_read(&mut self, result: &Result<Option<SecretVersion>, Error>) {
        if let Ok(Some(version)) = result {
            for record in &mut self.records {
                record.before = Some(version.to_string());
            }
        }
        if result.is_err() {
            for record in &mut self.records {
                record.count = Some(0);
            }
        }
        self.secret_done(result);
    }

    /// What it answered to anything else.
    pub fn secret_done<T>(&mut self, result: &Result<T, Error>) {
        match result {
            Ok(_) => self.outcome(Outcome::Done),
            Err(error) => self.outcome(Outcome::of(error)),
        }
    }

    /// How many values a read brought, where they are more than the fields that were asked for: a store
    /// hands out whole versions.
    pub fn secret_count(&mut self, count: usize) {
        for record in &mut self.records {
            record.count = record.count.map(|_| count);
        }
    }

    /// There is no such secret, version or field.
    pub fn secret_not_found(&mut self) {
        for record in &mut self.records {
            record.count = record.count.map(|_| 0);
        }
        self.outcome(Outcome::NotFound);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Line, read};
    use super::*;
    use crate::domain::{KvPath, Mount, SecretField};

    fn path() -> SecretPath {
        SecretPath::Kv {
            mount: Mount::new("webhooks").unwrap(),
            path: KvPath::new("a/orders/secrets").unwrap(),
        }
    }

    fn deed(action: Action, fields: &[FieldName]) -> Deed {
        let version = Some(SecretVersion(3));
        Deed { action, path: path(), fields: fields.to_vec(), version, reason: Some(" INC-42 ".into()) }
    }

    fn kept(tell: impl FnOnce(&Arc<Audit>)) -> Vec<Record> {
        let folder = tempfile::tempdir().unwrap();
        let audit =
            Audit::new(Some(folder.path()), "lab", "files").with_secrets("vault http://127.0.0.1:8200");
        tell(&Arc::new(audit));
        let record = |line| match line {
            Ok(Line::Record(record)) => *record,
            other => panic!("{other:?}"),
        };
        read(folder.path()).unwrap().map(record).collect()
    }

    #[test]
    fn a_write_tells_path_fields_versions_and_reason() {
        let records = kept(|audit| {
            let fields = [SecretField::HMAC_SECRET.name()];
            let mut pending = audit.secret(4, [deed(Action::WriteSecret, &fields)]);
            pending.secret_written(&Ok(Some(SecretVersion(4))));
            pending.keep().unwrap();
        });
        let [record] = &*records else { panic!("{records:?}") };
        assert_eq!((record.action.word(), &*record.key), ("write_secret", "webhooks/a/orders/secrets"));
        assert_eq!((record.before.as_deref(), record.after.as_deref()), (Some("v3"), Some("v4")));
        assert_eq!(
            (&record.fields[..], record.reason.as_deref()),
            (&["hmac-secret".to_owned()][..], Some("INC-42"))
        );
        assert_eq!((record.outcome, record.count), (Outcome::Done, None));
        assert_eq!(record.store, "vault http://127.0.0.1:8200");
        assert!(record.commit.ends_with("-4"));
    }

    #[test]
    fn a_read_counts_what_it_showed() {
        let records = kept(|audit| {
            let fields = [FieldName::new("a"), FieldName::new("b")];
            let mut pending = audit.secret(1, [deed(Action::RevealSecret, &fields)]);
            pending.secret_read(&Ok(Some(SecretVersion(7))));
            pending.keep().unwrap();
            let mut pending = audit.secret(2, [deed(Action::RevealSecret, &fields)]);
            let denied = Error::Denied { permission: "read on webhooks/data/x".into(), remedy: "ask" };
            pending.secret_read(&Err(denied));
            pending.keep().unwrap();
            let mut pending = audit.secret(3, [deed(Action::RevealSecret, &fields)]);
            pending.secret_not_found();
            pending.keep().unwrap();
            drop(audit.secret(4, [deed(Action::DestroySecret, &[]), deed(Action::DestroySecret, &[])]));
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
            let mut deed = deed(Action::RevealSecret, &fields);
            deed.reason = Some(long);
            drop(audit.secret(1, [deed]));
        });
        let record = &records[0];
        assert_eq!((record.fields.len(), record.count), (FIELDS_MAX, Some(1_000)));
        assert!(record.fields.iter().all(|name| name.chars().count() == FIELD_MAX + 1));
        assert_eq!(record.reason.as_ref().unwrap().chars().count(), REASON_MAX + 1);
    }

    #[test]
    fn what_older_versions_kept_is_still_read() {
        let line = r#"{"time":"2026-02-03T04:05:06.000Z","user":"anna","uid":1,"host":"h","pid":2,"context":"c","store":"s","action":"reveal","key":"a/x","before":null,"after":null,"outcome":"done","count":2}"#;
        let record: Record = serde_json::from_str(line).unwrap();
        assert!(record.fields.is_empty() && record.reason.is_none());
        assert_eq!(serde_json::to_string(&record).unwrap(), line);
    }
}
