//! The demo's secrets: what its documents refer to, and a webhook's own; made up, in this process.

use crate::domain::{KvPath, Mount, SecretPath};
use crate::provider::memory::MemorySecrets;

/// The mount that references are relative to.
pub const REFERENCES: &str = "secret";

/// The mount of webhooks' own secrets.
pub const OWN: &str = "webhooks";

/// One secret: its mount, its path, its fields.
type Made = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The secrets, each with values that say what they are.
const SECRETS: &[Made] = &[
    (REFERENCES, "app/orders", &[("token", "demo-orders-token")]),
    (REFERENCES, "app/payments", &[("hmac", "demo-payments-hmac"), ("api", "demo-payments-api")]),
    (REFERENCES, "app/github", &[("hmac", "demo-github-hmac")]),
    (REFERENCES, "app/users", &[("jwt", "demo-users-jwt")]),
    (REFERENCES, "infra/rabbit", &[("user", "hooks"), ("pass", "demo-rabbit-pass")]),
    (
        OWN,
        "production/orders/secrets",
        &[("bearer-token", "demo-orders-bearer"), ("hmac-header", "X-Signature")],
    ),
];

/// A store that holds them.
pub fn demo_secrets() -> MemorySecrets {
    let secrets = MemorySecrets::new();
    for (mount, path, fields) in SECRETS {
        if let (Ok(mount), Ok(path)) = (Mount::new(mount), KvPath::new(path)) {
            secrets.put_now(&SecretPath::Kv { mount, path }, fields.iter().copied());
        }
    }
    secrets
}
