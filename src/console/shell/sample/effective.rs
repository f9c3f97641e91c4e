//! The effective view of one webhook that shows each kind of mark.

use super::{SECRET, entry, key, load, scope};
use crate::check::{ReceiverEnv, SecretLookup};
use crate::console::model::Model;
use crate::console::screens::effective;
use crate::console::shell::layout::Size;
use crate::domain::FieldState;

const ORDERS: &str = r#"{"module": "kafka", "connection": "kafka_main", "topic": "{$AREA:eu;west}-orders",
    "authorization": "Bearer {$vault:app/orders#token}",
    "hmac": {"secret": "Hunter2Hunter", "algorithm": "sha256"}, "jwt": {}, "ip_whitelist": ["203.0.113.7"],
    "rate_limt": {"max_requests": 5}, "module-config": {"timeout": 30, "headers": {"X-Api-Key": "{$API_KEY}"}}}"#;

pub(super) fn page(size: Size) -> Model {
    assert!(ORDERS.contains(SECRET));
    let mut model = super::empty(size);
    let env = ReceiverEnv::Known([("API_KEY".to_owned(), FieldState::Present)].into());
    model.context.secrets = Some(SecretLookup { env, can_read_kv: true, ..SecretLookup::default() });
    let documents = [
        ("connections/kafka_main", r#"{"type": "kafka", "bootstrap_servers": "kafka.example.com:9092"}"#),
        ("production/orders", ORDERS),
    ];
    let entries =
        documents.iter().zip(48_190..).map(|((address, text), at)| entry(address, text, at)).collect();
    load(&mut model.inventory, entries);
    scope(&mut model, "production", Some("production/orders"));
    model.webhooks.select_key(&model.inventory, &key("production/orders"));
    effective::open(&mut model);
    effective::finish(&mut model);
    model
}
