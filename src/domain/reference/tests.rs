use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::json::JsonValue;
use crate::domain::{DocumentKind, Masking};

/// Values by name; `None` stands for bytes that are no text.
#[derive(Default)]
struct Table(HashMap<&'static str, Option<String>>);

impl Table {
    fn of<const N: usize>(values: [(&'static str, &str); N]) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, Some(value.to_owned()))).collect())
    }
}

impl Variables for Table {
    fn variable(&self, name: &str) -> Variable {
        match self.0.get(name) {
            None => Variable::Unset,
            Some(None) => Variable::NotText,
            Some(Some(value)) => Variable::Text(SecretText::new(value.clone())),
        }
    }
}

fn resolved(document: Value, variables: &Table, extent: ResolveScope<'_>) -> Result<JsonValue, ResolveError> {
    let mut document = document.into();
    resolve(&mut document, ReferenceSources { variables, vault: &BTreeMap::new() }, extent).map(|()| document)
}

fn everything(document: Value, variables: &Table) -> Result<JsonValue, ResolveError> {
    resolved(document, variables, ResolveScope::Everything)
}

fn without_secrets(document: Value, variables: &Table) -> JsonValue {
    let masking = Masking::built_in(DocumentKind::Webhook);
    resolved(document, variables, ResolveScope::WithoutSecrets(&masking)).unwrap()
}

#[test]
fn values_of_secrets_by_name_by_shape_and_by_pair_are_withheld() {
    let table = Table::of([
        ("PLAIN", "eu"),
        ("SSL_KEY", "hunter2"),
        ("HOOK", "https://hooks.slack.com/services/T0/B0/hunter2"),
        ("RANDOM", "Zf3D0LXCM3EIMbgJpUNnkRtOfOueHznB"),
    ]);
    let document = json!({
        "shown": "{$PLAIN}", "a": "{$SSL_KEY}", "b": "{$HOOK}", "c": "see {$RANDOM}", "ssl_key": "{$PLAIN}",
        "env": [{"name": "PIN", "value": "{$PLAIN}", "other": "{$PLAIN}"}, {"value": "{$PLAIN}", "name": "REGION"}],
        "headers": [["X-Api-Key", "{$PLAIN}"], ["Host", "{$PLAIN}"]]
    });
    let mut expected = document.clone();
    for at in ["/shown", "/env/0/other", "/env/1/value", "/headers/1/1"] {
        *expected.pointer_mut(at).unwrap() = json!("eu");
    }
    assert_eq!(without_secrets(document, &table), expected);
}

#[test]
fn errors_name_the_reference_and_its_place_and_never_a_value() {
    let mut table = Table::of([("A", "hunter2")]);
    table.0.insert("BYTES", None);
    for (text, expected) in [
        (
            "{$A}hunter2{$vault:app/a#f}",
            "app/a#f of Vault has no value here, and the reference at jwt.secret no default",
        ),
        (
            "{$vault:app/../a#f:hunter2}",
            "the reference to Vault at jwt.secret is not of the form {$vault:path#field}",
        ),
        ("{$BYTES:hunter2}", "the variable BYTES, referred to at jwt.secret, is not UTF-8 text"),
    ] {
        let error = everything(json!({"jwt": {"secret": [text]}}), &table).unwrap_err().to_string();
        assert_eq!(error, expected);
    }
    let long = json!({"x".repeat(1000): "{$vault:}{$vault:a}"});
    assert!(everything(long, &table).unwrap_err().to_string().len() < 300);
}

#[test]
fn a_document_cannot_grow_without_bound() {
    let field = VaultField { path: "a".into(), field: "b".into() };
    let vault = BTreeMap::from([(field, SecretText::new("x".repeat(5000)))]);
    let table = Table::default();
    let from = ReferenceSources { variables: &table, vault: &vault };
    let most = MAX_RESOLVED / 4096;
    let mut value = JsonValue::from("{$vault:a#b}.".repeat(most).as_str());
    resolve(&mut value, from, ResolveScope::Everything).unwrap();
    assert_eq!(value.as_str().map(str::len), Some(4097 * most));
    let mut value = json!({"a": ["{$vault:a#b}.".repeat(most + 1)]}).into();
    let refused = resolve(&mut value, from, ResolveScope::Everything);
    assert_eq!(refused, Err(ResolveError::TooLarge { place: "a".into() }));
}

#[test]
fn without_secrets_only_what_can_be_none_is_filled_in() {
    let table = Table::of([
        ("HOST", "db"),
        ("PORT", "1"),
        ("X", "hunter2"),
        ("DB_PASSWORD", "hunter2"),
        ("DSN", "amqp://u:hunter2@h"),
    ]);
    let document = json!({
        "topic": "{$HOST}-{$NOPE:n}-{$UNSET}",
        "queue_name": "{$UNSET}",
        "authorization": "Bearer {$X}",
        "hmac": {"secret": "{$X}", "header": "{$HOST:h}"},
        "module-config": {"url": "http://{$X}@{$HOST}/", "headers": {"X-Any": "{$X}"}, "list": ["{$PORT}"]},
        "note": "{$DB_PASSWORD} {$DSN} {$HOST}",
        "dsn": "{$DSN}",
        "mixed": "{$HOST}:{$vault:a#b:{$X}:{$PORT}",
        "greedy": "{$HOST:x}{$vault:a#b}",
        "ill-formed": "{$vault:../a#b}",
    });
    let expected = json!({
        "topic": "db-n-{$UNSET}",
        "queue_name": "Undefined variable UNSET",
        "authorization": "Bearer {$X}",
        "hmac": {"secret": "{$X}", "header": "db"},
        "module-config": {"url": "http://{$X}@{$HOST}/", "headers": {"X-Any": "{$X}"}, "list": ["1"]},
        "note": "{$DB_PASSWORD} {$DSN} db",
        "dsn": "{$DSN}",
        "mixed": "db:{$vault:a#b:{$X}:1",
        "greedy": "{$HOST:x}{$vault:a#b}",
        "ill-formed": "{$vault:../a#b}",
    });
    assert_eq!(without_secrets(document, &table), expected);
    let mut table = Table::default();
    table.0.insert("BYTES", None);
    assert_eq!(without_secrets(json!({"topic": "{$BYTES:x}"}), &table), json!({"topic": "{$BYTES:x}"}));
}

#[test]
fn texts_beside_half_a_surrogate_pair_are_resolved_and_are_never_the_whole() {
    let table = Table::of([("A", "é\"")]);
    let document = r#"{"n":1e+23,"\ud800":"\ud800{$A}\u0041{$NOPE}\udc00","b":"\ud801{$UNSET}"}"#;
    let mut value = JsonValue::read(document).unwrap();
    let from = ReferenceSources { variables: &table, vault: &BTreeMap::new() };
    resolve(&mut value, from, ResolveScope::Everything).unwrap();
    let expected = r#"{"n":1e+23,"\ud800":"\ud800é\"A{$NOPE}\udc00","b":"\ud801{$UNSET}"}"#;
    assert_eq!(value.to_string(), expected);
}

#[test]
fn the_fields_a_document_needs_are_known_before() {
    let document = json!({
        "a": "{$vault:/p/a/# f :d}", "b": ["x{$vault:p#g}y{$vault:p#g}{$vault:ill}"],
        "greedy": "{$A:x}{$vault:never#asked}", "c": {"d": "{$vault:p#h}"}, "{$vault:k#k}": 1,
    });
    let fields: Vec<_> = vault_fields(&document.into()).iter().map(ToString::to_string).collect();
    assert_eq!(fields, ["p#g", "p#h", "p/a#f"]);
    assert_eq!(vault_fields(&"{$vault:a#b}".into()).len(), 1);
}

#[test]
fn hostile_texts_cost_one_pass() {
    let table = Table::of([("A", "{$A}")]);
    for unit in
        ["{$", "{$vault:", "{$A:", "{$vault:a#b:", "{$A", "{$vault:}", "{$A-}", "{$B}", "{$vault", "}"]
    {
        let text = unit.repeat(200_000 / unit.len());
        for text in [text.clone(), format!("{text}}}"), format!("{{$B:{text}}}"), format!("{text}{{$B}}")] {
            // What they become is the receiver's business; that they become it soon is ours.
            let _ = everything(json!({"sql url": text}), &table);
            let _ = without_secrets(json!({"x": text}), &table);
            let _ = vault_fields(&json!([text]).into());
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_resolved_or_refused(
        text in r"(\{\$|\{\$vault:|A|B|:|#|/|\.\.|\}|\{|\n|id|rm |я|[[:cntrl:]]|.){0,24}",
        value in r"(\{\$A\}|id|drop|table|\s|\.\.|javascript:|--|[;$'я]|.){0,12}",
        member in "(url|sql|path|x|)",
    ) {
        let table = Table::of([("A", value.as_str())]);
        let original = JsonValue::from(json!({member: [{"x": text.clone()}, text.clone()]}));
        let fields = vault_fields(&original);
        let vault = fields.into_iter().map(|field| (field, SecretText::new(value.clone()))).collect();
        let masking = Masking::built_in(DocumentKind::Webhook);
        for extent in [ResolveScope::Everything, ResolveScope::WithoutSecrets(&masking)] {
            let mut document = original.clone();
            let done = resolve(&mut document, ReferenceSources { variables: &table, vault: &vault }, extent);
            // With every field at hand only an ill-formed reference is refused.
            let expected = matches!(done, Ok(()) | Err(ResolveError::IllFormed { .. }));
            prop_assert!(expected, "{:?}", done);
            if !text.contains("{$") {
                prop_assert_eq!(&document, &original);
            }
        }
    }
}

/// What texts with references are made of, and what is nearly one.
const PIECES: [&str; 24] = [
    "{$",
    "${",
    "{$vault:",
    "}",
    "{",
    "$",
    "vault:",
    "A",
    "B_1",
    "app/x",
    "#f",
    "#",
    ":",
    ";",
    "..",
    "/",
    " ",
    "é",
    "\u{0}",
    "\u{202e}",
    "{uuid}",
    "-",
    "{$A:x}",
    "{$vault:a/b#c:d}",
];

#[test]
fn random_texts_give_places_in_themselves_and_crash_nothing() {
    let count = if std::env::var_os("CONFDECK_LONG").is_some() { 1_000_000 } else { 100_000 };
    // The next of a series of numbers that is the same in each run.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap() % below
    };
    let mut found = 0;
    for _ in 0..count {
        let text: String = (0..next(12)).map(|_| PIECES[next(PIECES.len())]).collect();
        let references = references_in(&text);
        let mut from = 0;
        for (_, span, default) in &references {
            let whole = span.of(&text);
            assert!(span.start >= from && whole.starts_with("{$") && whole.ends_with('}'), "{text:?}");
            assert!(default.is_none_or(|it| span.start < it.start && it.end < span.end), "{text:?}");
            from = span.end;
        }
        let read = lookups(&text);
        assert!(read.iter().all(|it| it.default.is_none_or(|default| text.contains(default))), "{text:?}");
        for literal in literal_references(&text, true) {
            assert!(text.get(literal.range).is_some_and(|it| !it.is_empty()), "{text:?}");
        }
        found += usize::from(!references.is_empty() && !read.is_empty());
    }
    assert!(found > count / 20, "{found} of {count} have references");
}
