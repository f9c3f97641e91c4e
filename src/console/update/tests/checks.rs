//! Checks of all documents: what is found follows every change, and what is shown is of everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::check::{ReceiverProfile, Rule, RuleSetting, SeverityCounts, rules};
use crate::console::screens::browse::ListContext;
use crate::console::shell;
use crate::console::theme::{ColorDepth, Glyphs, Theme};
use crate::console::widgets::ListSource;
use crate::inventory::{RowRef, Slot};

impl TestConsole {
    /// Does what workers do.
    pub(super) fn work(&mut self) -> &mut Self {
        loop {
            let (jobs, others): (Vec<_>, Vec<_>) =
                self.effects.drain(..).partition(|effect| matches!(effect, Effect::Compute(..)));
            self.effects = others;
            if jobs.is_empty() {
                return self;
            }
            for job in jobs {
                if let Effect::Compute(request, job) = job {
                    self.send(AppEvent::Answer(request, Answer::Computed(job.run())));
                }
            }
        }
    }

    fn total(&self) -> (usize, usize, usize) {
        let SeverityCounts { errors, warnings, hints } = self.model.checks.index.total();
        (errors, warnings, hints)
    }

    /// The rules that found something in a document; `None` if it was not checked.
    pub(super) fn rules_of(&self, address: &str) -> Option<Vec<&'static str>> {
        let slot = self.model.inventory.find(&key(address))?;
        let found = self.model.checks.index.of(slot)?;
        Some(found.iter().map(|problem| problem.rule).collect())
    }

    pub(super) fn frame(&self) -> String {
        let size = self.model.size;
        let mut terminal =
            ratatui::Terminal::new(ratatui::backend::TestBackend::new(size.cols, size.rows)).unwrap();
        let theme = Theme::named("default", ColorDepth::None, Glyphs::Unicode).unwrap();
        terminal.draw(|frame| shell::draw(&self.model, &theme, frame)).unwrap();
        terminal.backend().to_string()
    }

    /// The rows of the Problems tab.
    pub(super) fn listed(&self) -> Vec<String> {
        let source = (&self.model.problems.rows, ListContext::from(&self.model));
        let ids = (0..source.len()).filter_map(|at| source.id_at(at));
        ids.map(|id| format!("{} {}", id.rule, id.key)).collect()
    }
}

/// With those rules alone that these tests are about: others find something in such small documents.
pub(super) fn few_rules() -> TestConsole {
    with_few_rules(TestConsole::loaded())
}

fn with_few_rules(mut console: TestConsole) -> TestConsole {
    let mut receiver = ReceiverProfile::default();
    let is_meant = |rule: &&Rule| matches!(rule.id, "L11" | "L15" | "L29" | "X01" | "X02" | "X03");
    for rule in rules::all().filter(|rule| !is_meant(rule)) {
        receiver.rules.add(rule, RuleSetting::Silenced("of no matter here".into()));
    }
    let Model { context, checks, inventory, .. } = &mut console.model;
    context.receiver = Arc::new(receiver);
    checks.require_all(inventory.rows_from(Slot::FIRST).map(RowRef::slot));
    super::super::checks::finish(&mut console.model);
    console
}

const AUTH: &str = r#""jwt": {"secret": "{$JWT}"}"#;

pub(super) fn with_auth(rest: &str) -> String {
    format!("{{{AUTH}{rest}}}")
}

