//! Real keys and watch events against the model; what is asserted is what a user would notice.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::effect::{Effect, RequestId};
use super::super::message::{Answer, AppEvent, Message, Stamp};
use super::super::model::{ConsoleContext, Model, Redraw, WriteAccess};
use super::super::place::Place;
use super::update;
use crate::console::overlays::Overlay;
use crate::console::screens::Tab;
use crate::console::screens::browse::Sort;
use crate::console::screens::editor::{DraftStage, Upstream};
use crate::console::shell::layout::{Pane, Size};
use crate::domain::{
    Address, Change, ChangeKind, Coverage, Entry, LinkState, ResourceKey, Revision, StoreId, Token, TokenKind,
};
use crate::inventory::{InventoryEvent, Scope, scan_event};
use crate::provider::{Capabilities, Commit, Error, Expect, Op, Outcome, WatchEvent, env, etcd};

mod choose;
mod drafts;
mod editor;
mod gate;
mod health;
mod marks;
mod merge;
mod needs;
mod partial;
mod plans;
mod presence;
mod seams;
mod secrets;
mod secrets_tab;
mod shelf;
mod truth;
mod undo;
mod unknown;

fn key(address: &str) -> ResourceKey {
    address.parse::<Address>().unwrap().0
}

fn entry(address: &str, text: &str, revision: u64) -> Entry {
    Entry {
        key: key(address),
        document: text.into(),
        revision: Revision(revision),
        created: None,
        version: None,
        token: Token::counter(revision),
        lease: None,
    }
}

fn load_events(store: &str, at: u64, entries: &[Entry]) -> [WatchEvent; 3] {
    let (store, at, coverage) = (StoreId::new(store), Revision(at), Coverage::Whole);
    [
        WatchEvent::Load { store, at, resync: false, coverage },
        WatchEvent::Page(entries.to_vec()),
        WatchEvent::Loaded { at },
    ]
}

/// A console under test: its effects are collected, and time passes on demand.
struct TestConsole {
    model: Model,
    now: Duration,
    effects: Vec<Effect>,
}

impl TestConsole {
    fn new() -> Self {
        let capabilities = Capabilities {
            namespaces: true,
            connections: true,
            leases: true,
            foreign: true,
            atomic_max: 128,
            max_document: 1 << 20,
            tokens: TokenKind::Counter,
        };
        let context = ConsoleContext {
            name: "prod".into(),
            backend: &etcd::BACKEND,
            secret_backend: &env::BACKEND,
            target: "127.0.0.1:2379 /cwm/".into(),
            warnings: vec![],
            capabilities,
            secrets: None,
            may_copy_secrets: false,
            read_only: false,
            protected: false,
            locked: false,
            frames_per_second: 60,
        };
        let model = Model::new(context, Size { cols: 120, rows: 40 });
        Self { model, now: Duration::from_secs(1), effects: Vec::new() }
    }

