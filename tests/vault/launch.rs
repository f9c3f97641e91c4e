//! The servers that the other tests stand on do what they are told.

use serde_json::{Value, json};

use crate::support::bao::Bao;

#[test]
fn a_server_is_sealed_stopped_and_comes_back_with_its_secrets() {
    let bao = Bao::on_disk(None);
    bao.mount("webhooks", 2);
    bao.does("POST", "webhooks/data/a", &json!({"data": {"f": "v"}}));
    bao.seal();
    assert_eq!(bao.root("GET", "webhooks/data/a", &Value::Null).0, 503);
    bao.unseal();
    bao.restart();
    assert_eq!(bao.root("GET", "webhooks/data/a", &Value::Null).0, 503, "sealed after a start");
    bao.unseal();
    assert_eq!(bao.does("GET", "webhooks/data/a", &Value::Null)["data"]["data"]["f"], "v");
    assert!(bao.audit().contains(&("read".into(), "webhooks/data/a".into())));
}
