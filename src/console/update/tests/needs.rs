//! Needs are read for the visible rows only, once, and again after a change.

use super::secrets::places;
use super::*;
use crate::check::NeedMark;
use crate::console::model::CHECKED;
use crate::console::shell;
use crate::console::theme::{ColorDepth, Glyphs, Theme};
use crate::domain::Presence;
use crate::domain::json::WALKS;

impl TestConsole {
    fn with_secrets(entries: &[Entry]) -> Self {
        let mut console = Self::new();
        console.model.context.secrets = Some(places());
        console.load("s1", 5, entries);
        console.feed(WatchEvent::State(LinkState::Synced));
        console
    }

    fn paths(&self) -> Vec<String> {
        self.model.needs.visible_paths().iter().map(ToString::to_string).collect()
    }

    fn mark(&self, address: &str) -> Option<NeedMark> {
        self.model.need_mark(&key(address))
    }
}

/// A webhook with its own reference and a connection.
fn webhook(path: &str, connection: &str) -> String {
    format!(r#"{{"module":"kafka","connection":"{connection}","jwt":{{"secret":"{{$vault:{path}#jwt}}"}}}}"#)
}

fn rabbit(path: &str) -> String {
    format!(r#"{{"type":"rabbitmq","host":"h","port":1,"pass":"{{$vault:{path}#pass}}"}}"#)
}

/// How many documents were read, those left out that were read once each to be checked.
fn read_beside_checks() -> usize {
    WALKS.get() - CHECKED.get()
}

#[test]
fn a_row_needs_what_its_document_and_its_connection_need_and_follows_both() {
    let mut console = TestConsole::with_secrets(&[
        entry("a/one", &webhook("app/one", "k1"), 1),
        entry("connections/k1", &rabbit("infra/k1"), 2),
    ]);
    let own = "webhooks/a/one/secrets";
    assert_eq!(console.paths(), [own, "secret/app/one", "secret/infra/k1"]);
    assert_eq!(console.mark("a/one"), Some(NeedMark::Asking));
    let read = read_beside_checks();
    console.keys("j k G g");
    assert_eq!(read_beside_checks(), read, "nothing has changed");

    console.put("connections/k1", &rabbit("infra/k2"), 6);
    assert_eq!(console.paths(), [own, "secret/app/one", "secret/infra/k2"]);
    console.put("a/one", &webhook("app/two", "k1"), 7);
    assert_eq!(console.paths(), [own, "secret/app/two", "secret/infra/k2"]);
    console.del("connections/k1", 8);
    assert_eq!(console.paths(), [own, "secret/app/two"]);
    console.put("connections/k1", "{}", 9);
    assert_eq!(console.paths(), [own, "secret/app/two"]);
    assert_eq!(
        read_beside_checks(),
        read + 4,
        "each new document once, when it comes, and the selected one to be judged"
    );

    let missing = console.model.needs.visible_paths().into_iter().map(|path| (path, Presence::Missing));
    console.model.presence_cache.update(missing.collect::<Vec<_>>(), Duration::ZERO);
    assert_eq!(console.mark("a/one"), Some(NeedMark::Missing));
}

#[test]
fn equal_tokens_of_another_store_are_another_document() {
    let mut console = TestConsole::with_secrets(&[entry("a/one", &webhook("app/one", "-"), 1)]);
    console.load("s2", 5, &[entry("a/one", &webhook("app/two", "-"), 1)]);
    assert_eq!(console.paths(), ["webhooks/a/one/secrets", "secret/app/two"]);
}

#[test]
fn scrolling_reads_the_rows_that_come_into_sight_and_no_others() {
    let documents: Vec<_> = (0..5_000).map(|at| (format!("a/w{at:04}"), webhook("app/x", "k1"))).collect();
    let mut entries: Vec<_> =
        (1..).zip(&documents).map(|(at, (address, text))| entry(address, text, at)).collect();
    entries.push(entry("connections/k1", &rabbit("infra/k1"), 9_000));
    let mut console = TestConsole::with_secrets(&entries);
    let rows =
        crate::console::screens::browse::rows::visible(&console.model, &console.model.webhooks).count();
    assert!((20..40).contains(&rows), "{rows}");
    let known = |console: &TestConsole| console.model.needs.known();
    let mut before = known(&console);
    assert!(before <= 2 * rows, "{before} for {rows} rows");
    for (keys, most) in [("j", 0), ("G", rows), ("k", 0), ("g", 0), ("/", 0)] {
        console.keys(keys);
        let now = known(&console);
        assert!(now - before <= most, "{keys}: {}", now - before);
        before = now;
    }
    console.keys("esc g");
    for _ in 0..200 {
        console.send(AppEvent::Key(KeyEvent::new(KeyCode::PageDown, KeyModifiers::NONE)));
        let now = known(&console);
        assert!(now.saturating_sub(before) <= rows, "{}", now - before);
        before = now;
    }
    assert!(known(&console) <= 1_000 + rows, "{}", known(&console));
    assert!(console.paths().len() <= rows + 2);
}

#[test]
fn what_is_too_much_for_one_turn_goes_on_in_the_next() {
    let headers: Vec<_> = (0..1_900).map(|at| format!(r#""X-{at}":"{{$V{at}}}""#)).collect();
    let text = format!(r#"{{"module-config":{{"headers":{{{}}}}}}}"#, headers.join(","));
    let entries: Vec<_> = (1..=9).map(|at| entry(&format!("a/w{at}"), &text, at)).collect();
    let mut console = TestConsole::with_secrets(&entries);
    let mut turns = 0;
    while console.model.needs.is_partial() {
        assert!(console.model.next_wake().is_some_and(|at| at <= console.now), "it goes on at once");
        let before = console.model.needs.known();
        console.send(AppEvent::Wake);
        assert!((1..=2).contains(&(console.model.needs.known() - before)));
        turns += 1;
    }
    assert!(turns >= 1, "{turns}");
    assert_eq!(console.model.needs.known(), 9);
}

#[test]
fn a_large_document_needs_what_its_connections_need_at_once() {
    let filler = "x".repeat(1024 * 1024);
    let large = format!(
        r#"{{"filler":"{filler}","chain":[{{"connection":"k1"}},{{"connection":"k2"}},{{"connection":"gone"}}]}}"#
    );
    let mut console = TestConsole::with_secrets(&[
        entry("a/large", &large, 1),
        entry("a/small", &webhook("app/small", "huge"), 2),
        entry("connections/huge", &format!(r#"{{"password":"{{$vault:infra/huge#p}}","x":"{filler}"}}"#), 3),
        entry("connections/k1", &rabbit("infra/k1"), 4),
        entry("connections/k2", &rabbit("infra/k2"), 5),
    ]);
    let small = ["webhooks/a/small/secrets", "secret/app/small", "secret/infra/huge"];
    assert_eq!(console.paths()[..3], ["webhooks/a/large/secrets", "secret/infra/k1", "secret/infra/k2"]);
    assert_eq!(console.paths()[3..], small);

    console.put("connections/gone", &rabbit("infra/gone"), 6);
    console.put("a/large", &large.replace("k2", "k1"), 7);
    assert!(console.paths().contains(&"secret/infra/gone".into()));
    assert!(!console.paths().contains(&"secret/infra/k2".into()));
}

#[test]
fn between_the_watch_and_the_screen_a_document_is_parsed_once_a_revision() {
    let documents = [
        ("a/broken", r#"{"module": "#.to_owned()),
        ("a/one", webhook("app/one", "k1")),
        ("a/two", webhook("app/one", "k1")),
        ("connections/k1", rabbit("infra/k1")),
    ];
    let entries: Vec<_> =
        (1..).zip(&documents).map(|(at, (address, text))| entry(address, text, at)).collect();
    let before = read_beside_checks();
    let mut console = TestConsole::with_secrets(&entries);
    assert_eq!(read_beside_checks() - before, documents.len());
    let before = read_beside_checks();
    let theme = Theme::named("default", ColorDepth::Ansi16, Glyphs::Unicode).unwrap();
    let mut screen = ratatui::Terminal::new(ratatui::backend::TestBackend::new(120, 40)).unwrap();
    let all_keys = ["j", "k", "G", "g", "2", "3", "j", "enter", "j", "esc", "1"];
    for keys in all_keys {
        console.keys(keys);
        console.send(AppEvent::Wake);
        let read = read_beside_checks();
        screen.draw(|frame| shell::draw(&console.model, &theme, frame)).unwrap();
        assert_eq!(read_beside_checks(), read, "whatever is shown of them");
    }
    let path =
        console.model.needs.visible_paths().into_iter().find(|path| path.to_string() == "secret/app/one");
    let path = path.unwrap();
    assert_eq!(console.model.secret_dependents(&path, None).total, 2);
    // The selected document is judged once, when it is selected.
    assert!(read_beside_checks() <= before + all_keys.len(), "{}", read_beside_checks() - before);
    let before = read_beside_checks();
    console.put("a/one", &webhook("app/two", "k1"), 6);
    console.keys("3 j 1");
    assert!(read_beside_checks() <= before + 2, "{}", read_beside_checks() - before);
}

#[test]
fn what_is_covered_or_on_another_tab_is_not_in_sight() {
    let mut console = TestConsole::with_secrets(&[
        entry("a/one", &webhook("app/one", "k1"), 1),
        entry("connections/k1", &rabbit("infra/k1"), 2),
    ]);
    console.keys("2");
    assert_eq!(console.paths(), ["secret/infra/k1"]);
    console.keys("1 e");
    assert_eq!(console.model.place(), Place::Editor);
    assert!(console.paths().is_empty());
    console.keys("esc");
    assert_eq!(console.paths().len(), 3);
}
