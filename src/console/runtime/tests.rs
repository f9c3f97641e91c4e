//! Tests of the runtime on a terminal in memory: keys in, bytes out, over stores that answer, idle or hang.

mod contexts;
mod frames;
mod headless;
mod leaving;
mod sleep;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures::StreamExt;
use futures::stream::{self, BoxStream};

use self::contexts::enter_other;
use self::headless::HeadlessConsole;
use super::*;
use crate::console::message::{Answer, AppEvent};
use crate::console::request::RequestId;
use crate::domain::{
    Change, ChangeKind, Coverage, Document, Entry, Health, KeyPrefix, LeaseId, ResourceKey, Revision,
    StoreId, Token, TokenKind,
};
use crate::inventory::InventoryEvent;
use crate::provider::{
    Backend, Capabilities, Commit, Error, Expect, Op, Page, Result, Watch, WatchEvent, WatchHandle,
    WatchSender, env, memory, watch_channel,
};
use crate::write::WriteService;

const SIZE: Size = Size { cols: 60, rows: 8 };

/// A store whose events the test sends.
#[derive(Default)]
struct Fake {
    /// Calls never answer.
    hangs: bool,
    watches: Mutex<Vec<(WatchSender, WatchHandle)>>,
    opened: AtomicUsize,
    commits: AtomicUsize,
}

impl Fake {
    async fn answer<T>(&self, value: T) -> T {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        value
    }

    async fn say(&self, event: WatchEvent) {
        loop {
            let sender = self.watches.lock().unwrap().last().map(|(sender, _)| sender.clone());
            match sender {
                Some(sender) => return sender.send(event).await.unwrap(),
                None => tokio::task::yield_now().await,
            }
        }
    }
}

#[async_trait]
impl ConfigReader for Fake {
    fn capabilities(&self) -> Capabilities {
        capabilities()
    }

    async fn get(&self, _: &ResourceKey) -> Result<Option<Entry>> {
        self.answer(Ok(None)).await
    }

    fn list(&self, _: KeyPrefix) -> BoxStream<'_, Result<Page>> {
        stream::empty().boxed()
    }

    fn watch(&self, _: KeyPrefix) -> Watch {
        let (sender, watch) = watch_channel();
        self.opened.fetch_add(1, Ordering::SeqCst);
        self.watches.lock().unwrap().push((sender, watch.wake.clone()));
        watch
    }

    async fn lease_left(&self, _: LeaseId) -> Result<Option<Duration>> {
        self.answer(Ok(Some(Duration::from_secs(60)))).await
    }

    async fn health(&self) -> Health {
        let health = Health::new("fake");
        self.answer(health).await
    }

    async fn shutdown(&self) {}
}

#[async_trait]
impl ConfigWriter for Fake {
    async fn commit(&self, _: Vec<Op>) -> Result<Commit> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.answer(Ok(Commit { at: Revision(2), outcomes: Vec::new() })).await
    }

    fn commit_deadline(&self, _: &[Op]) -> Duration {
        Duration::ZERO
    }
}

fn capabilities() -> Capabilities {
    Capabilities {
        namespaces: true,
        connections: true,
        leases: true,
        foreign: true,
        foreign_puts: false,
        atomic_max: 128,
        max_document: 1 << 20,
        tokens: TokenKind::Counter,
    }
}

/// A program small enough to see through: every key is an effect, every event a line.
#[derive(Default)]
struct Scripted {
    lines: Vec<String>,
    redraw: Redraw,
    requests: u64,
    changes: usize,
    wake: Option<Duration>,
}

impl Scripted {
    fn note(&mut self, line: impl Into<String>, redraw: Redraw) {
        self.lines.push(line.into());
        self.redraw = self.redraw.max(redraw);
    }

