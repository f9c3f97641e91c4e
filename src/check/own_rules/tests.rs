//! What own rules may say, what they find, and what is said of those that cannot be used.

use super::*;
use crate::domain::{Address, ResourceKey};

pub(super) fn key(address: &str) -> ResourceKey {
    let Address(key) = address.parse().unwrap();
    key
}

pub(super) fn text(id: &str, when: &str) -> OwnRuleText {
    OwnRuleText {
        id: id.into(),
        severity: Severity::Error,
        message: format!("{id} is violated"),
        remedy: "mend it".into(),
        when: when.into(),
        kinds: Vec::new(),
    }
}

pub(super) fn rules(expressions: &[&str]) -> OwnRules {
    let mut own = OwnRules::default();
    for (at, when) in expressions.iter().enumerate() {
        own.add(&text(&format!("own-{at}"), when)).unwrap_or_else(|mistake| panic!("{when}: {mistake:?}"));
    }
    own
}

/// The messages of what is found in a document.
pub(super) fn found(own: &OwnRules, address: &str, document: &str) -> Vec<String> {
    let judged = own.judge(&[(&key(address), document)]);
    assert_eq!(judged.overruns, []);
    judged.found.into_iter().flatten().map(|found| found.message).collect()
}

fn is_violated(when: &str, document: &str) -> bool {
    match found(&rules(&[when]), "production/hook", document).as_slice() {
        [] => false,
        [message] if message == "own-0 is violated" => true,
        others => panic!("{when}: {others:?}"),
    }
}

const DOCUMENT: &str = r#"{"module": "kafka", "topic": "billing.paid", "retries": 3, "ratio": 0.5, "off": false,
    "nothing": null, "chain": [{"module": "log"}, {"module": "s3", "bucket": "b"}], "module": "kafka2"}"#;

#[test]
fn an_expression_reads_the_document_its_key_and_its_kind() {
    for (when, expected) in [
        ("self.module == 'kafka2'", true),
        ("self.topic.startsWith(key.namespace + '.')", false),
        ("self.topic.startsWith(\"billing.\")", true),
        ("key.namespace == 'production' && key.id == 'hook' && key.address == 'production/hook'", true),
        ("kind == 'webhook'", true),
        ("kind != 'webhook'", false),
        ("has(self.password)", false),
        ("'chain' in self", true),
        ("!(\"nothing\" in self) || self.nothing != null", false),
        ("self.chain.exists(step, step.module == 's3' && step.bucket == 'b')", true),
        ("self.chain.all(step, has(step.bucket))", false),
        ("self.chain.filter(step, has(step.bucket)).size() == 1", true),
        ("self.chain.map(step, step.module) == ['log', 's3']", true),
        ("self.chain.exists_one(step, step.module == 'log')", true),
        ("self.exists(name, name.matches('^ret'))", true),
        ("self.exists(name, self[name] == 0.5)", true),
        ("self.chain[1].module in ['s3', 'gcs']", true),
        ("self.retries > 2 && self.retries < 3.5 && self.retries + 1 == 4", true),
        ("self.off ? true : self.ratio * 2.0 == 1.0", true),
        ("type(self.retries) == int && type(self.topic) == string", true),
        ("{'a': [1, 2]} == {'a': [1, 2]}", true),
        ("size(self.topic) == 12 && self.topic.contains('paid') && self.topic.endsWith('d')", true),
        ("['x', 'y'].exists(a, ['y', 'z'].exists(b, a == b))", true),
    ] {
        assert_eq!(is_violated(when, DOCUMENT), expected, "{when}");
    }
}

#[test]
fn numbers_keep_their_value_as_far_as_cel_can_hold_it() {
    for (number, when) in [
        ("9223372036854775807", "self.n == 9223372036854775807 && type(self.n) == int"),
        ("-9223372036854775808", "self.n < -9223372036854775807 && type(self.n) == int"),
        ("18446744073709551615", "self.n == 18446744073709551615u && type(self.n) == uint"),
        ("18446744073709551616", "type(self.n) == double && self.n > 18446744073709540000.0"),
        ("123456789012345678901234567890", "self.n > 1.2e29 && self.n < 1.3e29"),
        ("-0", "self.n == 0 && type(self.n) == int"),
        ("1.0", "self.n == 1 && type(self.n) == double"),
        ("1e3", "self.n == 1000.0"),
        ("1e999", "self.n > 1.7e308"),
        ("-Infinity", "self.n < -1.7e308"),
        ("NaN", "self.n != self.n"),
    ] {
        assert!(is_violated(when, &format!("{{\"n\": {number}}}")), "{number}: {when}");
    }
}

