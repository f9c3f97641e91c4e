//! All rules together: documents that the receiver ships, templates, stores, and hostile input.

use std::time::Duration;

use rustix::time::ClockId;

use super::fixture::{Known, diagnostics, in_short, judged, lines, receiver};
use super::*;
use crate::check::{ReceiverProfile, RuleSetting, SecretLookup, StoreInput, document_types, template};
use crate::domain::{Address, DocumentKind, Masking, SecretNames};
use crate::inventory::Facts;

#[test]
fn a_document_is_judged_by_what_it_says_and_by_what_is_around_it() {
    let text = r#"{"connection": "known", "chain": [{"module": "log", "connection": "gone"}], "hmac": {"secret": "{$vault:a#b}"}}"#;
    let Address(key) = "a/health".parse().unwrap();
    let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
    let receiver = ReceiverProfile::default();
    let input = DocumentInput::new(&key, &facts, &receiver, &());
    assert_eq!(in_short(&diagnose(Subject::Row(&input)), &["L15", "L28"]), ["L28 Error"]);
    let known = Known::new(false);
    let input = DocumentInput::new(&key, &facts, &receiver, &known);
    assert_eq!(in_short(&diagnose(Subject::Row(&input)), &["L15", "L28"]), ["L15 Error gone", "L28 Error"]);
    let of_document = |address, text| {
        let found = diagnostics(address, text, &receiver, &Known::new(false));
        found.iter().map(|found| format!("{} {:?} {found}", found.rule, found.severity)).collect::<Vec<_>>()
    };
    assert_eq!(of_document("a/one", r#"{"module": "log"}"#), ["L11 Warning none: open to anyone"]);
    assert_eq!(of_document("a/one", "[]"), ["L29 Error JSON, but not an object"]);
    assert_eq!(
        of_document("key:x/y/z/w", ""),
        ["L28 Error the receiver ignores a key of this shape", "L29 Info empty value"]
    );
    assert!(of_document("connections/c", r#"{"type": "s3"}"#).is_empty());
}

#[test]
fn what_only_the_receiver_takes_is_served_and_told_with_its_place() {
    let of_document = |address, text: &str| {
        let mut found = judged(address, text, &ReceiverProfile::default());
        found.retain(|found| matches!(found.rule, "J01" | "L29"));
        found.iter().map(|found| format!("{} {:?} {found}", found.rule, found.severity)).collect::<Vec<_>>()
    };
    let odd = "{\"hmac\": {\"secret\": \"x\"},\n \"a\": [NaN, 1e999, \"\\ud800\"]}";
    let reasons = [
        "J01 Warning line 2, column 8: the receiver takes NaN and Infinity, most other readers refuse them",
        "J01 Warning line 2, column 13: the receiver reads this number as infinity, others refuse it or read another",
        "J01 Warning line 2, column 20: half a surrogate pair, which the receiver takes; others refuse it or read \
         another character",
    ];
    assert_eq!(of_document("a/one", odd), reasons);
    let deep = format!("{{\"hmac\": {{\"a\": {}{}}}}}", "[".repeat(900), "]".repeat(900));
    let found = of_document("a/one", &deep);
    assert!(
        matches!(&found[..], [one] if one.starts_with("J01 Warning line 1, column 141: nested")),
        "{found:?}"
    );
    assert!(of_document("a/one", &odd.replace("NaN", "nan"))[0].starts_with("L29 Error not JSON"));
    assert!(
        of_document("a/one", "{\"hmac\": {\"secret\": \"x\"}, \"n\": [1e308, -0, \"\\ud83d\\ude00\"]}")
            .is_empty()
    );
}

#[test]
fn a_draft_is_judged_by_its_text() {
    let rules = |text, concealed, byte_order_mark| {
        let found = diagnose(Subject::Draft(DraftInput { text, concealed, byte_order_mark }));
        found.into_iter().map(|found| (found.rule, found.place)).collect::<Vec<_>>()
    };
    assert!(rules("{\"a\": \"\u{2039}kept:1\u{203a} \u{2022}\"}", Some(1), false).is_empty());
    assert_eq!(
        rules("{\n\"a\": \"\u{2039}kept:1\u{203a}\",}", Some(0), true),
        [("D01", Some((1, 1))), ("D02", Some((2, 16))), ("D03", Some((2, 7))),]
    );
    assert_eq!(rules(&format!("{{\"a\": \"{}\"}}", crate::text::MASK), None, false).len(), 1);
}

#[test]
fn no_two_rules_share_an_id_and_they_are_in_order() {
    let place = |rule: &Rule| ("LJOSTVD".find(&rule.id[..1]).unwrap(), rule.id);
    assert!(RULES.iter().is_sorted_by(|one, next| place(one) < place(next)));
    let names: std::collections::BTreeSet<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
}

/// The rules that judge the structure of a document.
const STRUCTURE: &[&str] = &["L01", "L09", "L18", "L28", "L29", "T01", "V01", "V02"];

/// The shapes of the receiver's own example files, of which some keep it from starting.
#[test]
fn the_receiver_s_examples_have_the_findings_of_the_catalogue_and_no_other() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "default/webhook_a",
            r#"{"data_type": "json", "module": "log", "authorization": "Bearer x",
            "module-config": {"pretty_print": true, "redact_sensitive": true}}"#,
            &[],
        ),
        (
            "default/rabbit",
            r#"{"data_type": "json", "module": "rabbitmq", "queue_name": "my_queue", "connection": "rabbitmq_local",
            "authorization": "Bearer {$TOKEN}", "rate_limit": {"max_requests": 100, "window_seconds": 60}}"#,
            &[],
        ),
        (
            "default/kafka",
            r#"{"data_type": "json", "module": "kafka", "connection": "kafka_local", "topic": "webhook_events",
            "module-config": {"key": "event_id", "forward_headers": true}, "jwt": {"secret": "{$S:x}", "algorithm": "HS256",
            "issuer": "i", "audience": "a", "verify_exp": true}}"#,
            &[],
        ),
        (
            "default/schema",
            r#"{"data_type": "json", "module": "log", "json_schema": {"$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object", "required": ["a"], "properties": {"a": {"type": "string", "enum": ["x"]}}}}"#,
            &[],
        ),
        (
            "default/chain",
            r#"{"data_type": "json", "chain": ["s3", {"module": "kafka", "connection": "k", "module-config": {"topic": "events"},
            "retry": {"enabled": true, "max_attempts": 3}}], "chain-config": {"execution": "sequential", "continue_on_error": true},
            "basic_auth": {"username": "u", "password": "{$P}"}}"#,
            &[],
        ),
        (
            "default/integration_test_webhook_redis_publish",
            r#"{"data_type": "json", "module": "redis_publish",
            "redis": {"host": "redis", "port": 6379, "channel": "integration_test:webhooks"}}"#,
            &["V01 Error redis.channel"],
        ),
        (
            "default/disk",
            r#"{"data_type": "json", "module": "save_to_disk", "module-config": {"path": "webhooks",
            "filename_template": "x", "format": "json", "append": false}}"#,
            &[
                "L18 Warning module-config.filename_template",
                "L18 Warning module-config.format",
                "L18 Warning module-config.append",
            ],
        ),
        (
            "connections/postgres_connection_string",
            r#"{"type": "postgresql", "connection_string": "postgresql://u:p@h:5432/d",
            "pool_min_size": 2, "pool_max_size": 10}"#,
            &["L01 Error host", "L01 Error port"],
        ),
        (
            "connections/redis_main",
            r#"{"type": "redis-rq", "host": "localhost", "port": 6379, "db": 0}"#,
            &["L01 Error host"],
        ),
        (
            "connections/sqs",
            r#"{"type": "aws_sqs", "aws_access_key_id": "{$A}", "aws_secret_access_key": "{$B}", "region": "us-east-1",
            "endpoint_url": "http://localstack:4566"}"#,
            &["L18 Warning region", "L18 Warning endpoint_url"],
        ),
        (
            "connections/s3",
            r#"{"type": "s3", "aws_access_key_id": "{$A}", "aws_secret_access_key": "{$B}", "region": "us-east-1",
            "endpoint_url": "http://minio:9000"}"#,
            &["L18 Warning endpoint_url"],
        ),
        (
            "connections/gcp",
            r#"{"type": "gcp_pubsub", "project_id": "my-project", "credentials": {"type": "service_account"}}"#,
            &["L18 Warning credentials"],
        ),
        (
            "connections/mqtt",
            r#"{"type": "mqtt", "host": "mosquitto", "port": 1883, "user": "u", "keepalive": 60}"#,
            &["L18 Warning user"],
        ),
        ("connections/kafka", r#"{"type": "kafka", "bootstrap_servers": "kafka:9092"}"#, &[]),
        (
            "connections/clickhouse",
            r#"{"type": "clickhouse", "host": "clickhouse", "port": 9000, "database": "d", "user": "u", "password": ""}"#,
            &[],
        ),
    ];
    for (address, text, expected) in table {
        assert_eq!(lines(address, text, STRUCTURE), *expected, "{address}");
    }
    let files = ReceiverProfile { reads_files: true, ..ReceiverProfile::default() };
    let comment: Vec<_> =
        judged("connections/_comment", "\"text\"", &files).iter().map(|found| found.rule).collect();
    assert_eq!(comment, ["L01", "L29"], "a comment in a file");
}

