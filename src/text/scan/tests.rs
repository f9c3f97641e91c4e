//! What documents show of secrets by name, by shape and by pair, in every way that a document is shown; and that
//! the receiver's own examples show what they did.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::*;
use crate::domain::{Document, DocumentKind, SecretNames, secret_shapes};
use crate::text::placeholders::{conceal, fill, redact};
use crate::text::{Masked, mask_value};

/// The document with a dot for each secret.
fn dotted(masking: &Masking, text: &str) -> String {
    scan(masking, text)
        .iter()
        .map(|piece| if piece.is_hidden() { "•" } else { piece.span.of(text) })
        .collect()
}

/// The same; and what is masked is concealed in drafts as well, and comes back byte for byte.
fn shown(text: &str) -> String {
    let kind = &Masking::built_in(DocumentKind::Webhook);
    let (draft, kept) = conceal(kind, text);
    assert_eq!(fill(&draft, &kept).unwrap(), text);
    let saved = redact(kind, &draft, &kept, text, "");
    assert_eq!((saved.text.as_str(), saved.withheld), (draft.as_str(), 0), "what is saved is the draft");
    let revealed = redact(kind, text, &kept, text, "");
    assert_eq!((fill(&revealed.text, &kept).unwrap().as_str(), revealed.withheld), (text, 0));
    let (mut number, mut expected) = (0, String::new());
    for piece in scan(kind, text) {
        match piece.visibility {
            Visibility::Shown(_) => expected.push_str(piece.span.of(text)),
            Visibility::Hidden { bare } => {
                number += 1;
                let quote = if bare { "\"" } else { "" };
                expected.push_str(&format!("{quote}‹kept:{number}›{quote}"));
            }
        }
    }
    assert_eq!(draft, expected);
    dotted(kind, text)
}