#[test]
fn a_change_is_checked_at_once_with_what_depends_on_it() {
    let mut console = few_rules();
    assert_eq!(console.total(), (0, 3, 1), "three webhooks are open, and one value is no JSON");
    console.del("connections/k1", 6);
    assert_eq!(console.rules_of("a/two").unwrap(), ["L15", "L11"]);
    assert_eq!(console.total(), (2, 3, 1));
    console.put("connections/k1", r#"{"type":"kafka"}"#, 7);
    assert_eq!(console.total(), (0, 3, 1));
    console.put("a/one", "[]", 8);
    assert_eq!(console.rules_of("a/one").unwrap(), ["L29"]);
    assert_eq!(console.total(), (1, 2, 1));
    console.del("a/one", 9);
    assert_eq!((console.rules_of("a/one"), console.total()), (None, (0, 2, 1)));
    assert!(console.effects.is_empty(), "none of it needs a worker: {:?}", console.effects);
}

#[test]
fn documents_on_the_screen_are_checked_first_and_the_rest_in_slices() {
    let mut console = with_few_rules(TestConsole::new());
    let entries: Vec<_> = (0..3_000)
        .map(|at| entry(&format!("a/hook-{at:04}"), &with_auth(r#", "x-error": 1"#), at + 1))
        .collect();
    console.load("s1", 3_000, &entries);
    console.feed(WatchEvent::State(LinkState::Synced));
    let jobs = |console: &mut TestConsole| -> Vec<_> { console.effects.drain(..).collect() };
    let first = jobs(&mut console);
    assert_eq!(first.len(), 2, "one for each core: {first:?}");
    assert_eq!(console.total(), (0, 0, 0), "none of it was done on the loop");
    let mut first = first.into_iter();
    let Some(Effect::Compute(request, job)) = first.next() else { panic!("a job") };
    console.send(AppEvent::Answer(request, Answer::Computed(job.run())));
    let seen = console.total().0;
    assert!((20..60).contains(&seen), "those on the screen: {seen}");
    assert!(console.rules_of("a/hook-0000").is_some() && console.rules_of("a/hook-2999").is_none());
    console.keys("4");
    let frame = console.frame();
    assert!(frame.contains(&format!("checked {seen} of 3,000")), "{frame}");
    assert!(frame.contains(&format!("{seen}✗…")), "{frame}");
    console.effects.extend(first);
    console.work();
    assert_eq!(console.total(), (3_000, 0, 0));
    let frame = console.frame();
    assert!(frame.contains("in 3,000") && frame.contains("3,000✗") && !frame.contains("✗…"), "{frame}");
    assert_eq!(console.listed().len(), 3_000);
}

#[test]
fn an_answer_about_a_document_that_changed_meanwhile_is_dropped() {
    let mut console = with_few_rules(TestConsole::new());
    let entries: Vec<_> = (0..100)
        .map(|at| {
            entry(
                &format!("a/hook-{at:03}"),
                &with_auth(r#", "x-error": 1, "module": "kafka", "connection": "k""#),
                at + 1,
            )
        })
        .chain([entry("connections/k", r#"{"type": "kafka"}"#, 200)])
        .collect();
    console.load("s1", 300, &entries);
    console.feed(WatchEvent::State(LinkState::Synced));
    let jobs: Vec<_> = console.effects.drain(..).collect();
    assert!(!jobs.is_empty());
    // Under way are answers about a document that is mended, one that is gone, and all that lose a connection.
    console.put("a/hook-000", &with_auth(""), 301);
    console.del("a/hook-001", 302);
    console.del("connections/k", 303);
    let later: Vec<_> = console.effects.drain(..).collect();
    console.effects = jobs;
    console.work();
    console.effects.extend(later);
    console.work();
    assert_eq!(console.rules_of("a/hook-000").unwrap(), Vec::<&str>::new());
    assert_eq!(console.rules_of("a/hook-001"), None);
    assert_eq!(console.rules_of("a/hook-050").unwrap(), ["L15", "X01"]);
    assert_eq!(console.total(), (196, 0, 0));
}

#[test]
fn counts_are_of_everything_and_not_of_what_is_on_the_screen() {
    let mut console = few_rules();
    console.put("b/broken", "{", 6);
    console.put("b/worse", &with_auth(r#", "x-error": 1, "x-warning": 2"#), 7);
    console.put("connections/k2", r#"{"type": "kafka", "x-warning": 1}"#, 8);
    let frame = console.frame();
    let lines: Vec<_> = frame.lines().collect();
    assert!(lines[0].contains("2✗ 5▲"), "the header: {frame}");
    assert!(lines[1].contains("1 Webhooks 5 2✗ 4▲") && lines[1].contains("2 Connections 2 1▲"), "{frame}");
    assert!(lines[1].contains("4 Problems 2✗ 5▲"), "{frame}");
    let namespace = lines.iter().find(|line| line.starts_with("\" b ")).unwrap();
    assert!(namespace.contains("2✗ 3"), "the worst of them, and how many documents: {frame}");
    // Whatever is filtered or scrolled away, or in front.
    console.keys("/").text("one").keys("enter 2");
    assert!(console.frame().lines().next().unwrap().contains("2✗ 5▲"));
}

#[test]
fn from_the_problem_to_its_place_in_the_editor_and_back_to_the_list() {
    let mut console = few_rules();
    let text =
        r#"{"jwt": {"secret": "{$JWT}"}, "chain": [{"module": "log"}, {"module": "log", "x-error": 1}]}"#;
    console.put("b/fanout", text, 6);
    console.keys("4");
    assert_eq!(console.listed()[..1], ["X01 b/fanout"], "the worst is first: {:?}", console.listed());
    let frame = console.frame();
    assert!(frame.contains("x-error is set") && frame.contains("take it out"), "{frame}");
    assert!(frame.contains("chain[1].x-error") && frame.contains("line 1, column"), "{frame}");
    console.keys("enter");
    let edit = console.model.edit.as_ref().unwrap();
    let line = edit.buffer.line(edit.buffer.cursor().row).trim();
    assert_eq!(line, r#""x-error": 1"#, "laid out, it is on a line of its own");
    console.keys("esc");
    assert_eq!((console.model.tab, console.model.place()), (Tab::Problems, Place::Problems));
    console.put("b/fanout", &with_auth(""), 7);
    assert!(!console.listed().iter().any(|row| row.contains("fanout")), "{:?}", console.listed());
}

#[test]
fn what_is_no_json_is_opened_at_its_first_error() {
    let mut console = few_rules();
    console.put("a/broken", "{\n  \"module\": \"log\"\n  \"topic\": 1\n}", 6);
    console.keys("4 enter");
    let edit = console.model.edit.as_ref().unwrap();
    assert_eq!(edit.key, key("a/broken"));
    assert_eq!(edit.buffer.cursor().row, 2, "where the comma is missing");
}

#[test]
fn where_nothing_can_be_written_the_document_is_shown() {
    let mut console = few_rules();
    console.put("a/broken", "{", 6);
    console.model.lock = WriteAccess::Locked;
    console.keys("4 enter");
    assert!(console.model.edit.is_none());
    assert_eq!((console.model.tab, console.selected()), (Tab::Webhooks, "a/broken".into()));
    assert_eq!(console.model.place(), Place::Detail);
    assert_eq!(console.notice(), "locked: type :unlock first");
}

#[test]
fn problems_are_filtered_sorted_and_marked_and_the_selection_stays_on_its_problem() {
    let mut console = few_rules();
    console.put("b/bad", &with_auth(r#", "x-error": 1"#), 6);
    console.put("b/odd", &with_auth(r#", "x-warning": 1"#), 7);
    console.keys("4");
    let all = ["X01 b/bad", "L11 a/one", "L11 a/two", "L11 b/three", "X02 b/odd", "L29 key:x/y/z/w"];
    assert_eq!(console.listed(), all);
    console.keys("j j j j");
    assert_eq!(console.model.focused(), Some(&key("b/odd")));
    console.put("a/worst", &with_auth(r#", "x-error": 1"#), 8);
    assert_eq!(console.model.focused(), Some(&key("b/odd")), "rows appear above it");
    console.keys("/").text("sev");
    console.keys("tab").text("e");
    console.keys("tab enter");
    assert_eq!(console.model.problems.list.filter.text(), "severity:error");
    assert_eq!(console.listed(), ["X01 a/worst", "X01 b/bad"]);
    console.keys("space");
    assert_eq!(console.model.webhooks.marks.len(), 1, "as in the list of webhooks");
    console.keys("esc");
    console.keys("o");
    assert_eq!(console.listed()[..3], ["L11 a/one", "L11 a/two", "X01 a/worst"], "by document");
    console.keys("/").text("told-error").keys("enter");
    assert_eq!(console.listed(), ["X01 a/worst", "X01 b/bad"], "by the name of the rule");
}

#[test]
fn a_list_that_is_filtered_by_problems_follows_them() {
    let mut console = few_rules();
    console.put("b/bad", &with_auth(r#", "x-error": 1"#), 6);
    console.keys("/").text("problem:X01").keys("enter");
    let shown = |console: &TestConsole| console.model.webhooks.listing.len(&console.model.inventory);
    assert_eq!((shown(&console), console.selected()), (1, "b/bad".into()));
    console.put("a/too", &with_auth(r#", "x-error": 1"#), 7);
    assert_eq!(shown(&console), 2);
    console.put("b/bad", &with_auth(""), 8);
    assert_eq!((shown(&console), console.selected()), (1, "a/too".into()));
    // What depends on something else changes without a change of its own.
    console.keys("esc /").text("problem:connection").keys("enter");
    assert_eq!(shown(&console), 0);
    console.del("connections/k1", 9);
    assert_eq!(shown(&console), 2);
}

#[test]
fn marks_and_detail_show_what_was_found_in_the_whole_document() {
    let mut console = few_rules();
    console.put("a/one", &with_auth(r#", "x-error": 1, "x-warning": 2"#), 6);
    let frame = console.frame();
    let row = frame.lines().find(|line| line.contains("one") && line.contains('▌')).unwrap();
    assert!(row.contains('✗'), "{frame}");
    assert!(frame.contains("✗ X01 x-error is set"), "{frame}");
    assert!(frame.contains("▲ X02 x-warning is"), "{frame}");
}

/// What is done to a document in the property test.
#[derive(Debug, Clone)]
enum Step {
    Webhook { number: usize, connection: usize, bad: bool },
    Connection { number: usize, kind: usize },
    Delete { address: usize },
}

fn address(at: usize) -> String {
    match at {
        0..6 => format!("{}/id{}", ["a", "b"][at % 2], at / 2),
        _ => format!("connections/c{}", at - 6),
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..6usize, 0..4usize, any::<bool>()).prop_map(|(number, connection, bad)| Step::Webhook {
            number,
            connection,
            bad
        }),
        (0..3usize, 0..2usize).prop_map(|(number, kind)| Step::Connection { number, kind }),
        (0..9usize).prop_map(|address| Step::Delete { address }),
    ]
}

/// What was found in each document.
fn picture(console: &TestConsole) -> BTreeMap<String, Vec<String>> {
    let rows = console.model.inventory.rows_from(crate::inventory::Slot::FIRST);
    rows.map(|row| {
        let found = console.model.checks.index.of(row.slot()).expect("it was checked");
        (
            row.key().to_string(),
            found.iter().map(|found| format!("{} {}", found.rule, found.message)).collect(),
        )
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However documents are added, changed and removed, what is known equals what checking all of them afresh
    /// finds, and so does the list.
    #[test]
    fn what_follows_changes_equals_what_is_checked_afresh(steps in prop::collection::vec(step(), 1..30)) {
        let mut console = TestConsole::new();
        console.load("s1", 1, &[]);
        console.feed(WatchEvent::State(LinkState::Synced));
        console.keys("4");
        let mut entries = BTreeMap::new();
        for (revision, step) in (2..).zip(steps) {
            let (address, text) = match step {
                Step::Webhook { number, connection, bad } => {
                    let bad = if bad { r#", "x-error": 1"# } else { "" };
                    let name = if connection == 3 { String::new() } else { format!(r#", "connection": "c{connection}""#) };
                    (address(number), Some(with_auth(&format!(r#", "x-around": 1{bad}{name}"#))))
                }
                Step::Connection { number, kind } => {
                    let kind = ["kafka", "mqtt"][kind];
                    (address(6 + number), Some(format!(r#"{{"type": "{kind}", "x-around": 1}}"#)))
                }
                Step::Delete { address: at } => (address(at), None),
            };
            match text {
                Some(text) => {
                    console.put(&address, &text, revision);
                    entries.insert(address.clone(), entry(&address, &text, revision));
                }
                None => {
                    console.del(&address, revision);
                    entries.remove(&address);
                }
            }
            console.work();
        }
        // The index of ids follows at most once a second.
        console.wait(2_000).send(AppEvent::Wake);
        console.work();
        let mut afresh = TestConsole::new();
        afresh.load("s1", 99, &entries.values().cloned().collect::<Vec<_>>());
        afresh.feed(WatchEvent::State(LinkState::Synced));
        afresh.work().keys("4");
        prop_assert_eq!(picture(&console), picture(&afresh));
        prop_assert_eq!(console.model.checks.index.total(), afresh.model.checks.index.total());
        prop_assert_eq!(console.listed(), afresh.listed());
    }
}

/// A console whose receiver validates the namespace `a` at its start, with a webhook there that it refuses.
fn validating(setting: Option<RuleSetting>) -> TestConsole {
    let mut console = TestConsole::loaded();
    let default_namespace = crate::domain::Namespace::new("a").unwrap();
    let mut receiver = ReceiverProfile { default_namespace, ..ReceiverProfile::default() };
    if let Some(setting) = setting {
        receiver.rules.add(rules::rule("L01").unwrap(), setting);
    }
    let Model { context, webhooks, connections, .. } = &mut console.model;
    context.receiver = Arc::new(receiver);
    for page in [webhooks, connections] {
        page.receiver = Arc::clone(&context.receiver);
    }
    console.put("a/one", r#"{"module": "kafkXX"}"#, 6);
    console.work();
    console
}

#[test]
fn list_detail_problems_review_and_effective_view_judge_by_the_receiver_and_the_rules_of_the_context() {
    let dark = "after the receiver's next start every webhook answers 404";
    let mut console = validating(None);
    console.model.size.cols = 200;
    let shown = console.frame();
    assert!(shown.contains(dark) && shown.contains("POST /webhook/one"), "{shown}");
    assert_eq!(console.rules_of("a/one").unwrap().first(), Some(&"L01"));
    console.keys("4");
    assert!(console.listed().contains(&"L01 a/one".to_owned()), "{:?}", console.listed());
    console.keys("1 v");
    assert!(console.frame().contains(dark), "{}", console.frame());
    let review = |console: &mut TestConsole| {
        console.keys("e");
        let edit = console.model.edit.as_mut().unwrap();
        assert!(edit.buffer.set_text(r#"{"module": "kafkXXX"}"#));
        console.keys("ctrl-s");
    };
    console.keys("v");
    review(&mut console);
    let darkens = |console: &TestConsole| match &console.model.edit.as_ref().unwrap().stage {
        DraftStage::Review(review) => review.preflight.as_ref().unwrap().found.len(),
        _ => panic!("no review"),
    };
    assert_eq!(darkens(&console), 1);

    let mut silenced = validating(Some(RuleSetting::Silenced("ours".into())));
    silenced.model.size.cols = 200;
    assert!(!silenced.frame().contains(dark), "{}", silenced.frame());
    assert!(!silenced.rules_of("a/one").unwrap().contains(&"L01"));
    silenced.keys("4");
    assert!(!silenced.listed().contains(&"L01 a/one".to_owned()));
    silenced.keys("1");
    review(&mut silenced);
    assert_eq!(darkens(&silenced), 0);
}
