use super::*;
use crate::domain::{
    DocumentKind, FieldState, KvPath, Masking, Mount, Namespace, SecretContents, SecretVersion, WebhookId,
};

fn lookup() -> SecretLookup {
    let own = OwnSecrets::Kv { mount: Mount::new("webhooks").unwrap(), template: OwnPathTemplate::default() };
    let env = [("SET", FieldState::Present), ("EMPTY", FieldState::Empty), ("BYTES", FieldState::NotText)];
    let env = env.into_iter().map(|(name, state)| (name.to_owned(), state)).collect();
    SecretLookup { env: ReceiverEnv::Known(env), own, can_read_kv: true, ..SecretLookup::default() }
}

fn webhook() -> ResourceKey {
    ResourceKey::webhook(Namespace::new("prod").unwrap(), WebhookId::new("orders").unwrap())
}

fn of(text: &str, lookup: &SecretLookup) -> Needs {
    let connections = [
        ("db", r#"{"type": "postgresql", "host": "{$HOST:h}", "password": "{$vault:app/db#pw}"}"#),
        ("rabbit", r#"{"type": "rabbitmq", "pass": "hunter2"}"#),
    ];
    let connection = |wanted: &str| {
        let found = connections.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, text)| Facts::scan(&Masking::built_in(DocumentKind::Connection), &(*text).into()))
    };
    needs(
        &webhook(),
        &Facts::scan(&Masking::built_in(DocumentKind::Webhook), &text.into()),
        &connection,
        lookup,
    )
}

fn not_merged() -> SecretLookup {
    SecretLookup { own: OwnSecrets::NotMerged, ..lookup() }
}

/// Each need on a line: what, where, state.
fn shown(needs: &Needs, seen: &dyn Fn(&SecretPath) -> Option<&'static Presence>) -> Vec<String> {
    needs
        .iter()
        .map(|need| {
            let what = match (&need.kind, need.path(), need.variable()) {
                (NeedKind::Variable { name }, ..) => format!("${name}"),
                (NeedKind::Own(field), _, Some(variable)) => format!("{} ${variable}", field.as_str()),
                (_, Some(path), _) => format!("{path}#{}", need.field().unwrap().as_str()),
                (other, ..) => format!("{other:?}"),
            };
            let places = need.places.iter().map(|place| {
                let of = place.connection.as_deref().map(|name| format!("{name}:")).unwrap_or_default();
                let default = if place.fallback.is_some() { "=" } else { "" };
                format!(" {of}{}{default}", place.path)
            });
            let optional = if need.optional { " (optional)" } else { "" };
            format!("{what}{optional}{} {}", places.collect::<String>(), need.state(seen).word())
        })
        .collect()
}

fn unseen(_: &SecretPath) -> Option<&'static Presence> {
    None
}

fn kv(mount: &str, path: &str) -> SecretPath {
    SecretPath::Kv { mount: Mount::new(mount).unwrap(), path: KvPath::new(path).unwrap() }
}

fn present(fields: &[&str]) -> Presence {
    let fields = fields.iter().map(|name| (FieldName::new(name), FieldState::Present)).collect();
    Presence::Present(SecretContents { fields, version: Some(SecretVersion(3)), written: None })
}

#[test]
fn references_are_gathered_from_the_webhook_and_its_connections() {
    let needs = of(
        r#"{"module": "kafka", "connection": "db", "hmac": {"secret": "{$vault:app/gh#hmac}"},
            "authorization": "Bearer {$TOKEN}", "note": ["{$vault:app/gh#hmac:x}", "{$SET} {$EMPTY:}"],
            "chain": [{"module": "log", "connection": "rabbit"}, {"connection": "db"}]}"#,
        &not_merged(),
    );
    assert_eq!(
        shown(&needs, &unseen),
        [
            "secret/app/gh#hmac hmac.secret note[0]= asking",
            "$TOKEN authorization missing",
            "$SET note[1] present",
            "$EMPTY note[1]= empty",
            "$HOST db:host= missing",
            "secret/app/db#pw db:password asking",
            "Plaintext rabbit:pass plaintext",
        ]
    );
    assert_eq!(needs.paths(), [&kv("secret", "app/gh"), &kv("secret", "app/db")]);
    assert_eq!(needs.mark(&unseen), NeedMark::Missing, "TOKEN is not set");
}