#[test]
fn names_hide_texts_and_numbers_and_leave_modes_and_files() {
    for (text, expected) in [
        (r#"{"ssl_key": "MIIE"}"#, r#"{"ssl_key": "•"}"#),
        (r#"{"ssl_key": "/etc/ssl/client.key"}"#, r#"{"ssl_key": "/etc/ssl/client.key"}"#),
        (r#"{"ssl_key": "https://u:pw@h/client.key"}"#, r#"{"ssl_key": "https://u:•@h/client.key"}"#),
        (r#"{"tls": {"key": "MIIE", "cert": "x"}}"#, r#"{"tls": {"key": "•", "cert": "x"}}"#),
        (
            r#"{"signing_key": {"current": "a", "old": [1]}}"#,
            r#"{"signing_key": {"current": "•", "old": [•]}}"#,
        ),
        (r#"{"pin": 1234, "PIN": "1234", "pins": ["1", 2]}"#, r#"{"pin": •, "PIN": "•", "pins": ["•", •]}"#),
        (
            r#"{"signature": true, "otp": null, "salt": ""}"#,
            r#"{"signature": true, "otp": null, "salt": ""}"#,
        ),
        (
            r#"{"signature": {"header": "X-Sig", "secret": "x", "items": [{"otp": 7}]}}"#,
            r#"{"signature": {"header": "X-Sig", "secret": "•", "items": [{"otp": •}]}}"#,
        ),
        (r#"{"x": "{$SSL_KEY:dflt} {$PORT:1}"}"#, r#"{"x": "{$SSL_KEY:•} {$PORT:1}"}"#),
        (r#"{"x": "https://h/p?sig=abc&se=1"}"#, r#"{"x": "https://h/p?sig=•"}"#),
    ] {
        assert_eq!(shown(text), expected);
    }
}

#[test]
fn shapes_are_hidden_under_any_name_and_the_rest_of_the_value_is_not() {
    let random = "Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB";
    for (value, expected) in [
        ("ghp_0123456789abcdefABCD0123456789abcdef", "•"),
        ("use xoxb-1234567890-abcdefghij here", "use • here"),
        (
            "https:\\/\\/hooks.slack.com\\/services\\/T0\\/B0\\/x",
            "https:\\/\\/hooks.slack.com\\/services\\/•",
        ),
        ("Basic dXNlcjpwYXNz", "Basic •"),
        (random, "•"),
        ("A\\u004bIAIOSFODNN7EXAMPLE", "•"),
        ("{$HOOK:https://hooks.slack.com/services/T0/B0/x}", "{$HOOK:https://hooks.slack.com/services/•}"),
    ] {
        for at in ["note", "x-any", "value"] {
            let document = |value: &str| format!(r#"{{"a": [{{"{at}": ["{value}"]}}], "b": "{value}"}}"#);
            assert_eq!(shown(&document(value)), document(expected));
        }
    }
    let digest = format!(r#"{{"commit": "{random}", "trace_id": "9f86d081884c7d659a2feaa0c55ad015"}}"#);
    assert_eq!(shown(&digest), digest);
}

#[test]
fn the_value_of_a_pair_is_hidden_in_any_order() {
    for (text, expected) in [
        (r#"{"name": "password", "value": "x"}"#, r#"{"name": "password", "value": "•"}"#),
        (r#"{"value": 12, "name": "PIN"}"#, r#"{"value": •, "name": "PIN"}"#),
        (r#"[{"Key": "X-Api-Key", "Value": ["x"]}]"#, r#"[{"Key": "X-Api-Key", "Value": ["•"]}]"#),
        (r#"{"name": "token", "value": {"a": "x"}}"#, r#"{"name": "token", "value": {"a": "•"}}"#),
        (r#"{"name": "topic", "value": "x"}"#, r#"{"name": "topic", "value": "x"}"#),
        (r#"{"name": "password", "other": "x"}"#, r#"{"name": "password", "other": "x"}"#),
        (
            r#"{"h": [["Authorization", "x"], ["Host", "y"]]}"#,
            r#"{"h": [["Authorization", "•"], ["Host", "y"]]}"#,
        ),
        (r#"{"h": ["X-Api-Key: x", "Host: y"]}"#, r#"{"h": ["X-Api-Key: •", "Host: y"]}"#),
        (r#"{"fields": ["password", "token"]}"#, r#"{"fields": ["password", "token"]}"#),
        (
            r#"{"name": "password", "value": "{$vault:a#b:x}"}"#,
            r#"{"name": "password", "value": "{$vault:a#b:•}"}"#,
        ),
    ] {
        assert_eq!(shown(text), expected);
    }
}

#[test]
fn broken_and_plain_texts_hide_them_too() {
    for text in [
        r#"{"name": "password" "value": "hunter2"}"#,
        r#"{"value": "hunter2" "name": "password"}"#,
        r#"{"ssl_key": hunter2"#,
        r#"{"pin": "hunter2"#,
        r#"{"a": ghp_0123456789abcdefhunter2"#,
        r#"{"a" "ghp_0123456789abcdefhunter2": 1}"#,
        r#"{"a": https://hooks.slack.com/services/T0/hunter2"#,
        "- name: DB_PASSWORD\n  value: hunter2\n",
        "note: ghp_0123456789abcdefhunter2",
        "ssl_key: hunter2",
        "hook https://discord.com/api/webhooks/1/hunter2",
    ] {
        assert!(!dotted(&Masking::built_in(DocumentKind::Unknown), text).contains("hunter2"), "{text}");
        let line = Masked::one_line(&Masking::built_in(DocumentKind::Unknown), &Document::from(text), 1_000);
        assert!(!line.as_str().contains("hunter2"), "{text}");
    }
    assert_eq!(
        mask_value(&Masking::built_in(DocumentKind::Webhook), &["a", "pin"], "\"1\"", 80).as_str(),
        "\"••••••••\""
    );
}

/// The heuristic of names before the table: `password`, `token` and their like anywhere in a name.
fn sounded_secret(name: &str) -> bool {
    const WORDS: [&str; 15] = [
        "password",
        "passwd",
        "pwd",
        "secret",
        "token",
        "apikey",
        "credential",
        "privatekey",
        "authorization",
        "bearer",
        "session",
        "cookie",
        "connectionstring",
        "databaseurl",
        "passphrase",
    ];
    const HARMLESS: [&str; 6] =
        ["credentialcleanup", "tokensource", "tokenfield", "tokentype", "validatetoken", "credentialspath"];
    let folded: String =
        name.chars().filter(|c| !"_- ".contains(*c)).map(|c| c.to_ascii_lowercase()).collect();
    (WORDS.iter().any(|word| folded.contains(word)) || folded == "pass")
        && !HARMLESS.contains(&folded.as_str())
}

/// Every text in a value with the names that lead to it.
fn texts<'v>(value: &'v Value, path: &mut Vec<&'v str>, found: &mut Vec<(Vec<&'v str>, &'v str)>) {
    match value {
        Value::String(text) => found.push((path.clone(), text)),
        Value::Array(items) => items.iter().for_each(|item| texts(item, path, found)),
        Value::Object(members) => {
            for (name, value) in members {
                path.push(name);
                texts(value, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

const SCHEMAS: [&str; 2] = [
    include_str!("../../check/schema/webhook.schema.json"),
    include_str!("../../check/schema/connection.schema.json"),
];

#[test]
fn of_the_names_that_the_receiver_knows_only_the_key_of_a_connection_became_secret() {
    let (mut before, mut now) = (BTreeSet::new(), BTreeSet::new());
    let schemas = SCHEMAS.map(|schema| serde_json::from_str::<Value>(schema).unwrap());
    let mut count = 0;
    for schema in &schemas {
        let mut found = Vec::new();
        texts(schema, &mut Vec::new(), &mut found);
        for (path, text) in found {
            for name in path {
                count += 1;
                if sounded_secret(name) {
                    before.insert(name);
                }
                if Masking::built_in(DocumentKind::Unknown).is_secret_field(&[name]) {
                    now.insert(name);
                }
            }
            // And no text in them looks like a secret.
            assert_eq!(secret_shapes(&SecretNames::default(), text, ""), [], "{text}");
        }
    }
    assert!(count > 2_000, "{count} names");
    let shown_no_more: Vec<_> = before.difference(&now).collect();
    assert_eq!(shown_no_more, Vec::<&&str>::new());
    let new: Vec<_> = now.difference(&before).copied().collect();
    // The first was on the list of connections already; of the second, a block is judged by its own names, and of
    // the third, a path is shown.
    assert_eq!(new, ["auth", "authorisation", "aws_access_key_id", "signature", "ssl_key"]);
}

#[test]
fn the_vectors_of_references_show_what_they_did() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../tests/vectors/references.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() > 60, "{} cases", cases.len());
    let mut new = Vec::new();
    let word = |c: char| !c.is_alphanumeric() && !"_-".contains(c);
    for case in cases {
        let (Some(key), Some(text)) = (case["key"].as_str(), case["in"].as_str()) else { continue };
        let document = Value::Object(Map::from_iter([(key.to_owned(), Value::from(text))])).to_string();
        let dots = dotted(&Masking::built_in(DocumentKind::Unknown), &document);
        if dots.contains('•')
            && !sounded_secret(key)
            && !text.contains('@')
            && !text.split(word).any(sounded_secret)
        {
            new.push(dots);
        }
    }
    assert_eq!(new, Vec::<String>::new());
    // Nor do the values of its variables and secrets look like ones.
    for table in ["env", "vault"] {
        for (_, value) in vectors[table].as_object().unwrap() {
            assert_eq!(secret_shapes(&SecretNames::default(), value.as_str().unwrap(), ""), [], "{value}");
        }
    }
}

/// One document with every field that the receiver's modules and connections know, with values as its
/// documentation has them, and names that only sound alike.
const EXAMPLES: &str = r#"{
  "data_type": "json", "module": "http_webhook", "connection": "kafka_main", "topic": "orders", "queue_name": "get-orders",
  "module-config": {
    "url": "https://api.example.com/v1/webhooks/orders?limit=10", "method": "POST", "timeout": 30, "key": "order_id", "partition": 3,
    "function": "workers.users.SyncUsersFromWebhookHandler", "filename_pattern": "webhook_{uuid}.json", "content_type": "application/json",
    "queue_url": "https://sqs.eu-central-1.amazonaws.com/123456789012/orders-of-production-eu", "bucket": "audit-trail-archive-2024", "prefix": "webhooks/incoming",
    "endpoint": "tcp://0.0.0.0:5555", "table": "webhook_events", "upsert_key": "id", "topic_prefix": "shellyplus1-a8032ab12345", "device_id": "shellyplus1-a8032ab12345",
    "schema": {"fields": {"pin": {"column": "pin", "type": "string"}, "signature": {"column": "sig", "type": "text"}}, "indexes": {"by_license": {"columns": ["license", "otp"]}}},
    "routing_key": "orders.created", "partition_key": "customer", "primary_key": "id", "key_prefix": "orders:", "pinned": true, "spin": 3, "salted": false,
    "allowed_headers": ["Authorization", "X-Api-Key"], "destination": "orders.eu", "command": "on"
  },
  "hmac": {"header": "X-Hub-Signature-256", "algorithm": "sha256", "signature_header": "X-Signature", "signature_prefix": "sha256="},
  "oauth1": {"consumer_key": "floor", "signature_method": "HMAC-SHA1", "timestamp_window": 300, "verify_nonce": true},
  "oauth2": {"introspection_endpoint": "https://idp.example.com/realms/production/protocol/openid-connect/introspect", "client_id": "123456789012-abcdefghijklmnopqrstuvwxyz123456.apps.googleusercontent.com", "audience": "https://api.example.com", "jwt_algorithms": ["HS256", "RS256"], "required_scope": ["read:orders"], "token_type": "Bearer", "validate_token": true},
  "recaptcha": {"token_source": "header", "token_field": "X-Recaptcha-Token", "version": "v3"},
  "query_auth": {"parameter_name": "api_key", "case_sensitive": false}, "header_auth": {"header_name": "X-API-Key"},
  "digest_auth": {"realm": "Webhook API", "qop": "auth", "algorithm": "MD5"},
  "ip_whitelist": ["203.0.113.7", "2001:db8:85a3:8d3:1319:8a2e:370:7348"],
  "credential_cleanup": {"enabled": true, "mode": "mask", "fields": ["pin", "otp", "license"]},
  "retry": {"retryable_errors": ["ConnectionRefusedError", "TimeoutError"], "backoff_multiplier": 2.0},
  "json_schema": {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"signature": {"type": "string", "maxLength": 64}, "pin": {"type": "string", "pattern": "^[0-9]{4}$"}}, "required": ["signature", "pin"]},
  "type": "postgresql", "host": "db-1.cluster-c9akciq32rgx.eu-central-1.rds.amazonaws.com", "port": 5432, "database": "hooks", "user": "hooks",
  "ssl": true, "ssl_ca_cert": "/etc/ssl/certs/ca-certificates.crt", "ssl_cert": "/etc/ssl/client.crt", "ssl_key": "/etc/ssl/private/client.key",
  "tls_key_file": "certs/client.key", "bootstrap_servers": "kafka-1.example:9092,kafka-2.example:9092", "mqtt_version": "3.1.1", "client_id": "confdeck-eu-1",
  "project_id": "my-project-123456", "credentials_path": "config/gcp.json", "region_name": "eu-central-1", "redis": {"channel": "webhook_events", "allowed_hosts": ["redis.example"]},
  "image": "registry.example/receiver@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "commit": "64bd7db1d1b148594edfde112cdb6d6260e2cfc3",
  "id": "550e8400-e29b-41d4-a716-446655440000", "template": "eyJ0ZXh0IjoiT3JkZXIge3tpZH19IG9mIHt7Y3VzdG9tZXJ9fSB3YXMgcGFpZCJ9"
}"#;

#[test]
fn the_examples_of_the_receiver_have_no_false_mask() {
    for kind in [
        &Masking::built_in(DocumentKind::Webhook),
        &Masking::built_in(DocumentKind::Connection),
        &Masking::built_in(DocumentKind::Unknown),
    ] {
        assert_eq!(dotted(kind, EXAMPLES), EXAMPLES);
    }
}
