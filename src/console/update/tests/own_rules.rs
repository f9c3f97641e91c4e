//! Own rules in the console: judged by workers, shown among other problems, disabled if they cost too much.

use std::sync::Arc;

use super::checks::{few_rules, with_auth};
use super::*;
use crate::check::OwnRuleText;
use crate::domain::json::Severity;
use crate::inventory::{RowRef, Slot};

/// A console with own rules.
fn with_own_rules(rules: &[(&str, &str)]) -> TestConsole {
    let mut console = few_rules();
    let mut receiver = (*console.model.context.receiver).clone();
    for (id, when) in rules {
        let own = OwnRuleText {
            id: (*id).into(),
            severity: Severity::Error,
            message: format!("it breaks {id}"),
            remedy: String::new(),
            when: (*when).into(),
            kinds: Vec::new(),
        };
        receiver.own_rules.add(&own).unwrap();
    }
    let Model { context, checks, inventory, .. } = &mut console.model;
    context.receiver = Arc::new(receiver);
    checks.require_all(inventory.rows_from(Slot::FIRST).map(RowRef::slot));
    crate::console::update::checks::finish(&mut console.model);
    console
}

#[test]
fn own_rules_are_never_judged_on_the_loop_and_a_stale_answer_of_theirs_is_dropped() {
    let mut console = with_own_rules(&[("named-x", "has(self.x)")]);
    console.put("a/one", &with_auth(r#", "x": 1"#), 7);
    assert_eq!(console.rules_of("a/one").unwrap(), ["L11"], "as it was before");
    let first: Vec<_> = console.effects.drain(..).collect();
    assert!(matches!(first[..], [Effect::Compute(..)]), "{first:?}");
    console.put("a/one", &with_auth(r#", "y": 1"#), 8);
    let second: Vec<_> = console.effects.drain(..).collect();
    console.effects.extend(second);
    console.work();
    console.effects.extend(first);
    console.work();
    assert!(console.rules_of("a/one").unwrap().is_empty(), "the older answer is of another document");
    console.put("a/one", &with_auth(r#", "x": 1"#), 9);
    console.work();
    assert_eq!(console.rules_of("a/one").unwrap(), ["named-x"]);
}

#[test]
fn problems_of_own_rules_are_filtered_completed_and_described_by_their_id() {
    let mut console = with_own_rules(&[("named-x", "has(self.x)"), ("named-y", "has(self.y)")]);
    console.put("a/one", &with_auth(r#", "x": 1"#), 7);
    console.put("a/two", &with_auth(r#", "y": 1"#), 8);
    console.work();
    console.keys("4 /").text("problem:NAMED-X").keys("enter");
    assert_eq!(console.listed(), ["named-x a/one"]);
    let frame = console.frame();
    assert!(frame.contains("✗ error named-x ") && frame.contains("it breaks named-x"), "{frame}");
    console.keys("/ ctrl-u").text("problem:nam");
    let frame = console.frame();
    assert!(frame.contains("problem:named-x problem:named-y"), "{frame}");
    assert_eq!(console.listed(), ["named-x a/one", "named-y a/two"]);
}

#[test]
fn an_own_rule_that_costs_too_much_is_disabled_told_once_and_its_findings_are_gone() {
    let mut console = with_own_rules(&[
        ("costly", "has(self.x) || has(self.list) && self.list.all(x, self.list.exists(y, x == y))"),
        ("cheap", "has(self.x)"),
    ]);
    console.put("a/one", &with_auth(r#", "x": 1"#), 7);
    console.work();
    assert_eq!(console.rules_of("a/one").unwrap(), ["cheap", "costly"]);
    let list = (0..2_000).map(|at| at.to_string()).collect::<Vec<_>>().join(",");
    console.put("a/two", &with_auth(&format!(", \"list\": [{list}]")), 8);
    console.work();
    assert_eq!(console.rules_of("a/one").unwrap(), ["cheap"]);
    assert!(console.rules_of("a/two").unwrap().is_empty());
    let told = |console: &TestConsole| {
        let all = console
            .model
            .notices
            .newest_first()
            .filter(|notice| notice.text.contains("costly is disabled"))
            .count();
        let health = console.model.context.settings.findings();
        (all, health.iter().filter(|finding| finding.text.contains("costly is disabled")).count())
    };
    assert_eq!(told(&console), (1, 1));
    console.put("a/two", &with_auth(&format!(", \"list\": [{list}, 1]")), 9);
    console.work();
    assert_eq!(told(&console), (1, 1));
    let frame = console.frame();
    assert!(frame.contains("steps that it has for a/two"), "{frame}");
}
