//! Tests of writes to a memory store that another user changes.

use zeroize::Zeroizing;

use super::*;
use crate::audit::{AuditLine, read};
use crate::domain::{
    FieldName, KvPath, Mount, Opaque, Presence, SecretPath, SecretText, SecretValue, SecretVersion,
};
use crate::provider::memory::MemorySecrets;
use crate::provider::memory::faulty::FaultySecrets;
use crate::provider::{Error, SecretExpect};

fn path() -> SecretPath {
    SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new("app").unwrap() }
}

/// Sets `rotated` and keeps the other fields of v1.
fn rotation() -> SecretWrite {
    let value = SecretValue::text(&SecretText::from(Zeroizing::new("c".to_owned())));
    SecretWrite {
        path: path(),
        mode: SecretWriteMode::ReadModifyWrite,
        expect: SecretExpect::Version(SecretVersion(1)),
        set: Opaque([(FieldName::new("rotated"), value)].into_iter().collect()),
        remove: Vec::new(),
    }
}

/// A deleted version is still the newest, so the condition holds; but the fields to keep cannot be read
/// any more, and a version without them would lose them.
#[tokio::test]
async fn what_cannot_be_kept_is_not_written_over() {
    let path = path();
    let store = MemorySecrets::new();
    store.put_now(&path, [("rotated", "a"), ("stays", "b")]);
    let access = store.access(true);
    let writer = access.writer.clone().unwrap();
    let before = SecretVersion(1);
    writer.delete(&path, &[before]).await.unwrap();

    let service = WriteService::new(Arc::new(Audit::off()), Duration::from_secs(1));
    let request = SecretRequest { service: &service, access: &access, number: 1, reason: None };
    let outcome = request.write(Ok(writer), rotation()).await.answer;
    let refused = outcome.result.unwrap_err().to_string();
    assert!(refused.contains("the other fields of secret/app cannot be read from v1"), "{refused}");
    let there = access.reader.presence(&path).await.unwrap();
    assert!(matches!(there, Presence::Deleted { version, .. } if version == before), "{there:?}");
}

#[tokio::test]
async fn a_write_that_reads_is_two_records_and_a_refused_one_reads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Arc::new(Audit::new(Some(folder.path()), "lab", "files"));
    let service = WriteService::new(audit, Duration::from_secs(30));
    let store = FaultySecrets::new();
    store.put_now(&path(), [("rotated", "a"), ("stays", "b")]);
    let access = store.access(true);
    let request = SecretRequest { service: &service, access: &access, number: 1, reason: None };

    let locked = Error::Denied { permission: "writing is locked".into(), remedy: "unlock" };
    let refused = request.write(Err(locked.clone()), rotation()).await.answer;
    assert_eq!((refused.result, refused.values_read, store.calls().reveal), (Err(locked), 0, 0));
    let written = request.write(Ok(access.writer.clone().unwrap()), rotation()).await;
    assert_eq!((written.answer.result, written.answer.values_read), (Ok(Some(SecretVersion(2))), 2));
    assert_eq!(written.unrecorded, None);

    let record = |line| match line {
        Ok(AuditLine::Record(it)) => {
            format!("{} {} {}", it.action.word(), it.fields.join(","), it.outcome.words())
        }
        other => panic!("{other:?}"),
    };
    let records: Vec<_> = read(folder.path()).unwrap().map(record).collect();
    let expected =
        ["write_secret rotated refused", "reveal_secret rotated,stays done", "write_secret rotated done"];
    assert_eq!(records, expected);
}

#[tokio::test]
async fn a_copy_takes_all_fields_of_the_version_shown_to_where_nothing_is_and_both_halves_are_in_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Arc::new(Audit::new(Some(folder.path()), "lab", "files"));
    let service = WriteService::new(audit, Duration::from_secs(30));
    let store = FaultySecrets::new();
    let new = SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new("new").unwrap() };
    store.put_now(&path(), [("key", "a"), ("note", "b")]);
    store.put_now(&path(), [("key", "changed")]);
    let access = store.access(true);
    let reason = || Some("copy of secret/app".to_owned());
    let request = SecretRequest { service: &service, access: &access, number: 1, reason: reason() };
    let copy = |version| CopyRequest { from: path(), version: Some(SecretVersion(version)), to: new.clone() };
    let writer = || access.writer.clone().unwrap();

    let gone = request.copy(Ok(writer()), copy(9)).await.answer.result.unwrap_err().to_string();
    assert!(gone.contains("secret/app is not there any more"), "{gone}");
    assert_eq!(access.reader.presence(&new).await.unwrap(), Presence::Missing);

    let copied = request.copy(Ok(writer()), copy(1)).await;
    assert_eq!((copied.answer.result, copied.answer.values_read), (Ok(Some(SecretVersion(1))), 2));
    let fields = access.revealer().reveal(&new, None).await.unwrap().unwrap().fields;
    assert_eq!(fields.get("key").unwrap().shown().expose(), "a");
    assert_eq!(fields.get("note").unwrap().shown().expose(), "b");

    let again = request.copy(Ok(writer()), copy(2)).await.answer.result.unwrap_err();
    assert!(matches!(again, Error::SecretConflict { .. }), "nothing is replaced: {again:?}");

    let record = |line| match line {
        Ok(AuditLine::Record(it)) => {
            let reason = it.reason.unwrap_or_default();
            format!("{} {} {reason}", it.action.word(), it.outcome.words())
        }
        other => panic!("{other:?}"),
    };
    let records: Vec<_> = read(folder.path()).unwrap().map(record).skip(2).take(2).collect();
    assert_eq!(
        records,
        ["reveal_secret done to copy them to secret/new", "write_secret done copy of secret/app"]
    );
}