#[test]
fn own_secrets_fill_what_the_document_leaves_open() {
    let own = |text: &str| {
        shown(&of(text, &lookup()), &unseen)
            .into_iter()
            .filter_map(|line| line.strip_prefix("webhooks/prod/orders/secrets#").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        own(r#"{"module": "log"}"#),
        [
            "bearer-token (optional) asking",
            "hmac-secret (optional) asking",
            "hmac-header (optional) asking",
            "hmac-algorithm (optional) asking",
        ]
    );
    assert_eq!(
        own(r#"{"module": "webhook_connect", "module-config": {"channel": "c"}, "authorization": "Bearer ",
                "hmac": {"header": "X"}}"#),
        [
            "bearer-token asking",
            "hmac-secret asking",
            "hmac-algorithm (optional) asking",
            "channel-token asking",
        ]
    );
    let closed =
        r#"{"authorization": "abc", "hmac": {"secret": "s"}, "module-config": {"channel_token": "c"}}"#;
    assert!(own(closed).is_empty());

    let variables = SecretLookup { own: OwnSecrets::Variables, ..lookup() };
    let set = shown(&of(r#"{"authorization": null}"#, &variables), &unseen);
    assert_eq!(
        set,
        [
            "bearer-token $WEBHOOK_ORDERS_TOKEN missing",
            "hmac-secret $WEBHOOK_ORDERS_HMAC_SECRET (optional) missing"
        ]
    );
}

#[test]
fn what_this_process_cannot_see_is_never_missing() {
    let blind = SecretLookup { env: ReceiverEnv::NotVisible, can_read_kv: false, ..lookup() };
    let needs = of(r#"{"authorization": "{$T}", "hmac": {"secret": "{$vault:a#b}"}}"#, &blind);
    assert!(needs.iter().all(|need| need.state(&unseen) == NeedState::NotVisible));
    assert!(needs.paths().is_empty());
    assert_eq!(needs.mark(&unseen), NeedMark::Unknown);

    let no_vault = SecretLookup { references: None, own: OwnSecrets::NotMerged, ..lookup() };
    let needs = of(r#"{"authorization": "{$SET}", "hmac": {"secret": "{$vault:a#b}"}}"#, &no_vault);
    assert!(needs.iter().any(|need| need.state(&unseen) == NeedState::NoVault));
    assert_eq!(needs.mark(&unseen), NeedMark::Missing);
}

#[test]
fn states_of_a_store_become_states_of_fields_and_marks() {
    let needs = of(r#"{"hmac": {"secret": "{$vault:a#b}"}, "authorization": "{$SET}"}"#, &not_merged());
    let version = SecretVersion(3);
    let reason = String::new();
    for (presence, word, mark) in [
        (present(&["b"]), "present", NeedMark::Present),
        (present(&["c"]), "field missing", NeedMark::Missing),
        (Presence::Missing, "missing", NeedMark::Missing),
        (Presence::Deleted { version, at: None }, "deleted", NeedMark::Missing),
        (Presence::Destroyed { version }, "destroyed", NeedMark::Missing),
        (Presence::Forbidden { permission: reason.clone() }, "forbidden", NeedMark::Forbidden),
        (Presence::Unreachable { reason: reason.clone() }, "unreachable", NeedMark::Unreachable),
        (Presence::Unknown { reason }, "unknown", NeedMark::Unknown),
    ] {
        let seen = |_: &SecretPath| Some(&presence);
        let need = needs.iter().next().unwrap();
        assert_eq!((need.state(&seen).word(), needs.mark(&seen)), (word, mark));
    }
    assert_eq!(needs.mark(&unseen), NeedMark::Asking);
}

#[test]
fn a_default_stands_in_only_where_every_place_has_one() {
    let gone = Presence::Missing;
    let seen = |_: &SecretPath| Some(&gone);
    let mark = |text: &str| of(text, &not_merged()).mark(&seen);
    assert_eq!(mark(r#"{"topic": "{$vault:a#b:x}"}"#), NeedMark::Fallback);
    assert_eq!(mark(r#"{"topic": "{$vault:a#b:x}", "queue_name": "{$vault:a#b}"}"#), NeedMark::Missing);
    assert_eq!(mark(r#"{"topic": "{$UNSET:x}"}"#), NeedMark::Fallback);
    // The receiver takes the empty text, and not the default.
    assert_eq!(mark(r#"{"authorization": "{$EMPTY:x}"}"#), NeedMark::Missing);
    assert_eq!(mark(r#"{"topic": "{$EMPTY:x}"}"#), NeedMark::Present);
    assert_eq!(mark(r#"{"topic": "{$BYTES}"}"#), NeedMark::Missing);
    assert_eq!(mark(r#"{"topic": "{$vault:a:x}"}"#), NeedMark::Missing, "ill-formed, whatever the default");
    let there = present(&["b"]);
    let plain = of(r#"{"authorization": "{$vault:a#b:hunter2}"}"#, &not_merged());
    assert_eq!(plain.mark(&|_: &SecretPath| Some(&there)), NeedMark::Plaintext);
}

#[test]
fn of_two_members_of_one_name_the_last_counts() {
    let needs = of(
        r#"{"hmac": {"secret": "{$vault:a#old}"}, "connection": "db", "a": {"x": "{$SET}", "x": 1},
            "hmac": {"secret": "{$vault:a#new}"}, "connection": "none"}"#,
        &not_merged(),
    );
    assert_eq!(shown(&needs, &unseen), ["secret/a#new hmac.secret asking"]);
}

#[test]
fn what_is_no_document_needs_nothing() {
    for text in ["", "[\"{$A}\"]", "\"{$A}\"", "{\"a\": \"{$A}\"", "null"] {
        assert_eq!(of(text, &lookup()), Needs::default(), "{text}");
    }
    assert_eq!(of("{}", &not_merged()).mark(&unseen), NeedMark::Nothing);
}

#[test]
fn a_hostile_document_is_cut_and_says_so() {
    let many: String = (0..100_000).map(|at| format!("{{$A{at}}}")).collect();
    let needs = of(&format!("{{\"a\": \"{many}\"}}"), &not_merged());
    assert!(needs.truncated && needs.len() <= 2_000);
    assert!(needs.mark(&unseen) <= NeedMark::Unknown);
    let same = format!("{{\"a\": [{}1]}}", "\"{$SET:x}\", ".repeat(1_000));
    let needs = of(&same, &not_merged());
    assert_eq!((needs.len(), needs.iter().next().unwrap().places.len()), (1, MAX_PLACES));
    let deep = format!("{}\"{{$SET}}\"{}", "{\"a\": ".repeat(102), "}".repeat(102));
    assert!(of(&deep, &not_merged()).is_empty(), "the receiver leaves it as it is");
}