    fn loaded() -> Self {
        // Scanned once: exploring loads a console for every step.
        static EVENTS: LazyLock<Vec<InventoryEvent>> = LazyLock::new(|| {
            let entries = [
                entry("a/one", r#"{"module":"log"}"#, 1),
                entry("a/two", r#"{"module":"kafka","connection":"k1"}"#, 2),
                entry("b/three", r#"{"module":"kafka","connection":"k1"}"#, 3),
                entry("connections/k1", r#"{"type":"kafka"}"#, 4),
                entry("key:x/y/z/w", "?", 5),
            ];
            let synced = WatchEvent::State(LinkState::Synced);
            load_events("s1", 5, &entries).into_iter().chain([synced]).map(scan_event).collect()
        });
        let mut console = Self::new();
        for event in EVENTS.iter() {
            console.send(AppEvent::Feed(event.clone()));
        }
        console.effects.clear();
        console
    }

    fn load(&mut self, store: &str, at: u64, entries: &[Entry]) {
        for event in load_events(store, at, entries) {
            self.feed(event);
        }
    }

    fn send(&mut self, event: AppEvent) {
        let at = Stamp { mono: self.now, wall: SystemTime::UNIX_EPOCH + self.now };
        self.model.redraw = Redraw::No;
        self.effects.extend(update(&mut self.model, Message { at, event }));
    }

    fn feed(&mut self, event: WatchEvent) {
        self.send(AppEvent::Feed(scan_event(event)));
    }

    fn put(&mut self, address: &str, text: &str, revision: u64) {
        let entry = entry(address, text, revision);
        let change = Change { revision: entry.revision, kind: ChangeKind::Put { entry } };
        self.feed(WatchEvent::Batch { at: Revision(revision), changes: vec![change] });
    }

    fn del(&mut self, address: &str, revision: u64) {
        let change = Change { revision: Revision(revision), kind: ChangeKind::Deleted { key: key(address) } };
        self.feed(WatchEvent::Batch { at: Revision(revision), changes: vec![change] });
    }

    /// Keys by name, separated by blanks.
    fn keys(&mut self, keys: &str) -> &mut Self {
        for name in keys.split_whitespace() {
            let (modifiers, name) = match name.strip_prefix("ctrl-") {
                Some(rest) => (KeyModifiers::CONTROL, rest),
                None => (KeyModifiers::NONE, name),
            };
            let code = match name {
                "enter" => KeyCode::Enter,
                "esc" => KeyCode::Esc,
                "tab" => KeyCode::Tab,
                "backspace" => KeyCode::Backspace,
                "end" => KeyCode::End,
                "down" => KeyCode::Down,
                "space" => KeyCode::Char(' '),
                _ => KeyCode::Char(name.chars().next().unwrap()),
            };
            self.send(AppEvent::Key(KeyEvent::new(code, modifiers)));
        }
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(AppEvent::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self
    }

    fn wait(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self
    }

    fn selected(&self) -> String {
        self.model.selected().map(ToString::to_string).unwrap_or_default()
    }

    fn notice(&self) -> &str {
        self.model.notice.as_ref().map_or("", |notice| &notice.text)
    }

    /// The one commit requested since the last call.
    fn commit(&mut self) -> Option<(RequestId, Op)> {
        let mut commits = self.effects.drain(..).filter_map(|effect| match effect {
            Effect::Commit(request, mut ops) if ops.len() == 1 => Some((request, ops.pop()?)),
            _ => None,
        });
        let first = commits.next();
        assert!(commits.next().is_none(), "one write at a time");
        first
    }
}

#[test]
fn the_selection_stays_on_its_item_while_rows_change_around_it() {
    let mut console = TestConsole::loaded();
    console.keys("j");
    assert_eq!(console.selected(), "a/two");
    console.put("a/added", "{}", 6);
    assert_eq!((console.selected().as_str(), console.model.webhooks.cursor), ("a/two", 2));
    console.put("a/two", r#"{"module":"mqtt"}"#, 7);
    assert_eq!(console.selected(), "a/two");
    console.del("a/two", 8);
    assert_eq!(console.selected(), "b/three", "the next one takes its place");
    assert_eq!(console.notice(), "a/two, which was selected, is gone");
}

#[test]
fn a_filter_narrows_as_one_types_and_comes_back_on_escape() {
    let mut console = TestConsole::loaded();
    console.keys("/").text("conn:k1 !b");
    assert_eq!(console.model.place(), Place::Filter);
    let shown = |console: &TestConsole| console.model.webhooks.listing.len(&console.model.inventory);
    assert_eq!((shown(&console), console.selected()), (1, "a/two".into()));
    console.put("a/late", r#"{"module":"log","connection":"k1"}"#, 6);
    assert_eq!(shown(&console), 2, "a change that passes appears");
    console.put("a/late", r#"{"module":"log"}"#, 7);
    assert_eq!(shown(&console), 1, "and goes when it passes no more");
    console.keys("enter 2 1");
    assert_eq!(console.model.webhooks.filter.text(), "conn:k1 !b", "kept when the tab is left");
    console.keys("esc");
    assert_eq!(shown(&console), 4);
}

#[test]
fn sorting_goes_round_and_keeps_the_selection() {
    let mut console = TestConsole::loaded();
    console.keys("j o o o");
    assert_eq!(console.model.webhooks.listing.sort(), Sort::Newest);
    assert_eq!((console.selected().as_str(), console.model.webhooks.cursor), ("a/two", 1));
    console.put("a/one", "{}", 9);
    assert_eq!(console.model.webhooks.cursor, 2, "the newest row goes to the top");
    console.keys("g");
    assert_eq!(console.selected(), "a/one");
}

#[test]
fn namespaces_lead_to_their_items_and_back() {
    let mut console = TestConsole::loaded();
    console.keys("h j j");
    assert_eq!(*console.model.webhooks.listing.scope(), Scope::Namespace("b".parse().unwrap()));
    assert_eq!(console.selected(), "b/three");
    console.keys("j");
    assert_eq!(console.selected(), "key:x/y/z/w", "unrecognised keys are a range of their own");
    console.keys("e");
    assert!(console.model.edit.is_none() && console.notice().contains("not edited"));
    console.keys("esc");
    assert_eq!(*console.model.webhooks.listing.scope(), Scope::AllWebhooks);
    console.keys("l l");
    assert_eq!(console.model.webhooks.focus, Pane::Detail);
}

#[test]
fn a_paste_outside_an_input_runs_no_keys() {
    let mut console = TestConsole::loaded();
    console.send(AppEvent::Paste("dy\nq".into()));
    assert!(console.model.overlay.is_none() && console.effects.is_empty());
    assert!(console.notice().contains("paste"));
}

#[test]
fn an_edit_becomes_one_conditional_write_in_the_stored_style() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text("X").keys("backspace ctrl-s");
    assert_eq!(console.notice(), "nothing is changed: there is nothing to write");
    console.keys("end").text(" ").keys("backspace backspace").text("s\"").keys("ctrl-s");
    assert_eq!(console.model.place(), Place::Review);
    console.keys("enter");
    assert!(console.commit().is_none(), "a key of the first 300 ms writes nothing");
    console.wait(400).keys("enter enter");
    let (request, op) = console.commit().expect("one write");
    assert_eq!(op.expect(), Expect::Token(Token::counter(1)));

    let at = Revision(9);
    let outcomes = vec![Outcome { before: Some(Token::counter(1)), after: Some(Token::counter(9)) }];
    console.send(AppEvent::Answer(request, Answer::Commit(Ok(Commit { at, outcomes }))));
    assert_eq!((console.model.place(), console.notice()), (Place::Browse, "done: write a/one, now r9"));
}

#[test]
fn a_conflict_keeps_the_draft_and_is_merged() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s");
    console.put("a/one", r#"{"module":"theirs"}"#, 9);
    assert_eq!(console.model.edit.as_ref().unwrap().upstream, Upstream::Changed);
    console.wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    let now = Some(Box::new(entry("a/one", r#"{"module":"theirs"}"#, 9)));
    console.send(AppEvent::Answer(request, Answer::Commit(Err(Error::Conflict { key: key("a/one"), now }))));
    assert_eq!(console.model.place(), Place::Merge);
    assert!(console.notice().contains("your draft is kept"));

    console.keys("enter");
    assert_eq!(console.model.place(), Place::Review);
    console.wait(400).keys("enter");
    let (_, op) = console.commit().unwrap();
    assert_eq!(op.expect(), Expect::Token(Token::counter(9)));
    assert!(matches!(op, Op::Put { document, .. } if document.text() == Ok(r#"{"module":"theirs","x":1}"#)));
}

#[test]
fn a_lost_answer_is_dropped_when_it_is_not_the_one_awaited() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",\"x\":1").keys("ctrl-s").wait(400).keys("enter");
    let (request, _) = console.commit().unwrap();
    let old = RequestId(request.0 - 1);
    console.send(AppEvent::Answer(old, Answer::Commit(Err(Error::NotFound { key: key("a/one") }))));
    assert!(console.model.pending_write.is_some());
}

#[test]
fn bad_json_is_told_by_line_and_column_and_cannot_be_reviewed() {
    let mut console = TestConsole::loaded();
    console.keys("e down end").text(",");
    let flaw = console.model.edit.as_ref().unwrap().diagnostics.first_error().unwrap();
    assert_eq!((flaw.problem.line, flaw.problem.column), (2, 18));
    console.keys("ctrl-s");
    assert!(matches!(console.model.edit.as_ref().unwrap().stage, DraftStage::Editing));
    assert!(console.notice().starts_with("line 2, column 18:"));
}

#[test]
fn a_left_draft_is_kept_and_ctrl_c_asks_once() {
    let mut console = TestConsole::loaded();
    console.keys("e").text("x").keys("esc");
    assert_eq!((console.model.place(), console.model.drafts.len()), (Place::Browse, 1));
    console.keys("e");
    assert!(console.model.edit.as_ref().unwrap().text().starts_with("x{"));
    console.keys("ctrl-c");
    assert_eq!(console.model.place(), Place::Confirm);
    assert!(!console.effects.iter().any(|effect| matches!(effect, Effect::Quit(_))));
    console.keys("ctrl-c");
    assert!(matches!(console.effects.as_slice(), [.., Effect::Quit(0)]));
}

#[test]
fn delete_names_its_target_and_is_conditional() {
    let mut console = TestConsole::loaded();
    console.keys("2 d");
    let Some(Overlay::Confirm(confirm)) = &console.model.overlay else { panic!("a question") };
    assert_eq!(confirm.question, "Delete connections/k1 from prod?");
    assert!(confirm.details.iter().any(|line| line == "2 webhooks name it: a/two, b/three"));
    console.keys("y");
    assert!(console.commit().is_none(), "too soon to be an answer");
    console.wait(400).keys("y");
    let (_, op) = console.commit().unwrap();
    assert!(matches!(op, Op::Delete { expect, .. } if expect == Expect::Token(Token::counter(4))));
}

#[test]
fn a_delete_is_not_carried_over_to_the_store_that_took_the_place_of_the_one_shown() {
    let mut console = TestConsole::loaded();
    console.keys("2 d");
    console.load("another", 5, &[entry("connections/k1", r#"{"type":"kafka"}"#, 4)]);
    console.wait(400).keys("y");
    assert!(console.commit().is_none());
    assert!(console.notice().starts_with("the store was replaced"), "{}", console.notice());
}

#[test]
fn a_locked_console_writes_nothing_until_the_name_is_typed() {
    let mut console = TestConsole::loaded();
    console.model.lock = WriteAccess::Locked;
    for keys in ["e", "n", "c", "d"] {
        console.keys(keys);
        assert_eq!((console.model.place(), console.notice()), (Place::Browse, "locked: type :unlock first"));
    }
    console.keys(":").text("unlock").keys("enter");
    console.send(AppEvent::Paste("prod".into()));
    console.keys("enter");
    assert!(console.effects.is_empty(), "a pasted name does not unlock");
    console.text("prod").keys("enter");
    let [Effect::Unlock(request)] = console.effects[..] else { panic!("unlock is an effect") };
    console.send(AppEvent::Answer(request, Answer::Unlocked));
    console.wait(599_000).keys("j");
    console.wait(599_000).send(AppEvent::Wake);
    assert!(console.model.may_write(), "a key keeps it open");
    console.effects.clear();
    console.wait(2_000).send(AppEvent::Wake);
    assert!(!console.model.may_write());
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Lock)));
}

#[test]
fn a_read_only_console_has_no_way_to_unlock() {
    let mut console = TestConsole::loaded();
    console.model.lock = WriteAccess::ReadOnly;
    console.keys("d :").text("unlock").keys("enter");
    assert!(console.model.overlay.is_none() && console.effects.is_empty());
    assert!(console.notice().contains("read-only"));
}

#[test]
fn new_documents_take_free_and_routable_names_only() {
    let mut console = TestConsole::loaded();
    for (name, reason) in [
        ("a/one", "exists already"),
        ("a/admin_x", "never route"),
        ("key:q", "ignore"),
        ("nonsense", "not an address"),
    ] {
        console.keys("n ctrl-u").text(name).keys("enter");
        let Some(Overlay::Prompt(prompt)) = &console.model.overlay else { panic!("still asking") };
        assert!(prompt.error.as_ref().unwrap().contains(reason), "{name}: {:?}", prompt.error);
        console.keys("esc");
    }
    console.keys("n ctrl-u").text("new-ns/fresh").keys("enter enter ctrl-s");
    console.wait(400).keys("enter");
    let (request, op) = console.commit().unwrap();
    assert_eq!(op.expect(), Expect::Absent);

    // The answer may come before the watch event.
    let outcome = Outcome { before: None, after: Some(Token::counter(6)) };
    let commit = Commit { at: Revision(6), outcomes: vec![outcome] };
    console.send(AppEvent::Answer(request, Answer::Commit(Ok(commit))));
    console.put("a/other", "{}", 5);
    assert_eq!(console.selected(), "a/one");
    console.put("new-ns/fresh", "{}", 6);
    assert_eq!(console.selected(), "new-ns/fresh");
}

#[test]
fn commands_go_by_exact_names_and_addresses() {
    let mut console = TestConsole::loaded();
    console.keys(":").text("heal").keys("enter");
    assert!(matches!(&console.model.overlay, Some(Overlay::Prompt(prompt)) if prompt.error.is_some()));
    console.keys("tab enter");
    assert_eq!(console.model.tab, Tab::Health);
    console.keys(":").text("connections/k1").keys("enter");
    assert_eq!((console.model.tab, console.selected()), (Tab::Connections, "connections/k1".into()));
    console.keys(":").text("b/three").keys("enter");
    assert_eq!((console.model.tab, console.selected()), (Tab::Webhooks, "b/three".into()));
}

#[test]
fn pausing_holds_the_picture_and_loses_nothing() {
    let mut console = TestConsole::loaded();
    console.keys("p");
    console.put("a/added", "{}", 6);
    console.del("a/one", 7);
    assert_eq!(console.model.inventory.counts(&Scope::AllWebhooks).total, 3);
    assert_eq!(console.model.paused.as_ref().unwrap().changes, 2);
    console.keys("p");
    assert!(console.model.inventory.get(&key("a/added")).is_some());
    assert!(console.model.inventory.get(&key("a/one")).is_none());
}

#[test]
fn a_second_load_marks_the_badge_and_a_lower_revision_means_another_store() {
    let mut console = TestConsole::loaded();
    let kept = [entry("a/one", r#"{"module":"log"}"#, 1)];
    console.load("s1", 8, &kept);
    let resync = console.model.link.resync.unwrap();
    assert_eq!((resync.differences, resync.replaced), (4, false));
    console.load("s1", 3, &kept);
    assert!(console.model.link.resync.unwrap().replaced);
    console.keys("6");
    assert!(console.model.link.resync.is_none(), "looking at Health clears the mark");
}

#[test]
fn idle_means_no_frame_is_asked_for() {
    let mut console = TestConsole::loaded();
    console.feed(WatchEvent::Progress { at: Revision(5) });
    assert_eq!(console.model.redraw, Redraw::No);
    console.feed(WatchEvent::Progress { at: Revision(6) });
    assert_eq!(console.model.redraw, Redraw::Soon);
}
