//! Test fixture: a small fleet with one of everything worth seeing, and the scenes that the tests draw.

mod drafts;
mod editing;
mod effective;
mod health;
mod needs;
mod plans;
mod problems;
mod scenes;
mod secrets;
mod secrets_tab;
mod settings;
mod typing;
mod vault;

use std::time::{Duration, SystemTime};

use super::layout::{Size, item_rows};
use crate::console::model::*;
use crate::console::stamp::Stamp;
use crate::domain::*;
use crate::inventory::{Inventory, Scope, scan_event};
use crate::provider::{Capabilities, WatchEvent, env, etcd};

pub(crate) use scenes::SCENES;

/// Part of every secret of the fleet, and of nothing else.
pub(crate) const SECRET: &str = "Hunter2Hunter";

/// When the scenes are drawn.
pub(crate) const NOW: Duration = Duration::from_secs(4_000);

/// Documents by address: one of each module worth telling apart, and one of each kind of trouble.
const FLEET: &[(&str, &str)] = &[
    ("connections/kafka_eu", r#"{"type": "kafka", "bootstrap_servers": "kafka.eu.example:9092"}"#),
    (
        "connections/kafka_main",
        r#"{"type": "kafka", "bootstrap_servers": "kafka-1.example:9092,kafka-2.example:9092"}"#,
    ),
    ("connections/mqtt_site", r#"{"type": "mqtt", "host": "mqtt.example", "port": 1883}"#),
    (
        "connections/pg_audit",
        r#"{"type": "postgresql", "host": "pg.example", "user": "audit", "password": "Hunter2Hunter-pg"}"#,
    ),
    (
        "connections/rabbit_eu",
        r#"{"type": "rabbitmq", "host": "rabbit.example", "pass": "{$vault:app/rabbit#pass:Hunter2Hunter}"}"#,
    ),
    ("connections/redis_main", r#"{"type": "redis-rq", "host": "redis.example", "port": 6379}"#),
    ("default/ping", r#"{"data_type": "json", "module": "log", "module-config": {"pretty_print": true}}"#),
    (
        "default/stripe",
        r#"{"module": "kafka", "connection": "kafka_eu", "topic": "stripe", "authorization": "Bearer Hunter2Hunter"}"#,
    ),
    (
        "production/deploys",
        r#"{"chain": [{"module": "kafka", "connection": "kafka_main", "topic": "deploys"},
            {"module": "postgresql", "connection": "pg_audit"}], "jwt": {"secret": "Hunter2Hunter"}}"#,
    ),
    (
        "production/github_events",
        r#"{"data_type":"json","module":"kafka","connection":"kafka_main","topic":"gh","hmac":{"secret":"{$vault:app/github#hmac}","header":"X-Hub-Signature-256","algorithm":"sha256"},"ip_whitelist":["192.0.2.7"],"module-config":{"timeout":30,"headers":{"X-Route":"Hunter2Hunter"}}}"#,
    ),
    (
        "production/orders",
        r#"{"module": "rabbitmq", "connection": "rabbit_eu", "module-config": {"queue_name": "orders"},
            "basic_auth": {"username": "shop", "password": "Hunter2Hunter"}}"#,
    ),
    ("production/payments", r#"{"module": "log", "header_auth": {"api_key": "{$PAY_KEY}"}}"#),
    (
        "production/stripe_events",
        "{\n  \"module\": \"http_webhook\",\n  \"password\": \"Hunter2Hunter\"\n  \"a\": 1\n}",
    ),
    (
        "production/users",
        r#"{"module": "redis_rq", "connection": "redis_main", "query_auth": {"api_key": "x"}}"#,
    ),
    (
        "staging/admin_panel",
        r#"{"module": "log", "basic_auth": {"username": "a", "password": "Hunter2Hunter"}}"#,
    ),
    ("staging/doorbell", r#"{"module": "mqtt", "connection": "mqtt_cellar", "topic": "bell"}"#),
    ("staging/list", "[1, 2, 3]"),
    (
        "staging/orders",
        r#"{"module": "rabbitmq", "connection": "rabbit_eu", "jwt": {"secret": "Hunter2Hunter"}}"#,
    ),
    (
        "team-a/b\u{1b}[31mred\u{202e}txt",
        "{\"module\": \"log\u{1b}]0;title\u{7}\", \"note\": \"a\u{202e}b\"}",
    ),
    ("team-a/empty", ""),
    ("team-a/höhe-日本", r#"{"module": "save_to_disk", "module-config": {"path": "höhe/日本"}}"#),
    ("key:a/b/c/d", "text that no receiver reads, with a password=Hunter2Hunter in it"),
];

pub(crate) fn key(address: &str) -> ResourceKey {
    // Two ids of the fleet could not be typed by a user.
    let Address(key) = address.parse().unwrap();
    key
}

fn entry(address: &str, text: &str, revision: u64) -> Entry {
    Entry {
        key: key(address),
        document: Document::from(text),
        revision: Revision(revision),
        created: Some(Revision(31_002)),
        version: Some(revision % 9 + 1),
        token: Token::counter(revision),
        lease: (address == "production/users").then_some(LeaseId(0x694d_77aa)),
    }
}

pub(crate) fn context() -> ConsoleContext {
    ConsoleContext {
        name: "prod".into(),
        backend: &etcd::BACKEND,
        secret_backend: &env::BACKEND,
        target: "127.0.0.1:2379".into(),
        warnings: Vec::new(),
        settings: Health::default(),
        capabilities: Capabilities {
            namespaces: true,
            connections: true,
            leases: true,
            foreign: true,
            foreign_puts: false,
            atomic_max: 128,
            max_document: 1024 * 1024,
            tokens: TokenKind::Counter,
        },
        secrets: None,
        receiver: Default::default(),
        secret_names: crate::domain::SecretNames::default(),
        may_copy_secrets: false,
        application: None,
        read_only: false,
        protected: false,
        locked: true,
        frames_per_second: 60,
    }
}

pub(crate) fn size(cols: u16, rows: u16) -> Size {
    Size { cols, rows }
}

fn at(seconds: u64) -> Stamp {
    Stamp { mono: Duration::from_secs(seconds), wall: SystemTime::UNIX_EPOCH }
}

/// A console that got no answer for three seconds.
pub(crate) fn connecting(size: Size) -> Model {
    let mut model = Model::new(context(), size);
    model.now = at(3);
    let error = Some("connection refused by 127.0.0.1:2379".into());
    let retry_in = Some(Duration::from_secs(5));
    model.link.set_state(LinkState::Connecting { error, retry_in }, Duration::ZERO);
    model
}

pub(crate) fn load(inventory: &mut Inventory, entries: Vec<Entry>) {
    let at = Revision(48_213);
    let store = StoreId::new("cluster 1");
    for event in [
        WatchEvent::Load { store, at, resync: false, coverage: Coverage::Whole },
        WatchEvent::Page(entries),
        WatchEvent::Loaded { at },
    ] {
        inventory.apply(scan_event(event, &crate::domain::SecretNames::default()), Duration::ZERO);
    }
}

/// An empty store, synced.
pub(crate) fn empty(size: Size) -> Model {
    let mut model = Model::new(context(), size);
    model.now = Stamp { mono: NOW, ..at(0) };
    load(&mut model.inventory, Vec::new());
    model.link.set_state(LinkState::Synced, Duration::from_secs(2));
    model.link.latency = Some(LatencyClass::Under5ms);
    model
}

/// The fleet, synced, `production/github_events` selected.
pub(crate) fn browse(size: Size) -> Model {
    let mut model = empty(size);
    let entries =
        FLEET.iter().zip(48_190..).map(|((address, text), revision)| entry(address, text, revision));
    load(&mut model.inventory, entries.collect());
    for (address, ago) in
        [("production/github_events", 250), ("production/payments", 2), ("staging/orders", 12)]
    {
        let mut changed = model.inventory.get(&key(address)).unwrap().entry();
        changed.version = changed.version.map(|version| version + 1);
        changed.token = Token::counter(48_214);
        changed.revision = Revision(48_214);
        let change = Change { revision: Revision(48_214), kind: ChangeKind::Put { entry: changed } };
        let batch = WatchEvent::Batch { at: Revision(48_214), changes: vec![change] };
        model.inventory.apply(scan_event(batch, &model.context.secret_names), NOW - Duration::from_secs(ago));
    }
    scope(&mut model, "production", Some("production/github_events"));
    model
}

/// Shows a namespace, with a row selected.
pub(crate) fn scope(model: &mut Model, namespace: &str, selected: Option<&str>) {
    let scope = match namespace {
        "all" => Scope::AllWebhooks,
        "unrecognised" => Scope::Foreign,
        name => Scope::Namespace(Namespace::new(name).unwrap()),
    };
    let height = usize::from(item_rows(model.panes().items).height);
    model.webhooks.list.height = height;
    model.webhooks.enter(scope, &model.inventory);
    if let Some(address) = selected {
        assert!(model.webhooks.select_key(&model.inventory, &key(address)), "{address}");
    }
}