#[test]
fn of_a_template_nothing_is_wrong_but_what_is_left_to_edit() {
    for (kind, address) in
        [(DocumentKind::Webhook, "default/new"), (DocumentKind::Connection, "connections/new")]
    {
        for choice in document_types(kind) {
            let template = template(kind, &choice.name, None).unwrap();
            let found = lines(address, &template.text, STRUCTURE);
            assert!(found.iter().all(|line| line.starts_with("T01 Error")), "{}: {found:?}", template.text);
            let asks = template.text.to_lowercase().replace('_', "-").contains("edit-me");
            assert_eq!(asks, !found.is_empty(), "{}", template.text);
        }
    }
}

#[test]
fn a_silenced_rule_is_counted_and_another_one_has_the_severity_that_is_set() {
    let Address(key) = "a/one".parse().unwrap();
    let text = r#"{"module": "log", "unheard": 1}"#;
    let facts = Facts::scan(&Masking::of(&key, &SecretNames::default()), &text.into());
    let mut receiver = ReceiverProfile::default();
    receiver.rules.add(&OPEN_TO_ANYONE, RuleSetting::Silenced("a reason".into()));
    receiver.rules.add(&SUSPICIOUS_KEY, RuleSetting::Severity(Severity::Error));
    let diagnosis = diagnose_counting(Subject::Document(&DocumentInput::new(&key, &facts, &receiver, &())));
    assert_eq!(diagnosis.silenced, 1);
    let found: Vec<_> = diagnosis.found.iter().map(|found| (found.rule, found.severity)).collect();
    assert_eq!(found, [("L09", Severity::Error)]);
}