#[test]
fn a_rule_judges_the_kinds_that_it_is_for() {
    let mut own = OwnRules::default();
    let only = |id, kind| OwnRuleText { kinds: vec![kind], ..text(id, "self.n == 1") };
    own.add(&only("hooks", DocumentKind::Webhook)).unwrap();
    own.add(&only("links", DocumentKind::Connection)).unwrap();
    own.add(&text("both", "key.namespace != 'a'")).unwrap();
    assert_eq!(found(&own, "a/one", "{\"n\": 1}"), ["hooks is violated"]);
    assert_eq!(found(&own, "connections/one", "{\"n\": 1}"), ["links is violated", "both is violated"]);
    assert!(found(&own, "key:a/b/c/d", "{\"n\": 1}").is_empty(), "the receiver ignores such a key");
    for broken in ["", "{", "[1]", "\"text\""] {
        assert!(found(&own, "b/one", broken).is_empty(), "other rules tell that {broken:?} is of no use");
    }
}

#[test]
fn a_mistake_names_its_place_and_its_reason() {
    let mistake = |when: &str| {
        let mistake = OwnRules::default().add(&text("own", when)).unwrap_err();
        (mistake.at, mistake.reason)
    };
    let long = format!("'{}' == self.a", "x".repeat(2_000));
    for (when, at, reason) in [
        ("self.a == ", Some(10), "no expression of CEL: mismatched input its end"),
        ("'é' == )", Some(8), "no expression of CEL"),
        ("self.a ==\n  )", Some(12), "no expression of CEL"),
        ("'é' == 'ß' && doc.a == 1", Some(16), "\"doc\" is not known; a document is self, key, kind"),
        ("self.a.lower() == 'x'", Some(7), "there is no function \"lower\""),
        ("self.exists(x)", Some(5), "exists takes other arguments"),
        ("self.a.matches(self.b)", Some(19), "has to be written in the expression"),
        ("self.a.matches('(')", Some(15), "the pattern is none"),
        ("self.a.matches('(\\\\w{1000}){1000}')", Some(15), "the pattern is too large"),
        ("self.a.matches()", Some(7), "matches takes a text and a pattern"),
        ("self.all(x, self.all(y, self.all(z, true)))", Some(32), "more than 2 loops stand in each other"),
        ("timestamp(self.a) == timestamp(self.b)", Some(0), "no function \"timestamp\""),
        ("Message{a: 1} == self.a", Some(7), "it makes a struct"),
        ("self.?a == 1", Some(4), "no expression of CEL"),
        ("  ", None, "its expression is empty"),
        (&long, None, "its expression has 2012 bytes, and at most 2000 are taken"),
    ] {
        let (found_at, found) = mistake(when);
        assert!(found.contains(reason), "{when}: {found}");
        assert_eq!(found_at, at, "{when}: {found}");
    }
}

#[test]
fn an_id_is_a_name_of_its_own() {
    let mut own = OwnRules::default();
    own.add(&text("prod-auth", "true")).unwrap();
    for (id, reason) in [
        ("prod-auth", "another own rule has this id"),
        ("PROD-AUTH", "another own rule has this id"),
        ("open-to-anyone", "open-to-anyone is L11 of confdeck's rules; choose another id"),
        ("l11", "ids of a letter and two digits"),
        ("Z99", "ids of a letter and two digits"),
        ("", "an id is 1 to 64"),
        ("two words", "an id is 1 to 64"),
        ("a: b", "an id is 1 to 64"),
    ] {
        let mistake = own.add(&text(id, "true")).unwrap_err();
        assert!(mistake.reason.contains(reason), "{id}: {mistake:?}");
    }
    assert_eq!(own.rules().map(|rule| rule.id).collect::<Vec<_>>(), ["prod-auth"]);
    let empty = OwnRuleText { message: " ".into(), ..text("other", "true") };
    assert_eq!(own.add(&empty).unwrap_err().reason, "its message is empty");
    let two_lines = OwnRuleText { remedy: "one\ntwo".into(), ..text("other", "true") };
    assert!(own.add(&two_lines).unwrap_err().reason.contains("one line each"));
    let long = OwnRuleText { message: "x".repeat(401), ..text("other", "true") };
    assert!(own.add(&long).unwrap_err().reason.contains("at most 400 bytes"));
    for at in 1..MAX_OWN_RULES {
        own.add(&text(&format!("own-{at}"), "true")).unwrap();
    }
    assert_eq!(own.add(&text("one-more", "true")).unwrap_err().reason, "a context has at most 100 own rules");
}

