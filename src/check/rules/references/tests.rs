//! The rules about references, each with what it finds and what it leaves alone.

use crate::check::ReceiverProfile;
use crate::check::rules::fixture::{Known, check, diagnostics, fixed, in_short, receiver};

const RULES: [&str; 9] = ["L02", "L03", "L04", "L05", "L06", "L07", "L08", "L20", "L30"];

#[test]
fn each_rule_finds_what_it_is_for_and_nothing_else() {
    check(
        &RULES,
        &[
            (
                "a/b",
                r#"{"a": "{$vault:gone#f}", "b": "x{$vault:there#g}"}"#,
                &["L02 Error a", "L02 Error b", "L30 Info b"],
            ),
            (
                "a/b",
                r#"{"a": "{$vault:hidden#f}", "b": "{$vault:lost#f}"}"#,
                &["L02 Warning a", "L02 Info b"],
            ),
            ("a/b", r#"{"a": ["{$vault:gone#f:d}", "{$vault:unasked#f}"]}"#, &[]),
            ("a/b", r#"{"a": "{$vault:gone#f}", "a": 1}"#, &[]),
            ("a/b", r#"{"a": "{$vault:there#f}"}"#, &["L30 Info a"]),
            ("a/b", r#"{"a": ["{$vault:there#f}", "{$vault:there#f}"]}"#, &["L30 Info a[0]"]),
            ("a/b", r#"{"a": "{$vault:x}", "b": "{$vault:a b#c:d}"}"#, &["L03 Error a", "L03 Error b"]),
            ("a/b", r#"{"a": "{$vault:secret/data/x#f}"}"#, &["L03 Warning a"]),
            ("a/b", r#"{"a": "{$vault:data/x#f:d}"}"#, &["L03 Warning a"]),
            ("a/b", r#"{"a": "{$vault:secret/gone#f}"}"#, &["L02 Error a", "L03 Error a"]),
            ("a/b", r#"{"a": "{$vault:secrets/x#f} {$vault:database/x#f}"}"#, &[]),
            ("a/b", r#"{"a": "{$VAULT:x#f}", "b": "{$Vault:x}"}"#, &["L03 Error a"]),
            ("a/b", r#"{"hmac": {"secret": "{$NO}", "header": "{$NO}"}}"#, &["L04 Error hmac.secret"]),
            ("a/b", r#"{"authorization": "Bearer {$EMPTY}"}"#, &["L04 Error authorization"]),
            ("a/b", r#"{"authorization": "Bearer {$SET}"}"#, &[]),
            (
                "a/b",
                r#"{"a": "{$A:x;y}", "b": "{$A:valid}", "path": "{$A:/x}"}"#,
                &["L05 Warning a", "L05 Warning b"],
            ),
            ("a/b", r#"{"a": ["{$A:/x}", "{$A:x}", "{$vault:x#g:/x}"]}"#, &["L05 Warning a[0]"]),
            ("a/b", r#"{"a": "{$H:localhost}:{$P:9092}"}"#, &["L06 Error a"]),
            ("a/b", r#"{"a": "x {$H:{$P}}"}"#, &["L06 Error a"]),
            ("a/b", r#"{"a": "{$H:{$vault:x#f}}"}"#, &["L06 Error a"]),
            ("a/b", r#"{"a": "{$H}:{$P:9092}", "b": "x{$H:a}{$P:b}"}"#, &[]),
            ("a/b", r#"{"a": "http://${HOST}/", "b": "{$A-B}"}"#, &["L07 Warning a", "L07 Warning b"]),
            ("a/b", r#"{"authorization": "Bearer ${TOKEN}"}"#, &["L07 Error authorization"]),
            ("a/b", r#"{"jwt": {"secret": "$TOKEN"}}"#, &["L07 Error jwt.secret"]),
            ("a/b", r#"{"json_schema": {"pattern": "^${A}$"}, "a": "10$", "b": 1}"#, &[]),
            ("a/b", r#"{"rate_limit": {"max_requests": "{$SET}"}}"#, &["L08 Error rate_limit.max_requests"]),
            (
                "a/b",
                r#"{"chain": ["log", {"module": "kafka", "module-config": {"partition": "x{$SET}"}}],
                    "module-config": {"pretty_print": "{$SET:true}"}, "retry": {"max_attempts": 3}}"#,
                &["L08 Error chain[1].module-config.partition", "L08 Error module-config.pretty_print"],
            ),
            ("a/b", r#"{"module": "log", "module-config": {"partition": "{$SET}"}, "topic": "{$SET}"}"#, &[]),
            ("connections/c", r#"{"type": "mqtt", "port": "{$SET:1883}"}"#, &["L08 Error port"]),
            ("connections/c", r#"{"type": "rabbitmq", "port": "{$SET:5672}"}"#, &[]),
            ("connections/c", r#"{"type": "mqtt", "password": "planted-p"}"#, &["L20 Warning password"]),
            ("a/b", r#"{"hmac": {"secret": "{$vault:x#g:planted-d}"}}"#, &["L20 Warning hmac.secret"]),
            ("a/b", r#"{"authorization": "Bearer {$SET:}"}"#, &["L20 Warning authorization"]),
            ("a/b", r#"{"authorization": "Bearer ", "topic": "{$SET:x}"}"#, &[]),
            ("key:x/y/z/w", r#"{"a": "{$vault:gone#f}${A}", "password": "planted-p"}"#, &[]),
        ],
    );
}

#[test]
fn what_is_not_known_is_no_error() {
    let text = r#"{"a": "{$vault:gone#f}", "b": "{$vault:secret/gone#f}", "hmac": {"secret": "{$NO}"}}"#;
    let found = diagnostics("a/b", text, &ReceiverProfile::default(), &());
    assert_eq!(in_short(&found, &RULES), ["L03 Warning b", "L04 Warning hmac.secret"]);
}

#[test]
fn a_receiver_without_vault_has_no_value_for_any_reference() {
    let mut receiver = receiver();
    receiver.lookup.references = None;
    let text = r#"{"a": "{$vault:there#f}", "b": "{$vault:there#f:d}", "c": "{$vault:data/x#f:d}"}"#;
    let found = diagnostics("a/b", text, &receiver, &Known::new(false));
    assert_eq!(in_short(&found, &RULES), ["L02 Error a"]);
}

#[test]
fn a_difference_is_told_without_the_value() {
    let text = r#"{"a": "{$A:planted-; id}", "hmac": {"secret": "{$A:planted-; id}"}}"#;
    let found = diagnostics("a/b", text, &receiver(), &Known::new(false));
    let messages: Vec<_> = found.iter().filter(|one| one.rule == "L05").map(ToString::to_string).collect();
    assert!(messages[0].ends_with("the receiver removes from this default: ;  id"), "{messages:?}");
    assert!(messages[1].contains("removes characters from this default"), "{messages:?}");
}

#[test]
fn a_fix_is_an_edit_of_the_text() {
    for (rule, text, expected) in [
        ("L03", "{$vault:secret/data/x#f}", "{$vault:x#f}"),
        ("L03", "a{$VAULT:x#f}", "a{$vault:x#f}"),
        ("L07", "http://${HOST}/", "http://{$HOST}/"),
        ("L07", "$HOST:1", "{$HOST}:1"),
    ] {
        let document = |value: &str| format!("{{\n \"a\": \"{value}\"}}");
        assert_eq!(fixed(rule, "a/b", &document(text)), document(expected));
    }
}
