//! A small fleet with one of everything worth seeing, and the scenes the tests draw.

use std::time::{Duration, SystemTime};

use crate::console::effect::Request;
use crate::console::keymap::Place;
use crate::console::layout::{Pane, Size, item_rows};
use crate::console::message::Stamp;
use crate::console::model::*;
use crate::domain::*;
use crate::inventory::{Inventory, Scope, prepare};
use crate::provider::{Capabilities, WatchEvent};

/// Stands in every secret of the fleet, and nowhere else.
pub(super) const SECRET: &str = "Hunter2Hunter";

/// When the scenes are drawn.
pub(super) const NOW: Duration = Duration::from_secs(4_000);

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

pub(super) fn key(address: &str) -> ResourceKey {
    // Two ids of the fleet are none that a person could type.
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

pub(super) fn context() -> Context {
    Context {
        name: "prod".into(),
        backend: "etcd",
        target: "127.0.0.1:2379".into(),
        marks: Vec::new(),
        capabilities: Capabilities {
            namespaces: true,
            connections: true,
            leases: true,
            foreign: true,
            atomic_max: 128,
            max_document: 1024 * 1024,
            tokens: TokenKind::Counter,
        },
        read_only: false,
        locked: true,
        frames_per_second: 60,
    }
}

pub(super) fn size(cols: u16, rows: u16) -> Size {
    Size { cols, rows }
}

fn at(seconds: u64) -> Stamp {
    Stamp { mono: Duration::from_secs(seconds), wall: SystemTime::UNIX_EPOCH }
}

/// A console that has heard nothing for three seconds.
pub(super) fn connecting(size: Size) -> Model {
    let mut model = Model::new(context(), size);
    model.now = at(3);
    let error = Some("connection refused by 127.0.0.1:2379".into());
    let retry_in = Some(Duration::from_secs(5));
    model.link.enter(LinkState::Connecting { error, retry_in }, Duration::ZERO);
    model
}

fn load(inventory: &mut Inventory, entries: Vec<Entry>) {
    let at = Revision(48_213);
    let store = StoreId::new("cluster 1");
    for event in
        [WatchEvent::Load { store, at, resync: false }, WatchEvent::Page(entries), WatchEvent::Loaded { at }]
    {
        inventory.apply(prepare(event), Duration::ZERO);
    }
}

/// The fleet, in step with its store; nothing is selected.
pub(super) fn empty(size: Size) -> Model {
    let mut model = Model::new(context(), size);
    model.now = Stamp { mono: NOW, ..at(0) };
    load(&mut model.inventory, Vec::new());
    model.link.enter(LinkState::Synced, Duration::from_secs(2));
    model.link.latency = Some(LatencyClass::Under5ms);
    model
}

/// The fleet in step with its store, `production/github_events` selected.
pub(super) fn browse(size: Size) -> Model {
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
        model.inventory.apply(prepare(batch), NOW - Duration::from_secs(ago));
    }
    scope(&mut model, "production", Some("production/github_events"));
    model
}

/// Shows a namespace, with a row selected.
pub(super) fn scope(model: &mut Model, namespace: &str, selected: Option<&str>) {
    let scope = match namespace {
        "all" => Scope::AllWebhooks,
        "unrecognised" => Scope::Foreign,
        name => Scope::Namespace(Namespace::new(name).unwrap()),
    };
    let height = usize::from(item_rows(model.panes().items).height);
    model.webhooks.enter(scope, &model.inventory, height);
    if let Some(address) = selected {
        assert!(model.webhooks.select_key(&model.inventory, &key(address), height), "{address}");
    }
}

fn broken(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "production", Some("production/stripe_events"));
    model
}

fn all(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "all", Some("staging/doorbell"));
    model.traffic.count(3, NOW - Duration::from_secs(5));
    model.traffic.count(40, NOW - Duration::from_secs(3));
    model.traffic.count(12, NOW - Duration::from_secs(1));
    model.traffic.turn(NOW);
    model
}

fn hostile(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "team-a", None);
    model
}

fn unrecognised(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "unrecognised", None);
    model
}

fn detail(size: Size) -> Model {
    let mut model = browse(size);
    scope(&mut model, "production", Some("production/users"));
    model.webhooks.focus = Pane::Detail;
    model.lock = Lock::Open(Some(NOW + Duration::from_secs(560)));
    model.lease = Some(LeaseLeft {
        lease: LeaseId(0x694d_77aa),
        asked: None,
        ends: Some(NOW + Duration::from_secs(754)),
    });
    model
}