/// Documents of a megabyte, or of 100,000 parts, or of a part of that.
fn hostile_documents(part: usize) -> Vec<String> {
    let (parts, bytes) = (100_000 / part, (1 << 20) / part);
    let many = |item: &dyn Fn(usize) -> String| (0..parts).map(item).collect::<Vec<_>>().join(",");
    let long = "x".repeat(bytes);
    vec![
        format!("{{{}}}", many(&|at| format!("\"key{at}\": {at}"))),
        format!("{{{}}}", many(&|_| "\"module\": \"kafkaa\"".into())),
        format!(
            "{{\"module\": \"http_webhook\", \"module-config\": {{\"headers\": {{{}}}}}}}",
            many(&|at| format!("\"h{at}\": []"))
        ),
        format!("{{\"chain\": [{}]}}", many(&|_| "{\"module\": 5, \"topic\": 1, \"x\": 2}".into())),
        format!("{{\"chain\": [{}]}}", many(&|_| "\"EDIT-ME\"".into())),
        format!("{{\"ip_whitelist\": [{}]}}", many(&|_| "\"10.0.0.0/8\"".into())),
        format!(
            "{{\"module\": \"{long}\", \"{long}\": \"{long}\", \"authorization\": \"{}\"}}",
            " ".repeat(bytes)
        ),
        format!(
            "{{\"module\": \"kafka\", \"module-config\": {{\"topic\": \"{}\"}}}}",
            "_.".repeat(bytes / 2)
        ),
        format!(
            "{{\"module\": \"s3\", \"module-config\": {{\"bucket\": \"b\", \"filename_pattern\": \"{}!\"}}}}",
            "{uuid}".repeat(parts)
        ),
        format!("{{\"chain\": {}{}}}", "[".repeat(120), "]".repeat(120)),
        format!("{{\"chain\": {}{}}}", "[".repeat(parts), "]".repeat(parts)),
        format!(
            "{{\"module\": \"log\", \"rate_limit\": {{\"max_requests\": {}, \"window_seconds\": 1e999}}}}",
            "9".repeat(parts)
        ),
    ]
}

