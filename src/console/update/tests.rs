//! Real keys and watch events against the model; what is asserted is what a user would notice.

use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, SystemTime};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::effect::{Effect, RequestId};
use super::super::message::{Answer, AppEvent, Message};
use super::super::model::{CheckedSlice, ConsoleContext, Model, Redraw, WriteAccess};
use super::super::place::Place;
use super::super::stamp::Stamp;
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

mod browsing;
mod checks;
mod choose;
mod contexts;
mod dependents;
mod detail;
mod drafts;
mod editor;
mod effective;
mod footers;
mod gate;
mod health;
mod marks;
mod merge;
mod needs;
mod notices;
mod own_rules;
mod partial;
mod plans;
mod presence;
mod saved_drafts;
mod seams;
mod secret_names;
mod secrets;
mod secrets_tab;
mod settings;
mod truth;
mod typing;
mod undo;
mod unknown;
mod view;
mod writing;

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
            foreign_puts: false,
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
            settings: crate::domain::Health::default(),
            capabilities,
            secrets: None,
            receiver: Default::default(),
            secret_names: crate::domain::SecretNames::default(),
            may_copy_secrets: false,
            application: None,
            read_only: false,
            protected: false,
            locked: false,
            frames_per_second: 60,
        };
        let model = Model::new(context, Size { cols: 120, rows: 40 });
        Self { model, now: Duration::from_secs(1), effects: Vec::new() }
    }

    fn loaded() -> Self {
        // Scanned and checked once: exploring loads a console for every step.
        static FOUND: OnceLock<CheckedSlice> = OnceLock::new();
        static EVENTS: LazyLock<Vec<InventoryEvent>> = LazyLock::new(|| {
            let entries = [
                entry("a/one", r#"{"module":"log"}"#, 1),
                entry("a/two", r#"{"module":"kafka","connection":"k1"}"#, 2),
                entry("b/three", r#"{"module":"kafka","connection":"k1"}"#, 3),
                entry("connections/k1", r#"{"type":"kafka"}"#, 4),
                entry("key:x/y/z/w", "?", 5),
            ];
            let synced = WatchEvent::State(LinkState::Synced);
            load_events("s1", 5, &entries)
                .into_iter()
                .chain([synced])
                .map(|event| scan_event(event, &crate::domain::SecretNames::default()))
                .collect()
        });
        let mut console = Self::new();
        console.model.checks.hold();
        for event in EVENTS.iter() {
            console.send(AppEvent::Feed(event.clone()));
        }
        super::checks::end_held(&mut console.model, &FOUND);
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
        let feed = scan_event(event, &self.model.context.secret_names);
        self.send(AppEvent::Feed(feed));
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

    /// The last of the notices that are shown.
    fn notice(&self) -> &str {
        let results = self.model.notices.results().last();
        let shown = results.into_iter().chain(self.model.notices.news());
        shown.max_by_key(|notice| notice.number).map_or("", |notice| &notice.text)
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
