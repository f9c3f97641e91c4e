//! The effective view of a webhook: what it tells, and that it stays true.

use super::*;
use crate::check::SecretLookup;
use crate::console::model::SecretLink;
use crate::console::shell;
use crate::console::theme::{ColorDepth, Glyphs, Theme};
use crate::domain::{FieldName, FieldState, KvPath, Mount, Presence, SecretContents, SecretPath};

const OPEN: &str = r#"{"module": "log", "authorisation": "Bearer x"}"#;
const SHUT: &str = r#"{"module": "log", "hmac": {"secret": "{$vault:app/one#key}"}}"#;

fn drawn(console: &TestConsole) -> String {
    let size = console.model.size;
    let theme = Theme::named("default", ColorDepth::None, Glyphs::Unicode).unwrap();
    let mut terminal =
        ratatui::Terminal::new(ratatui::backend::TestBackend::new(size.cols, size.rows)).unwrap();
    terminal.draw(|frame| shell::draw(&console.model, &theme, frame)).unwrap();
    terminal.backend().to_string()
}

fn page_of(text: &str) -> TestConsole {
    let mut console = TestConsole::loaded();
    console.put("a/one", text, 6);
    console.keys("v");
    assert_eq!(console.model.place(), Place::Effective);
    console
}

fn says(console: &TestConsole, words: &[&str]) {
    let shown = drawn(console);
    for words in words {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn the_page_tells_route_answer_checks_and_document_and_follows_what_is_stored() {
    let mut console = page_of(OPEN);
    says(
        &console,
        &["POST /webhook/a/one", "200 without credentials, open", "authorization is probably meant"],
    );
    console.put("a/one", SHUT, 7);
    says(
        &console,
        &["401 by hmac without credentials, refused", "refuses requests without credentials", "r7"],
    );
    console.put("a/one", "[]", 8);
    says(&console, &["not served"]);
    console.del("a/one", 9);
    says(&console, &["deleted: this is how it was", "not served"]);
    console.keys("v");
    assert_eq!(console.model.place(), Place::Browse);
    console.keys("v q");
    assert_eq!(console.model.place(), Place::Browse);
}

#[test]
fn its_secrets_are_looked_at_and_what_is_known_of_them_shows() {
    let mut console = TestConsole::new();
    console.model.context.secrets = Some(SecretLookup { can_read_kv: true, ..SecretLookup::default() });
    console.model.secret_link = SecretLink { backend: "vault", ..SecretLink::default() };
    console.load("s1", 2, &[entry("a/one", SHUT, 1), entry("a/two", r#"{"module":"log"}"#, 2)]);
    console.keys("g v");
    let path = SecretPath::Kv { mount: Mount::new("secret").unwrap(), path: KvPath::new("app/one").unwrap() };
    assert_eq!(console.model.secret_link.watched, std::slice::from_ref(&path), "those of the page alone");
    says(&console, &["{$vault:app/one#key} is not known from here"]);
    let fields = vec![(FieldName::new("key"), FieldState::Present)];
    let present = Presence::Present(SecretContents { fields, ..SecretContents::default() });
    for (presence, words) in [
        (present, "{$vault:app/one#key} is there"),
        (Presence::Missing, "is missing: the receiver does not load the document"),
    ] {
        let told = Answer::PresenceChanged(vec![(path.clone(), presence)]);
        console.send(AppEvent::Answer(RequestId::default(), told));
        says(&console, &[words]);
    }
}

#[test]
fn a_text_is_looked_for_in_the_page_and_escape_forgets_it_before_it_leaves() {
    let fields: Vec<_> = (0..200).map(|at| format!("\"x{at}\": {at}")).collect();
    let mut console = page_of(&format!("{{\"module\": \"log\", {}, \"needle\": 1}}", fields.join(", ")));
    let page = |console: &TestConsole| {
        let page = console.model.effective.as_ref().unwrap();
        (page.scroll, page.search.match_count.unwrap_or_default())
    };
    console.keys("/").text("eedl");
    assert_eq!(console.model.place(), Place::EffectiveFind);
    console.keys("enter");
    assert!(page(&console).1.total >= 2, "its line, and why it is ignored: {:?}", page(&console));
    console.keys("n n");
    let (scroll, count) = page(&console);
    assert!(scroll > 0 && count.number > 0, "{count:?}");
    says(&console, &["in the text /eedl", "needle"]);
    console.keys("/").text("nothing like it").keys("esc");
    assert_eq!(console.model.effective.as_ref().unwrap().search.input.text(), "eedl");
    console.keys("esc");
    assert_eq!(console.model.place(), Place::Effective);
    console.keys("n");
    assert!(console.notice().contains("nothing is looked for"), "{}", console.notice());
    console.keys("g");
    assert_eq!(page(&console).0, 0);
    console.keys("G");
    assert!(page(&console).0 > 100);
    console.keys("esc");
    assert_eq!(console.model.place(), Place::Browse);
}

#[test]
fn the_line_at_the_top_stays_when_the_width_changes() {
    let long = "word ".repeat(120);
    let fields: Vec<_> = (0..40).map(|at| format!("\"x{at}\": {at}")).collect();
    let text = format!("{{\"module\": \"log\", \"a\": \"{long}\", {}}}", fields.join(", "));
    let mut console = page_of(&text);
    let first =
        |console: &TestConsole| drawn(console).lines().nth(2).unwrap().chars().take(30).collect::<String>();
    console.send(AppEvent::Resize(Size { cols: 80, rows: 14 }));
    while !first(&console).contains("\"x9\"") {
        console.keys("j");
    }
    let (there, scroll) = (first(&console), console.model.effective.as_ref().unwrap().scroll);
    console.send(AppEvent::Resize(Size { cols: 60, rows: 14 }));
    assert_eq!(first(&console), there);
    assert!(console.model.effective.as_ref().unwrap().scroll > scroll, "the long value takes more rows now");
}

#[test]
fn a_large_document_is_prepared_off_the_loop() {
    let large = format!("{{\"module\": \"log\", \"a\": \"{}\"}}", "x".repeat(200_000));
    let mut console = TestConsole::loaded();
    console.put("a/one", &large, 6);
    console.effects.clear();
    console.keys("v");
    says(&console, &["preparing the page"]);
    let jobs: Vec<_> = console.effects.drain(..).collect();
    let mut jobs = jobs.into_iter().filter_map(|effect| match effect {
        Effect::Compute(request, job) => Some((request, job)),
        _ => None,
    });
    let (request, job) = jobs.next().expect("a job for the page");
    console.keys("j");
    assert!(
        !console.effects.iter().any(|effect| matches!(effect, Effect::Compute(..))),
        "it is asked for once"
    );
    console.send(AppEvent::Answer(request, Answer::Computed(job.run())));
    says(&console, &["POST /webhook/a/one"]);
}

#[test]
fn only_a_webhook_has_an_effective_view() {
    let mut console = TestConsole::loaded();
    console.keys("2 v");
    assert!(console.notice().contains("a connection serves no request"), "{}", console.notice());
    console.keys(":").text("a/two").keys("enter v");
    assert_eq!(console.model.place(), Place::Effective);
    // Going to another document leaves the page.
    console.keys(":").text("b/three").keys("enter");
    assert_eq!((console.model.place(), console.selected()), (Place::Browse, "b/three".into()));
    console.keys(":").text("effective").keys("enter");
    says(&console, &["EFFECTIVE  b/three"]);
}