#[test]
fn hostile_documents_are_judged_in_bounded_words_and_in_time_that_grows_as_they_do() {
    for address in ["default/w", "connections/c"] {
        let cost = |text: &str| {
            let before = rustix::time::clock_gettime(ClockId::ThreadCPUTime);
            let found = judged(address, text, &ReceiverProfile::default());
            let shape = text.get(..40).unwrap_or(text);
            assert!(found.len() <= 10 * MAX_DIAGNOSTICS, "{} {shape}", found.len());
            let longest = found.iter().map(|found| found.message.len() + found.pointer.len()).max();
            assert!(longest.unwrap_or_default() < 2_000, "{shape}");
            let spent = rustix::time::clock_gettime(ClockId::ThreadCPUTime) - before;
            Duration::try_from(spent).unwrap().max(Duration::from_millis(20))
        };
        for (quarter, whole) in hostile_documents(4).iter().zip(&hostile_documents(1)) {
            // Four times as large; sixteen would be the square of it.
            let (small, large) = (cost(quarter), cost(whole));
            assert!(large < small * 10, "{small:?} and {large:?}: {}", whole.get(..40).unwrap_or(whole));
        }
    }
}

#[test]
fn a_store_is_judged_by_how_it_is_reached() {
    let of = |tls, login, receiver: &ReceiverProfile| {
        let found = diagnose(Subject::Store(&StoreInput { receiver, tls, login }));
        found.into_iter().map(|found| found.rule).collect::<Vec<_>>()
    };
    let receiver = ReceiverProfile::default();
    assert_eq!(of(true, false, &receiver), ["L32"]);
    assert_eq!(of(false, true, &receiver), ["L32"]);
    assert!(of(false, false, &receiver).is_empty());
    let own = crate::check::OwnSecrets::Variables;
    let merging = ReceiverProfile { lookup: SecretLookup { own, ..SecretLookup::default() }, ..receiver };
    assert!(of(true, true, &merging).is_empty(), "a program on this library reads what confdeck reads");
}

