//! The badge and the health page of a secret store, in every state that is drawn differently.

use std::time::Duration;

use super::{NOW, browse};
use crate::check::{OwnPathTemplate, OwnSecrets, SecretLookup};
use crate::console::model::*;
use crate::console::screens::Tab;
use crate::console::shell::layout::Size;
use crate::domain::*;

fn on_vault(size: Size) -> Model {
    let mut model = browse(size);
    let kept =
        OwnSecrets::Kv { mount: Mount::new("webhooks").unwrap(), template: OwnPathTemplate::default() };
    model.context.secrets =
        Some(SecretLookup { own: kept.clone(), stored: kept, can_read_kv: true, ..SecretLookup::default() });
    model.secret_link.backend = "vault";
    model.secret_link.set_standing(SecretStoreStatus::Unsealed, NOW - Duration::from_secs(700));
    model.secret_link.latency = Some(LatencyClass::Under5ms);
    model
}

/// All is well, and nothing was read.
pub(crate) fn well(size: Size) -> Model {
    on_vault(size)
}

/// Everything that the header can hold at once.
pub(crate) fn crowded(size: Size) -> Model {
    let mut model = on_vault(size);
    model.context.warnings = vec!["plain http".into(), "TLS not verified".into()];
    model.context.protected = true;
    model.lock = WriteAccess::Open(Some(NOW + Duration::from_secs(550)));
    model.traffic.count(12, NOW - Duration::from_secs(1));
    model.traffic.advance(NOW);
    model.secret_link.root = true;
    model.secret_link.summary = SecretsSummary { seen: 12, forbidden: 2, missing: 1, until: None };
    model.secret_actions.reads = 3;
    model
}

/// Sealed, with values read before.
pub(crate) fn sealed(size: Size) -> Model {
    let mut model = on_vault(size);
    model.secret_link.set_standing(SecretStoreStatus::Sealed, NOW - Duration::from_secs(12));
    model.secret_link.blocked_reason = Some("Vault at vault.example:8200 is sealed: unseal it".into());
    model.secret_actions.reads = 3;
    model
}

fn page(mut model: Model, health: Health) -> Model {
    model.tab = Tab::Health;
    model.health.checked = Some(NOW - Duration::from_secs(2));
    model.health.backends = vec![Health::new("etcd")];
    model.health.secrets = Some(health);
    model
}

fn health(state: &str, standing: SecretStoreStatus) -> Health {
    let mut health = Health::new("vault");
    health.secret_store = Some(standing);
    health.facts = vec![
        Fact::text("state", state),
        Fact::text("address", "https://vault.example:8200"),
        Fact::text("version", "2.7.2"),
        Fact::text("cluster", "vault-cluster-1"),
        Fact::text("namespace", "team-a"),
    ];
    health
}

pub(crate) fn page_well(size: Size) -> Model {
    let mut health = health("active", SecretStoreStatus::Unsealed);
    health.latency = Some(LatencyClass::Under5ms);
    health.facts.push(Fact::text("policies", "viewer"));
    health.facts.push(Fact::text("token", "ends within an hour, renewable"));
    page(on_vault(size), health)
}

pub(crate) fn page_sealed(size: Size) -> Model {
    let mut health = health("sealed", SecretStoreStatus::Sealed);
    let text = "Vault at vault.example:8200 is sealed";
    health.push(Finding::fault(text, "unseal it").at(Condition::Unusable));
    page(sealed(size), health)
}

/// Variables, where the receiver's own are in another process.
pub(crate) fn page_env(size: Size) -> Model {
    let mut model = on_vault(size);
    model.context.secrets = Some(SecretLookup::default());
    model.secret_link.backend = "env";
    model.secret_link.set_standing(SecretStoreStatus::Variables, NOW - Duration::from_secs(700));
    model.secret_link.latency = None;
    let mut health = Health::new("env");
    health.facts = vec![
        Fact::text("secrets", "WEBHOOK_{ID}_TOKEN, _CHANNEL_TOKEN and _HMAC_SECRET"),
        Fact::text("from", "this process"),
        Fact::text("writing", "not from here: set them where the receiver is started"),
    ];
    page(model, health)
}