    fn key(&mut self, code: KeyCode) -> Vec<Effect> {
        self.requests += 1;
        let request = RequestId(self.requests);
        let delete = || vec![Op::Delete { key: key(1), expect: Expect::Token(Token::counter(1)) }];
        let effect = match code {
            KeyCode::Char('q') => Effect::Quit(0),
            KeyCode::Char('d') => Effect::Commit(request, delete()),
            KeyCode::Char('u') => Effect::Unlock(request),
            KeyCode::Char('k') => Effect::Lock,
            KeyCode::Char('h') => Effect::CheckHealth(request),
            KeyCode::Char('t') => Effect::AskLease(request, LeaseId(7)),
            KeyCode::Char('y') => Effect::Copy(request, "copied".into()),
            KeyCode::Char('r') => Effect::Reload,
            KeyCode::Char('R') => Effect::Retry,
            KeyCode::Char('L') => Effect::Redraw,
            KeyCode::Char('z') => Effect::Suspend,
            KeyCode::Char('>') => Effect::ResolveContext(request, "other".into()),
            KeyCode::Char('w') => {
                self.wake = Some(Duration::ZERO);
                return Vec::new();
            }
            KeyCode::Char('i') => return Vec::new(),
            other => {
                self.note(format!("key {other}"), Redraw::Now);
                return Vec::new();
            }
        };
        vec![effect]
    }
}

impl Program for Scripted {
    fn update(&mut self, message: Message) -> Vec<Effect> {
        match message.event {
            AppEvent::Key(key) => return self.key(key.code),
            AppEvent::Typed(text) => self.note(format!("typed {}", text.len()), Redraw::Now),
            AppEvent::Repeated(key, count) => self.note(format!("{count} times {}", key.code), Redraw::Now),
            AppEvent::Paste(text) => self.note(format!("paste {}", text.len()), Redraw::Now),
            AppEvent::LostText(why) => self.note(why.to_string(), Redraw::Now),
            AppEvent::Resize(size) => self.note(format!("size {}x{}", size.cols, size.rows), Redraw::Now),
            AppEvent::Resumed => self.note("resumed", Redraw::Now),
            AppEvent::Slept => self.note(format!("slept until {}", message.at.mono.as_secs()), Redraw::Now),
            AppEvent::Feed(InventoryEvent::Batch { changes, .. }) => {
                self.changes += changes.len();
                self.redraw = self.redraw.max(Redraw::Soon);
            }
            AppEvent::Feed(InventoryEvent::Page(page)) => {
                self.note(format!("page {}", page.len()), Redraw::Soon)
            }
            AppEvent::Feed(_) => {}
            AppEvent::Answer(_, Answer::ContextResolved(Ok(()))) => return enter_other(),
            AppEvent::Answer(RequestId(request), answer) => {
                let answer = match answer {
                    Answer::Secret(_) => "secret".into(),
                    Answer::PresenceChanged(told) => format!("seen {}", told.len()),
                    Answer::SecretReachability(reachability) => {
                        format!("reach {}", reachability.standing.word())
                    }
                    Answer::SecretHealth(health) => format!("secret health {}", health.verdict()),
                    Answer::SecretFolder(listed) => format!("folder {}", listed.folder),
                    Answer::SecretListingEnded(ended) => format!("listed {ended:?}"),
                    Answer::SecretVersions(told) => format!("versions {}", told.is_ok()),
                    Answer::Commit(Ok(commit)) => format!("committed {}", commit.at),
                    Answer::Commit(Err(error)) => format!("refused {error}"),
                    Answer::Health(health) => format!("health {}", health.len()),
                    Answer::Lease(lease, left) => format!("lease {lease} {left:?}"),
                    Answer::Computed(_) => "computed".into(),
                    Answer::Unlocked => "unlocked".into(),
                    Answer::Copied(found) => format!("copied {found}"),
                    Answer::ExternalEditor(news) => format!("outside {news:?}"),
                    Answer::DraftSaved(saved) => format!("draft saved {saved:?}"),
                    Answer::Drafts(listed) => format!("drafts {}", listed.len()),
                    Answer::DraftResumed(taken) => format!("draft taken {}", taken.is_ok()),
                    Answer::DraftDeleted(result) => format!("draft thrown away {result:?}"),
                    Answer::ViewLoaded(loaded) => format!("view {}", loaded.is_some()),
                    Answer::ViewSaved => "view saved".into(),
                    Answer::Found(found) => format!("found {}", found.is_ok()),
                    Answer::AuditFailed(trouble) => format!("unaudited {trouble}"),
                    Answer::ContextResolved(read) => format!("context {read:?}"),
                    Answer::Settings(told) => format!("settings {}", told.is_ok()),
                    Answer::ContextRefused(name, words) => format!("stays, not {name}: {words}"),
                };
                self.note(format!("#{request} {answer}"), Redraw::Now);
            }
            AppEvent::Log(lines) => self.note(format!("log {}", lines.concat()), Redraw::Now),
            AppEvent::Wake => {
                self.wake = None;
                self.note("woken", Redraw::Now);
            }
            AppEvent::Terminate => self.note("terminated", Redraw::Now),
        }
        Vec::new()
    }

