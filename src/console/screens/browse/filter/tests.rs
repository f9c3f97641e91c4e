//! Tests of filters.

use super::*;
use crate::console::model::Model;
use crate::console::shell::sample;
use crate::inventory::{Scope, Slot};

#[test]
fn substrings_ignore_case() {
    for (text, needle, found) in [
        ("Kafka_Main", "kafka", true),
        ("kafka", "kafka_", false),
        ("xKa", "ka", true),
        ("", "a", false),
        ("aab", "ab", true),
    ] {
        assert_eq!(contains(text.as_bytes(), needle.as_bytes()), found, "{text} {needle}");
    }
}

#[test]
fn every_text_is_a_filter() {
    for text in ["", "  ", "!", "conn:", "!!", "a:b"] {
        assert_eq!(Filter::parse(text, None).error(), None, "{text}");
    }
    assert!(Filter::parse(" ! conn: is: ", None).is_empty());
    assert_eq!(Filter::parse("conn:Kafka !test", None).terms.len(), 2);
}

/// The addresses of the sample that match a line.
fn matching(model: &Model, line: &str) -> String {
    let (filter, context) = (Filter::parse(line, None), ListContext::from(model));
    let rows = [Scope::AllWebhooks, Scope::Connections].into_iter().flat_map(|scope| {
        let slots: Vec<Slot> = model.inventory.slots(&scope).collect();
        slots.into_iter().filter_map(|slot| model.inventory.row(slot))
    });
    let rows = rows.filter(|row| filter.accepts(*row, context));
    rows.map(|row| row.key().to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_the_list_shows_is_found_before_and_after_the_checks() {
    let mut model = sample::browse(sample::size(120, 40));
    for checked in [false, true] {
        for (line, expected) in [
            ("is:broken !ns:team-a", "production/stripe_events staging/list"),
            ("is:broken ns:team-a empty", "team-a/empty"),
            ("is:open ns:default", "default/ping"),
            ("auth:none ns:default", "default/ping"),
            ("auth:hmac", "production/github_events"),
            ("auth:basic", "production/orders staging/admin_panel"),
            ("!auth:basic ns:production module:rabbitmq", ""),
            ("severity:error ns:team-a empty", "team-a/empty"),
        ] {
            assert_eq!(matching(&model, line), expected, "{line} {checked}");
        }
        crate::console::update::checks::finish(&mut model);
    }
    assert_eq!(matching(&model, "problem:L15"), "staging/doorbell connections/mqtt_site");
    assert_eq!(matching(&model, "problem:connection"), "staging/doorbell connections/mqtt_site");
    assert_eq!(matching(&model, "problem:l15 severity:error"), "staging/doorbell");
    assert_eq!(matching(&model, "problem:L15 severity:warning"), "");
}

#[test]
fn a_word_that_a_field_does_not_know_is_told_with_those_that_it_does() {
    let error = |line| Filter::parse(line, None).error();
    assert_eq!(error("is:brokn").as_deref(), Some("is:brokn is not known; is: takes broken, open"));
    let takes = "severity:fatal is not known; severity: takes error, warning, hint";
    assert_eq!(error("kafka !severity:fatal").as_deref(), Some(takes));
    let takes = "problem:l99 is not known; problem: takes the id or the name of a rule";
    assert_eq!(error("problem:L99").as_deref(), Some(takes));
    assert!(error("auth:bear").is_none() && error("is:b").is_none(), "it is still being typed");
    let model = sample::browse(sample::size(120, 40));
    assert_eq!((matching(&model, "is:brokn"), matching(&model, "!is:brokn")), (String::new(), String::new()));
}

#[test]
fn a_word_is_completed_as_far_as_it_is_clear() {
    let own = OwnRules::default();
    let complete = |line| Filter::complete(line, &own);
    assert_eq!(complete("kafka is:b").as_deref(), Some("kafka is:broken"));
    assert_eq!(complete("!au").as_deref(), Some("!auth:"));
    assert_eq!(complete("auth:oa").as_deref(), Some("auth:oauth"));
    assert_eq!(complete("problem:l1"), None, "it is L11 or L15");
    assert_eq!(complete("problem:greedy").as_deref(), Some("problem:greedy-default"));
    assert_eq!((complete(""), complete("is:broken"), complete("nothing")), (None, None, None));
    assert_eq!(Filter::completions("sec:un", &own), ["sec:unreachable", "sec:unknown"]);
    assert_eq!(Filter::completions("is:", &own), ["is:broken", "is:open"]);
}
