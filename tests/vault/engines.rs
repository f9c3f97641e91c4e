//! Engines that are not what the settings say, servers that do not serve.

use std::time::Duration;

use confdeck::domain::{Condition, Presence, SecretValue, SecretVersion};
use confdeck::provider::vault::KvVersion;
use confdeck::provider::{Error, SecretExpect, SecretFields, SecretReader, SecretRevealer, SecretWriter};
use serde_json::{Value, json};

use crate::support::bao::Bao;
use crate::{at, fields, folder, user, user_within};

/// Nothing that is asked of a store that cannot be what it should be tells of missing secrets, and
/// every answer says what to do.
async fn all_say(bao: &Bao, version: KvVersion, words: &str) {
    let secrets = user(bao, &bao.root_token(), version);
    let presence = secrets.presence(&at("a/b")).await.unwrap();
    let Presence::Unreachable { reason } = presence else { panic!("{presence:?}") };
    assert!(reason.contains(words), "{reason}");
    let texts = fields(&[("f", "v")]);
    let mut said = vec![
        secrets.list(&folder("")).await.unwrap_err(),
        secrets.reveal(&at("a/b"), None).await.err().unwrap(),
        secrets.put(&at("a/b"), &texts, SecretExpect::Anything).await.unwrap_err(),
        secrets.destroy_all(&at("a/b")).await.unwrap_err(),
    ];
    if version == KvVersion::V2 {
        said.push(secrets.versions(&at("a/b")).await.unwrap_err());
        said.push(secrets.patch(&at("a/b"), &texts, SecretExpect::Anything).await.unwrap_err());
        said.push(secrets.delete(&at("a/b"), &[SecretVersion(1)]).await.unwrap_err());
        said.push(secrets.destroy(&at("a/b"), &[SecretVersion(1)]).await.unwrap_err());
    }
    for error in said {
        assert!(matches!(error, Error::Unavailable { .. } | Error::NoMount { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mount_that_does_not_exist_is_no_missing_secret() {
    let bao = Bao::shared();
    for version in [KvVersion::V1, KvVersion::V2] {
        all_say(&bao, version, "there is no secrets engine at webhooks/").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_of_the_other_version_is_told_and_left_alone() {
    let bao = Bao::dev();
    bao.mount("webhooks", 1);
    bao.does("POST", "webhooks/metadata/a/b", &json!({"f": "planted-stays"}));
    all_say(&bao, KvVersion::V2, "is a KV 1 engine, and VAULT_KV_VERSION is 2: set it to 1").await;
    let names = bao.does("LIST", "webhooks", &Value::Null);
    assert_eq!(names["data"]["keys"], json!(["metadata/"]), "KV 1 would have stored the writes");
    bao.does("GET", "webhooks/metadata/a/b", &Value::Null);

    let bao = Bao::dev();
    bao.mount("webhooks", 2);
    all_say(&bao, KvVersion::V1, "is a KV 2 engine, and VAULT_KV_VERSION is 1: set it to 2").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_the_server_would_round_is_not_written() {
    let bao = Bao::dev();
    bao.mount("webhooks", 2);
    let secrets = user(&bao, &bao.root_token(), KvVersion::V2);
    let number = SecretValue::json("12345678901234567890".to_owned().into()).unwrap_or_else(|_| panic!());
    let number: SecretFields = [(confdeck::domain::FieldName::new("f"), number)].into_iter().collect();
    let refused = secrets.put(&at("a"), &number, SecretExpect::Absent).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid { .. }), "{refused}");
    assert!(!refused.to_string().contains("1234567890"), "{refused}");
    assert_eq!(secrets.presence(&at("a")).await, Ok(Presence::Missing));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kv_1_without_a_list_knows_nothing_and_reads_nothing() {
    let bao = Bao::dev();
    bao.mount("webhooks", 1);
    bao.does("POST", "webhooks/a", &json!({"f": "v"}));
    bao.policy("reader", "path \"webhooks/*\" { capabilities = [\"read\"] }");
    let secrets = user(&bao, &bao.token(&["reader"], "1h"), KvVersion::V1);
    let before = bao.audit().len();
    let presence = secrets.presence(&at("a")).await.unwrap();
    let Presence::Unknown { reason } = presence else { panic!("{presence:?}") };
    assert!(reason.contains("list on webhooks/"), "{reason}");
    let reads = |(operation, path): &(String, String)| operation == "read" && path.starts_with("webhooks/");
    assert!(!bao.audit()[before..].iter().any(reads));
    let revealed = secrets.reveal(&at("a"), None).await.unwrap().unwrap();
    assert_eq!(revealed.fields.get("f").unwrap().as_text().unwrap().expose(), "v");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_server_and_one_that_is_gone_are_errors_of_the_whole() {
    let bao = Bao::on_disk(None);
    bao.mount("webhooks", 2);
    let secrets = user(&bao, &bao.root_token(), KvVersion::V2);
    secrets.put(&at("a"), &fields(&[("f", "v")]), SecretExpect::Absent).await.unwrap();
    assert_eq!(secrets.health().await.condition(), Condition::Healthy);
    bao.seal();
    let all = async |word: &str| {
        for error in [
            secrets.presence(&at("a")).await.unwrap_err(),
            secrets.put(&at("a"), &fields(&[("f", "w")]), SecretExpect::Anything).await.unwrap_err(),
        ] {
            assert!(matches!(&error, Error::Unavailable { reason, .. } if reason.contains(word)), "{error}");
        }
        assert!(secrets.health().await.summary().contains(word));
    };
    all("sealed").await;
    bao.unseal();
    assert!(matches!(secrets.presence(&at("a")).await, Ok(Presence::Present(_))));
    bao.stop();
    all("nothing listens").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_without_an_answer_has_an_unknown_outcome() {
    let bao = Bao::dev();
    bao.mount("webhooks", 2);
    let secrets = user_within(&bao, &bao.root_token(), KvVersion::V2, Duration::from_secs(2));
    secrets.put(&at("a"), &fields(&[("f", "v")]), SecretExpect::Absent).await.unwrap();
    bao.freeze();
    let unknown = secrets.put(&at("a"), &fields(&[("f", "w")]), SecretExpect::Anything).await;
    let read = secrets.presence(&at("a")).await;
    bao.thaw();
    assert!(matches!(&unknown, Err(Error::SecretUnknown { path, .. }) if *path == at("a")), "{unknown:?}");
    assert!(matches!(read, Err(Error::Unavailable { .. })), "{read:?}");
}