/// Documents of a megabyte, or of 100,000 parts, one of each kind that a rule reads.
#[test]
fn a_huge_document_gives_a_bounded_number_of_diagnostics_and_its_errors_first() {
    let list = |part: &str| vec![part; 100_000].join(",");
    let members = |value: &str| {
        let members: Vec<_> = (0..100_000).map(|n| format!("\"key{n}\": {value}")).collect();
        members.join(",")
    };
    let documents = [
        format!("{{{}}}", members("1")),
        format!("{{{}}}", members("\"{$A:x;y}\"")),
        format!("{{\"hmac\": {{\"secret\": \"{}\"}}}}", "{$A}{$vault:gone#f}${B}".repeat(100_000)),
        format!("{{\"hmac\": {{{}}}}}", members("\"{$vault:gone#f:x;y}{$NO}\"")),
        format!("{{\"chain\": [{}], \"connection\": \"no\"}}", list("\"zeromq\"")),
        format!(
            "{{\"chain\": [{}], \"retry\": {{\"enabled\": 1}}}}",
            list(r#"{"module": "mqtt", "connection": "no", "retry": {"enabled": true}}"#)
        ),
        format!("{{\"rate_limit\": {{{}}}}}", members("2")),
        format!("{{\"json_schema\": {{\"properties\": {{{}}}}}}}", members("{}")),
        format!("{{\"token\": \"{}\"}}", "x".repeat(1 << 20)),
        format!("{{\"token\": \"{}\"}}", "${A".repeat(1 << 18)),
        format!("{{\"token\": \"{}\"}}", "{$vault:".repeat(1 << 17)),
        format!("{{\"token\": \"{{$A:{}}}\"}}", "; id ".repeat(1 << 17)),
        format!("{{\"a\": {}{}}}", "[".repeat(120), "]".repeat(120)),
    ];
    for text in &documents {
        let start = &text[..40];
        #[cfg(feature = "console")]
        let walks = crate::domain::json::WALKS.get();
        let found = diagnostics("a/default", text, &receiver(), &Known::new(true));
        #[cfg(feature = "console")]
        assert_eq!(crate::domain::json::WALKS.get() - walks, 2, "for its facts, and for its tree");
        assert!(found.len() <= MAX_DIAGNOSTICS, "{start}");
        if found.len() == MAX_DIAGNOSTICS {
            assert!(found.is_sorted_by_key(|found| found.severity), "{start}");
        }
    }
}

/// `L33 Error port` for each of the particular and the general rules.
fn told(address: &str, text: &str) -> Vec<String> {
    let wanted = ["L10", "L17", "L33", "V01", "V02"];
    super::fixture::lines(address, text, &wanted)
}

#[test]
fn one_fault_is_told_once_by_the_rule_that_says_most_and_another_in_the_same_block_is_told_too() {
    let table: &[(&str, &str, &[&str])] = &[
        // Of a connection that never works, as seriously as the schema takes it.
        ("connections/c", r#"{"type": "mqtt", "host": "h", "port": "1883"}"#, &["L33 Error port"]),
        ("connections/c", r#"{"type": "mqtt", "host": "h", "port": []}"#, &["L33 Error port"]),
        // The settings of redis_publish are missing.
        ("a/b", r#"{"module": "redis_publish", "connection": "k"}"#, &["L17 Error connection"]),
        ("a/b", r#"{"module": "redis_publish"}"#, &["L17 Error module"]),
        // What makes a block useless, and what is wrong with it beside.
        ("a/b", r#"{"module": "log", "hmac": {}}"#, &["L10 Error hmac"]),
        ("a/b", r#"{"module": "log", "hmac": {"header": "X"}}"#, &["L10 Error hmac"]),
        ("a/b", r#"{"module": "log", "hmac": {"secret": "{$S}", "algorithm": 5}}"#, &["L10 Error hmac"]),
        (
            "a/b",
            r#"{"module": "log", "jwt": {"algorithm": "HS256", "issuer": 5}}"#,
            &["L10 Error jwt", "V01 Error jwt.issuer"],
        ),
        (
            "a/b",
            r#"{"module": "log", "basic_auth": {"username": "", "password": "{$P}"}, "data_type": 5}"#,
            &["L10 Error basic_auth", "V01 Error data_type"],
        ),
    ];
    for (address, text, expected) in table {
        assert_eq!(told(address, text), *expected, "{text}");
    }
}
