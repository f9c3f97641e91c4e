//! The demo's documents: three namespaces, webhooks of many modules and kinds of authentication,
//! connections, and one document of each kind of problem.

use crate::domain::{Address, Document, ResourceKey};

/// Webhooks and connections that are well-formed.
const DOCUMENTS: &[(&str, &str)] = &[
    (
        "production/orders",
        r#"{"data_type": "json", "module": "rabbitmq", "connection": "rabbit_eu", "module-config": {"queue_name": "orders"}, "authorization": "Bearer {$vault:app/orders#token}", "rate_limit": {"max_requests": 600, "window_seconds": 60}}"#,
    ),
    (
        "production/payments",
        "{\n  \"data_type\": \"json\",\n  \"module\": \"kafka\",\n  \"connection\": \"kafka_main\",\n  \"topic\": \"payments\",\n  \"hmac\": {\n    \"secret\": \"{$vault:app/payments#hmac}\",\n    \"header\": \"X-Signature\",\n    \"algorithm\": \"sha256\"\n  },\n  \"ip_whitelist\": [\n    \"203.0.113.7\",\n    \"203.0.113.8\"\n  ]\n}\n",
    ),
    (
        "production/github_events",
        "{\n  \"data_type\": \"json\",\n  \"module\": \"kafka\",\n  \"connection\": \"kafka_main\",\n  \"topic\": \"gh\",\n  \"hmac\": {\n    \"secret\": \"{$vault:app/github#hmac}\",\n    \"header\": \"X-Hub-Signature-256\",\n    \"algorithm\": \"sha256\"\n  }\n}\n",
    ),
    (
        "production/stripe_events",
        r#"{"module":"aws_sqs","connection":"sqs_billing","module-config":{"queue_name":"stripe"},"header_auth":{"header_name":"X-Stripe-Key","api_key":"{$STRIPE_KEY}"}}"#,
    ),
    (
        "production/users",
        r#"{"module": "redis_rq", "connection": "redis_main", "module-config": {"function": "workers.users.sync", "queue_name": "users"}, "jwt": {"secret": "{$vault:app/users#jwt}", "algorithm": "HS256", "issuer": "idp"}}"#,
    ),
    (
        "production/audit",
        r#"{"module":"s3","connection":"s3_archive","module-config":{"bucket":"audit-trail","prefix":"incoming"},"basic_auth":{"username":"auditor","password":"demo-Plaintext-7"}}"#,
    ),
    (
        "production/fanout",
        "{\n  \"chain\": [\n    \"log\",\n    {\"module\": \"kafka\", \"connection\": \"kafka_main\", \"module-config\": {\"topic\": \"all\"}},\n    {\"module\": \"rabbitmq\", \"connection\": \"rabbit_eu\", \"module-config\": {\"queue_name\": \"all\"}}\n  ],\n  \"chain-config\": {\"execution\": \"parallel\", \"timeout\": 10},\n  \"oauth2\": {\"introspection_endpoint\": \"https://idp.example/introspect\", \"client_id\": \"fanout\", \"client_secret\": \"{$vault:app/fanout#client}\"}\n}\n",
    ),
    (
        "production/metrics",
        r#"{"module":"clickhouse","connection":"clickhouse_logs","module-config":{"table":"webhook_logs"},"query_auth":{"api_key":"{$METRICS_KEY:changeme}"}}"#,
    ),
    (
        "staging/orders",
        "{\n  \"module\": \"rabbitmq\",\n  \"connection\": \"rabbit_eu\",\n  \"module-config\": {\n    \"queue_name\": \"orders-staging\"\n  },\n  \"retry\": {\n    \"enabled\": true,\n    \"max_attempts\": 5\n  }\n}\n",
    ),
    (
        "staging/builds",
        "{\n  \"module\": \"log\",\n  \"module-config\": {\n    \"pretty_print\": true\n  },\n  \"digest_auth\": {\n    \"username\": \"ci\",\n    \"password\": \"{$CI_PASSWORD}\"\n  },\n  \"rate_limit\": {\n    \"max_requests\": 30,\n    \"window_seconds\": 60\n  }\n}\n",
    ),
    (
        "staging/iot",
        r#"{"module":"mqtt","connection":"mqtt_floor","module-config":{"topic":"floor/events","qos":1},"oauth1":{"consumer_key":"floor","consumer_secret":"{$vault:iot/floor#consumer}"}}"#,
    ),
    (
        "staging/signup",
        r#"{"module": "log", "recaptcha": {"secret_key": "{$RECAPTCHA_SECRET}", "version": "v3", "min_score": 0.5}}"#,
    ),
    ("staging/open_door", "{\n  \"module\": \"log\"\n}\n"),
    (
        "staging/dangling",
        r#"{"module":"kafka","connection":"kafka_old","module-config":{"topic":"old"},"authorization":"Bearer {$OLD_TOKEN}"}"#,
    ),
    (
        "team-a/hello",
        "{\n  \"module\": \"log\",\n  \"module-config\": {\n    \"pretty_print\": true\n  }\n}\n",
    ),
    (
        "team-a/reports",
        r#"{"module":"postgresql","connection":"redis_main","module-config":{"table":"{$vault:app/reports#table:reports}"},"ip_whitelist":["198.51.100.20"]}"#,
    ),
    ("team-a/admin_panel", r#"{"module":"log"}"#),
    // Open to anyone, because of a letter.
    (
        "team-a/misspelt",
        "{\n  \"module\": \"log\",\n  \"hmca\": {\n    \"secret\": \"{$vault:app/reports#hmac}\",\n    \"header\": \"X-Signature\"\n  }\n}\n",
    ),
    (
        "connections/kafka_main",
        "{\n  \"type\": \"kafka\",\n  \"bootstrap_servers\": \"kafka-1.example:9092,kafka-2.example:9092\"\n}\n",
    ),
    (
        "connections/rabbit_eu",
        r#"{"type": "rabbitmq", "host": "rabbit-eu.example", "port": 5672, "user": "hooks", "pass": "{$vault:infra/rabbit#pass}"}"#,
    ),
    ("connections/redis_main", r#"{"type":"redis-rq","host":"redis.example","port":6379,"db":2}"#),
    (
        "connections/s3_archive",
        r#"{"type":"s3","region":"eu-central-1","aws_access_key_id":"{$vault:infra/aws#id}","aws_secret_access_key":"{$vault:infra/aws#key}"}"#,
    ),
    (
        "connections/clickhouse_logs",
        r#"{"type":"clickhouse","host":"ch.example","port":9000,"user":"hooks","password":"demo-Plaintext-8"}"#,
    ),
    ("connections/sqs_billing", r#"{"type":"aws_sqs","region_name":"eu-central-1"}"#),
];

/// One of each kind of problem that can occur only in a store of raw bytes.
const TROUBLES: &[(&str, &[u8])] = &[
    ("team-a/not_json", b"{\n  \"module\": \"log\",\n  \"authorization\": \"Bearer demo-Plaintext-9\"\n  \"data_type\": \"json\"\n}\n"),
    ("team-a/not_object", b"[\"log\", \"kafka\"]"),
    ("team-a/empty_value", b""),
    ("team-a/not_text", b"\x1f\x8b\x08\x00\xff\xfe gzip, perhaps"),
    ("team-a/escape_codes", b"{\"module\": \"log\", \"note\": \"\x1b[2J\x1b[31mred\x1b[0m \xe2\x80\xaeright to left\"}"),
    ("key:staging/connections/misplaced", b"{\"type\": \"kafka\"}"),
    ("key:bad namespace/webhooks/orders", b"{\"module\": \"log\"}"),
];

/// The webhook with a lease.
pub(super) const LEASED: (&str, &str) = (
    "staging/preview",
    "{\n  \"module\": \"log\",\n  \"module-config\": {\n    \"pretty_print\": true\n  }\n}\n",
);

pub(super) fn key(address: &str) -> Option<ResourceKey> {
    address.parse::<Address>().ok().map(|Address(key)| key)
}

/// The initial contents of the memory store.
pub(super) fn documents() -> impl Iterator<Item = (ResourceKey, Document)> {
    let good = DOCUMENTS.iter().map(|(address, text)| (*address, text.as_bytes()));
    good.chain(TROUBLES.iter().copied())
        .filter_map(|(address, bytes)| Some((key(address)?, Document::new(bytes))))
}

/// The members of `webhooks.json` or `connections.json`: one namespace, only well-formed documents.
pub(super) fn members(connections: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    DOCUMENTS.iter().filter_map(move |(address, text)| {
        let (group, name) = address.split_once('/')?;
        let wanted = if connections { "connections" } else { "production" };
        (group == wanted).then_some((name, *text))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{Masking, SecretNames};
    use crate::inventory::{Auth, Facts};
    use crate::text::{MASK, Masked};

    fn masking(key: &ResourceKey) -> Masking {
        Masking::of(key, &SecretNames::default())
    }

    /// The lines of the demo's documents in which something is hidden, as they are shown.
    fn masked_lines() -> Vec<String> {
        let leased = (key(LEASED.0).unwrap(), Document::from(LEASED.1));
        let documents = documents().chain([leased]);
        documents
            .flat_map(|(key, document)| {
                let masked = Masked::of(&masking(&key), &document);
                let lines: Vec<_> = masked.lines(0..usize::MAX).map(|line| line.to_string()).collect();
                let hidden = lines.into_iter().filter(|line| line.contains(MASK));
                hidden.map(|line| format!("{key} {}", line.trim().trim_end_matches(','))).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn nothing_of_the_demo_is_hidden_but_these() {
        // A new line here is a secret of the demo, or a false mask.
        assert_eq!(
            masked_lines(),
            [
                r#"production/audit "password": "••••••••""#,
                r#"production/metrics "api_key": "{$METRICS_KEY:••••••••}""#,
                r#"connections/clickhouse_logs "password": "••••••••""#,
                // Of a broken text it is not known where a secret ends.
                r#"team-a/not_json "authorization": "Bearer ••••••••""#,
                r#"team-a/not_json "data_type": "••••••••""#,
            ]
        );
    }

    #[test]
    fn the_fleet_shows_every_kind_there_is() {
        let all: Vec<_> = documents().collect();
        assert_eq!(all.len(), DOCUMENTS.len() + TROUBLES.len(), "every address parses");
        let namespaces: BTreeSet<_> = all.iter().filter_map(|(key, _)| key.namespace()).collect();
        assert_eq!(namespaces.len(), 3);
        let facts: Vec<_> = all.iter().map(|(key, document)| Facts::scan(&masking(key), document)).collect();
        for auth in Auth::ALL.iter().filter(|auth| auth.authenticates) {
            assert!(facts.iter().any(|facts| facts.auth.iter().any(|kind| kind == auth)), "{auth:?}");
        }
        let modules: BTreeSet<_> = facts.iter().filter_map(|facts| facts.module.as_deref()).collect();
        assert!(modules.len() >= 11, "{modules:?}");
        assert_eq!(facts.iter().filter(|facts| facts.error.is_some()).count(), 5);
    }
}
