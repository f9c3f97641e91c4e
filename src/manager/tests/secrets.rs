//! Merged documents with secrets of a key-value engine, and webhooks created together with theirs.

use super::*;
use crate::check::{OwnPathTemplate, OwnSecrets};
use crate::domain::{
    FieldName, KvPath, Mount, Presence, SecretField, SecretRight, SecretText, SecretVersion,
};
use crate::provider::memory::faulty::{FaultySecrets, SecretsOutage};
use crate::provider::{SecretExpect, SecretFields, SecretReader};

const TOKEN: &str = "hunter2-bearer";

fn mount(name: &str) -> Mount {
    Mount::new(name).unwrap()
}

fn at(mount_name: &str, path: &str) -> SecretPath {
    SecretPath::Kv { mount: mount(mount_name), path: KvPath::new(path).unwrap() }
}

fn own() -> SecretPath {
    at("webhooks", "production/orders/secrets")
}

fn fields(fields: &[(SecretField, &str)]) -> SecretFields {
    fields.iter().map(|(field, text)| (*field, SecretText::new((*text).into()))).collect()
}

struct World {
    store: MemoryStore,
    secrets: FaultySecrets,
    manager: UnifiedConfigManager,
    key: ResourceKey,
}

fn world(document: Option<&str>) -> World {
    let key = key("production", "orders");
    let store = MemoryStore::seeded(document.map(|document| (key.clone(), document.into())));
    let secrets = FaultySecrets::new();
    let own = OwnSecrets::Kv { mount: mount("webhooks"), template: OwnPathTemplate::default() };
    let lookup = SecretLookup { references: Some(mount("secret")), own, ..SecretLookup::default() };
    let manager = manager(&store).with_secret_access(secrets.access(true)).with_secret_lookup(lookup);
    World { store, secrets, manager, key }
}

impl World {
    async fn merged(&self) -> Result<Arc<MergedDocument>> {
        Ok(self.manager.get_merged(&self.key, SecretMode::Include).await?.expect("it is stored"))
    }

    async fn create(&self) -> std::result::Result<CreatedWebhook, CreateWebhookError> {
        let secrets = fields(&[(SecretField::BEARER_TOKEN, TOKEN), (SecretField::HMAC_SECRET, "h")]);
        self.manager.create_with_secrets(self.key.clone(), "{}".into(), &secrets, Lease::Keep).await
    }
}

#[tokio::test]
async fn each_secret_is_read_once_and_told_with_its_version() {
    let document = r#"{"a":"{$vault:app/x#one}","b":"{$vault:app/x#two}","c":"{$vault:app/y#n:d}"}"#;
    let world = world(Some(document));
    world.secrets.put_now(&at("secret", "app/x"), [("one", "1"), ("two", "2")]);
    world.secrets.put_now(&own(), [("bearer-token", TOKEN)]);
    let merged = world.merged().await.unwrap();
    let expected =
        serde_json::json!({"a": "1", "b": "2", "c": "d", "authorization": format!("Bearer {TOKEN}")});
    assert_eq!(*merged.json(), expected);
    assert_eq!(world.secrets.calls().reveal, 3);
    let mut told: Vec<_> = merged
        .sources()
        .iter()
        .map(|it| {
            let names: Vec<_> = it.fields.iter().map(FieldName::as_str).collect();
            (it.path.to_string(), names.join(","), it.version.map(|it| it.0))
        })
        .collect();
    told.sort();
    let expected = [
        ("secret/app/x", "one,two", Some(1)),
        ("secret/app/y", "", None),
        ("webhooks/production/orders/secrets", "bearer-token", Some(1)),
    ];
    assert_eq!(told, expected.map(|(path, names, version)| (path.to_owned(), names.to_owned(), version)));
    world.merged().await.unwrap();
    assert_eq!(world.secrets.calls().reveal, 3, "kept");
    // Without secrets, none is read.
    world.manager.get_merged(&world.key, SecretMode::Exclude).await.unwrap().unwrap();
    assert_eq!(world.secrets.calls().reveal, 3);
}