    fn is_text(&self, key: KeyEvent) -> bool {
        matches!(key.code, KeyCode::Char('X' | 'Y'))
    }

    fn takes_back(&self, key: KeyEvent) -> bool {
        key.code == KeyCode::Backspace
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let shown = self.lines.iter().rev().take(usize::from(area.height.saturating_sub(1))).rev();
        for (y, line) in (0..).zip(shown) {
            frame.buffer_mut().set_stringn(0, y, line, usize::from(area.width), ratatui::style::Style::new());
        }
        if let Some(last) = area.height.checked_sub(1) {
            let count = format!("changes {}", self.changes);
            frame.buffer_mut().set_stringn(
                0,
                last,
                count,
                usize::from(area.width),
                ratatui::style::Style::new(),
            );
        }
    }

    fn take_redraw(&mut self) -> Redraw {
        std::mem::take(&mut self.redraw)
    }

    fn next_wake(&self) -> Option<Duration> {
        self.wake
    }
}

fn key(number: usize) -> ResourceKey {
    ResourceKey::foreign(format!("hook/{number}").into_bytes())
}

struct Setup {
    store: Arc<Fake>,
    config: ConsoleConfig,
}

fn setup(store: Fake) -> Setup {
    let store = Arc::new(store);
    let context = ConsoleContext {
        name: "test".into(),
        backend: &Backend { name: "fake", ..memory::BACKEND },
        secret_backend: &env::BACKEND,
        target: "nowhere".into(),
        warnings: Vec::new(),
        settings: Health::default(),
        capabilities: capabilities(),
        secrets: None,
        receiver: Default::default(),
        secret_names: crate::domain::SecretNames::default(),
        may_copy_secrets: false,
        application: None,
        read_only: false,
        protected: false,
        locked: true,
        frames_per_second: 60,
    };
    let config = ConsoleConfig {
        context,
        reader: Arc::clone(&store) as Arc<dyn ConfigReader>,
        writer: Some(Arc::clone(&store) as Arc<dyn ConfigWriter>),
        secrets: None,
        application: None,
        clipboard: Clipboard::detect(&[("SSH_TTY".into(), "/dev/pts/0".into())].into()),
        log: None,
        state: None,
        editor: ExternalEditor::of(&Default::default(), None),
        audit: Arc::new(crate::audit::Audit::off()),
        stats: None,
        clock: Clock::system(),
        startup: Vec::new(),
    };
    Setup { store, config }
}

fn start(config: ConsoleConfig) -> HeadlessConsole {
    HeadlessConsole::start(config, SIZE, |_, _| Scripted::default())
}

/// The screen after these bytes.
fn screen(written: &[u8]) -> String {
    let some = |cells| std::num::NonZero::new(cells).unwrap();
    let mut parser = vt100::Parser::new(some(SIZE.rows), some(SIZE.cols), 0);
    parser.process(written);
    parser.screen().contents()
}

