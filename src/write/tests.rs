//! Tests of writes to a memory store that another user changes.

use zeroize::Zeroizing;

use super::*;
use crate::domain::{
    FieldName, KvPath, Mount, Opaque, Presence, SecretPath, SecretText, SecretValue, SecretVersion,
};
use crate::provider::memory::MemorySecrets;
use crate::provider::{SecretExpect, SecretFields};

/// A deleted version is still the newest, so the condition holds; but the fields to keep cannot be read
/// any more, and a version without them would lose them.
#[tokio::test]
async fn what_cannot_be_kept_is_not_written_over() {
    let path = SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new("app").unwrap() };
    let store = MemorySecrets::new();
    store.put_now(&path, [("rotated", "a"), ("stays", "b")]);
    let access = store.access(true);
    let writer = access.writer.clone().unwrap();
    let before = SecretVersion(1);
    writer.delete(&path, &[before]).await.unwrap();

    let mut set = SecretFields::default();
    set.set(FieldName::new("rotated"), SecretValue::text(&SecretText::from(Zeroizing::new("c".to_owned()))));
    let write = SecretWrite {
        path: path.clone(),
        mode: SecretWriteMode::ReadModifyWrite,
        expect: SecretExpect::Version(before),
        set: Opaque(set),
        remove: Vec::new(),
    };
    let service = WriteService::new(Arc::new(Audit::off()), Duration::from_secs(1));
    let request = SecretRequest { service: &service, access: &access, number: 1, reason: None };
    let outcome = request.write(Ok(writer), write).await.answer;
    let refused = outcome.result.unwrap_err().to_string();
    assert!(refused.contains("the other fields of secret/app cannot be read from v1"), "{refused}");
    let there = access.reader.presence(&path).await.unwrap();
    assert!(matches!(there, Presence::Deleted { version, .. } if version == before), "{there:?}");
}
