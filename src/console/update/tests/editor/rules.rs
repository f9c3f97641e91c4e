//! What rules find in the document that a draft would become.

use std::sync::Arc;

use super::*;
use crate::check::{RuleSetting, find_rule};
use crate::console::screens::editor::SHORT_PAUSE;

const FLAWED: &str = "{\n  \"module\": \"kafka\",\n  \"connection\": \"gone\",\n  \"authorisation\": \"Bearer s3cr3t\",\n  \
                      \"module-config\": {\n    \"topic\": \"orders\"\n  }\n}";

impl TestConsole {
    /// The rules of the problems, each with its row.
    fn found(&self) -> Vec<(&'static str, usize)> {
        self.edit().diagnostics.list().iter().map(|flaw| (flaw.found.rule, flaw.from.row)).collect()
    }

    /// Waits until typing counts as paused.
    fn pause(&mut self) -> &mut Self {
        self.now += SHORT_PAUSE;
        self.send(AppEvent::Wake);
        self
    }

    fn has(&self, rule: &str) -> bool {
        self.found().iter().any(|(found, _)| *found == rule)
    }
}

#[test]
fn all_rules_are_asked_after_a_short_pause_by_what_is_known_around_the_document() {
    let mut console = opened(FLAWED);
    console.model.link.has_loaded = true;
    assert_eq!(console.found(), [], "not before the first frame");
    assert!(console.model.next_wake().is_some_and(|at| at <= console.now));
    console.send(AppEvent::Wake);
    assert!(console.has("L15"), "{:?}", console.found());
    assert!(console.found().contains(&("L09", 3)), "{:?}", console.found());
    let flaw = console.edit().diagnostics.list().iter().find(|flaw| flaw.found.rule == "L09").unwrap();
    assert_eq!((flaw.found.place, flaw.from.at, flaw.to.at), (Some((4, 3)), 2, 17));
    assert!(console.edit().diagnostics.first_error().is_none(), "it can be written");
    // Somebody makes the connection meanwhile.
    console.put("connections/gone", r#"{"type": "kafka", "bootstrap_servers": "kafka:9092"}"#, 6);
    console.wait(300).send(AppEvent::Wake);
    assert!(!console.has("L15"), "{:?}", console.found());
}

#[test]
fn the_settings_of_the_context_hold_in_the_editor_too() {
    let mut console = TestConsole::new();
    let mut receiver = (*console.model.context.receiver).clone();
    receiver.rules.add(find_rule("L09").unwrap(), RuleSetting::Silenced("ours".into()));
    receiver
        .rules
        .add(find_rule("L11").unwrap(), RuleSetting::Severity(crate::domain::json::Severity::Error));
    console.model.context.receiver = Arc::new(receiver);
    console.load("s1", 5, &[entry("a/one", FLAWED, 1)]);
    console.keys("e").send(AppEvent::Wake);
    assert!(!console.has("L09"), "{:?}", console.found());
    assert!(console.edit().diagnostics.counts().errors > 0 && console.has("L11"), "{:?}", console.found());
}

#[test]
fn a_fix_of_a_rule_is_one_step_by_the_same_key() {
    let mut console = opened(FLAWED);
    console.send(AppEvent::Wake);
    let mut rows = Vec::new();
    for _ in 0..console.found().len() {
        console.press(KeyCode::F(8));
        rows.push(console.cursor().0);
    }
    rows.rotate_right(1);
    assert!(rows.len() > 1 && rows.is_sorted() && rows.contains(&3), "each in turn: {rows:?}");
    // Before the secret in plain text, which nothing but its owner can move.
    while console.cursor() != (3, 2) {
        console.press(KeyCode::F(7));
    }
    console.press(KeyCode::F(2));
    assert_eq!(console.line(3), "  \"authorization\": \"Bearer ‹kept:1›\",");
    console.pause();
    assert!(!console.has("L09"), "{:?}", console.found());
    console.keys("ctrl-u").pause();
    assert!(console.has("L09") && !console.edit().is_changed(), "{:?}", console.found());
}

#[test]
fn a_fix_that_is_asked_for_at_once_is_not_put_off() {
    let mut console = opened(FLAWED);
    for _ in 0..3 {
        console.press(KeyCode::Down);
    }
    console.press(KeyCode::F(2));
    assert_eq!(console.line(3), "  \"authorization\": \"Bearer ‹kept:1›\",");
}

#[test]
fn where_no_rule_finds_anything_the_key_says_so() {
    let mut console = opened(r#"{"module": "log", "jwt": {"secret": "{$vault:app/jwt#secret}"}}"#);
    console.press(KeyCode::F(8));
    assert_eq!(console.notice(), "no problem is known");
}

#[test]
fn shifted_function_keys_go_back_or_do_what_they_do_without() {
    let mut console = opened("{\n  \"a\": x,\n  \"b\": y,\n  \"c\": z\n}");
    let shift = |console: &mut TestConsole, number| {
        console.send(AppEvent::Key(KeyEvent::new(KeyCode::F(number), KeyModifiers::SHIFT)));
        console.cursor().0
    };
    assert_eq!([shift(&mut console, 8), shift(&mut console, 8), shift(&mut console, 8)], [3, 2, 1]);
    assert_eq!(shift(&mut console, 8), 3, "round the beginning");
    shift(&mut console, 2);
    assert_eq!(console.line(3), "  \"c\": \"z\"");
}

#[test]
fn problems_move_with_their_lines_and_go_once_the_text_is_no_document() {
    let mut console = opened(FLAWED);
    console.send(AppEvent::Wake);
    console.keys("end enter");
    assert!(console.found().contains(&("L09", 4)), "{:?}", console.found());
    console.text("x");
    assert!(console.found().contains(&("L09", 4)), "until typing pauses: {:?}", console.found());
    console.pause();
    let is_of_text = |(rule, _): &(&str, usize)| *rule == "D02";
    assert!(console.found().iter().all(is_of_text), "{:?}", console.found());
    console.keys("backspace").pause();
    assert!(console.found().contains(&("L09", 4)), "{:?}", console.found());
}

/// Larger than what is judged before `update` returns.
fn long() -> String {
    let note = "some words; ".repeat(3_000);
    FLAWED.replace("\"topic\": \"orders\"", &format!("\"topic\": \"orders\",\n    \"key\": \"{note}\""))
}

#[test]
fn a_longer_draft_is_judged_outside_and_an_answer_about_an_older_text_is_dropped() {
    let mut console = opened(&long());
    console.effects.clear();
    console.send(AppEvent::Wake);
    let step = |console: &mut TestConsole| {
        let is_job = |effect: &Effect| matches!(effect, Effect::Compute(..));
        console.effects.retain(is_job);
        let Some(Effect::Compute(request, job)) = console.effects.pop() else { panic!("a job") };
        assert!(console.effects.is_empty(), "one at a time");
        console.send(AppEvent::Answer(request, Answer::Computed(job.run())));
    };
    assert_eq!(console.found(), []);
    // Its document, then what rules say of it.
    step(&mut console);
    console.keys("end").text(" ");
    step(&mut console);
    assert_eq!(console.found(), [], "of a text that is no more");
    console.pause();
    step(&mut console);
    step(&mut console);
    assert!(console.found().contains(&("L09", 3)), "{:?}", console.found());
    assert_eq!(console.model.edit.as_ref().unwrap().diagnostics.check_at(), None, "nothing is left to do");
}

#[test]
fn a_problem_after_a_secret_is_marked_where_it_is_in_the_draft() {
    let mut console = opened(r#"{"module": "log", "header_auth": {"api_key": "a-long-s3cr3t", "x": [}}"#);
    // One line, because it cannot be laid out as it is.
    console.press(KeyCode::End);
    console.keys("ctrl-u");
    let text = console.edit().text();
    let at = text.find("[}").unwrap();
    for _ in 0..text.len() - at - 1 {
        console.press(KeyCode::Left);
    }
    console.text("]").pause();
    let unknown: Vec<_> =
        console.edit().diagnostics.list().iter().filter(|flaw| flaw.found.rule == "L09").collect();
    let marked: Vec<_> =
        unknown.iter().map(|flaw| console.line(0)[flaw.from.at..flaw.to.at].to_owned()).collect();
    assert!(text.contains("‹kept:1›") && marked == ["\"x\""], "{marked:?} of {text}");
}
