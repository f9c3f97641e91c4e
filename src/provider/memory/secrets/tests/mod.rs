pub(crate) mod faulty;

use std::time::Duration;

use super::*;
use crate::domain::{FieldState, VersionState};
use crate::provider::{Error, SecretFields};
use crate::provider::{SecretExpect, SecretWriter};
use faulty::{FaultySecrets, SecretsOutage};

fn place(path: &str) -> SecretPath {
    SecretPath::Kv { mount: Mount::new("webhooks").unwrap(), path: KvPath::new(path).unwrap() }
}

fn fields(texts: &[(&str, &str)]) -> SecretFields {
    let value = |text: &str| SecretValue::text(&SecretText::new(text.into()));
    texts.iter().map(|(name, text)| (FieldName::new(name), value(text))).collect()
}

fn text(revealed: &SecretData, field: &str) -> String {
    revealed.fields.get(field).unwrap().as_text().unwrap().expose().to_owned()
}

#[tokio::test]
async fn times_are_those_of_the_clock() {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    let store = MemorySecrets::with_clock(move || at);
    store.put_now(&place("a"), [("token", "t")]);
    let Presence::Present(contents) = store.presence(&place("a")).await.unwrap() else { panic!() };
    assert_eq!((contents.version, contents.written), (Some(SecretVersion(1)), Some(at)));
    assert_eq!(contents.fields, [(FieldName::new("token"), FieldState::Present)]);
    store.delete_now(&place("a"));
    let deleted = Presence::Deleted { version: SecretVersion(1), at: Some(at) };
    assert_eq!(store.presence(&place("a")).await, Ok(deleted));
    let versions = store.versions(&place("a")).await.unwrap().unwrap();
    assert_eq!(versions.list.first().unwrap().state, VersionState::Deleted(Some(at)));
    store.destroy(&place("a"), &[SecretVersion(1)]).await.unwrap();
    assert_eq!(store.presence(&place("a")).await, Ok(Presence::Destroyed { version: SecretVersion(1) }));
    store.destroy_all(&place("a")).await.unwrap();
    assert_eq!(store.presence(&place("a")).await, Ok(Presence::Missing));
}

#[tokio::test]
async fn an_outage_answers_every_call_and_ends() {
    let store = FaultySecrets::new();
    store.put_now(&place("a"), [("token", "t")]);
    for outage in [SecretsOutage::Sealed, SecretsOutage::Unreachable] {
        store.inject_outage(outage);
        let refused = store.presence(&place("a")).await.unwrap_err();
        assert!(matches!(refused, Error::Unavailable { .. }), "{refused}");
        assert!(store.put(&place("a"), &fields(&[]), SecretExpect::Anything).await.is_err());
    }
    store.inject_outage(SecretsOutage::Denied { permission: "a token that lives".into() });
    assert!(matches!(store.reveal(&place("a"), None).await, Err(Error::Denied { .. })));
    store.restore();
    assert!(matches!(store.presence(&place("a")).await, Ok(Presence::Present(_))));
    store.shutdown().await;
    assert!(matches!(store.presence(&place("a")).await, Err(Error::Unavailable { .. })));
}

#[tokio::test]
async fn what_is_forbidden_names_the_permission() {
    let store = FaultySecrets::new();
    store.put_now(&place("a"), [("token", "t")]);
    store.forbid(SecretRight::Presence, &place("a"));
    store.forbid(SecretRight::Destroy, &place("a"));
    let permission = "read on webhooks/subkeys/a".to_owned();
    assert_eq!(store.presence(&place("a")).await, Ok(Presence::Forbidden { permission }));
    let refused = store.destroy(&place("a"), &[SecretVersion(1)]).await.unwrap_err();
    assert!(refused.to_string().contains("update on webhooks/destroy/a"), "{refused}");
    let lacking = store.missing_rights(&[place("a"), place("b")]).await.unwrap();
    let [a, b] = lacking.as_slice() else { panic!("{lacking:?}") };
    assert_eq!(a.for_right(SecretRight::Destroy), Some("update on webhooks/destroy/a"));
    assert_eq!((a.for_right(SecretRight::Reveal), b.for_right(SecretRight::Destroy)), (None, None));
    store.hide_rights();
    assert!(matches!(store.missing_rights(&[place("a")]).await, Err(Error::Denied { .. })));
}

#[tokio::test]
async fn a_rival_comes_first_and_an_answer_is_lost_once() {
    let store = FaultySecrets::new();
    store.put_now(&place("a"), [("token", "t")]);
    store.inject_conflict(&place("a"));
    let write = async |expect| store.put(&place("a"), &fields(&[("token", "u")]), expect).await;
    let lost = write(SecretExpect::Version(SecretVersion(1))).await;
    assert_eq!(lost, Err(Error::SecretConflict { path: place("a"), now: Some(SecretVersion(2)) }));
    store.lose_response(&place("a"));
    let unknown = write(SecretExpect::Version(SecretVersion(2))).await.unwrap_err();
    assert!(matches!(unknown, Error::SecretUnknown { .. }), "{unknown}");
    assert_eq!(text(&store.reveal(&place("a"), None).await.unwrap().unwrap(), "token"), "u");
    assert_eq!(write(SecretExpect::Version(SecretVersion(3))).await, Ok(Some(SecretVersion(4))));
}

#[tokio::test]
async fn a_mount_that_is_gone_is_not_a_secret_that_is_missing() {
    let store = FaultySecrets::new();
    store.unmount(&Mount::new("webhooks").unwrap());
    let presence = store.presence(&place("a")).await.unwrap();
    assert!(matches!(presence, Presence::Unreachable { .. }), "{presence:?}");
    assert!(matches!(store.versions(&place("a")).await, Err(Error::Unavailable { .. })));
}

#[tokio::test]
async fn calls_are_counted_also_those_that_were_given_up() {
    let store = FaultySecrets::new();
    store.delay_calls(Duration::from_secs(60));
    let paths = [place("a"), place("b"), place("c")];
    let looks = futures::future::join_all(paths.iter().map(|path| store.presence(path)));
    assert!(tokio::time::timeout(Duration::from_millis(1), looks).await.is_err());
    store.delay_calls(Duration::ZERO);
    store.presence(&place("a")).await.unwrap();
    let calls = store.calls();
    assert_eq!((calls.presence, calls.most_in_flight, calls.reveal), (4, 3, 0));
}
