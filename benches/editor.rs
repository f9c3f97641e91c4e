//! A key in a document of 1 MiB, from its message to the frame it is seen in: the budget is 16 ms at
//! p99. What is measured is what the loop does: `update`, then `draw` on a terminal in memory.
//!
//! And the problems of a document of 64 KiB, from a key to the frame they are seen in, with the pause before they are
//! looked for and the work that tasks do: the budget is 50 ms at p95.

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

use confdeck::console::effect::Effect;
use confdeck::console::message::{Answer, AppEvent, Message};
use confdeck::console::model::{ConsoleContext, Model};
use confdeck::console::screens::editor::SHORT_PAUSE;
use confdeck::console::shell::layout::Size;
use confdeck::console::stamp::Stamp;
use confdeck::console::theme::{ColorDepth, Glyphs, Theme};
use confdeck::console::{shell, update};
use confdeck::domain::{
    Coverage, Document, Entry, LinkState, Namespace, ResourceKey, Revision, SecretNames, StoreId, Token,
    TokenKind, WebhookId,
};
use confdeck::inventory::scan_event;
use confdeck::provider::{Capabilities, WatchEvent, env, etcd};
use criterion::{Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const SIZE: Size = Size { cols: 120, rows: 40 };

/// Keys whose times are sorted for the percentiles.
const KEYS: usize = 2_000;

/// Keys after which problems are looked for.
const CHECKS: usize = 200;

/// Where a document is long: in lines, in one string, in one line of many small tokens that is no
/// whole object, so that it is not indented.
fn documents() -> [(&'static str, String); 3] {
    let members =
        |count: usize| (0..count).map(|n| format!("\"member_{n:06}\": \"value {n}\"")).collect::<Vec<_>>();
    [
        ("30,000 lines", format!("{{\n  {}\n}}", members(30_000).join(",\n  "))),
        ("a string of 900 KiB", format!("{{\n  \"a\": \"{}\"\n}}", "some text; ".repeat(900 * 1024 / 11))),
        ("one dense line", format!("{{{}", members(29_000).join(","))),
    ]
}

struct Console {
    model: Model,
    theme: Theme,
    terminal: Terminal<TestBackend>,
    now: Duration,
}

impl Console {
    /// With the editor open on a document.
    fn editing(text: &str) -> Self {
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
            name: "bench".into(),
            backend: &etcd::BACKEND,
            secret_backend: &env::BACKEND,
            target: "127.0.0.1:2379".into(),
            warnings: Vec::new(),
            settings: confdeck::domain::Health::default(),
            capabilities,
            secrets: None,
            receiver: Default::default(),
            secret_names: SecretNames::default(),
            may_copy_secrets: false,
            read_only: false,
            protected: false,
            locked: false,
            application: None,
            frames_per_second: 60,
        };
        let Ok(terminal) = Terminal::new(TestBackend::new(SIZE.cols, SIZE.rows));
        let theme = Theme::named("default", ColorDepth::Ansi16, Glyphs::Unicode);
        let Ok(theme) = theme else { unreachable!("the theme is embedded") };
        let mut console =
            Self { model: Model::new(context, SIZE), theme, terminal, now: Duration::from_secs(1) };
        let Ok(id) = WebhookId::new("large") else { unreachable!("the id keeps the rule") };
        let entry = Entry {
            key: ResourceKey::webhook(Namespace::default(), id),
            document: Document::from(text.to_owned()),
            revision: Revision(1),
            created: None,
            version: None,
            token: Token::counter(1),
            lease: None,
        };
        let (store, at) = (StoreId::new("bench"), Revision(1));
        for event in [
            WatchEvent::Load { store, at, resync: false, coverage: Coverage::Whole },
            WatchEvent::Page(vec![entry]),
            WatchEvent::Loaded { at },
            WatchEvent::State(LinkState::Synced),
        ] {
            console.send(AppEvent::Feed(scan_event(event, &SecretNames::default())));
        }
        console.press(KeyCode::Char('e'), KeyModifiers::NONE);
        assert!(console.model.edit.is_some(), "the editor is open");
        console
    }

    fn send(&mut self, event: AppEvent) {
        black_box(self.effects(event));
    }

    fn effects(&mut self, event: AppEvent) -> Vec<Effect> {
        let at = Stamp { mono: self.now, wall: SystemTime::UNIX_EPOCH };
        update::update(&mut self.model, Message { at, event })
    }

    /// The pause after a key, then all that is looked for, and the frame with what was found.
    fn find_problems(&mut self) {
        self.now += SHORT_PAUSE;
        let mut effects = self.effects(AppEvent::Wake);
        while let Some(effect) = effects.pop() {
            if let Effect::Compute(request, job) = effect {
                let answer = Answer::Computed(job.run());
                effects.extend(self.effects(AppEvent::Answer(request, answer)));
            }
        }
        let edit = self.model.edit.as_ref();
        assert!(edit.is_some_and(|edit| !edit.diagnostics.is_document_behind(&edit.buffer)));
        assert!(self.terminal.draw(|frame| shell::draw(&self.model, &self.theme, frame)).is_ok());
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.send(AppEvent::Key(KeyEvent::new(code, modifiers)));
        let drawn = self.terminal.draw(|frame| shell::draw(&self.model, &self.theme, frame));
        assert!(drawn.is_ok());
    }

    /// The longest pause there is after a key: typing stops and the text goes out to be checked.
    fn pause(&mut self) {
        self.now += Duration::from_secs(1);
        self.send(AppEvent::Wake);
    }

    fn go(&mut self, place: &str) {
        self.press(if place == "end" { KeyCode::End } else { KeyCode::Home }, KeyModifiers::CONTROL);
        let steps = if place == "start" { 1 } else { 0 };
        (0..steps).for_each(|_| self.press(KeyCode::Down, KeyModifiers::NONE));
        if place == "end" {
            self.press(KeyCode::Up, KeyModifiers::NONE);
        }
    }
}

fn keys(bench: &mut Criterion) {
    let mut report = String::new();
    for (shape, text) in documents() {
        for place in ["start", "end"] {
            let mut console = Console::editing(&text);
            console.go(place);
            bench.bench_function(&format!("a key at the {place} of {shape}"), |bench| {
                bench.iter(|| console.press(KeyCode::Char('x'), KeyModifiers::NONE));
            });
            let mut console = Console::editing(&text);
            console.go(place);
            let mut times: Vec<Duration> = (0..KEYS)
                .map(|number| {
                    let began = Instant::now();
                    if number % 20 == 0 {
                        console.pause();
                    }
                    let code = match number % 10 {
                        7 => KeyCode::Backspace,
                        8 => KeyCode::Left,
                        9 => KeyCode::Enter,
                        _ => KeyCode::Char('x'),
                    };
                    console.press(code, KeyModifiers::NONE);
                    began.elapsed()
                })
                .collect();
            times.sort_unstable();
            let at = |share: usize| times.get(KEYS * share / 1000).copied().unwrap_or_default();
            report += &format!(
                "{shape}, {place}: p50 {:?}, p99 {:?}, longest {:?}\n",
                at(500),
                at(990),
                times.last().copied().unwrap_or_default()
            );
        }
    }
    let _ = std::io::stderr().write_all(report.as_bytes());
}

/// Documents of 64 KiB: one with a long schema for bodies, one full of references and members that nobody reads, one
/// in which each rule that counts finds all that it may.
fn checked_documents() -> [(&'static str, String); 3] {
    let filled = |document: &dyn Fn(usize) -> String, lines: usize| {
        let mut text = document(lines);
        while text.len() < 64 * 1024 {
            text = document(lines * 64 * 1024 / text.len() + 1);
        }
        text
    };
    let join = |count: usize, line: &dyn Fn(usize) -> String| {
        (0..count).map(line).collect::<Vec<_>>().join(",\n    ")
    };
    let schema = |count| {
        let member = |n| format!("\"field_{n}\": {{\"type\": \"string\", \"maxLength\": {n}}}");
        let members = join(count, &member);
        format!(
            "{{\n  \"module\": \"kafka\",\n  \"connection\": \"main\",\n  \"module-config\": {{\"topic\": \"orders\"}},\n  \
             \"jwt\": {{\"secret\": \"{{$JWT}}\"}},\n  \"json_schema\": {{\"type\": \"object\", \"properties\": {{\n    \
             {members}\n  }}}}\n}}"
        )
    };
    let references = |count| {
        let member =
            |n| format!("\"member_{n}\": \"http://{{$HOST_{n}:localhost}}/{{$vault:app/{n}#field}}\"");
        format!("{{\n  \"module\": \"log\",\n    {}\n}}", join(count, &member))
    };
    let flawed = |count| {
        let step = |n: usize| {
            let module = if n.is_multiple_of(2) { "kafkXX" } else { "http_webhook" };
            format!(
                "{{\"module\": \"{module}\", \"conection\": \"gone_{n}\", \"retry\": {{\"enabled\": \"yes\"}}}}"
            )
        };
        let steps = join(20, &step);
        let member = |n| format!("\"authorisation_{n}\": \"EDIT-ME ${{TOKEN_{n}}}\"");
        format!("{{\n  \"chain\": [{steps}],\n    {}\n}}", join(count, &member))
    };
    [
        ("a long schema", filled(&schema, 100)),
        ("references", filled(&references, 100)),
        ("problems everywhere", filled(&flawed, 100)),
    ]
}

fn problems(_: &mut Criterion) {
    let mut report = String::new();
    for (shape, text) in checked_documents() {
        let mut console = Console::editing(&text);
        console.find_problems();
        console.go("start");
        let mut times: Vec<Duration> = (0..CHECKS)
            .map(|number| {
                let began = Instant::now();
                let code = if number.is_multiple_of(2) { KeyCode::Char(' ') } else { KeyCode::Backspace };
                console.press(code, KeyModifiers::NONE);
                console.find_problems();
                SHORT_PAUSE + began.elapsed()
            })
            .collect();
        times.sort_unstable();
        let at = |share: usize| times.get(CHECKS * share / 100).copied().unwrap_or_default();
        let found = console.model.edit.as_ref().map_or(0, |edit| edit.diagnostics.list().len());
        report += &format!(
            "problems of {} bytes, {shape}: p50 {:?}, p95 {:?}, {found} found\n",
            text.len(),
            at(50),
            at(95)
        );
    }
    let _ = std::io::stderr().write_all(report.as_bytes());
}

criterion_group!(benches, problems, keys);
criterion_main!(benches);
