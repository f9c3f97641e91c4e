//! With secrets in a real OpenBao.

use serde_json::{Value, json};

use crate::SECRET;
use crate::started::Started;
use crate::support::bao::Bao;

/// A receiver about which nothing is said but where its Vault is.
fn on(bao: &Bao, token: &str, more: &[(&str, &str)]) -> Started {
    let webhooks = json!({
        "open": {"module": "log"},
        "named": {"module": "log", "authorization": "Bearer {$vault:app/sender#token}"},
    });
    let address = bao.address();
    let vault = [("SECRETS_BACKEND", "vault"), ("VAULT_ADDR", &*address), ("VAULT_TOKEN", token)];
    Started::on_files(&webhooks, &[&vault[..], more].concat())
}

#[test]
fn where_there_is_no_engine_for_own_secrets_there_are_none() {
    let bao = Bao::dev();
    bao.does("POST", "secret/data/app/sender", &json!({"data": {"token": SECRET}}));
    let receiver = on(&bao, &bao.root_token(), &[]);
    assert_eq!(receiver.status("/webhook/open"), 200, "{}", receiver.said());
    let authorization = format!("Bearer {SECRET}");
    let with = [("Authorization", authorization.as_str())];
    assert_eq!(receiver.post("/webhook/named", &with, b"{}").status, 200, "{}", receiver.said());
    assert_eq!(receiver.status("/webhook/named"), 401);
    assert!(!receiver.said().contains(SECRET), "{}", receiver.said());

    // One that is there is read.
    bao.mount("webhooks", 2);
    bao.does("POST", "webhooks/data/open/secrets", &json!({"data": {"bearer-token": SECRET}}));
    let receiver = on(&bao, &bao.root_token(), &[]);
    assert_eq!(receiver.status("/webhook/open"), 401);
    assert_eq!(receiver.post("/webhook/open", &with, b"{}").status, 200, "{}", receiver.said());
}

#[test]
fn own_secrets_that_may_not_be_read_let_nobody_in_and_the_remedy_is_said() {
    let bao = Bao::dev();
    bao.policy("references", r#"path "secret/data/*" { capabilities = ["read"] }"#);
    let token = bao.token(&["references"], "1h");
    let receiver = on(&bao, &token, &[]);
    assert_eq!(receiver.status("/webhook/open"), 503);
    for said in ["read on webhooks/data/open/secrets", "VAULT_MOUNT_POINT", "MERGES_OWN_SECRETS=false"] {
        assert!(receiver.said().contains(said), "{}", receiver.said());
    }
    let receiver = on(&bao, &token, &[("CONFDECK_RECEIVER_MERGES_OWN_SECRETS", "false")]);
    assert_eq!(receiver.status("/webhook/open"), 200, "{}", receiver.said());
    // A mount that is named and is not there holds no references either.
    let mount = [("VAULT_MOUNT_POINT", "none")];
    let receiver = on(&bao, &bao.root_token(), &mount);
    assert_eq!((receiver.status("/webhook/open"), receiver.status("/webhook/named")), (200, 503));
    assert_eq!(bao.root("GET", "none/config", &Value::Null).0, 404);
}