fn namespaces(size: Size) -> Model {
    let mut model = browse(size);
    model.webhooks.focus = Pane::Namespaces;
    model
}

fn connections(size: Size) -> Model {
    let mut model = browse(size);
    model.tab = Tab::Connections;
    model.connections.enter(Scope::Connections, &model.inventory, 30);
    model.connections.select_key(&model.inventory, &key("connections/pg_audit"), 30);
    model
}

fn stale(size: Size) -> Model {
    let mut model = browse(size);
    let reason = "no answer from 127.0.0.1:2379 for 3 s".into();
    let retry_in = Some(Duration::from_millis(42_600));
    model.link.enter(LinkState::Stale { reason, retry_in }, NOW - Duration::from_secs(41));
    model
}

fn loading(size: Size) -> Model {
    let mut model = browse(size);
    model.link = Link::default();
    model.link.enter(LinkState::Loading { entries: 12_000 }, NOW);
    model
}

fn denied(size: Size) -> Model {
    let mut model = connecting(size);
    let permission = "user deck may not read /cwm/ (etcd role: grant read on the prefix)".into();
    model
        .link
        .enter(LinkState::Denied { permission, retry_in: Some(Duration::from_secs(60)) }, Duration::ZERO);
    model
}

fn filtering(size: Size) -> Model {
    let mut model = all(size);
    model.webhooks.filter.set("conn:kafka !test");
    model.webhooks.typing = Some(String::new());
    model.webhooks.apply_filter(&model.inventory, 30);
    model
}

fn filtered(size: Size) -> Model {
    let mut model = filtering(size);
    model.webhooks.typing = None;
    model.webhooks.apply_sort(Sort::Newest, &model.inventory, 30);
    model.link.resync = Some(Resync { differences: 12, at: NOW - Duration::from_secs(90), replaced: false });
    model.held = Some(Held { feeds: Vec::new(), changes: 31, overflowed: false });
    model
}

fn no_match(size: Size) -> Model {
    let mut model = browse(size);
    model.webhooks.filter.set("conn:nothing");
    model.webhooks.apply_filter(&model.inventory, 30);
    model.say(Tone::Bad, "production/orders was deleted by someone else; nothing was written");
    model
}

fn health(size: Size) -> Model {
    let mut model = browse(size);
    model.tab = Tab::Health;
    model.context.marks = vec!["plain http".into()];
    model.link.resync = Some(Resync { differences: 12, at: NOW - Duration::from_secs(90), replaced: true });
    let member = |name: &str, condition, role, millis, detail: &str| MemberHealth {
        name: name.into(),
        condition,
        role,
        latency: Some(Duration::from_millis(millis)),
        detail: detail.into(),
    };
    model.health.checked = Some(NOW - Duration::from_secs(11));
    model.health.backends = vec![Health {
        backend: "etcd",
        condition: Condition::Degraded,
        summary: "one of three members does not answer; writes go on with the other two".into(),
        latency: Some(Duration::from_millis(3)),
        facts: vec![
            ("cluster", "cdf818194e3a8c32".into()),
            ("alarms", "none".into()),
            ("user", "deck".into()),
        ],
        members: vec![
            member("http://10.0.0.1:2379", Condition::Healthy, "leader", 3, "3.5.1, 2.1 MiB of 2 GiB"),
            member("http://10.0.0.2:2379", Condition::Healthy, "follower", 14, "3.5.1, 2.1 MiB of 2 GiB"),
            member("http://10.0.0.3:2379", Condition::Unusable, "", 2_000, "no answer within 2 s"),
        ],
    }];
    model
}

fn log(size: Size) -> Model {
    let mut model = browse(size);
    model.tab = Tab::Log;
    model.log.lines = [
        "13:02:10  INFO start: version 0.1.0, context prod",
        "13:02:11  INFO watch: loaded 22 entries at r48213 in 4 ms",
        "13:05:40  WARN watch: no answer from 127.0.0.1:2379 for 3 s; tried again in 1 s",
        "13:05:41  INFO watch: resumed from r48213",
        "13:06:02 ERROR write: production/orders conflicts; nothing was written",
    ]
    .map(str::to_owned)
    .into();
    model
}

fn help(size: Size) -> Model {
    let mut model = browse(size);
    model.overlay = Some(Overlay::Help { place: Place::Browse, scroll: 0 });
    model
}

