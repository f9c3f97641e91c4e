//! An etcd that dies, hangs, comes back, or was never there.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::screen::Screen;
use crate::store::Etcd;
use crate::terminal::Terminal;

/// Leaving: the console waits at most 200 ms for the terminal, and for nothing else.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A console on an etcd that is lost as `lose` does it.
fn loses(lose: impl FnOnce(&Etcd)) {
    let store = Etcd::alone();
    store.put_all((0..200).map(|n| (format!("production/webhooks/w{n:03}"), r#"{"module":"log"}"#)));
    let mut terminal = store.open(120, 40);
    terminal.wait_for("1 of 200");
    let lost = Instant::now();
    lose(&store);
    terminal.wait_for("STALE");
    println!("STALE after {:?}", lost.elapsed());
    assert!(lost.elapsed() < Duration::from_secs(4), "STALE after {:?}", lost.elapsed());

    terminal.keys("G");
    let screen = terminal.wait_for("200 of 200 stale");
    assert!(screen.has("w199"), "{}", screen.framed());
    terminal.keys("/");
    terminal.type_text("w15");
    terminal.keys("enter");
    terminal.wait_for("10 of 200 stale");
    terminal.keys("6");
    terminal.wait_for("what you see may be old");
    terminal.leaves_within(AT_ONCE);
}

#[test]
fn killed_it_is_stale_and_browsing_goes_on() {
    loses(|store| store.server.kill());
}

#[test]
fn hanging_it_is_stale_and_browsing_goes_on() {
    loses(|store| store.server.freeze());
}

/// The list as it is stored: without the column that says what this console saw change.
fn list(screen: &Screen) -> Vec<String> {
    let (columns, rows) = screen.size();
    let kept = screen.find("CHANGED").map_or(columns, |(column, _)| column);
    let cut = |row| screen.line(row).chars().take(kept.into()).collect::<String>().trim_end().to_owned();
    (3..rows - 2).map(cut).collect()
}

#[test]
fn back_again_with_other_documents_it_shows_what_a_fresh_console_shows() {
    let store = Etcd::alone();
    store.put_all((0..9).map(|n| (format!("production/webhooks/w{n}"), r#"{"module":"log"}"#)));
    let mut terminal = store.open(80, 24);
    terminal.wait_for("1 of 9");
    store.server.kill();
    terminal.wait_for("STALE");
    store.server.restart();
    store.delete("production/webhooks/w3");
    store.put("production/webhooks/w4", r#"{"module":"kafka","connection":"main"}"#);
    store.put("staging/webhooks/new", r#"{"module":"s3"}"#);
    terminal.wait_for("SYNCED");

    let mut fresh = store.open(80, 24);
    fresh.wait_for("1 of 9");
    let fresh = list(&fresh.screen_now());
    // The marks of fresh changes end after some seconds.
    terminal.wait_until(|screen| list(screen) == fresh);
}

#[test]
fn a_pause_of_the_server_ends_where_it_began() {
    let store = Etcd::alone();
    store.put("production/webhooks/before", r#"{"module":"log"}"#);
    let mut terminal = store.open(120, 40);
    store.server.freeze();
    terminal.wait_for("STALE");
    store.server.thaw();
    store.put("production/webhooks/after", r#"{"module":"log"}"#);
    terminal.wait_for("after");
    terminal.wait_for("SYNCED");
}

#[test]
fn the_first_frame_waits_for_no_answer() {
    // A port where nobody listens, and one where nobody says a word.
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [refused, silent.local_addr().unwrap()] {
        let program = Etcd::program_at(&address.to_string(), "/cwm/", &[]);
        let mut terminal = Terminal::open(program, 120, 40);
        let screen = terminal.wait_for("CONNECTING");
        assert!(screen.has("1 Webhooks") && screen.has("LOCKED"), "{}", screen.framed());
        terminal.keys("?");
        terminal.wait_for("allow writing for ten minutes");
        terminal.keys("esc");
        terminal.wait_gone("allow writing for ten minutes");
        terminal.leaves_within(AT_ONCE);
    }
}
