//! Needs are read for the visible rows only, once, and again after a change.

use super::secrets::places;
use super::*;
use crate::check::NeedMark;
use crate::console::compute::AT_ONCE;
use crate::domain::Presence;

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

    /// Does what the runtime would; returns how many documents were read off the loop.
    fn read_large(&mut self) -> usize {
        let mut read = 0;
        loop {
            let at = self.effects.iter().position(|effect| matches!(effect, Effect::Compute(..)));
            let Some(Effect::Compute(request, ask)) = at.map(|at| self.effects.remove(at)) else {
                return read;
            };
            read += 1;
            self.send(AppEvent::Answer(request, Answer::Computed(ask.run())));
        }
    }
}

/// A webhook with its own reference and a connection.
fn webhook(path: &str, connection: &str) -> String {
    format!(r#"{{"module":"kafka","connection":"{connection}","jwt":{{"secret":"{{$vault:{path}#jwt}}"}}}}"#)
}

fn rabbit(path: &str) -> String {
    format!(r#"{{"type":"rabbitmq","host":"h","port":1,"pass":"{{$vault:{path}#pass}}"}}"#)
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
    let read = console.model.needs.documents_read();
    console.keys("j k G g");
    assert_eq!(console.model.needs.documents_read(), read, "nothing has changed");

    console.put("connections/k1", &rabbit("infra/k2"), 6);
    assert_eq!(console.paths(), [own, "secret/app/one", "secret/infra/k2"]);
    console.put("a/one", &webhook("app/two", "k1"), 7);
    assert_eq!(console.paths(), [own, "secret/app/two", "secret/infra/k2"]);
    console.del("connections/k1", 8);
    assert_eq!(console.paths(), [own, "secret/app/two"]);
    console.put("connections/k1", "{}", 9);
    assert_eq!(console.paths(), [own, "secret/app/two"]);
    assert_eq!(console.model.needs.documents_read(), read + 4);

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
        crate::console::screens::browse::items::visible(&console.model, &console.model.webhooks).count();
    assert!((20..40).contains(&rows), "{rows}");
    let mut read = console.model.needs.documents_read();
    assert!(read <= 2 * rows, "{read} for {rows} rows");
    for (keys, most) in [("j", 0), ("G", rows), ("k", 0), ("g", 0), ("/", 0)] {
        console.keys(keys);
        let now = console.model.needs.documents_read();
        assert!(now - read <= most, "{keys}: {}", now - read);
        read = now;
    }
    console.keys("esc g");
    for _ in 0..200 {
        console.send(AppEvent::Key(KeyEvent::new(KeyCode::PageDown, KeyModifiers::NONE)));
        let now = console.model.needs.documents_read();
        assert!(now - read <= rows, "{}", now - read);
        read = now;
    }
    assert!(console.model.needs.len() <= 1_000 + rows, "{}", console.model.needs.len());
    assert!(console.paths().len() <= rows + 2);
}

#[test]
fn what_is_too_much_for_one_turn_goes_on_in_the_next() {
    let filler = "x".repeat(AT_ONCE - 1_000);
    let text = |at: u64| format!(r#"{{"topic":"{filler}","jwt":{{"secret":"{{$vault:app/{at}#a}}"}}}}"#);
    let entries: Vec<_> = (1..=20).map(|at| entry(&format!("a/w{at:02}"), &text(at), at)).collect();
    let mut console = TestConsole::with_secrets(&entries);
    let mut turns = 0;
    let mut read = console.model.needs.documents_read();
    while console.model.needs.is_partial() {
        assert!(console.model.next_wake().is_some_and(|at| at <= console.now), "it goes on at once");
        console.send(AppEvent::Wake);
        let now = console.model.needs.documents_read();
        assert!((1..=5).contains(&(now - read)), "{}", now - read);
        (read, turns) = (now, turns + 1);
    }
    assert!(turns >= 1, "{turns}");
    assert_eq!(read, 20);
    assert_eq!(console.read_large(), 0);
    assert_eq!(console.paths().len(), 40);
}

#[test]
fn a_document_of_many_references_has_a_turn_for_itself() {
    let headers: Vec<_> = (0..1_900).map(|at| format!(r#""X-{at}":"{{$V{at}}}""#)).collect();
    let text = format!(r#"{{"module-config":{{"headers":{{{}}}}}}}"#, headers.join(","));
    assert!(text.len() < AT_ONCE);
    let entries: Vec<_> = (1..=9).map(|at| entry(&format!("a/w{at}"), &text, at)).collect();
    let mut console = TestConsole::with_secrets(&entries);
    assert!(console.model.needs.is_partial());
    let before = console.model.needs.documents_read();
    console.send(AppEvent::Wake);
    assert!(console.model.needs.documents_read() - before <= 2);
}

#[test]
fn a_large_document_is_read_off_the_loop_with_the_connections_it_names() {
    let filler = "x".repeat(AT_ONCE);
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
    assert_eq!((console.mark("a/large"), console.mark("a/small")), (None, None));
    assert_eq!(console.read_large(), 3, "one of them twice: first it was not known what it names");
    let small = ["webhooks/a/small/secrets", "secret/app/small", "secret/infra/huge"];
    assert_eq!(console.paths()[..3], ["webhooks/a/large/secrets", "secret/infra/k1", "secret/infra/k2"]);
    assert_eq!(console.paths()[3..], small);
    console.keys("j k");
    assert_eq!(console.read_large(), 0);

    console.put("connections/gone", &rabbit("infra/gone"), 6);
    console.put("a/large", &large.replace("k2", "k1"), 7);
    assert!(console.read_large() >= 1);
    assert!(console.paths().contains(&"secret/infra/gone".into()));
    assert!(!console.paths().contains(&"secret/infra/k2".into()), "an answer of before is not taken");
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