fn prompt(size: Size) -> Model {
    let mut model = browse(size);
    model.overlay = Some(Overlay::Prompt(Prompt {
        purpose: Purpose::Command,
        input: Input::of("re"),
        error: None,
        candidates: Vec::new(),
    }));
    model
}

fn unlock(size: Size) -> Model {
    let mut model = browse(size);
    let error = Some("\"pord\" is not the name of this context".into());
    model.overlay = Some(Overlay::Prompt(Prompt {
        purpose: Purpose::Unlock,
        input: Input::of("pord"),
        error,
        candidates: Vec::new(),
    }));
    model
}

fn confirm(size: Size) -> Model {
    let mut model = browse(size);
    model.overlay = Some(Overlay::Confirm(Confirm {
        question: "delete connections/kafka_main from prod?".into(),
        details: vec!["used by 2 webhooks: production/deploys, production/github_events".into()],
        then: Then::Delete(key("connections/kafka_main"), Token::counter(48_191)),
        asked: NOW,
    }));
    model
}

fn edit(size: Size, change: impl FnOnce(&mut Edit)) -> Model {
    let mut model = browse(size);
    let entry = model.inventory.get(&key("production/github_events")).unwrap().entry();
    let mut edit = Edit::stored(entry, None).unwrap();
    change(&mut edit);
    edit.check();
    model.edit = Some(Box::new(edit));
    model
}

/// Types a text in place of the first occurrence of another.
fn replace(edit: &mut Edit, from: &str, to: &str) {
    let text = edit.text();
    let (before, _) = text.split_once(from).unwrap();
    let row = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap().chars().count();
    edit.area.move_cursor(tui_textarea::CursorMove::Jump(row as u16, column as u16));
    edit.area.delete_str(from.chars().count());
    edit.area.insert_str(to);
}

fn editor(size: Size) -> Model {
    edit(size, |edit| replace(edit, "30", "3o"))
}

fn changed(edit: &mut Edit) {
    replace(edit, "30", "45");
    replace(edit, "\"gh\"", "\"github\"");
}

fn review(size: Size) -> Model {
    let mut model = edit(size, changed);
    let edit = model.edit.as_mut().unwrap();
    let document = edit.finish().unwrap_or_else(|_| panic!("the draft is ready"));
    edit.stage = Stage::Review(Box::new(edit.compare(document, None, NOW)));
    model
}

fn full_review(size: Size) -> Model {
    let mut model = review(size);
    if let Some(Stage::Review(review)) = model.edit.as_mut().map(|edit| &mut edit.stage) {
        review.full = true;
    }
    model
}

fn conflict(size: Size) -> Model {
    let mut model = edit(size, changed);
    let mut now = model.inventory.get(&key("production/github_events")).unwrap().entry();
    let text = now.document.text().unwrap().replace("sha256", "sha512");
    now.document = Document::from(text);
    now.token = Token::counter(48_220);
    let edit = model.edit.as_mut().unwrap();
    let document = edit.finish().unwrap_or_else(|_| panic!("the draft is ready"));
    edit.upstream = Upstream::Changed;
    edit.stage = Stage::Conflict(Box::new(edit.compare(document, Some(now), NOW)));
    model
}

fn writing(size: Size) -> Model {
    let mut model = review(size);
    let (request, key) = (Request(1), key("production/github_events"));
    model.writing = Some(Writing { request, deletes: false, key });
    model
}

/// A scene: its name, and how to set it.
pub(super) type Scene = (&'static str, fn(Size) -> Model);

/// Every scene.
pub(super) const SCENES: &[Scene] = &[
    ("browse", browse),
    ("all", all),
    ("namespaces", namespaces),
    ("detail", detail),
    ("broken", broken),
    ("hostile", hostile),
    ("unrecognised", unrecognised),
    ("connections", connections),
    ("connecting", connecting),
    ("loading", loading),
    ("denied", denied),
    ("stale", stale),
    ("empty", empty),
    ("filtering", filtering),
    ("filtered", filtered),
    ("no_match", no_match),
    ("health", health),
    ("log", log),
    ("help", help),
    ("prompt", prompt),
    ("unlock", unlock),
    ("confirm", confirm),
    ("editor", editor),
    ("review", review),
    ("full_review", full_review),
    ("conflict", conflict),
    ("writing", writing),
];