#[tokio::test]
async fn a_written_or_changed_secret_is_read_anew() {
    let world = world(Some(r#"{"a":"{$vault:app/x#one}"}"#));
    let path = at("secret", "app/x");
    world.secrets.put_now(&path, [("one", "1")]);
    world.merged().await.unwrap();
    let second = [(FieldName::new("one"), crate::domain::SecretValue::text(&SecretText::new("2".into())))];
    let writer = world.manager.secret_writer().unwrap();
    let expect = SecretExpect::Version(SecretVersion(1));
    writer.put(&path, &second.into_iter().collect(), expect).await.unwrap();
    assert_eq!(world.merged().await.unwrap().json()["a"], "2");
    world.secrets.put_now(&path, [("one", "3")]);
    assert_eq!(world.merged().await.unwrap().json()["a"], "2", "nobody told");
    world.manager.forget_secret(&path);
    assert_eq!(world.merged().await.unwrap().json()["a"], "3");
}

#[tokio::test]
async fn a_default_stands_in_while_the_secret_cannot_be_read_and_is_not_kept() {
    let world = world(Some(r#"{"a":"{$vault:app/x#one:d}"}"#));
    world.secrets.put_now(&at("secret", "app/x"), [("one", "1")]);
    world.secrets.forbid(SecretRight::Reveal, &at("secret", "app/x"));
    let merged = world.merged().await.unwrap();
    assert_eq!((merged.json()["a"].as_str(), merged.fallbacks().len()), (Some("d"), 1));
    world.secrets.permit(SecretRight::Reveal, &at("secret", "app/x"));
    let merged = world.merged().await.unwrap();
    assert_eq!((merged.json()["a"].as_str(), merged.fallbacks().len()), (Some("1"), 0));
}

#[tokio::test]
async fn without_a_default_and_for_own_secrets_the_store_s_word_is_the_answer() {
    let world = world(Some(r#"{"a":"{$vault:app/x#one}"}"#));
    let missing = world.merged().await.err().unwrap().to_string();
    assert!(missing.contains("app/x#one") && missing.contains("write that secret"), "{missing}");
    world.secrets.put_now(&at("secret", "app/x"), [("one", "1")]);
    world.secrets.forbid(SecretRight::Reveal, &at("secret", "app/x"));
    assert!(matches!(world.merged().await.err(), Some(Error::Denied { .. })));
    world.secrets.permit(SecretRight::Reveal, &at("secret", "app/x"));
    world.secrets.forbid(SecretRight::Reveal, &own());
    assert!(matches!(world.merged().await.err(), Some(Error::Denied { .. })));
    world.secrets.permit(SecretRight::Reveal, &own());
    world.secrets.put_now(&own(), [("bearer-token", "")]);
    let empty = world.merged().await.err().unwrap().to_string();
    assert!(empty.contains("webhooks/production/orders/secrets#bearer-token is empty"), "{empty}");
}

#[tokio::test]
async fn a_webhook_and_its_secrets_are_made_in_order() {
    let world = world(None);
    let created = world.create().await.unwrap();
    assert_eq!((created.path, created.version, created.verified), (own(), Some(SecretVersion(1)), true));
    assert_eq!(world.merged().await.unwrap().json()["authorization"], *format!("Bearer {TOKEN}"));
    let again = world.create().await.unwrap_err();
    assert!(matches!(again, CreateWebhookError::Nothing(Error::Exists { .. })));
}

#[tokio::test]
async fn a_secret_that_is_there_already_is_left_alone_and_so_is_the_document() {
    let world = world(None);
    world.secrets.put_now(&own(), [("bearer-token", "theirs")]);
    let refused = world.create().await.unwrap_err();
    assert!(matches!(refused, CreateWebhookError::Nothing(Error::SecretExists { .. })), "{refused}");
    assert!(world.manager.get(&world.key).await.unwrap().is_none());
}

#[tokio::test]
async fn a_part_that_was_done_is_told_with_what_to_do() {
    let world = world(None);
    world.store.inject_outage(LinkState::Stale { reason: "gone".into(), retry_in: None });
    let nothing = world.create().await.unwrap_err();
    assert!(matches!(nothing, CreateWebhookError::Nothing(Error::Unavailable { .. })), "{nothing}");
    world.store.restore(crate::provider::memory::RestoreMode::Resume);
    world.secrets.lose_response(&own());
    let unknown = world.create().await.unwrap_err();
    assert!(matches!(&unknown, CreateWebhookError::SecretUnknown { path, .. } if *path == own()));
    assert!(
        unknown.to_string().contains("was not written") && !unknown.to_string().contains(TOKEN),
        "{unknown}"
    );
    assert!(world.manager.get(&world.key).await.unwrap().is_none());
}

#[tokio::test]
async fn a_document_that_is_not_json_leaves_no_secret_behind() {
    let world = world(None);
    let secrets = fields(&[(SecretField::BEARER_TOKEN, TOKEN)]);
    let key = world.key.clone();
    let refused = world.manager.create_with_secrets(key, "{".into(), &secrets, Lease::Keep).await;
    assert!(matches!(refused, Err(CreateWebhookError::Nothing(Error::Invalid { .. }))), "{refused:?}");
    assert_eq!(world.secrets.presence(&own()).await, Ok(Presence::Missing));
}

#[tokio::test]
async fn why_a_part_was_not_done_is_the_source_of_the_error() {
    use std::error::Error as _;
    let world = world(None);
    world.secrets.lose_response(&own());
    let unknown = world.create().await.unwrap_err();
    let source = unknown.source().and_then(|source| source.downcast_ref::<Error>());
    assert!(matches!(source, Some(Error::SecretUnknown { .. })), "{source:?}");
}

impl World {
    async fn delete(
        &self,
        removal: SecretRemoval,
    ) -> std::result::Result<DeletedWebhook, DeleteWebhookError> {
        let base = self.manager.get(&self.key).await.unwrap().unwrap();
        self.manager.delete_with_secrets(&base, removal).await
    }
}

#[tokio::test]
async fn a_webhook_goes_with_its_secrets_and_can_be_made_anew() {
    let world = world(None);
    world.create().await.unwrap();
    world.merged().await.unwrap();
    let deleted = world.delete(SecretRemoval::Destroy).await.unwrap();
    assert_eq!((deleted.path, deleted.had_secrets, deleted.verified), (own(), true, true));
    assert!(world.manager.get(&world.key).await.unwrap().is_none());
    assert_eq!(world.secrets.presence(&own()).await, Ok(Presence::Missing));
    world.create().await.unwrap();
    // Deleted, they can be taken back, and are in the way of new ones.
    let deleted = world.delete(SecretRemoval::Delete).await.unwrap();
    assert_eq!((deleted.versions, deleted.verified), (vec![SecretVersion(1)], true));
    assert!(matches!(world.secrets.presence(&own()).await, Ok(Presence::Deleted { .. })));
    let again = world.create().await.unwrap_err();
    assert!(matches!(again, CreateWebhookError::Nothing(Error::SecretExists { .. })), "{again}");
}

#[tokio::test]
async fn a_webhook_without_secrets_is_deleted_alone() {
    let world = world(Some("{}"));
    let deleted = world.delete(SecretRemoval::Delete).await.unwrap();
    assert_eq!((deleted.had_secrets, deleted.versions), (false, vec![]));
    assert!(world.manager.get(&world.key).await.unwrap().is_none());
}

#[tokio::test]
async fn secrets_that_another_document_uses_are_not_deleted_and_neither_is_the_document() {
    let world = world(None);
    world.create().await.unwrap();
    let lookup =
        SecretLookup { references: Some(mount("webhooks")), ..world.manager.secret_lookup().clone() };
    let manager =
        manager(&world.store).with_secret_access(world.secrets.access(true)).with_secret_lookup(lookup);
    let other = r#"{"a": {"token": "{$vault:production/orders/secrets#bearer-token}"}}"#;
    world.store.put_raw(key("production", "other"), other.into());
    let base = manager.get(&world.key).await.unwrap().unwrap();
    let refused = manager.delete_with_secrets(&base, SecretRemoval::Destroy).await.unwrap_err().to_string();
    assert!(refused.contains("production/other uses it too"), "{refused}");
    assert!(manager.get(&world.key).await.unwrap().is_some());
    assert!(matches!(world.secrets.presence(&own()).await, Ok(Presence::Present(_))));
    world.store.remove_raw(&key("production", "other"));
    manager.delete_with_secrets(&base, SecretRemoval::Destroy).await.unwrap();
}

#[tokio::test]
async fn a_document_that_changed_keeps_its_secrets_and_secrets_that_stay_are_told() {
    let world = world(None);
    world.create().await.unwrap();
    let stale = world.manager.get(&world.key).await.unwrap().unwrap();
    world.manager.update(&stale, r#"{"n":1}"#.into()).await.unwrap();
    let refused = world.manager.delete_with_secrets(&stale, SecretRemoval::Destroy).await.unwrap_err();
    assert!(matches!(refused, DeleteWebhookError::Nothing(Error::Conflict { .. })), "{refused}");
    assert!(matches!(world.secrets.presence(&own()).await, Ok(Presence::Present(_))));
    world.secrets.forbid(SecretRight::DestroyAll, &own());
    let left = world.delete(SecretRemoval::Destroy).await.unwrap_err();
    assert!(matches!(&left, DeleteWebhookError::SecretsLeft { path, .. } if *path == own()), "{left}");
    assert!(left.to_string().contains("production/orders was deleted, its secrets"), "{left}");
    assert!(world.manager.get(&world.key).await.unwrap().is_none());
}

#[tokio::test]
async fn a_store_that_is_away_and_a_context_that_is_read_only_are_said() {
    let world = world(Some("{}"));
    world.secrets.inject_outage(SecretsOutage::Sealed);
    assert!(world.merged().await.is_err());
    assert_eq!(world.manager.secrets_health().await.condition().word(), "unusable");
    let read_only = UnifiedConfigManager::open(world.store.clone(), Some("--read-only".into()))
        .with_secret_access(FaultySecrets::new().access(true));
    assert!(read_only.secrets().writer.is_none());
    let refused = read_only.secret_writer().err().unwrap().to_string();
    assert!(refused.contains("--read-only"), "{refused}");
    let variables = manager(&world.store);
    assert!(matches!(variables.secret_writer().err(), Some(Error::Unsupported { .. })));
}

#[tokio::test]
async fn the_end_of_the_manager_is_the_end_of_both_stores_and_of_what_was_merged() {
    let world = world(Some("{}"));
    world.secrets.put_now(&own(), [("bearer-token", TOKEN)]);
    let kept = Arc::downgrade(&world.merged().await.unwrap());
    assert!(kept.upgrade().is_some());
    world.manager.shutdown().await;
    assert!(kept.upgrade().is_none());
    assert!(!matches!(world.secrets.presence(&own()).await, Ok(Presence::Present(_))));
}

#[test]
fn who_embeds_it_has_own_secrets_merged_unless_the_settings_say_no() {
    use crate::config::{ConfigText, SettingSources};
    let own = |file: &str| {
        let file = ConfigText { path: "c.toml".into(), text: file.into(), private: true };
        let settings =
            Settings::resolve(&SettingSources { file: Some(file), ..SettingSources::default() }).unwrap();
        UnifiedConfigManager::from_settings(&settings).secret_lookup().own.clone()
    };
    assert_eq!(own(""), OwnSecrets::Variables);
    assert_eq!(own("[receiver]\nmerges_own_secrets = false\n"), OwnSecrets::NotMerged);
    assert_eq!(own("[receiver]\nmerges_own_secrets = true\n"), OwnSecrets::Variables);
}

#[test]
fn who_embeds_it_decides_whether_own_secrets_are_merged() {
    let manager = manager(&MemoryStore::new());
    assert_eq!(manager.secret_lookup().own, OwnSecrets::Variables);
    let manager = manager.with_own_secrets(false);
    assert_eq!(manager.secret_lookup().own, OwnSecrets::NotMerged);
    assert_eq!(manager.with_own_secrets(true).secret_lookup().own, OwnSecrets::Variables);
}

#[tokio::test]
async fn what_was_merged_in_is_told_and_what_the_document_says_is_not() {
    let world = world(Some(r#"{"authorization":"Bearer x","hmac":{"header":"X"}}"#));
    world.secrets.put_now(&own(), [("bearer-token", TOKEN), ("hmac-secret", "h")]);
    let merged = world.merged().await.unwrap();
    let added = merged.added().unwrap();
    assert_eq!((&added.path, added.fields.as_slice()), (&own(), &[SecretField::HMAC_SECRET.name()][..]));
    assert_eq!(added.version, Some(SecretVersion(1)));
}
