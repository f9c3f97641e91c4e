//! Documents that do not fit their schema, and what is said of them.

use super::*;
use crate::check::ReceiverProfile;
use crate::check::rules::fixture::{judged, lines};

fn messages(address: &str, text: &str) -> Vec<String> {
    let found = judged(address, text, &ReceiverProfile::default());
    let of_schema =
        found.into_iter().filter(|found| [WRONG_VALUE.id, MISSING_MEMBER.id].contains(&found.rule));
    of_schema.map(|found| format!("{} {found}", found.pointer)).collect()
}

#[test]
fn a_violation_is_said_once_a_place_in_words_of_an_engineer() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "a/w",
            r#"{"module": "log", "data_type": "JSON"}"#,
            &["data_type line 1, column 32: data_type must be json or blob: calls are answered 415 or 400"],
        ),
        (
            "a/w",
            r#"{"module": "kafka", "module-config": {"topic": "s3cr3t!"}}"#,
            &[
                "module-config.topic line 1, column 48: module-config.topic must be 2 to 249 of A-Z a-z 0-9 _ . - without \
            .. or --, and no command (create, delete, list, config, produce …) alone or before a . _ or -: the \
            module refuses it when a call comes",
            ],
        ),
        (
            "a/w",
            r#"{"module": "kafka"}"#,
            &[
                "module-config line 1, column 1: the module kafka needs module-config with topic: the module refuses it when a call comes",
            ],
        ),
        (
            "a/w",
            r#"{"module": "kafka", "module-config": {}}"#,
            &[
                "module-config.topic line 1, column 21: the module kafka needs topic: the module refuses it when a call comes",
            ],
        ),
        (
            "a/w",
            r#"{"module": "redis_rq"}"#,
            &[
                "module-config line 1, column 1: the module redis_rq needs module-config with function: the module refuses it when a call comes",
            ],
        ),
        (
            "a/w",
            "{}",
            &["module line 1, column 1: a webhook needs module or chain: calls are answered 501 or 400"],
        ),
        (
            "a/w",
            r#"{"module": "kafkaa", "retry": {"max_attempts": 99}}"#,
            &[
                "retry.max_attempts line 1, column 48: retry.max_attempts must be a whole number from 1 to 20: the receiver \
            takes its default, or the nearest value that it allows",
            ],
        ),
        (
            "a/w",
            r#"{"module": "log", "module-config": {"pretty_print": "false"}}"#,
            &[
                "module-config.pretty_print line 1, column 53: module-config.pretty_print must be true or false, and is a text: \
            any text there counts as true",
            ],
        ),
        (
            "a/w",
            r#"{"chain": [{"module": "mqtt", "module-config": {"topic": "a", "qos": "1"}}]}"#,
            &[
                "chain[0].module-config.qos line 1, column 70: chain[0].module-config.qos must be 0, 1 or 2, and is a text: \
            calls are answered 400",
            ],
        ),
        (
            "connections/c",
            r#"{"type": "mqtt", "port": "1883"}"#,
            // A rule of its own says more of it.
            &[],
        ),
        (
            "connections/c",
            r#"{"type": "gcp_pubsub"}"#,
            &["project_id line 1, column 1: the connection needs project_id: the connection cannot be used"],
        ),
    ];
    for (address, text, expected) in table {
        let found = messages(address, text);
        let known: Vec<_> =
            found.iter().filter(|line| text.len() < 4 || !line.starts_with("module line")).collect();
        assert_eq!(known, *expected, "{text}");
    }
}

#[test]
fn what_the_receiver_takes_is_no_violation() {
    for (address, text) in [
        ("a/w", r#"{"module": "kafka", "topic": "legacy-topic", "retry": null, "hmac": null}"#),
        (
            "a/w",
            r#"{"module": "mqtt", "module-config": {"topic": "{$T}", "qos": 1.0}, "rate_limit": {"window_seconds": 0.5}}"#,
        ),
        ("a/w", r#"{"module": "rabbitmq", "connection": "c", "module-config": {"queue_name": "q{$N}"}}"#),
        ("a/w", r#"{"module": " aws_sqs ", "module-config": {"queue_name": "q"}}"#),
        ("a/w", r#"{"chain": [{"module": "log", "connection": null, "retry": null}], "connection": null}"#),
        ("a/w", r#"{"chain": ["log"], "module": 5, "module-config": {"topic": 5}}"#),
        ("a/w", r#"{"module": "log", "module": "log", "jwt": {"secret": "{$S}", "audience": ["a"]}}"#),
        ("connections/c", r#"{"type": "mysql", "host": "db.example.com", "port": "3306", "ssl": false}"#),
        ("connections/c", r#"{"type": "of-another-program", "port": "any"}"#),
    ] {
        assert_eq!(messages(address, text), [""; 0], "{text}");
    }
}

#[test]
fn where_another_rule_says_more_of_a_place_this_one_is_silent() {
    assert_eq!(lines("default/w", r#"{"module": "kafkXX"}"#, &["L01", "V01"]), ["L01 Error module"]);
    assert_eq!(lines("other/w", r#"{"module": "kafkXX"}"#, &["L01", "V01"]), ["V01 Error module"]);
    assert_eq!(
        lines("connections/c", r#"{"type": "mysql"}"#, &["L01", "V02"]),
        ["L01 Error host", "L01 Error port"]
    );
    assert_eq!(
        lines("default/w", r#"{"chain": [{"module": "log", "x": 1}]}"#, &["L01", "L09", "V01"]),
        ["L01 Error chain[0].x"]
    );
    assert_eq!(
        lines("a/w", r#"{"module": "redis_rq", "module-config": {"function": "EDIT-ME!"}}"#, &["T01", "V01"]),
        ["T01 Error module-config.function"]
    );
    assert_eq!(
        lines("a/w", r#"{"module": "log", "rate_limit": {"max_requests": "s3cr3t"}}"#, &["L10", "V01"]),
        ["L10 Error rate_limit"]
    );
    assert_eq!(
        lines("a/w", r#"{"module": "log", "hmac": {"secrets": "x"}}"#, &["L09", "L10", "V02"]),
        ["L09 Warning hmac.secrets", "L10 Error hmac"]
    );
}

#[test]
fn a_misspelt_word_is_corrected_to_the_nearest_one() {
    let found = judged("a/w", r#"{"module": "kafkaa", "module-config": {}}"#, &ReceiverProfile::default());
    let module = found.iter().find(|found| found.pointer == "module").unwrap();
    assert_eq!(module.fix.as_ref().unwrap().replacement, "\"kafka\"");
}