#[test]
fn a_document_that_cannot_be_judged_is_told_without_a_value_of_it() {
    let document = r#"{"n": "hunter2-secret", "list": ["hunter2-secret"], "big": 9223372036854775807}"#;
    for (when, why) in [
        ("self.topic.startsWith('a')", "there is no member topic"),
        ("self[self.n] == 1", "there is no member of a name that it looks for"),
        ("self.n > 3", "_>_ cannot be used with string and int"),
        ("self.n.size() + 1", "it gives a int, not true or false"),
        ("self.list[7] == 'a'", "a list is shorter than it takes"),
        ("self.list[self.list] == 'a'", "[] cannot be used with list"),
        ("int(self.n) == 1", "int cannot take a value"),
        ("self.big + 1 > 0", "a number has more than 64 bits"),
        ("1 / (size(self.list) - 1) == 1", "it divides by zero"),
        ("self.n - self.n == 1", "sub cannot be used with values of these types"),
        ("self.n.matches('a') && self.list.matches('a')", ""),
    ] {
        let own = rules(&[when]);
        let judged = own.judge(&[(&key("a/b"), document)]);
        let [told] = &judged.found[0][..] else {
            assert!(why.is_empty(), "{when}: {judged:?}");
            continue;
        };
        assert_eq!((told.rule, told.severity), ("O02", Severity::Warning));
        assert_eq!(told.message, format!("the own rule own-0 cannot judge this document: {why}"));
        assert!(!format!("{judged:?}").contains("hunter2"), "{when}");
    }
}

#[test]
fn one_rule_that_costs_too_much_leaves_the_others_alone_and_is_told_once() {
    let items = vec!["1"; 2_000].join(",");
    let large = format!("{{\"list\": [{items}]}}");
    let own = rules(&["self.list.all(x, self.list.exists(y, x + y == 2)) || true", "self.list.size() > 1"]);
    let keys = [key("a/small"), key("a/large"), key("a/later")];
    let small = "{\"list\": [1, 1]}";
    let judged = own.judge(&[(&keys[0], small), (&keys[1], &large), (&keys[2], &large)]);
    let rules: Vec<Vec<_>> =
        judged.found.iter().map(|found| found.iter().map(|found| found.rule).collect()).collect();
    assert_eq!(rules, [["own-1"]; 3], "nothing is said that looks like all that the first finds");
    let [overrun] = &judged.overruns[..] else { panic!("{judged:?}") };
    assert_eq!((overrun.rule, &overrun.key), ("own-0", &keys[1]));
    let without = own.without(std::slice::from_ref(overrun));
    assert_eq!(without.rules().map(|rule| rule.id).collect::<Vec<_>>(), ["own-1"]);
    assert!(without.rule("own-0").is_some(), "its settings are no mistake");
    let told: Vec<_> = without.findings().map(|finding| finding.text).collect();
    let bytes = large.len();
    let steps = 20_000 + 32 * bytes;
    assert_eq!(
        told,
        [format!(
            "the own rule own-0 is disabled: it takes more than the {steps} steps that it has for a/large ({bytes} bytes)"
        )]
    );
    assert_eq!(without.diagnostics().map(|found| found.rule).collect::<Vec<_>>(), ["O01"]);
}

#[test]
fn a_rule_that_looks_at_each_member_costs_a_document_of_any_size_little() {
    let own = rules(&[
        "self.exists(name, name.contains('password') && self[name] == 'secret')",
        "self.chain.exists(step, self.forbidden.exists(module, step.module == module))",
    ]);
    let members: String = (0..15_000).map(|at| format!("\"m{at}\":{at},")).collect();
    let steps = vec![r#"{"module":"log"}"#; 30].join(",");
    let large = format!("{{{members}\"chain\":[{steps}],\"forbidden\":[\"a\",\"b\",\"c\"]}}");
    assert!(large.len() < 256 * 1024);
    assert_eq!(found(&own, "a/large", &large), [""; 0]);
}

#[test]
fn what_is_larger_or_deeper_than_own_rules_judge_is_told() {
    let own = rules(&["true"]);
    let told = |document: &str| found(&own, "a/b", document).join("|");
    let deep = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(told(&deep(63)), "own-0 is violated");
    let of = "own rules judge nothing here: the document ";
    assert_eq!(told(&deep(64)), format!("{of}nests deeper than 64 levels"));
    assert_eq!(
        told(&format!("{{\"a\": \"{}\"}}", "x".repeat(256 * 1024))),
        format!("{of}is larger than 256 KiB")
    );
}
