//! Lists and details about needs of secrets: one row of each mark.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::{SECRET, connecting, entry, key, load, scope};
use crate::check::{OwnPathTemplate, OwnSecrets, ReceiverEnv, SecretLookup};
use crate::console::message::{AppEvent, Message};
use crate::console::model::*;
use crate::console::overlays::Overlay;
use crate::console::place::Place;
use crate::console::screens::Tab;
use crate::console::shell::layout::{Pane, Size};
use crate::console::stamp::Stamp;
use crate::domain::*;
use crate::inventory::Scope;
use crate::provider::{env, vault};

/// The wall clock of these scenes.
const WALL: Duration = Duration::from_secs(1_000_000);

/// A webhook for each mark, named after it.
const FLEET: &[(&str, &str)] = &[
    (
        "connections/rabbit_eu",
        r#"{"type": "rabbitmq", "host": "h", "port": 1, "user": "{$vault:infra/rabbit#user:guest}", "pass": "{$vault:infra/rabbit#pass}"}"#,
    ),
    ("connections/s3", r#"{"type": "s3", "aws_secret_access_key": "{$vault:infra/aws#key}"}"#),
    ("marks/asking", r#"{"module": "log", "jwt": {"secret": "{$vault:app/asking#jwt}"}}"#),
    ("marks/deleted", r#"{"module": "log", "jwt": {"secret": "{$vault:app/deleted#jwt}"}}"#),
    ("marks/fallback", r#"{"module": "log", "topic": "{$vault:app/gone#topic:events}"}"#),
    (
        "marks/forbidden",
        r#"{"module": "s3", "connection": "s3", "query_auth": {"api_key": "{$vault:app/users#key}"}}"#,
    ),
    (
        "marks/missing",
        r#"{"module": "rabbitmq", "connection": "rabbit_eu", "authorization": "Bearer {$vault:app/orders#token}",
            "hmac": {"header": "X-Signature"},
            "chain": [{"module": "log", "module-config": {"headers": {"X-Key": "{$vault:app/orders#token}"}}}]}"#,
    ),
    ("marks/nothing", r#"{"module": "log"}"#),
    (
        "marks/plaintext",
        r#"{"module": "log", "basic_auth": {"username": "shop", "password": "Hunter2Hunter"},
            "hmac": {"secret": "{$vault:app/users#key:Hunter2Hunter}"}}"#,
    ),
    (
        "marks/present",
        r#"{"module": "rabbitmq", "connection": "rabbit_eu", "jwt": {"secret": "{$vault:app/users#key}"}}"#,
    ),
    (
        "marks/unknown",
        r#"{"module": "log", "header_auth": {"api_key": "{$PAY_KEY}"}, "url": "https://{$HOST:h}/{$PAY_KEY}"}"#,
    ),
    (
        "marks/unreachable",
        r#"{"module": "log", "jwt": {"secret": "{$vault:a/long/path/of/many/segments/that/no/line/holds/of/this/width#jwt}"}}"#,
    ),
    ("marks/broken", r#"{"module": "log""#),
];

fn kv(mount: &str, path: &str) -> SecretPath {
    SecretPath::Kv { mount: Mount::new(mount).unwrap(), path: KvPath::new(path).unwrap() }
}

fn holds(fields: &[&str], version: u64, seconds_ago: u64) -> Presence {
    let fields = fields.iter().map(|name| (FieldName::new(name), FieldState::Present)).collect();
    let written = SystemTime::UNIX_EPOCH + WALL - Duration::from_secs(seconds_ago);
    Presence::Present(SecretContents {
        fields,
        version: Some(SecretVersion(version)),
        written: Some(written),
    })
}

/// What the store reported.
fn told() -> Vec<(SecretPath, Presence)> {
    let at = Some(SystemTime::UNIX_EPOCH + WALL - Duration::from_secs(7_300));
    let permission = "read on secret/subkeys/infra/aws".into();
    let mut told = vec![
        (kv("secret", "infra/rabbit"), holds(&["pass", "user", "odd\u{202e}er"], 12, 200_000)),
        (kv("secret", "infra/aws"), Presence::Forbidden { permission }),
        (kv("secret", "app/users"), holds(&["key"], 3, 260)),
        (kv("secret", "app/orders"), holds(&["a", "b", "c", "d", "e", "f", "g", "tokens"], 3, 3)),
        (kv("secret", "app/gone"), Presence::Missing),
        (kv("secret", "app/deleted"), Presence::Deleted { version: SecretVersion(4), at }),
        (kv("webhooks", "marks/missing/secrets"), holds(&["hmac-header", "hmac-secret"], 1, 90)),
        (
            kv("secret", "a/long/path/of/many/segments/that/no/line/holds/of/this/width"),
            Presence::Unreachable { reason: "no answer from vault.example:8200 within 5 s".into() },
        ),
    ];
    told.extend(
        FLEET
            .iter()
            .filter_map(|(address, _)| address.strip_prefix("marks/"))
            .filter(|id| *id != "missing")
            .map(|id| (kv("webhooks", &format!("marks/{id}/secrets")), Presence::Missing)),
    );
    told
}

fn lookup() -> SecretLookup {
    let mount = |name| Mount::new(name).unwrap();
    let kept = OwnSecrets::Kv { mount: mount("webhooks"), template: OwnPathTemplate::default() };
    SecretLookup {
        references: Some(mount("secret")),
        own: kept.clone(),
        stored: kept,
        can_read_kv: true,
        ..SecretLookup::default()
    }
}

/// A fleet whose visible needs have been read.
fn fleet(size: Size, lookup: SecretLookup, documents: &[(&str, &str)], selected: &str) -> Model {
    let secret_backend = if lookup.can_read_kv { &vault::BACKEND } else { &env::BACKEND };
    let context = ConsoleContext { secrets: Some(lookup), secret_backend, ..super::context() };
    let mut model = Model::new(context, size);
    model.link = connecting(size).link;
    model.link.set_state(LinkState::Synced, Duration::from_secs(2));
    model.now = Stamp { mono: super::NOW, wall: SystemTime::UNIX_EPOCH + WALL };
    let entries = documents.iter().zip(48_190..).map(|((address, text), at)| entry(address, text, at));
    load(&mut model.inventory, entries.collect());
    scope(&mut model, "marks", Some(selected));
    model.presence_cache.update(told(), super::NOW);
    look(&mut model);
    model
}

/// Lets `update` read what is visible.
fn look(model: &mut Model) {
    let message = Message { at: model.now, event: AppEvent::Resize(model.size) };
    crate::console::update::update(model, message);
}

/// A row of each mark.
pub(crate) fn each_mark(size: Size) -> Model {
    fleet(size, lookup(), FLEET, "marks/missing")
}

/// The detail focused; alone where only one pane fits.
pub(crate) fn detail(size: Size) -> Model {
    let mut model = fleet(size, lookup(), FLEET, "marks/missing");
    model.webhooks.focus = Pane::Detail;
    look(&mut model);
    model
}

pub(crate) fn connection(size: Size) -> Model {
    let mut model = fleet(size, lookup(), FLEET, "marks/missing");
    model.tab = Tab::Connections;
    model.connections.list.height = 30;
    model.connections.enter(Scope::Connections, &model.inventory);
    model.connections.select_key(&model.inventory, &key("connections/s3"));
    look(&mut model);
    model
}

/// More needs than are shown.
pub(crate) fn many(size: Size) -> Model {
    let headers: Vec<_> = (0..60).map(|at| format!(r#""X-{at}": "{{$vault:app/users#key{at}}}""#)).collect();
    let headers = headers.join(", ");
    let text = format!(
        r#"{{"module": "log", "jwt": {{"secret": "{SECRET}"}}, "module-config": {{"headers": {{{headers}, "X-A": "{{$vault:app/deleted#a}}"}}}}}}"#
    );
    let mut model = fleet(size, lookup(), &[("marks/many", &text)], "marks/many");
    model.webhooks.focus = Pane::Detail;
    look(&mut model);
    model
}

/// A receiver that shares this process's variables, and two ids that share some of them.
pub(crate) fn variables(size: Size) -> Model {
    let known = [
        ("WEBHOOK_ORDER_IN_TOKEN", FieldState::Present),
        ("WEBHOOK_ORDER_IN_HMAC_SECRET", FieldState::Empty),
        ("PAY_KEY", FieldState::NotText),
    ];
    let known: BTreeMap<_, _> = known.into_iter().map(|(name, state)| (name.to_owned(), state)).collect();
    let lookup = SecretLookup {
        env: ReceiverEnv::Known(known),
        references: None,
        own: OwnSecrets::Variables,
        stored: OwnSecrets::Variables,
        can_read_kv: false,
    };
    let documents = [
        (
            "marks/order-in",
            r#"{"module": "log", "hmac": {"header": "X-S"}, "a": "{$PAY_KEY}", "b": "{$NONE}", "c": "{$vault:a#b:x}"}"#,
        ),
        ("marks/order_in", r#"{"module": "webhook_connect"}"#),
        ("other/order-in", r#"{"module": "log"}"#),
        ("marks/quiet", r#"{"module": "log"}"#),
    ];
    fleet(size, lookup, &documents, "marks/order-in")
}

/// The legend of the marks.
pub(crate) fn help(size: Size) -> Model {
    let mut model = each_mark(size);
    model.overlay = Some(Overlay::Help { place: Place::Browse, scroll: 999 });
    model
}