async fn shows(console: &HeadlessConsole, text: &str) {
    let found = console.until(|seen| screen(&seen.written).contains(text)).await;
    assert!(found, "{text:?} is not on the screen:\n{}", screen(&console.snapshot().written));
}

fn many(threads: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_frame_comes_before_the_watch_is_opened() {
    let Setup { store, mut config } = setup(Fake::default());
    let opened = Arc::new(AtomicUsize::new(usize::MAX));
    let (seen, counted) = (Arc::clone(&store), Arc::clone(&opened));
    config
        .startup
        .push(Box::new(move || counted.store(seen.opened.load(Ordering::SeqCst), Ordering::SeqCst)));
    let console = start(config);
    shows(&console, "changes 0").await;
    console.type_keys(b"q").await;
    let (code, _, seen) = console.ended().await.unwrap();
    assert_eq!((code, seen.claims, seen.claimed), (0, 1, false));
    assert_eq!(opened.load(Ordering::SeqCst), 0);
    assert_eq!(store.opened.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_lead_to_effects_and_their_answers_come_back() {
    let Setup { store, config } = setup(Fake::default());
    let console = start(config);
    console.type_keys(b"d").await;
    shows(&console, "#1 refused permission denied: writing is locked").await;
    assert_eq!(store.commits.load(Ordering::SeqCst), 0);
    console.type_keys(b"u").await;
    shows(&console, "#2 unlocked").await;
    console.type_keys(b"d").await;
    shows(&console, "#3 committed r2").await;
    console.type_keys(b"kd").await;
    shows(&console, "#5 refused").await;
    assert_eq!(store.commits.load(Ordering::SeqCst), 1);
    console.type_keys(b"h").await;
    shows(&console, "#6 health 1").await;
    console.type_keys(b"t").await;
    shows(&console, "#7 lease 7 Some(60s)").await;
    console.type_keys(b"w").await;
    shows(&console, "woken").await;
    console.send(crate::console::terminal::TerminalInput::Paste("three".into())).await;
    shows(&console, "paste 5").await;
    console.type_keys(b"\xff").await;
    shows(&console, "not UTF-8").await;
    console.type_keys(b"q").await;
    assert_eq!(console.ended().await.unwrap().0, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_writer_nothing_is_written() {
    let Setup { store, mut config } = setup(Fake::default());
    config.writer = None;
    config.context.locked = false;
    let console = start(config);
    console.type_keys(b"ud").await;
    shows(&console, "refused writing is not possible here").await;
    assert_eq!(store.commits.load(Ordering::SeqCst), 0);
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reload_opens_the_watch_anew_and_retry_wakes_it() {
    let Setup { store, config } = setup(Fake::default());
    let console = start(config);
    shows(&console, "changes 0").await;
    console.type_keys(b"r").await;
    console.type_keys(b"!").await;
    shows(&console, "key !").await;
    assert_eq!(store.opened.load(Ordering::SeqCst), 2);
    let (old, _) = store.watches.lock().unwrap().remove(0);
    old.closed().await;
    let (_, wake) = store.watches.lock().unwrap().last().cloned().unwrap();
    let woken = tokio::spawn(async move { wake.notified().await });
    while !woken.is_finished() {
        console.type_keys(b"R").await;
        tokio::task::yield_now().await;
    }
    console.type_keys(b"q").await;
    console.ended().await.unwrap();
}

#[tokio::test]
async fn an_error_of_a_commit_that_hangs_says_that_it_may_be_stored() {
    let store = Arc::new(Fake { hangs: true, ..Fake::default() });
    let op = Op::Delete { key: key(1), expect: Expect::Token(Token::counter(1)) };
    let service = WriteService::new(Arc::new(Audit::off()), Duration::ZERO);
    let outcome = service.commit(1, Ok(store), vec![op]).await.answer;
    assert!(matches!(outcome, Err(Error::OutcomeUnknown { .. })));
}
